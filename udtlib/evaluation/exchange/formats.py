"""The formats of other toolkits: which file holds what.

- ``otb-mat``: ``SEQUENCE_TRACKER.mat`` of OTB's MATLAB toolkit (`mat_files`), 1-indexed.
- ``pysot``: ``TRACKER/SEQUENCE.txt``, a box ``x,y,w,h`` a line, as the dataset's own files count pixels.
- ``got10k``: ``GOT-10k/TRACKER/SEQUENCE/SEQUENCE_001.txt``, and the seconds of each frame in
  ``SEQUENCE_time.txt``; ``TRACKER/GOT-10k/...`` is read too.

Book: chapter 13.
"""

import glob
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from udtlib.boxes import Boxes
from udtlib.data.benchmarks.layouts import folders_in, text_files
from udtlib.data.benchmarks.otb import RANGES, canonical_name
from udtlib.data.benchmarks.otb_lists import OTB2015
from udtlib.data.box_files import boxes_text, parse_numbers, read_boxes, read_text
from udtlib.data.kinds import is_system_name
from udtlib.errors import DataError, UdtError
from udtlib.evaluation.exchange.mat_files import MatReader, mat_bytes
from udtlib.evaluation.results.files import index_base
from udtlib.printing import log_of

LOG = log_of("udtlib.evaluation")

GOT10K_FOLDER = "GOT-10k"
KNOWN = {canonical_name(name): name for name in OTB2015}
"""Our spelling of OTB's targets."""


@dataclass(frozen=True)
class Answers:
    """What one tracker answered in one sequence.

    Attributes:
        tracker: its name.
        sequence: the sequence's name.
        boxes: ``(N, 4)``, 0-indexed.
        seconds: tracking time, or None where it is not known.
    """

    tracker: str
    sequence: str
    boxes: Boxes
    seconds: float | None = None


@dataclass(frozen=True)
class Found:
    """A file of results, and whose it is."""

    path: Path
    tracker: str
    sequence: str


def otb_mat_files(answers: Answers, dataset: str) -> dict[str, bytes]:
    """Return the file ``SEQUENCE_TRACKER.mat`` by its name."""
    first, last = RANGES.get(answers.sequence.lower() if dataset.startswith("otb") else "", (1, None))
    start = 1 if len(answers.boxes) == last else first  # some tools start at image 1 in any case
    fps = len(answers.boxes) / answers.seconds if answers.seconds else None
    name = f"{toolkit_name(answers.sequence)}_{answers.tracker}.mat"
    return {name: mat_bytes(answers.boxes + np.array([1, 1, 0, 0]), start, fps)}


def pysot_files(answers: Answers, dataset: str) -> dict[str, bytes]:
    """Return the file ``TRACKER/SEQUENCE.txt`` by its name."""
    text = boxes_text(answers.boxes, index_base(dataset))
    return {f"{answers.tracker}/{toolkit_name(answers.sequence)}.txt": text.encode()}


def got10k_files(answers: Answers, dataset: str) -> dict[str, bytes]:
    """Return the files of boxes and, where it is known, of times, by their names."""
    folder = f"{GOT10K_FOLDER}/{answers.tracker}/{answers.sequence}"
    text = boxes_text(answers.boxes, index_base(dataset))
    files = {f"{folder}/{answers.sequence}_001.txt": text.encode()}
    if answers.seconds is not None:
        line = f"{answers.seconds / len(answers.boxes):.8f}\n"
        files[f"{folder}/{answers.sequence}_time.txt"] = (line * len(answers.boxes)).encode()
    return files


def toolkit_name(sequence: str) -> str:
    """Return how toolkits spell a target of OTB, ``Jogging-1``; other names stay."""
    is_target = canonical_name(sequence) in KNOWN and sequence[-2:] in ("_1", "_2")
    return f"{sequence[:-2]}-{sequence[-1]}" if is_target else sequence


def our_name(sequence: str, dataset: str) -> str:
    """Return how we spell a sequence: OTB's targets by the benchmark's list, others as they are."""
    return KNOWN.get(canonical_name(sequence), sequence) if dataset.startswith("otb") else sequence


def find_otb_mat(source: Path, dataset: str, tracker: str | None) -> Iterator[Found]:
    """Yield the ``.mat`` files of a folder, of one tracker if it is named."""
    for path in sorted(source.glob("*.mat")):
        sequence, name = _parts(path.stem, tracker, dataset)
        if tracker in (None, name) and not is_system_name(path.name):
            yield Found(path, name, sequence)


