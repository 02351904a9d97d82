"""Result files in which not every frame has a box: those of runs with resets and of shift tests.

They are VOT's, so that its tools and ours read each other's: ``1`` stands where the tracker was started from
the true box, ``2`` where it had lost the target, ``0`` for a frame that it was not asked about, else a box
``x,y,w,h`` or a polygon ``x1,y1,x2,y2,...`` with 4 decimals. Index base: the dataset's, as of all result
files. `udtlib.evaluation.results.trajectories` finds and reads those of other tools. Book: chapter 13.
"""

from collections.abc import Mapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from udtlib.arguments import columns
from udtlib.boxes import Boxes
from udtlib.data.box_files import parse_box, parse_plain, read_text
from udtlib.errors import DataError
from udtlib.files import user_path, write_whole
from udtlib.polygons import Region, parse_region, upright_box

PROTOCOLS_WITH_REGIONS = ("resets", "shift", "vot")
"""The protocols whose files these are."""


CODES = ("0", "1", "2")
"""Lines that are no region."""


class State(IntEnum):
    """What became of a frame; the numbers of the first three stand in the files."""

    SKIPPED = 0
    INITIALISED = 1
    FAILED = 2
    TRACKED = 3


@dataclass(frozen=True)
class Regions:
    """What a run gave for each frame.

    Attributes:
        boxes: ``(N, 4)`` float64, 0-indexed; NaN but where the state is ``TRACKED``, and there too where the
            tracker gave no finite numbers.
        states: ``(N,)`` int64, of `State`.
        polygons: by the index of a frame the polygon that was given there, whose upright box is in ``boxes``.
    """

    boxes: Boxes
    states: NDArray[np.int64]
    polygons: Mapping[int, Region] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.states)

    def each(self) -> list[Region]:
        """Return the region of each frame, polygon or box; NaN where there is none."""
        return [self.polygons.get(frame, box) for frame, box in enumerate(self.boxes)]


def all_equal(runs: AbstractSequence[Regions]) -> bool:
    """Say whether runs gave the same in every frame, in the upright boxes around what they gave."""
    first = runs[0]
    return all(
        np.array_equal(one.states, first.states) and np.array_equal(one.boxes, first.boxes, equal_nan=True)
        for one in runs[1:]
    )


def read_regions(path: str | Path, index_base: int) -> Regions:
    """Return the regions of a file; blank lines and lines that start with ``#`` are passed over.

    Args:
        path: the file.
        index_base: number of the first pixel in the file.

    Raises:
        MissingDataError: no such file.
        DataError: no line, a line that is neither a box, a polygon nor 0, 1 or 2, or not a text file.
    """
    lines = enumerate(read_text(Path(path)).splitlines(), start=1)
    kept = [(number, line.strip()) for number, line in lines if line.strip() and line.strip()[0] != "#"]
    if not kept:
        raise DataError(f"{path}: expected a box x,y,w,h or 0, 1 or 2 a line, found no line")
    boxes, states = np.full((len(kept), 4), np.nan), np.full(len(kept), int(State.TRACKED))
    polygons: dict[int, Region] = {}
    given = [row for row, (_, line) in enumerate(kept) if line not in CODES]
    for row in set(range(len(kept))).difference(given):
        states[row] = int(kept[row][1])
    plain = parse_plain("\n".join(kept[row][1] for row in given)) if given else None
    if plain is not None:
        boxes[given] = plain - np.array([index_base, index_base, 0, 0])
        return Regions(boxes, states)
    for row in given:
        number, line = kept[row]
        region = _parse(line, f"{path}, line {number}", index_base)
        boxes[row] = upright_box(region)
        polygons |= {row: region} if len(region) > 4 else {}  # with NaN in it there is none
    return Regions(boxes, states, polygons)


def _parse(line: str, where: str, index_base: int) -> Region:
    """Return the box or the polygon that a line is, 0-indexed."""
    if len(columns(line)) < 6:
        return parse_box(line, where) - np.array([index_base, index_base, 0, 0])
    return parse_region(line, where) - index_base


def write_regions(path: str | Path, regions: Regions, index_base: int) -> None:
    """Write regions; a reader sees the whole file or what was there before.

    Raises:
        StorageError: it cannot be written.
    """
    write_whole(user_path(path), region_lines(regions, index_base))


def region_lines(regions: Regions, index_base: int) -> str:
    """Return the text of a file of regions."""
    rows = regions.boxes + np.array([index_base, index_base, 0, 0])
    found = {frame: polygon + index_base for frame, polygon in regions.polygons.items()}
    lines = [
        ",".join(f"{number:.4f}" for number in found.get(frame, row))
        if state == State.TRACKED
        else str(int(state))
        for frame, (row, state) in enumerate(zip(rows, regions.states, strict=True))
    ]
    return "\n".join([*lines, ""])
