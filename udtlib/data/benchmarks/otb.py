"""The OTB-2015 benchmark: the annotations of its 100 targets, and the frames. Book: chapter 01.

The rule is one folder a sequence, ``NAME/img/0001.jpg ...`` numbered from 1 without a gap, and one
1-indexed row ``x,y,w,h`` an image in ``NAME/groundtruth_rect.txt``. `RANGES` and `TARGETS` hold every
exception.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from udtlib.boxes import Boxes
from udtlib.data.box_files import read_boxes, read_json_object
from udtlib.data.images import ImageFiles
from udtlib.data.kinds import look_into, may_be
from udtlib.data.locate import find_data, require_data
from udtlib.data.sequences import Sequence, read_each
from udtlib.errors import DataError, MissingDataError
from udtlib.files import user_path

RANGES = {
    "blurcar1": (247, 988),
    "blurcar3": (3, 359),
    "blurcar4": (18, 397),
    "david": (300, 770),
    "diving": (1, 215),
    "football1": (1, 74),
    "freeman3": (1, 460),
    "freeman4": (1, 283),
    "tiger1": (6, 354),
}
"""First and last annotated image of the folders that do not simply go from 1 to the last image."""

TARGETS = {"human4": (2,), "jogging": (1, 2), "skating2": (1, 2)}
"""Which targets count in the folders with several; target k is in ``groundtruth_rect.k.txt``."""

ATTRIBUTES_FILE = "otb_attributes.json"
"""``{NAME: [short attribute names]}``, beside the annotations or in the root folder."""

NAME = re.compile(r"(?P<folder>.+?)(?:[-_.(](?P<target>[12])\)?)?")


def canonical_name(name: str) -> str:
    """Return the one spelling, in lower case, under which names of a target are compared.

    ``Jogging(2)``, ``Jogging-2``, ``Jogging.2`` and ``jogging_2`` are the same target; a bare
    ``Jogging`` is its first target, and a bare ``Human4`` its second, the only one that counts.
    """
    match = NAME.fullmatch(name.strip().lower())
    folder, target = match.group("folder", "target") if match else (name, None)
    if target is None and folder in TARGETS:
        target = str(TARGETS[folder][0])
    return f"{folder}_{target}" if target else folder


def load_annotations(path: str | Path) -> list[Sequence]:
    """Return the targets' names, true boxes, attributes and first image, sorted, without frames.

    Args:
        path: a JSON file ``{KEY: {"name", "image_files", "gt_rect"}}`` (boxes 1-indexed), or the
            benchmark's root folder, of which only the ground truth files are read.

    Raises:
        MissingDataError: no such file or folder, or no sequence in it.
        DataError: content that is not what the format promises.
    """
    path = user_path(path)
    if path.is_dir():
        sequences = [_annotated(*target, read_attributes(path)) for target in find_targets(path)]
    elif path.exists():
        attributes = read_attributes(path.parent)
        sequences = [_from_entry(*item, attributes, path) for item in read_json_object(path).items()]
    else:
        raise MissingDataError(f"{path}: no such file of annotations, nor folder of OTB sequences")
    if not sequences:
        raise MissingDataError(f"{path}: expected OTB sequences by name, found none")
    return sorted(sequences, key=lambda sequence: sequence.name.lower())


def load_otb(
    root: str | Path | None = None,
    names: Iterable[str] | None = None,
    broken: dict[str, str] | None = None,
) -> list[Sequence]:
    """Return the OTB sequences below ``root``, sorted by name; any part of the 100 may be there.

    Args:
        root: the folder of sequence folders; None looks for ``otb`` in ``UDT_DATA``, ``data/``,
            ``../shared``.
        names: only these targets, in any spelling `canonical_name` knows; None is all.
        broken: where given, a sequence that cannot be read is left out, and what is wrong with it
            is added here under its name; None raises the first such error.

    Raises:
        MissingDataError: no such folder, target, ground truth or image file; all are named.
        DataError: a file that is not what its format promises, or a wrong number of rows.
    """
    root = require_data("otb", "the OTB sequences") if root is None else user_path(root)
    attributes = read_attributes(root)
    targets = _select(find_targets(root), names, root)

    def read(name: str, truth: Path) -> Sequence:
        return _with_frames(_annotated(name, truth, attributes), truth.parent)

    return read_each(targets, read, root, broken)


def _select(
    targets: list[tuple[str, Path]], names: Iterable[str] | None, root: Path
) -> list[tuple[str, Path]]:
    if names is None:
        return targets
    by_name = {canonical_name(target[0]): target for target in targets}
    wanted = {canonical_name(name): name for name in names}
    missing = [name for canonical, name in wanted.items() if canonical not in by_name]
    if missing:
        found = ", ".join(name for name, _ in targets)
        raise MissingDataError(f"{root}: no OTB sequence {', '.join(missing)}; found {found}")
    return [target for canonical, target in by_name.items() if canonical in wanted]


def _with_frames(sequence: Sequence, folder: Path) -> Sequence:
    """Add the images ``start`` ... ``start + N - 1``; only folders in `RANGES` may have more."""
    found = look_into(folder / "img")
    found.log()
    images = found.numbered()
    last = sequence.start + len(sequence.boxes) - 1
    annotated = range(sequence.start, last + 1)
    missing = next((number for number in annotated if number not in images), None)
    if missing is not None:
        raise MissingDataError(
            f"{folder / 'img' / f'{missing:04d}.jpg'}: no such image, but the ground truth of "
            f"{sequence.name} has boxes for images {sequence.start} to {last}"
        )
    if max(images) > last and folder.name.lower() not in RANGES:
        raise DataError(
            f"{folder}: expected one ground truth row an image, found {last} rows and "
            f"images up to {images[max(images)].name}"
        )
    return replace(sequence, frames=ImageFiles(images[number] for number in annotated))


def find_targets(root: Path) -> list[tuple[str, Path]]:
    """Return ``(name, ground truth file)`` of every target below ``root``, sorted by name.

    A folder with images counts, whether or not its ground truth is there.

    Raises:
        MissingDataError: no sequence.
    """
    folders = look_into(root).folders if root.is_dir() else []
    targets = [target for folder in folders for target in _targets_in(folder)]
    if not targets:
        raise MissingDataError(
            f"{root}: no OTB sequence found; expected folders NAME/img/0001.jpg ... with "
            "NAME/groundtruth_rect.txt"
        )
    return sorted(targets, key=lambda target: target[0].lower())


def _targets_in(folder: Path) -> list[tuple[str, Path]]:
    numbers = TARGETS.get(folder.name.lower())
    targets = [(folder.name, folder / "groundtruth_rect.txt")]
    if numbers:
        targets = [(f"{folder.name}_{k}", folder / f"groundtruth_rect.{k}.txt") for k in numbers]
    is_sequence = may_be((folder / "img").is_dir) or any(truth.exists() for _, truth in targets)
    return targets if is_sequence else []


def _annotated(name: str, truth: Path, attributes: dict[str, tuple[str, ...]]) -> Sequence:
    first, last = RANGES.get(truth.parent.name.lower(), (1, None))
    boxes = read_boxes(truth, index_base=1)
    if last is not None:
        boxes = _cut_to_range(boxes, first, last, truth)
    return Sequence(name, (), boxes, attributes.get(canonical_name(name), ()), first)


def _cut_to_range(boxes: Boxes, first: int, last: int, truth: Path) -> Boxes:
    """Drop the rows before image ``first`` of a file that has a row for every image from 1."""
    count = last - first + 1
    if len(boxes) not in (count, last):
        raise DataError(f"{truth}: expected {count} rows for images {first} to {last}, found {len(boxes)}")
    return boxes[-count:]


def read_attributes(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the short attribute names by `canonical_name`; empty where no file of them is found.

    `ATTRIBUTES_FILE` is looked for in ``folder``, then in the outside data (``published/``).
    """
    beside = folder / ATTRIBUTES_FILE
    path = beside if beside.exists() else find_data(f"published/{ATTRIBUTES_FILE}")
    entries = read_json_object(path) if path else {}
    return {canonical_name(name): _words(entries[name], f"{path}, {name!r}") for name in entries}


def _words(entry: Any, where: str) -> tuple[str, ...]:
    if not isinstance(entry, list) or not all(isinstance(word, str) for word in entry):
        raise DataError(f"{where}: expected a list of short attribute names, found {str(entry)[:60]}")
    return tuple(filter(None, entry))


def _from_entry(key: str, entry: Any, attributes: dict[str, tuple[str, ...]], path: Path) -> Sequence:
    try:
        name = entry["name"] + key[len(entry["name"]) :]
        boxes = np.array(entry["gt_rect"], dtype=np.float64)
        start = int(Path(entry["image_files"][0]).stem)
        if start < 0 or boxes.ndim != 2 or boxes.shape[1] != 4 or np.isinf(boxes).any():
            raise ValueError("no boxes, or no number")
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise DataError(f"{path}, {key!r}: expected name, image_files and gt_rect (N x 4)") from error
    truth = boxes - [1, 1, 0, 0]
    return Sequence(name, (), truth, attributes.get(canonical_name(name), ()), start)
