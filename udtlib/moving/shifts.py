"""Circular shifts, as a window that slides over the repeated patch. Book: chapter 02."""

from collections.abc import Sequence

import numpy as np

from udtlib import viz
from udtlib.errors import OptionError
from udtlib.frames import Frame, check_frame

FADED = 0.45


def shift_pictures(patch: Frame, shifts: Sequence[tuple[int, int]], height: int = 96) -> list[Frame]:
    """Return a picture a shift: on the left the patch nine times and a window, on the right what it holds.

    Args:
        patch: RGB or grey uint8.
        shifts: ``(rows, columns)`` by which the patch's content moves, down and right; any whole numbers.
        height: of one of the nine copies, in pixels.

    Raises:
        FrameError: not a picture.
        OptionError: no shift.
    """
    if not len(shifts):
        raise OptionError("shifts: expected at least one (rows, columns), found none")
    patch = check_frame(patch)
    copy = viz.resize_nearest(patch, height)
    faded = np.rint(255 - FADED * (255 - np.tile(copy, (3, 3, 1)).astype(float))).astype(np.uint8)
    faded[height : 2 * height, copy.shape[1] : 2 * copy.shape[1]] = copy
    return [_picture(patch, faded, copy.shape, shift) for shift in shifts]


def _picture(patch: Frame, nine: Frame, copy: tuple[int, ...], shift: tuple[int, int]) -> Frame:
    rows, columns = (step % side for step, side in zip(shift, patch.shape, strict=False))
    # content that moves down by `rows` is seen by a window that moves up by as much
    top = copy[0] * (1 - rows / patch.shape[0])
    left = copy[1] * (1 - columns / patch.shape[1])
    window = viz.draw_box(nine, (left, top, copy[1], copy[0]), viz.PREDICTION, thickness=3)
    seen = viz.resize_nearest(np.roll(patch, (rows, columns), (0, 1)), nine.shape[0])
    edge = viz.draw_box(seen, (0, 0, seen.shape[1], seen.shape[0]), viz.PREDICTION, thickness=3)
    texts = "the patch, repeated", f"moved {rows} down, {columns} right"
    return viz.contact_sheet([window, edge], 2, texts, gap=8)
