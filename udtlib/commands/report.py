"""``udt report``: plots and tables of evaluated trackers as one HTML file. Book: chapter 13."""

import argparse
from pathlib import Path

from udtlib.commands.common import add_policy, add_protocol
from udtlib.data import DATASETS, Sequence, find_data, load_dataset
from udtlib.data.otb import load_annotations
from udtlib.errors import DataError, MissingDataError, UnknownNameError
from udtlib.evaluation import load_policy, score
from udtlib.evaluation.protocols import results_folder
from udtlib.evaluation.report import check_report_path, html_report, write_report
from udtlib.evaluation.runs import find_trackers, left_out, recorded_dataset
from udtlib.evaluation.tables import score_table

EXAMPLE = "udt report runs/first --out report.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="a folder that `udt evaluate --out` wrote, or one of SEQUENCE.txt files of another tool",
    )
    parser.add_argument("--out", required=True, metavar="FILE", help="the HTML file to write")
    parser.add_argument("--dataset", metavar="NAME", help="default: what the runs recorded, else otb")
    parser.add_argument(
        "--annotations",
        metavar="FILE_OR_ROOT",
        help="true boxes: a JSON file, or the dataset's folder; every sequence in it needs a result",
    )
    add_protocol(parser)
    add_policy(parser)
    parser.add_argument("--title", metavar="TEXT", help="the report's heading")
    parser.add_argument("--bands", action="store_true", help="draw 95 %% bootstrap bands into the plots")


def run(arguments: argparse.Namespace) -> int:
    """Score every tracker, write the report, print the table."""
    check_report_path(arguments.out)
    protocol = arguments.protocol
    trackers = find_trackers(arguments.runs, protocol)
    recorded = recorded_dataset(results_folder(folder, protocol) for folder in trackers.values())
    dataset = _dataset(arguments.dataset, recorded)
    sequences = _annotated(dataset, arguments.annotations, is_own=recorded is not None)
    policy = load_policy(arguments.policy)
    scores = [
        score(folder, sequences, policy, dataset=dataset, tracker=name, protocol=protocol)
        for name, folder in trackers.items()
    ]
    notes = [note for item in trackers.items() if (note := _left_out_note(*item, sequences, protocol))]
    text = html_report(scores, title=arguments.title, bands=arguments.bands, notes=notes)
    write_report(arguments.out, text)
    print("\n".join([score_table(scores), *notes, f"report written to {arguments.out}"]))
    return 0


def _dataset(asked: str | None, recorded: str | None) -> str:
    """Return the dataset's name; runs that recorded a registered one cannot be read as another."""
    name = asked or recorded or "otb"
    if name not in DATASETS:
        raise UnknownNameError(f"no dataset {name!r}; known: {', '.join(DATASETS)}. Name one with --dataset")
    if recorded in DATASETS and name != recorded:
        raise DataError(f"these runs are of dataset {recorded!r}, asked for is {name!r}; leave out --dataset")
    return name


def _annotated(dataset: str, annotations: str | None, is_own: bool) -> list[Sequence]:
    """Return the sequences with true boxes; for OTB no images are needed.

    Where nothing is named: our own runs cover the folder of OTB at hand, those of others all its targets.
    """
    if dataset != "otb":
        return load_dataset(dataset, annotations)
    places = ("otb", "published/otb2015.json") if is_own else ("published/otb2015.json", "otb")
    found: list[str | Path | None] = [annotations] if annotations else [find_data(name) for name in places]
    known = [place for place in found if place is not None]
    if not known:
        raise MissingDataError("no OTB annotations found; name them with --annotations FILE_OR_ROOT")
    return load_annotations(known[0])


def _left_out_note(tracker: str, folder: Path, sequences: list[Sequence], protocol: str) -> str:
    names = left_out(folder, sequences, protocol)
    return f"{tracker}: left out, not among the annotations: {', '.join(names)}" if names else ""
