"""LaSOT: 1,400 long sequences of 70 categories (Fan et al., CVPR 2019), 280 of them for testing.

``airplane/airplane-1/img/00000001.jpg ...``, or without the folders of the categories; one 1-indexed row
``x,y,w,h`` an image in ``groundtruth.txt``; in ``full_occlusion.txt`` and ``out_of_view.txt`` a line of as
many 0 and 1: where one of them is 1, the target is absent. Scored by success, precision and normalised
precision over the frames that show the target (policy ``lasot``). Book: chapter 13.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from udtlib.data.benchmarks.layouts import (
    Layout,
    Targets,
    folders_in,
    numbered_frames,
    read_flags,
    without_absent,
)
from udtlib.data.box_files import read_boxes, read_text
from udtlib.data.kinds import may_be
from udtlib.data.sequences import Sequence
from udtlib.errors import MissingDataError
from udtlib.printing import log_of

LOG = log_of(__name__)

TRUTH = "groundtruth.txt"
FLAGS = ("full_occlusion.txt", "out_of_view.txt")
TEST_LIST = "testing_set.txt"
"""The names of the test sequences, one a line, in the root folder; it comes with the benchmark."""


def _find(root: Path) -> Targets:
    flat = folders_in(root)
    deep = [inner for folder in flat if not _is_sequence(folder) for inner in folders_in(folder)]
    return [(folder.name, folder) for folder in (*flat, *deep) if _is_sequence(folder)]


def _is_sequence(folder: Path) -> bool:
    has_name = re.fullmatch(r".+-\d+", folder.name) and may_be((folder / "img").is_dir)
    return bool(has_name) or may_be((folder / TRUTH).exists)


def _find_test(root: Path) -> Targets:
    found = dict(_find(root))
    wanted = read_text(root / TEST_LIST).split()
    missing = [name for name in wanted if name not in found]
    if missing:
        shown = ", ".join(missing[:8]) + (" ..." if len(missing) > 8 else "")
        raise MissingDataError(
            f"{root}: {len(missing)} of the {len(wanted)} sequences of {TEST_LIST} are missing: {shown}; the "
            "dataset lasot takes what is there"
        )
    return [(name, found[name]) for name in dict.fromkeys(wanted)]


def _read(name: str, folder: Path, images: bool) -> Sequence:
    boxes = read_boxes(folder / TRUTH, LASOT.index_base)
    absent = np.zeros(len(boxes), dtype=bool)
    for flags in FLAGS:
        if (folder / flags).exists():
            absent |= read_flags(folder / flags, len(boxes)) > 0
        else:
            LOG.warning("%s: no such file; its frames count as showing the target", folder / flags)
    frames = numbered_frames(folder / "img", "{:08d}.jpg", 1, len(boxes), name) if images else ()
    return Sequence(name, frames, without_absent(boxes, absent))


LASOT = Layout(
    title="LaSOT",
    place="lasot",
    shape=f"folders airplane/airplane-1 or airplane-1, each with img/00000001.jpg ... and {TRUTH}",
    find=_find,
    read=_read,
    count=1400,
    index_base=1,
)
LASOT_TEST = replace(LASOT, title="LaSOT test", find=_find_test, count=280)
