"""UAV123: 123 sequences filmed from drones, and UAV20L, 20 long ones (Mueller, Smith and Ghanem, ECCV 2016).

``data_seq/UAV123/car1/000001.jpg ...`` are the images and ``anno/UAV123/car1_2.txt`` the annotation, one
1-indexed row ``x,y,w,h`` an image, ``NaN`` four times where the target is absent. Several sequences share
a folder of images: `RANGES` says which part is whose. UAV20L (``anno/UAV20L/car1.txt``) has whole folders.
Scored as OTB; an absent target counts as a failure. Book: chapter 13.
"""

from dataclasses import replace
from pathlib import Path

from udtlib.data.benchmarks.layouts import Layout, Targets, numbered_frames, text_files
from udtlib.data.box_files import read_boxes
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError

RANGES = {
    "bird1": ((1, 253), (775, 1477), (1573, 2437)),
    "car1": ((1, 751), (751, 1627), (1627, 2629)),
    "car16": ((1, 415), (415, 1993)),
    "car6": ((1, 487), (487, 1807), (1807, 2953), (2953, 3925), (3925, 4861)),
    "car8": ((1, 1357), (1357, 2575)),
    "group1": ((1, 1333), (1333, 2515), (2515, 3925), (3925, 4873)),
    "group2": ((1, 907), (907, 1771), (1771, 2683)),
    "group3": ((1, 1567), (1567, 2827), (2827, 4369), (4369, 5527)),
    "person12": ((1, 601), (601, 1621)),
    "person14": ((1, 847), (847, 1813), (1813, 2923)),
    "person17": ((1, 1501), (1501, 2347)),
    "person19": ((1, 1243), (1243, 2791), (2791, 4357)),
    "person2": ((1, 1189), (1189, 2623)),
    "person4": ((1, 1501), (1501, 2743)),
    "person5": ((1, 877), (877, 2101)),
    "person7": ((1, 1249), (1249, 2065)),
    "person8": ((1, 1075), (1075, 1525)),
    "truck4": ((1, 577), (577, 1261)),
    "uav1": ((1, 1555), (1555, 2377), (2473, 3469)),
}
"""First and last image of the sequences ``NAME_1``, ``NAME_2`` ... that share the folder NAME."""


def image_range(name: str) -> tuple[str, int, int | None]:
    """Return the folder of a sequence's images, its first image and its last, None for the folder's last."""
    folder, _, number = name.rpartition("_")
    ranges = RANGES.get(folder, ())
    if not (number.isascii() and number.isdecimal() and 1 <= int(number[:9]) <= len(ranges)):
        return name, 1, None
    return folder, *ranges[int(number) - 1]


def _find(root: Path, version: str = "UAV123") -> Targets:
    inner = root / "UAV123"  # the archive has such a folder around everything
    base = inner if not (root / "anno").is_dir() and (inner / "anno").is_dir() else root
    return [(path.stem, path) for path in text_files(base / "anno" / version)]


def _find_20l(root: Path) -> Targets:
    return _find(root, "UAV20L")


def _read(name: str, truth: Path, images: bool) -> Sequence:
    boxes = read_boxes(truth, UAV123.index_base)
    folder, first, last = image_range(name)
    if last is not None and len(boxes) != last - first + 1:
        raise DataError(
            f"{truth}: expected {last - first + 1} rows for images {first} to {last}, found {len(boxes)}"
        )
    if not images:
        return Sequence(name, (), boxes)
    place = truth.parents[2] / "data_seq" / "UAV123" / folder
    return Sequence(name, numbered_frames(place, "{:06d}.jpg", first, len(boxes), name, whole=False), boxes)


UAV123 = Layout(
    title="UAV123",
    place="uav123",
    shape="anno/UAV123/NAME.txt with data_seq/UAV123/NAME/000001.jpg ...",
    find=_find,
    read=_read,
    count=123,
    index_base=1,
)
UAV20L = replace(
    UAV123,
    title="UAV20L",
    shape="anno/UAV20L/NAME.txt with data_seq/UAV123/NAME/000001.jpg ...",
    find=_find_20l,
    count=20,
)