def _parts(stem: str, tracker: str | None, dataset: str) -> tuple[str, str]:
    """Return sequence and tracker of a name ``SEQUENCE_TRACKER``; both may hold underscores."""
    if tracker is not None and stem.endswith(f"_{tracker}"):
        return our_name(stem.removesuffix(f"_{tracker}"), dataset), tracker
    cuts = [match.start() for match in re.finditer("_", stem)]
    known = [cut for cut in cuts if canonical_name(stem[:cut]) in KNOWN]
    cut = max(known or cuts, default=len(stem))
    return our_name(stem[:cut], dataset), stem[cut + 1 :] or "tracker"


def find_pysot(source: Path, dataset: str, tracker: str | None) -> Iterator[Found]:
    """Yield the files ``SEQUENCE.txt`` of a tracker's folder, or of the trackers' folders in it."""
    for folder in (source, *folders_in(source)):
        name = tracker if folder == source and tracker else folder.resolve().name
        for path in text_files(folder) if tracker in (None, name) else ():
            yield Found(path, name, our_name(path.stem, dataset))


def find_got10k(source: Path, dataset: str, tracker: str | None) -> Iterator[Found]:
    """Yield the first runs ``SEQUENCE/SEQUENCE_001.txt`` in folders of trackers, up to two folders deep."""
    inside = folders_in(source)
    for folder in (source, *inside, *(deep for one in inside for deep in folders_in(one))):
        whole = folder.resolve()
        name = whole.parent.name if whole.name == GOT10K_FOLDER else whole.name
        name = tracker if folder == source and tracker else name
        for one in folders_in(folder) if tracker in (None, name) else ():
            if (one / f"{one.name}_001.txt").is_file():
                yield Found(one / f"{one.name}_001.txt", name, our_name(one.name, dataset))


def read_mat(path: Path, dataset: str, reader: MatReader) -> tuple[Boxes, float | None]:
    """Return the boxes of a file, 0-indexed, and the seconds they took or None."""
    boxes, fps = reader.read(path)
    return boxes - np.array([1, 1, 0, 0]), len(boxes) / fps if fps else None


def read_pysot(path: Path, dataset: str, reader: MatReader) -> tuple[Boxes, float | None]:
    """Return the same of a file of boxes; the time is not known."""
    return read_boxes(path, index_base(dataset)), None


def read_got10k(path: Path, dataset: str, reader: MatReader) -> tuple[Boxes, float | None]:
    """Return the same of a file of boxes with one of times beside it."""
    _tell_repetitions(path.parent)
    boxes = read_boxes(path, index_base(dataset))
    return boxes, _seconds(path.parent / f"{path.parent.name}_time.txt", len(boxes))


def _tell_repetitions(folder: Path) -> None:
    count = len(list(folder.glob(f"{glob.escape(folder.name)}_[0-9][0-9][0-9].txt")))
    if count > 1:
        LOG.warning("%s: the first of %d repetitions is taken", folder, count)


def _seconds(path: Path, frames: int) -> float | None:
    """Return the sum of the first column of a file of times, one a frame; None where they make no sense."""
    try:
        lines = [line for line in read_text(path).splitlines() if line.strip()]
        first = [parse_numbers(line, str(path), "seconds")[0] for line in lines]
    except UdtError:
        return None
    total = float(np.sum([one for one in first if one > 0]))
    return total if len(first) == frames and 0 < total < 1e9 else None


FILES = {"got10k": got10k_files, "otb-mat": otb_mat_files, "pysot": pysot_files}
"""What to write for one tracker and sequence, by the format's name."""

FIND = {"got10k": find_got10k, "otb-mat": find_otb_mat, "pysot": find_pysot}
"""What there is to read in a folder, by the format's name."""

READ = {"got10k": read_got10k, "otb-mat": read_mat, "pysot": read_pysot}
"""What reads a file, by the format's name."""

EXPECTED = {
    "got10k": "TRACKER/SEQUENCE/SEQUENCE_001.txt",
    "otb-mat": "SEQUENCE_TRACKER.mat",
    "pysot": "TRACKER/SEQUENCE.txt",
    "vot": "TRACKER/baseline/SEQUENCE/SEQUENCE_001.txt",
}


def read_all(
    form: str, source: Path, dataset: str, tracker: str | None
) -> tuple[list[tuple[Path, Answers]], dict[Path, str]]:
    """Return what a folder holds in a format, each with its file, and what cannot be read, by file.

    Raises:
        DataError: no file of this format in it.
    """
    answers, problems = list[tuple[Path, Answers]](), dict[Path, str]()
    with MatReader() as reader:
        for one in FIND[form](source, dataset, tracker):
            try:
                boxes, seconds = READ[form](one.path, dataset, reader)
                answers.append((one.path, Answers(one.tracker, one.sequence, boxes, seconds)))
            except UdtError as error:
                problems[one.path] = str(error)
    if not answers and not problems:
        of = f" of {tracker}" if tracker else ""
        raise DataError(f"{source}: expected results{of} {EXPECTED[form]}, found none")
    return answers, problems
