"""``udt evaluate``: run trackers over a dataset, started as a protocol says. Book: chapter 13."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from udtlib.commands.common import (
    add_dataset,
    add_option,
    add_policy,
    add_protocol,
    add_tracker,
    add_truth,
    chosen_policy,
    file_path,
    make_absolute,
    named_trackers,
    own_truth,
    whole_number,
)
from udtlib.data import load_dataset
from udtlib.evaluation import TrackerScore, evaluate
from udtlib.evaluation.protocols import MOST_STARTS, check_starts, results_folder
from udtlib.evaluation.report.tables import (
    check_json_path,
    further_tables,
    main_table,
    write_json,
)
from udtlib.evaluation.results.files import result_files
from udtlib.evaluation.running.measured import check_table_path, provenance, weights_by_name, write_table
from udtlib.printing import say
from udtlib.trackers import load_tracker
from udtlib.trackers.own import absolute

EXAMPLE = "udt evaluate --tracker mosse kcf --dataset synthetic --out runs/first"
WRITES = ("json", "table")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_tracker(parser)
    add_option(parser)
    add_dataset(parser)
    add_truth(parser)
    parser.add_argument(
        "--out",
        required=True,
        type=file_path,
        metavar="RUN",
        help="result files go to RUN/TRACKER/SEQUENCE.txt (tre and others: RUN/TRACKER/tre/SEQUENCE-k.txt)",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs",
        type=whole_number(1),
        metavar="N",
        help=f"worker processes (default: one a core, here {_cores()})",
    )
    where.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="run on a Dask cluster instead; its workers look for the dataset under UDT_DATA. "
        "Needs pip install 'udtlib[dask]'; a cluster runs the code it is sent: use your own",
    )
    add_protocol(parser)
    parser.add_argument(
        "--starts",
        type=whole_number(1, MOST_STARTS),
        default=1,
        metavar="N",
        help="run each sequence from N boxes, the true one and others moved by up to one pixel and scaled by "
        f"up to 1 %%: the score is their mean, with its spread (1 to {MOST_STARTS}; files in "
        "RUN/TRACKER/starts, to which a larger N later adds); default: %(default)s",
    )
    add_policy(parser)
    parser.add_argument(
        "--force", action="store_true", help="compute everything again, also what is finished in RUN"
    )
    parser.add_argument("--json", type=file_path, metavar="FILE", help="write the scores there too")
    parser.add_argument(
        "--table",
        type=file_path,
        metavar="FILE.csv",
        help="write a table there; FILE.json beside it says where it is from",
    )


def _cores() -> int:
    return os.cpu_count() or 1


def run(arguments: argparse.Namespace) -> int:
    """Run each tracker, print the table, write the files asked for; 1 if a sequence failed."""
    check_json_path(arguments.json)
    check_table_path(arguments.table)
    check_starts(arguments.protocol, arguments.starts)
    make_absolute(arguments, "out", "root", "truth", "json", "table")
    trackers = {name: absolute(one) for name, one in named_trackers(arguments.tracker).items()}
    # made here too: what is missing for the last one is said before the first one runs
    made = {name: load_tracker(one, **dict(arguments.option)) for name, one in trackers.items()}
    broken: dict[str, str] = {}
    sequences = load_dataset(arguments.dataset, arguments.root, broken=broken, **own_truth(arguments))
    measured = _provenance(arguments, list(trackers)) | {"weights": weights_by_name(made)}
    scores = [
        evaluate(
            one,
            sequences,
            arguments.out,
            dataset=arguments.dataset,
            options=dict(arguments.option),
            jobs=1 if arguments.dask else arguments.jobs or _cores(),
            dask=arguments.dask,
            root=arguments.root,
            policy=chosen_policy(arguments),
            progress=True,
            protocol=arguments.protocol,
            force=arguments.force,
            starts=arguments.starts,
        )
        for one in trackers.values()
    ]
    scores = [replace(score, failed={**broken, **score.failed}) for score in scores]
    say(main_table(scores))
    if scores[0].unscored:
        say(
            f"their results are in {arguments.out}; `udt results export` writes them for a benchmark's server"
        )
    failures = _report_failures(scores)
    blocks = [] if failures else further_tables(scores)
    say("".join(f"\n{block}\n" for block in blocks if block), end="")
    if arguments.json:
        write_json(arguments.json, scores, measured)
    if arguments.table and not failures:
        write_table(arguments.table, scores, measured)
    return 1 if failures else 0


def _provenance(arguments: argparse.Namespace, names: list[str]) -> dict[str, Any]:
    """Return where the scores come from, and whether some are of an earlier run, which may be elsewhere."""
    protocol = check_starts(arguments.protocol, arguments.starts)
    folders = [results_folder(Path(arguments.out, name), protocol) for name in names]
    resumed = not arguments.force and any(result_files(folder) for folder in folders)
    measured = provenance(arguments.command_line, arguments.jobs or _cores()) | {"resumed": resumed}
    return measured | {"jobs": None, "cluster": arguments.dask} if arguments.dask else measured


def _report_failures(scores: list[TrackerScore]) -> int:
    lines = [
        f"{score.tracker}, {name}: FAILED, {problem}"
        for score in scores
        for name, problem in score.failed.items()
    ]
    if lines:
        say("\n".join([*lines, f"{len(lines)} failed and are not in the scores"]), file=sys.stderr)
    return len(lines)
