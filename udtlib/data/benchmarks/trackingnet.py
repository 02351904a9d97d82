"""TrackingNet: 30,643 sequences from YouTube (Müller et al., ECCV 2018), in TRAIN_0 ... TRAIN_11 and TEST.

``TEST/frames/NAME/0.jpg ...`` are the images, numbered from 0, and ``TEST/anno/NAME.txt`` has one row
``x,y,w,h`` an image; of TEST only the first box is public, so its results are exported and never scored.
The images come as ``TEST/zips/NAME.zip``, to be unpacked into ``frames`` first. Book: chapter 13.
"""

import re
from pathlib import Path

from udtlib.data.benchmarks.layouts import Layout, Targets, folders_in, numbered_frames, text_files
from udtlib.data.box_files import read_boxes
from udtlib.data.sequences import Sequence
from udtlib.errors import MissingDataError

PART = re.compile(r"TEST|TRAIN_\d+")


def _find(root: Path) -> Targets:
    inside = [folder for folder in folders_in(root) if PART.fullmatch(folder.name)]
    parts = [root] if (root / "anno").is_dir() else inside
    return [(path.stem, path) for part in parts for path in text_files(part / "anno")]


def _read(name: str, truth: Path, images: bool) -> Sequence:
    boxes = read_boxes(truth, TRACKINGNET.index_base)
    if not images:
        return Sequence(name, (), boxes)
    part = truth.parent.parent
    folder, packed = part / "frames" / name, part / "zips" / f"{name}.zip"
    if not folder.is_dir() and packed.exists():
        raise MissingDataError(f"{folder}: no such folder of images; unpack {packed} into it")
    return Sequence(name, numbered_frames(folder, "{}.jpg", 0, len(boxes), name), boxes)


TRACKINGNET = Layout(
    title="TrackingNet",
    place="trackingnet",
    shape="TEST/anno/NAME.txt (or TRAIN_0 ...; or anno/NAME.txt itself) with TEST/frames/NAME/0.jpg ...",
    find=_find,
    read=_read,
    count=30643,
)
