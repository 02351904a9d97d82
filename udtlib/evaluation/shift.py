"""The shift test: in a still frame the target alone is moved; does the tracker find it? Book: chapter 13.

Time, appearance and the tracker's own update play no part: what is left is how well the template's features
single out the target, and how far the search reaches. The picture of the target (its box, whole pixels) is
cut out, the hole filled from what is around it (`cv2.inpaint`, Telea's method), and the cut pasted elsewhere.

Convention: the frames of one still are the still itself, then for each of `DISTANCES` the 8 directions,
clockwise from the right.
"""

from collections.abc import Sequence as AbstractSequence

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib.boxes import Boxes
from udtlib.data.sequences import Frames
from udtlib.evaluation.anchors import anchors
from udtlib.frames import Frame

DISTANCES = (0.25, 0.5, 0.75, 1.0)
"""How far the target is moved, in its widths across and its heights down."""

DIRECTIONS = 8
"""Moves of each distance; across and down by the cosine and the sine of 0, 45, ... 315 degrees."""

RADIUS = 3
"""Pixels from the hole's edge that fill it."""


def moved_boxes(box: Boxes) -> Boxes:
    """Return the target's box in the still and after every move, ``(1 + 4 * 8, 4)``, 0-indexed.

    A move is of whole pixels, rounded away from zero: no tracker that stays where it is comes within its
    length.

    Args:
        box: ``(4,)``, the target's in the still.
    """
    angles = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1).round(9)
    wanted = (np.array(DISTANCES)[:, None, None] * around * box[2:]).reshape(-1, 2).round(6)
    moves = np.vstack([[0, 0], np.copysign(np.ceil(np.abs(wanted)), wanted)])
    return np.hstack([box[:2] + moves, np.tile(box[2:], (len(moves), 1))])


def inside(boxes: Boxes, height: int, width: int) -> NDArray[np.bool_]:
    """Return which boxes ``(N, 4)`` have a size and lie in the image, whole."""
    with np.errstate(invalid="ignore"):
        within = (boxes[:, :2] >= 0) & (boxes[:, 2:] > 0) & (boxes[:, :2] + boxes[:, 2:] <= (width, height))
    return np.asarray(within.all(axis=1))


def stills(truth: Boxes, height: int, width: int) -> list[tuple[int, Boxes]]:
    """Return the frames that can be stills, spread as `anchors` are, each with its `moved_boxes`.

    The target must lie in the image whole, also after one of the moves at least; boxes of other moves are
    NaN.

    Args:
        truth: true boxes ``(N, 4)``, 0-indexed.
        height: of the images in pixels.
        width: of the images in pixels.
    """
    whole = inside(truth, height, width)
    found = anchors(np.where(whole[:, None], truth, np.nan), height, width)
    moved = [(one.first, moved_boxes(truth[one.first])) for one in found]
    masked = [
        (first, np.where(inside(boxes, height, width)[:, None], boxes, np.nan)) for first, boxes in moved
    ]
    return [(first, boxes) for first, boxes in masked if np.isfinite(boxes[1:]).any()]


class MovedTarget(Frames):
    """The frames of a shift test, drawn when asked for: the still, then one for every move."""

    def __init__(self, source: AbstractSequence[Frame], place: int, boxes: Boxes) -> None:
        """Take frame ``place`` of ``source`` as still.

        Args:
            source: frames of a sequence.
            place: which of them, from 0.
            boxes: the target's box in each frame to draw ``(N, 4)``, of `moved_boxes`; NaN: the still again.
        """
        self.source, self.place, self.boxes = source, place, boxes
        self.drawn: tuple[Frame, Frame] | None = None

    def __len__(self) -> int:
        """Return the number of frames, with the still."""
        return len(self.boxes)

    def __getstate__(self) -> dict[str, object]:
        """Leave behind what can be drawn again."""
        return self.__dict__ | {"drawn": None}

    def read(self, index: int) -> Frame:
        """Return the still (0), or the frame after move ``index``."""
        box = self.boxes[index]
        if self.drawn is None:
            still = np.asarray(self.source[self.place])
            self.drawn = still, without_target(still, self.boxes[0])
        still, background = self.drawn
        if not index or not np.isfinite(box).all():
            return still.copy()
        return paste_target(still, background, self.boxes[0], (box - self.boxes[0])[:2])


def without_target(still: Frame, box: Boxes) -> Frame:
    """Return a copy of a frame, RGB ``uint8``, with the target's box filled from what is around it."""
    rows, columns = _pixels(box)
    hole = np.zeros(still.shape[:2], np.uint8)
    hole[rows, columns] = 255
    return np.asarray(cv2.inpaint(np.ascontiguousarray(still), hole, RADIUS, cv2.INPAINT_TELEA), np.uint8)


def paste_target(still: Frame, background: Frame, box: Boxes, move: Boxes) -> Frame:
    """Return the background with the still's target pasted in elsewhere.

    Args:
        still: RGB ``uint8`` ``(H, W, 3)``.
        background: of the same shape, see `without_target`.
        box: the target's in the still, inside it.
        move: whole pixels across and down ``(2,)``, such that the moved box lies in the image.
    """
    across, down = (round(float(one)) for one in move)
    rows, columns = _pixels(box)
    frame = background.copy()
    place = slice(rows.start + down, rows.stop + down), slice(columns.start + across, columns.stop + across)
    frame[place] = still[rows, columns]
    return frame


def _pixels(box: Boxes) -> tuple[slice, slice]:
    """Return rows and columns of the pixels that a box touches."""
    low, high = np.floor(box[:2]).astype(int), np.ceil(box[:2] + box[2:]).astype(int)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))
