"""``udt vot score``: accuracy, failures and EAO of VOT result files. Book: chapter 14."""

import argparse
import json
import sys

from udtlib.commands.common import file_path, whole_number
from udtlib.data.benchmarks.vot import load_vot_truth
from udtlib.data.locate import find_data
from udtlib.data.sequences import Sequence
from udtlib.evaluation.report.tables import check_json_path
from udtlib.evaluation.report.vot_tables import differences, sequence_table, tag_table, vot_table
from udtlib.evaluation.results.runs import tracker_names
from udtlib.evaluation.scoring.expected_overlap import EAO_INTERVALS
from udtlib.evaluation.scoring.supervised import OVERLAPS
from udtlib.evaluation.scoring.vot import VotScore
from udtlib.evaluation.scoring.vot_results import score_vot
from udtlib.files import write_whole
from udtlib.printing import say

EXAMPLE = "udt vot score --annotations vot2018.json --results results/mine --year 2018"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the action's arguments."""
    parser.add_argument(
        "--results",
        nargs="+",
        required=True,
        type=file_path,
        metavar="DIR",
        help="a folder a tracker, of result files NAME/NAME_001.txt or .bin (in a workspace of the toolkit "
        "results/TRACKER), or RUN/TRACKER of udt evaluate --protocol vot",
    )
    parser.add_argument(
        "--annotations",
        type=file_path,
        metavar="FILE_OR_ROOT",
        help="true regions: a folder of VOT sequences, or a JSON file of them; without, failures alone are "
        "counted (default: published/votYEAR.json in UDT_DATA, data/ or ../shared, if it is there)",
    )
    parser.add_argument(
        "--year",
        type=whole_number(min(EAO_INTERVALS), max(EAO_INTERVALS)),
        default=2018,
        metavar="YEAR",
        help=f"VOT's, for the lengths over which the EAO averages, {min(EAO_INTERVALS)} to "
        f"{max(EAO_INTERVALS)}; default: %(default)s",
    )
    parser.add_argument(
        "--overlap",
        choices=sorted(OVERLAPS),
        default="pixels",
        help="of rounded pixels, as VOT's toolkit counts them, or of exact areas; default: %(default)s",
    )
    parser.add_argument("--sequences", action="store_true", help="print a row a sequence too")
    parser.add_argument(
        "--tags", action="store_true", help="print a row a tag of frames, such as occlusion, too"
    )
    parser.add_argument(
        "--json", type=file_path, metavar="FILE", help="write the scores there too (default: nowhere)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Score each folder, print the tables, write the JSON file; 1 if a sequence could not be scored."""
    check_json_path(arguments.json)
    broken: dict[str, str] = {}
    truth = _truth(arguments, broken)
    names = tracker_names(arguments.results)
    scores = [
        score_vot(
            folder,
            truth,
            year=arguments.year,
            overlap=arguments.overlap,
            tracker=name,
            failed=dict(broken),
        )
        for folder, name in zip(arguments.results, names, strict=True)
    ]
    say(vot_table(scores))
    if not any(score.failed for score in scores):
        say("".join(f"\n{line}" for line in differences(scores)), end="\n" if len(scores) > 1 else "")
    blocks = [sequence_table(scores)] if arguments.sequences else []
    blocks += [tag_table(scores)] if arguments.tags else []
    say("".join(f"\n{block}\n" for block in blocks), end="")
    if arguments.json:
        documents = [score.to_json() for score in scores]
        write_whole(
            arguments.json, json.dumps(documents if len(documents) > 1 else documents[0], indent=1) + "\n"
        )
    return _report(scores)


def _truth(arguments: argparse.Namespace, broken: dict[str, str]) -> list[Sequence] | None:
    found = arguments.annotations or find_data(f"published/vot{arguments.year}.json")
    if found is None:
        say(
            f"no true regions of VOT{arguments.year} at hand: failures alone are counted, accuracy and EAO "
            "need --annotations FILE_OR_ROOT",
            file=sys.stderr,
        )
        return None
    return load_vot_truth(found, broken)


def _report(scores: list[VotScore]) -> int:
    lines = [
        f"{one.tracker}, {name}: FAILED, {problem}" for one in scores for name, problem in one.failed.items()
    ]
    if lines:
        say("\n".join([*lines, f"{len(lines)} failed and are not in the scores"]), file=sys.stderr)
    return 1 if lines else 0
