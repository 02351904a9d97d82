"""DTB70, the Drone Tracking Benchmark: 70 sequences filmed from drones (Li and Yeung, AAAI 2017).

``NAME/img/00001.jpg ...`` and one 1-indexed row ``x,y,w,h`` an image in ``NAME/groundtruth_rect.txt``.
Scored as OTB. Book: chapter 13.
"""

from pathlib import Path

from udtlib.data.benchmarks.layouts import Layout, Targets, folders_in, numbered_frames
from udtlib.data.box_files import read_boxes
from udtlib.data.kinds import may_be
from udtlib.data.sequences import Sequence

TRUTH = "groundtruth_rect.txt"


def _find(root: Path) -> Targets:
    folders = folders_in(root)
    return [(one.name, one) for one in folders if may_be((one / TRUTH).exists) or (one / "img").is_dir()]


def _read(name: str, folder: Path, images: bool) -> Sequence:
    boxes = read_boxes(folder / TRUTH, DTB70.index_base)
    frames = numbered_frames(folder / "img", "{:05d}.jpg", 1, len(boxes), name) if images else ()
    return Sequence(name, frames, boxes)


DTB70 = Layout(
    title="DTB70",
    place="dtb70",
    shape=f"folders NAME/img/00001.jpg ... with NAME/{TRUTH}",
    find=_find,
    read=_read,
    count=70,
    index_base=1,
)
