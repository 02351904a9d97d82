"""Filters and other signed maps, in greys with their colour bar. Book: chapters 02, 04, 06 and 08."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib import viz
from udtlib.frames import Frame


def greys(values: ArrayLike, reach: float = 1.0) -> NDArray[np.uint8]:
    """Return values of any shape as ``uint8``: 0 is middle grey, ``reach`` white, ``-reach`` black."""
    scaled = np.clip(np.asarray(values, np.float64) / reach, -1, 1)
    return np.asarray(np.rint(127.5 + 127.5 * scaled), np.uint8)


def grey_bar(height: int, reach: float = 1.0) -> Frame:
    """Return the colour bar of `greys`, ``(height, viz.BAR, 3)``: ``reach`` on top, ``-reach`` below."""
    return viz.color_bar((-reach, reach), height, lambda column: grey_map(column, reach))


def grey_map(values: ArrayLike, reach: float = 1.0) -> Frame:
    """Return a map ``(H, W)`` as a picture ``(H, W, 3)`` in `greys`."""
    return np.repeat(greys(values, reach)[:, :, None], 3, axis=2)


def map_and_grey_bar(values: ArrayLike, side: int) -> Frame:
    """Return a map ``(H, W)`` in greys at another size with its bar: ``(side, side + viz.BAR, 3)``.

    Its largest absolute value is white or black.
    """
    reach = max(float(np.abs(values).max()), 1e-12)
    return np.hstack([viz.resize_nearest(grey_map(values, reach), side, side), grey_bar(side, reach)])
