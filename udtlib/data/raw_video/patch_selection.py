"""Where in a frame a training patch is taken, and how it is sampled. Book: chapter 10.

Convention of this module, the reference's: pixel ``(row, column)`` has its centre at the integers
``y = row, x = column``; the middle of a frame is ``(W/2, H/2)``; a point is ``(x, y)``.
"""

from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.arguments import check_name
from udtlib.errors import OptionError
from udtlib.frames import Frame

PATCH_SIZE = 125
"""Side of a training patch in pixels."""

CUTTING = 1
"""Version of what this module and the followers do: add 1 whenever the same video gives other patches."""

SELECTIONS = {
    "centre": "the middle of every frame",
    "entropy": "the most varied of 25 places in the first frame",
    "follow": "the same place, then followed through the video by a tracker",
}
"""UDT's choice of patches, and LUDT's without and with its tracker."""

Point = NDArray[np.float64]
Locate = Callable[[Frame], Point]
Follower = Callable[[Frame, ArrayLike], Locate]
"""Starts on a frame and a box ``(x, y, w, h)``; for "follow", such as `udtlib.trackers.kcf.follow`."""


def sample_window(frame: Frame, middle: ArrayLike, window: ArrayLike, size: int = PATCH_SIZE) -> Frame:
    """Return ``size x size`` points of a window, its aspect ratio squashed.

    Point ``i`` of a row lies at ``x + (2 i / (size - 1) - 1) width / 2``: the first and the last on the
    window's edges. Bilinear, nothing is blurred before shrinking, 0 outside the frame. Section 3.4.

    Args:
        frame: uint8 ``(H, W, 3)``.
        middle: ``(x, y)`` of the window's middle.
        window: ``(width, height)`` in pixels.
        size: side of the patch in pixels, at least 2.

    Returns:
        uint8 ``(size, size, 3)``, rounded; a new array.
    """
    (x, y), (width, height) = np.asarray(middle, float), np.asarray(window, float)
    columns, column_weights = _taps(x, width, size, frame.shape[1])
    rows, row_weights = _taps(y, height, size, frame.shape[0])
    # Rows of 3 W numbers: the sums are the same, and numpy is more than twice as fast as with triples.
    lines, column_weights = frame.reshape(len(frame), -1), column_weights.repeat(3, axis=1)
    columns = (3 * columns[..., None] + np.arange(3)).reshape(2, -1)
    patch = np.full((size, 3 * size), 0.5, np.float32)
    for row, row_weight in zip(rows, row_weights, strict=True):
        for column, column_weight in zip(columns, column_weights, strict=True):
            patch += np.outer(row_weight, column_weight) * lines[row[:, None], column]
    return patch.astype(np.uint8).reshape(size, size, 3)


def _taps(middle: float, length: float, size: int, extent: int) -> tuple[NDArray, NDArray]:
    """Return the two pixels each point lies between, and their weights, both ``(2, size)``."""
    points = middle + np.linspace(-0.5, 0.5, size) * length
    first = np.floor(points)
    pixels = np.stack([first, first + 1]).astype(int)
    weights = np.stack([1 - (points - first), points - first]).astype(np.float32)
    weights[(pixels < 0) | (pixels >= extent)] = 0
    return pixels.clip(0, extent - 1), weights


def cut_patches(
    frames: Iterable[Frame], selection: str = "centre", follower: Follower | None = None
) -> Iterator[Frame]:
    """Yield a patch of every frame: half the frame wide, half of it high, 125 x 125 pixels.

    Frames of another size than the first are resized to it.

    Args:
        frames: RGB uint8 ``(H, W, 3)``; taken one by one, none is kept.
        selection: a key of `SELECTIONS`.
        follower: the tracker of selection ``"follow"``.

    Yields:
        uint8 ``(125, 125, 3)``.

    Raises:
        UnknownNameError: an unknown selection.
        OptionError: ``"follow"`` without a follower.
    """
    locate: Locate | None = None
    for frame in frames:
        if locate is None:
            height, width = frame.shape[:2]
            locate = start_locating(selection, frame, follower)
        if frame.shape[:2] != (height, width):
            frame = np.asarray(cv2.resize(frame, (width, height)), dtype=np.uint8)
        yield sample_window(frame, locate(frame), (width / 2, height / 2))


def start_locating(selection: str, first: Frame, follower: Follower | None = None) -> Locate:
    """Return the function that gives the middle of the patch in each frame, from the first frame on.

    Raises:
        UnknownNameError: ``selection`` is not in `SELECTIONS`.
        OptionError: ``"follow"`` without a follower.
    """
    check_selection(selection, follower)
    height, width = first.shape[:2]
    if selection == "follow" and follower is not None:
        size = np.array([width, height]) / 6
        return follower(first, np.concatenate([most_varied_place(first) - size / 2, size]))
    fixed = np.array([width / 2, height / 2]) if selection == "centre" else most_varied_place(first)
    return lambda frame: fixed


def check_selection(selection: str, follower: Follower | None) -> None:
    """Refuse what `start_locating` would refuse.

    Raises:
        UnknownNameError: ``selection`` is not in `SELECTIONS`.
        OptionError: ``"follow"`` without a follower.
    """
    check_name("selection", selection, SELECTIONS)
    if selection == "follow" and follower is None:
        raise OptionError("selection 'follow' needs follower=, such as udtlib.trackers.kcf.follow")


def most_varied_place(frame: Frame) -> Point:
    """Return the middle ``(x, y)`` of the small box of greatest entropy.

    The 25 boxes are a sixth of the frame in both directions, their corners at 3/12 to 7/12 of it, so
    that a window three times as large stays inside. Of equal ones the first, row by row. LUDT, section 4.
    """
    height, width = frame.shape[:2]
    corners = [
        np.array([column, row]) * (width, height) / 12 for row in range(3, 8) for column in range(3, 8)
    ]
    size = np.array([width, height]) / 6
    boxes = [(np.rint(corner).astype(int), np.rint(corner + size).astype(int)) for corner in corners]
    variety = [entropy(frame[low[1] : high[1], low[0] : high[0]]) for low, high in boxes]
    return corners[int(np.argmax(variety))] + size / 2


def entropy(region: Frame) -> float:
    """Return the entropy in bits, 0 to 8, of the histogram of all values of a uint8 array."""
    counts = np.bincount(region.ravel(), minlength=256)
    shares = counts[counts > 0] / max(1, region.size)
    return float(-(shares * np.log2(shares)).sum())
