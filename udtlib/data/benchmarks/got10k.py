"""GOT-10k: 10,000 sequences, in its parts for training, validation and test (Huang et al., TPAMI 2021).

``val/list.txt`` names the sequences, ``val/NAME/00000001.jpg ...`` are the images, and ``groundtruth.txt``
has one row ``x,y,w,h`` an image, in decimals; of the test part only the first box is public, so its results
are exported and never scored. ``absence.label`` says 1 and ``cover.label`` 0 (of eighths that are visible)
where there is no target to see; ``meta_info.ini`` has the size of the images. Scored by AO and SR without
the first frame (policy ``got10k-ao``). Book: chapter 13.
"""

import re
from pathlib import Path

import numpy as np

from udtlib.boxes import Boxes
from udtlib.data.benchmarks.layouts import (
    Layout,
    Targets,
    listed_names,
    numbered_frames,
    read_flags,
    without_absent,
)
from udtlib.data.box_files import read_boxes, read_text
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError

TRUTH, LIST = "groundtruth.txt", "list.txt"
PARTS = ("test", "train", "val")
EIGHTHS = 8
"""``cover.label`` counts the visible part of the target in eighths."""

RESOLUTION = re.compile(r"^resolution:\s*\(\s*(\d{1,6})\s*,\s*(\d{1,6})\s*\)\s*$", re.MULTILINE)


def _find(root: Path) -> Targets:
    parts = (
        [root] if (root / LIST).exists() else [root / part for part in PARTS if (root / part / LIST).exists()]
    )
    return [(name, part / name) for part in parts for name in listed_names(part / LIST)]


def _read(name: str, folder: Path, images: bool) -> Sequence:
    boxes = read_boxes(folder / TRUTH, GOT10K.index_base)
    frames = numbered_frames(folder, "{:08d}.jpg", 1, len(boxes), name) if images else ()
    return Sequence(name, frames, _marked(boxes, folder), size=_size(folder / "meta_info.ini"))


def _marked(boxes: Boxes, folder: Path) -> Boxes:
    absent = np.zeros(len(boxes), dtype=bool)
    if (folder / "absence.label").exists():
        absent |= read_flags(folder / "absence.label", len(boxes)) > 0
    if (folder / "cover.label").exists():
        absent |= read_flags(folder / "cover.label", len(boxes), EIGHTHS) == 0
    return without_absent(boxes, absent)


def _size(path: Path) -> tuple[int, int] | None:
    """Return width and height of the images; None where the file is not there, as in the test part."""
    if not path.exists():
        return None
    found = RESOLUTION.search(read_text(path))
    if not found:
        raise DataError(f"{path}: expected a line such as resolution: (1920, 1080), found none")
    return int(found[1]), int(found[2])


GOT10K = Layout(
    title="GOT-10k",
    place="got10k",
    shape=f"val/{LIST} (or test, train; or {LIST} itself) and val/NAME/00000001.jpg ... with {TRUTH}",
    find=_find,
    read=_read,
    count=9335 + 180 + 180,
)
