"""Result files ``RUN/TRACKER/SEQUENCE.txt``: one box a frame, and how they are lined up with the truth.

Convention: boxes in files have the benchmark's index base (OTB 1, else 0), commas and 4 decimals; in
memory they are 0-indexed. ``SEQUENCE.json`` beside a file says how it was made and how long it took.
Book: chapters 01 and 13.
"""

import glob
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.boxes import Boxes
from udtlib.data.benchmarks.otb import canonical_name
from udtlib.data.box_files import read_boxes, write_boxes
from udtlib.data.kinds import is_system_name
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation.protocols import EQUAL
from udtlib.evaluation.results.records import ASKED, CAUSES, usable_record
from udtlib.evaluation.results.regions import (
    PROTOCOLS_WITH_REGIONS,
    Regions,
    State,
    all_equal,
    read_regions,
    write_regions,
)
from udtlib.files import make_folder, remove_unfinished, user_path, write_whole
from udtlib.printing import log_of

LOG = log_of("udtlib.evaluation")

_FROM_1 = "dtb70 lasot lasot-test otb otb2013 otb2015 otb50 tc128 uav123 uav20l"
INDEX_BASE = dict.fromkeys(_FROM_1.split(), 1)
"""Number of the first pixel in a dataset's files, where it is not 0."""


LONGEST_NAME = 180
"""Bytes of a sequence's or tracker's name: files may have 255, and unfinished ones need some."""


@dataclass(frozen=True)
class Result:
    """What a tracker answered in one sequence.

    Attributes:
        boxes: ``(N, 4)`` float64, 0-indexed, a row for each true box.
        seconds: tracking time without image decoding, or None where it was not recorded.
        note: what was done to line the file up with the truth; empty if nothing.
        states: what became of each frame, for protocols in which not every frame has a box (`Regions`).
        start: what its record says about the start (`udtlib.evaluation.protocols.Start.label`), empty if
            nothing.
    """

    boxes: Boxes
    seconds: float | None = None
    note: str = ""
    start: str = ""
    states: NDArray[np.int64] | None = None

    @property
    def regions(self) -> Regions:
        """Boxes and states; without states every frame was tracked."""
        states = np.full(len(self.boxes), int(State.TRACKED)) if self.states is None else self.states
        return Regions(self.boxes, states)


def index_base(dataset: str) -> int:
    """Return the number of the first pixel in the files of a dataset."""
    return INDEX_BASE.get(dataset, 0)


def load_results(
    folder: str | Path, sequences: Iterable[Sequence], dataset: str = "otb"
) -> dict[str, Result]:
    """Return the results of one tracker by sequence name, in the order of ``sequences``.

    Names match in any case and spelling of the target (`otb.canonical_name`). A file that
    covers the images from number 1 of a sequence annotated from later on is cut to the annotated range.

    Args:
        folder: holds ``SEQUENCE.txt`` files; those of other sequences are passed over.
        sequences: names and true boxes; their frames are not read.
        dataset: says the files' index base.

    Raises:
        MissingDataError: no such folder, or no file for a sequence.
        DataError: two files for one sequence, a malformed file, too few or too many rows.
    """
    files = _files_by_name(user_path(folder))
    sequences = list(sequences)
    missing = [sequence.name for sequence in sequences if canonical_name(sequence.name) not in files]
    if missing:
        raise MissingDataError(
            f"{folder}: expected a result file for each of {len(sequences)} sequences, found none for "
            f"{', '.join(missing[:8])}{' ...' if len(missing) > 8 else ''} ({len(missing)} missing)"
        )
    return {
        sequence.name: load_result(files[canonical_name(sequence.name)], sequence, dataset)
        for sequence in sequences
    }


