"""``udt score``: score raw result files, no images needed. Book: chapters 01 and 13."""

import argparse
from pathlib import Path

from udtlib.commands.common import add_policy, add_protocol, add_truth, chosen_policy, file_path, own_truth
from udtlib.data import DATASETS, Sequence, load_truth
from udtlib.data.box_files import read_boxes
from udtlib.errors import DataError
from udtlib.evaluation import score
from udtlib.evaluation.report.tables import (
    attribute_table,
    check_json_path,
    further_tables,
    main_table,
    write_json,
)
from udtlib.evaluation.results.files import result_files
from udtlib.evaluation.results.runs import mismatches, tracker_names
from udtlib.evaluation.scoring.lists import SUBSETS, choose_subset
from udtlib.printing import say

EXAMPLE = "udt score --dataset synthetic --results runs/first/mosse runs/first/kcf --attributes"
WRITES = ("json",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--dataset", default="otb", choices=sorted(DATASETS), help="which sequences; default: %(default)s"
    )
    parser.add_argument(
        "--annotations",
        type=file_path,
        metavar="FILE_OR_ROOT",
        help="true boxes: a JSON file, or the dataset's folder",
    )
    add_truth(parser)
    parser.add_argument(
        "--results",
        nargs="+",
        required=True,
        type=file_path,
        metavar="DIR",
        help="a folder of SEQUENCE.txt a tracker",
    )
    parser.add_argument("--subset", choices=sorted(SUBSETS), help="score these sequences only (default: all)")
    add_protocol(parser)
    add_policy(parser)
    parser.add_argument("--attributes", action="store_true", help="print a table per attribute too")
    parser.add_argument(
        "--json", type=file_path, metavar="FILE", help="write the scores there too (default: nowhere)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Score each folder, print the table and write the JSON file."""
    check_json_path(arguments.json)
    sequences = _annotated_sequences(arguments)
    policy = chosen_policy(arguments)
    names = tracker_names(arguments.results)
    scores = [
        score(folder, sequences, policy, dataset=arguments.dataset, tracker=name, protocol=arguments.protocol)
        for folder, name in zip(arguments.results, names, strict=True)
    ]
    for scored in scores:
        for note in scored.notes:
            say(f"{scored.tracker}: {note}")
    folders = {name: Path(folder) for name, folder in zip(names, arguments.results, strict=True)}
    say("".join(f"{line}\n" for line in mismatches(folders, sequences, arguments.protocol)), end="")
    blocks = [main_table(scores), *further_tables(scores)]
    if arguments.attributes:
        blocks += [attribute_table(scores, measure) for measure in scores[0].measures]
    say("\n\n".join(block for block in blocks if block))
    if arguments.json:
        write_json(arguments.json, scores)
    return 0


def _annotated_sequences(arguments: argparse.Namespace) -> list[Sequence]:
    options = own_truth(arguments)
    if arguments.truth and not arguments.annotations:
        sequences = [_own_sequence(arguments.results, arguments.truth, arguments.index_base or 0)]
    else:
        sequences = load_truth(arguments.dataset, arguments.annotations, **options)
    return choose_subset(sequences, arguments.subset) if arguments.subset else sequences


def _own_sequence(folders: list[Path], truth: Path, index_base: int) -> Sequence:
    """Return the true boxes of the one sequence of which there are results; images are not needed."""
    names = {path.stem for folder in folders for path in result_files(folder)}
    if len(names) != 1:
        found = ", ".join(sorted(names)[:5]) or "none"
        raise DataError(
            f"{truth}: expected results of one sequence, to which its boxes belong, found {found}; "
            "--annotations FOLDER says whose they are"
        )
    return Sequence(names.pop(), (), read_boxes(truth, index_base))
