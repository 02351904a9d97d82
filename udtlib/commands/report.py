"""``udt report``: plots and tables of evaluated trackers as one HTML file. Book: chapter 13."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from udtlib.commands.common import add_policy, add_protocol, file_path, whole_number
from udtlib.data import DATASETS, Sequence, find_data, load_dataset, load_truth
from udtlib.data.benchmarks.otb_lists import LISTS
from udtlib.data.folder import load_folders
from udtlib.data.registry import SINGLE
from udtlib.errors import DataError, MissingDataError, OptionError, UdtError, UnknownNameError
from udtlib.evaluation import TrackerScore, load_policy, score
from udtlib.evaluation.protocols import results_folder
from udtlib.evaluation.report.material import Panel
from udtlib.evaluation.report.page import check_report_path, html_report, write_report
from udtlib.evaluation.report.tables import score_table
from udtlib.evaluation.results.files import load_results
from udtlib.evaluation.results.runs import (
    find_trackers,
    left_out,
    mismatches,
    recorded_dataset,
    recorded_origins,
)
from udtlib.evaluation.running.measured import provenance
from udtlib.evaluation.scoring.policy import policy_for
from udtlib.printing import say
from udtlib.strips import sequence_panels, with_images

EXAMPLE = "udt report runs/first --out report.html"
WRITES = ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "runs",
        nargs="+",
        type=file_path,
        metavar="RUN",
        help="a folder that `udt evaluate --out` wrote, or one of SEQUENCE.txt files of another tool",
    )
    parser.add_argument("--out", required=True, type=file_path, metavar="FILE", help="the HTML file to write")
    parser.add_argument(
        "--dataset", metavar="NAME", help="which sequences; default: what the runs recorded, else otb"
    )
    parser.add_argument(
        "--annotations",
        type=file_path,
        metavar="FILE_OR_ROOT",
        help="true boxes: a JSON file, or the dataset's folder; every sequence in it needs a result. Of a "
        "dataset of your own: a folder with SEQUENCE/groundtruth.txt, 0-indexed",
    )
    add_protocol(parser)
    add_policy(parser)
    parser.add_argument("--title", metavar="TEXT", help="the report's heading")
    parser.add_argument("--bands", action="store_true", help="draw 95 %% bootstrap bands into the plots")
    parser.add_argument(
        "--images",
        type=file_path,
        metavar="ROOT",
        help="the dataset's folder, for strips of frames; OTB's is found by itself",
    )
    parser.add_argument(
        "--strips",
        type=whole_number(0),
        default=30,
        metavar="N",
        help="strips of frames for the N hardest sequences; default: %(default)s",
    )


def run(arguments: argparse.Namespace) -> int:
    """Score every tracker, write the report, print the table."""
    check_report_path(arguments.out)
    protocol = arguments.protocol
    trackers = find_trackers(arguments.runs, protocol)
    recorded = recorded_dataset(results_folder(folder, protocol) for folder in trackers.values())
    dataset = _dataset(arguments.dataset, recorded, arguments.annotations)
    sequences = _annotated(dataset, arguments.annotations, is_own=recorded is not None)
    policy = load_policy(arguments.policy) if arguments.policy else policy_for(dataset)
    scores = [
        score(folder, sequences, policy, dataset=dataset, tracker=name, protocol=protocol)
        for name, folder in trackers.items()
    ]
    notes = [note for item in trackers.items() if (note := _left_out_note(*item, sequences, protocol))]
    notes += mismatches(trackers, sequences, protocol)
    sequences = with_images(sequences, _pictured(dataset, arguments))
    text = html_report(
        scores,
        title=arguments.title,
        bands=arguments.bands,
        notes=notes,
        panels=_panels(trackers, scores, sequences, arguments.strips) if protocol == "ope" else None,
        origins={name: recorded_origins(folder, protocol) for name, folder in trackers.items()},
        written=provenance("udt report"),
    )
    write_report(arguments.out, text)
    say("\n".join([score_table(scores), *notes, f"report written to {arguments.out}"]))
    return 0


def _pictured(dataset: str, arguments: argparse.Namespace) -> list[Sequence]:
    """Return the sequences that are found with their images: below --images, or for OTB elsewhere too.

    Raises:
        MissingDataError, DataError: no such folder as --images, or no sequence in it that can be read.
        OptionError: --images of a dataset that brings its frames along.
    """
    images, annotations = arguments.images, arguments.annotations
    if images and (dataset in SINGLE or dataset not in DATASETS):
        raise OptionError(f"--images: the frames of {dataset} are found without it; leave it out")
    if images and not images.is_dir():
        raise MissingDataError(f"{images}: no such folder of images; leave out --images for none")
    is_otb = dataset == "otb" or dataset in LISTS
    beside = annotations if annotations and annotations.is_dir() else find_data("otb")
    root = images or (beside if is_otb else None)
    try:
        return load_dataset("otb" if is_otb else dataset, root, broken={}) if root else []
    except UdtError:
        if images:
            raise
        return []  # a report is worth reading without strips


def _panels(
    trackers: Mapping[str, Path], scores: list[TrackerScore], sequences: list[Sequence], strips: int
) -> dict[str, Panel]:
    dataset = scores[0].dataset
    sequences = [one for one in sequences if one.is_scored]
    loaded = {name: load_results(folder, sequences, dataset) for name, folder in trackers.items()}
    boxes = {name: {one: found.boxes for one, found in results.items()} for name, results in loaded.items()}
    return sequence_panels(scores, boxes, sequences, strips=strips)


def _dataset(asked: str | None, recorded: str | None, annotations: Path | None) -> str:
    """Return the dataset's name; runs that recorded a registered one cannot be read as another."""
    name = asked or recorded or "otb"
    if name not in DATASETS and (name != recorded or annotations is None):
        own = ", or the true boxes of your own with --annotations ROOT (ROOT/SEQUENCE/groundtruth.txt)"
        raise UnknownNameError(
            f"no dataset {name!r}; known: {', '.join(DATASETS)}. Name one with --dataset"
            f"{own if name == recorded else ''}"
        )
    if recorded in DATASETS and name != recorded:
        raise DataError(f"these runs are of dataset {recorded!r}, asked for is {name!r}; leave out --dataset")
    return name


def _annotated(dataset: str, annotations: Path | None, is_own: bool) -> list[Sequence]:
    """Return the sequences with true boxes; for OTB no images are needed.

    Where nothing is named: our own runs cover the folder of OTB at hand, those of others all its targets.
    """
    if dataset not in DATASETS and annotations:
        return load_folders(annotations)
    places = ("otb", "published/otb2015.json") if is_own else ("published/otb2015.json", "otb")
    return load_truth(dataset, annotations, places)


def _left_out_note(tracker: str, folder: Path, sequences: list[Sequence], protocol: str) -> str:
    names = left_out(folder, sequences, protocol)
    return f"{tracker}: left out, not among the annotations: {', '.join(names)}" if names else ""