def _files_by_name(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise MissingDataError(f"{folder}: no such folder; expected one of result files SEQUENCE.txt")
    files: dict[str, Path] = {}
    for path in result_files(folder, tell=True):
        name = canonical_name(path.stem)
        if name in files:
            raise DataError(f"{path}: names the same target as {files[name].name}; remove one of them")
        files[name] = path
    if not files:
        raise MissingDataError(f"{folder}: expected result files SEQUENCE.txt, found none")
    return files


def result_files(folder: Path, tell: bool = False) -> list[Path]:
    """Return the files ``*.txt`` of a folder, sorted; empty where there is no such folder.

    Hidden files (``._David.txt`` of a Mac) and what is no file are left out; ``tell`` says so in the log.
    """
    files, others = list[str](), list[str]()
    for path in sorted(folder.glob("*.txt")):
        (files if path.is_file() and not is_system_name(path.name) else others).append(path.name)
    if others and tell:
        LOG.warning("%s: left out %s: hidden, or no file", folder, ", ".join(others[:5]))
    return [folder / name for name in files]


def load_result(path: str | Path, sequence: Sequence, dataset: str = "otb", protocol: str = "ope") -> Result:
    """Return one result file, lined up with the sequence's true boxes.

    Raises:
        MissingDataError: no such file.
        DataError: a malformed file, too few or too many rows.
    """
    path = user_path(path)
    regions = _read(path, dataset, protocol)
    boxes = regions.boxes
    expected, before = sequence.tracked, sequence.start - 1
    if len(sequence.boxes) == 1 and not len(sequence.frames):  # how many frames there are is not known here
        expected, before = len(boxes), 0
    if len(boxes) not in (expected, expected + before):
        alternative = f" (or {expected + before}, from image 1)" if before else ""
        raise DataError(f"{path}: expected {expected} rows{alternative}, found {len(boxes)}")
    note = ""
    if len(boxes) > expected:
        note = f"{path.name}: {len(boxes)} rows from image 1, cut to {expected} from image {sequence.start}"
    return _result(path, regions, note, last=expected)


def load_runs(
    folder: str | Path, sequences: Iterable[Sequence], dataset: str, protocol: str
) -> dict[str, list[Result]]:
    """Return the results of all runs of a protocol by sequence name: files ``SEQUENCE-01.txt`` and so on.

    Args:
        folder: ``TRACKER/PROTOCOL``, such as ``TRACKER/tre``.
        sequences: names and true boxes; their frames are not read.
        dataset: says the files' index base.
        protocol: says what files these are.

    Raises:
        MissingDataError: no such folder, or a run is missing.
        DataError: a malformed file, more rows than true boxes, or fewer than were written.
    """
    folder = user_path(folder)
    if not folder.is_dir():
        raise MissingDataError(f"{folder}: no such folder; expected one of result files SEQUENCE-01.txt")
    return {one.name: _load_sequence_runs(folder, one, dataset, protocol) for one in sequences}


def _load_sequence_runs(folder: Path, sequence: Sequence, dataset: str, protocol: str) -> list[Result]:
    first = folder / f"{sequence.name}-01.txt"
    found = sorted(folder.glob(f"{glob.escape(sequence.name)}-[0-9][0-9].txt"))
    repeated = found[:EQUAL] if protocol == "vot" else []
    if len(repeated) == EQUAL:  # a tracker that does the same each time was not run further
        runs = [_load_run(path, sequence, dataset, protocol) for path in repeated]
        if all_equal([run.regions for run in runs]):
            return runs
    found = made_like_the_first(found, tell=True) if protocol == "starts" else found
    count = int(usable_record(first)[0].get("runs", len(found)))
    paths = [folder / f"{sequence.name}-{number:02}.txt" for number in range(1, max(count, 1) + 1)]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        raise MissingDataError(f"{folder}: {len(missing)} of {len(paths)} runs are missing: {missing[0]} ...")
    runs = [_load_run(path, sequence, dataset, protocol) for path in paths]
    lengths = sorted({len(run.boxes) for run in runs})
    if protocol == "sre" and len(lengths) > 1:  # all of them start in one frame
        raise DataError(f"{first}: expected runs of one length, found {lengths} rows: is one cut off?")
    return runs


def made_like_the_first(paths: list[Path], tell: bool = False) -> list[Path]:
    """Return the runs up to the first one that other code or options made: fewer starts left it standing.

    ``tell`` says in the log which are left out.
    """
    records = [usable_record(path)[0] for path in paths]
    shared = {*ASKED, *CAUSES} - {"first_box", "start", "truth"}  # each start has its own first box
    for index, record in enumerate(records):
        keys = shared & records[0].keys() & record.keys()  # a record that is broken costs the time alone
        if any(record[key] != records[0][key] for key in keys):
            names = paths[index].name, paths[-1].name, paths[0].name
            text = "%s: left out %s to %s, made otherwise than %s; run all %d starts again, or remove them"
            if tell:
                LOG.warning(text, paths[0].parent, *names, len(paths))
            return paths[:index]
    return paths


def _load_run(path: Path, sequence: Sequence, dataset: str, protocol: str) -> Result:
    """Return one run; a file that was cut off would pass for a run that started later."""
    regions, written = _read(path, dataset, protocol), usable_record(path)[0].get("frames")
    if len(regions) > len(sequence.boxes) and protocol != "shift":
        raise DataError(f"{path}: expected at most {len(sequence.boxes)} rows, found {len(regions)}")
    if written is not None and len(regions) != written:
        raise DataError(
            f"{path}: expected the {written:g} rows that its record names, found {len(regions)}: is it cut "
            "off? `udt evaluate` again makes it anew"
        )
    return _result(path, regions)


def _read(path: Path, dataset: str, protocol: str) -> Regions:
    if protocol in PROTOCOLS_WITH_REGIONS:
        return read_regions(path, index_base(dataset))
    boxes = read_boxes(path, index_base(dataset))
    return Regions(boxes, np.full(len(boxes), int(State.TRACKED)))


def _result(path: Path, regions: Regions, note: str = "", last: int | None = None) -> Result:
    """Return boxes with what their record says; a broken record costs the time alone, and a note names it."""
    record, problem = usable_record(path)
    notes = (note, f"{problem}; its boxes count, its time is not known" if problem else "")
    seconds = float(record.get("seconds", 0)) or None
    first = len(regions) - (len(regions) if last is None else last)
    boxes, states = regions.boxes[first:], regions.states[first:]
    return Result(boxes, seconds, "; ".join(filter(None, notes)), record.get("start", ""), states)


def write_result(path: str | Path, boxes: ArrayLike | Regions, dataset: str, record: dict[str, Any]) -> None:
    """Write boxes ``(N, 4)`` or regions (0-indexed) and their record; a reader sees all or nothing.

    The record goes first: where there is a result file, there is its record. Rows that are not finite
    are written as NaN.

    Raises:
        StorageError: it cannot be written.
    """
    path = user_path(path)
    write_whole(path.with_suffix(".json"), json.dumps(record, sort_keys=True) + "\n")
    if isinstance(boxes, Regions):
        return write_regions(path, boxes, index_base(dataset))
    rows = np.array(boxes, dtype=np.float64)
    rows[~np.isfinite(rows).all(axis=1)] = np.nan
    write_boxes(path, rows, index_base(dataset))


def check_name(name: str, what: str) -> str:
    """Return a name under which results can be written: one part of a path, that stays in its folder.

    Raises:
        DataError: it is empty, too long, hidden, or has characters that part or end a path.
    """
    is_part = name.strip() and not name.startswith(".") and not set(name) & set("/\\")
    if not is_part or not name.isprintable() or len(name.encode("utf-8", "replace")) > LONGEST_NAME:
        found = repr(name) if len(name) < 80 else f"{name[:40]!r}... of {len(name)} characters"
        raise DataError(
            f"expected as the name of a {what} a file name of 1 to {LONGEST_NAME} bytes without '/' and "
            f"'\\', that does not begin with '.', found {found}; rename it"
        )
    return name


def prepare_folder(folder: Path) -> None:
    """Make a folder for results; remove what a killed run left half written more than a minute ago.

    Raises:
        StorageError: the folder cannot be made.
    """
    make_folder(folder)
    remove_unfinished(folder)
