"""NfS, Need for Speed: 100 sequences at 240 frames a second, and at 30 (Galoogahi et al., ICCV 2017).

``NAME/30/NAME/00001.jpg ...`` are the images (``240`` likewise) and ``NAME/30/NAME.txt`` the annotation, ten
columns a row: track, left, top, right, bottom, frame, lost, occluded, generated and a label in quotation
marks. Where lost is 1 the target is out of the picture. The rows of the 30 frames a second may be those of
the 240: every eighth counts then. One row or one image too many at the end is left out, with a line in the
log. Scored as OTB. Book: chapter 13.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from udtlib.boxes import Boxes
from udtlib.data.benchmarks.layouts import (
    Layout,
    Targets,
    check_finite,
    folders_in,
    numbered_frames,
    without_absent,
)
from udtlib.data.box_files import parse_box, read_text
from udtlib.data.kinds import look_into, may_be
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError
from udtlib.printing import log_of

LOG = log_of(__name__)

COLUMNS = ("track", "left", "top", "right", "bottom", "frame", "lost", "occluded", "generated", "label")
RATIO = 8
"""Frames at 240 a second for one at 30."""


def _find(root: Path, rate: str = "30") -> Targets:
    folders = [folder for folder in folders_in(root) if may_be((folder / rate).is_dir)]
    return [(folder.name, folder / rate / f"{folder.name}.txt") for folder in folders]


def _find_240(root: Path) -> Targets:
    return _find(root, "240")


def _read(name: str, truth: Path, images: bool) -> Sequence:
    boxes = read_columns(truth)
    folder = truth.with_suffix("")
    if not folder.is_dir() and not images:
        return Sequence(name, (), boxes)
    count = len(look_into(folder).frames())  # a gap is found here
    boxes = _one_a_frame(boxes, count, truth)
    frames = numbered_frames(folder, "{:05d}.jpg", 1, len(boxes), name, whole=count == len(boxes))
    return Sequence(name, frames if images else (), boxes)


def _one_a_frame(boxes: Boxes, count: int, truth: Path) -> Boxes:
    """Return a box for each of ``count`` images, or for all but the last."""
    rows = len(boxes)
    if rows > count + 1 and abs(len(boxes[::RATIO]) - count) <= 1:
        boxes = boxes[::RATIO]
    if abs(len(boxes) - count) > 1:
        raise DataError(
            f"{truth}: expected {count} rows, one an image, or {RATIO} times as many, found {rows}"
        )
    if len(boxes) != count:
        LOG.warning("%s: %d boxes for %d images; the last of them is left out", truth, len(boxes), count)
    return boxes[:count]


def read_columns(path: Path) -> Boxes:
    """Return the boxes of a file of NfS's ten columns, ``(N, 4)``; NaN where the target is lost.

    Raises:
        MissingDataError: no such file.
        DataError: a row without these columns, rows of several tracks, or no row.
    """
    lines = [(number, line) for number, line in enumerate(read_text(path).splitlines(), 1) if line.strip()]
    rows = [_parse(line, f"{path}, line {number}") for number, line in lines]
    if not rows:
        raise DataError(f"{path}: expected rows of {', '.join(COLUMNS)}, found none")
    tracks = {track for track, _, _ in rows}
    if len(tracks) > 1:
        raise DataError(f"{path}: expected one target, found the tracks {', '.join(sorted(tracks)[:5])}")
    boxes = np.array([corners for _, corners, _ in rows], dtype=np.float64)
    with np.errstate(over="ignore"):
        boxes[:, 2:] -= boxes[:, :2]
    return without_absent(check_finite(boxes, path), np.array([lost for _, _, lost in rows], dtype=bool))


def _parse(line: str, where: str) -> tuple[str, list[float], bool]:
    """Return the track, the four corners, and whether the target is lost; the label may hold spaces."""
    words = line.split(maxsplit=len(COLUMNS) - 1)
    if len(words) != len(COLUMNS) or words[6] not in ("0", "1"):
        raise DataError(f"{where}: expected the ten columns {', '.join(COLUMNS)}, found {line[:80]!r}")
    return words[0], parse_box(" ".join(words[1:5]), where), words[6] == "1"


NFS = Layout(
    title="NfS",
    place="nfs",
    shape="NAME/30/NAME.txt (or 240) with NAME/30/NAME/00001.jpg ...",
    find=_find,
    read=_read,
    count=100,
)
NFS240 = replace(NFS, title="NfS at 240 frames a second", find=_find_240)
