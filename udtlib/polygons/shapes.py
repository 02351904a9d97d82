"""What a region is, and how one is read. Book: chapter 14.

Convention: a region is a float64 array of four numbers, an upright box ``(x, y, w, h)``, or of 2 k, the k
corners ``x1, y1, x2, y2, ...`` of a polygon, k from 3; 0-indexed pixels, x right, y down. A rotated rectangle
is a polygon of four corners. All numbers NaN: there is no region in this frame.
"""

from math import cos, radians, sin

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.arguments import columns, read_number, shown
from udtlib.boxes import Boxes
from udtlib.errors import BoxError, DataError

Region = NDArray[np.float64]

MOST_CORNERS = 1000
"""Of a polygon; the annotations of VOT have four."""

LARGEST = 1e9
"""Pixels from the origin; a corner farther away is a mistake."""


def check_region(region: ArrayLike, where: str = "a region") -> Region:
    """Return a region as a new float64 array.

    Polygons may be triangles, have repeated corners or cross themselves; a box may lack a size.

    Args:
        region: four numbers, or two a corner.
        where: stands in the message.

    Returns:
        Four NaN, no region, if one of the numbers is NaN.

    Raises:
        BoxError: no numbers, another number of them, or one that is infinite or beyond `LARGEST`.
    """
    try:
        numbers = np.array(region, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise BoxError(f"{where}: expected numbers, found {shown(region)}") from error
    count = numbers.size if numbers.ndim == 1 else 0
    if count != 4 and (count % 2 or not 6 <= count <= 2 * MOST_CORNERS):
        found = f"{count} numbers" if numbers.ndim == 1 else f"shape {numbers.shape}"
        raise BoxError(
            f"{where}: expected a box x,y,w,h or the corners x1,y1,x2,y2,... of a polygon, 3 to "
            f"{MOST_CORNERS}, found {found}: {shown(region)}"
        )
    missing = np.isnan(numbers)
    if missing.any():
        return np.full(4, np.nan)
    if (np.abs(numbers) > LARGEST).any():
        raise BoxError(f"{where}: expected pixels of at most {LARGEST:,.0f}, found {shown(region)}")
    return numbers


def parse_region(line: str, where: str) -> Region:
    """Return the region that a line of text is: numbers with a comma or a semicolon, tabs or spaces between.

    With ``nan`` among them, as VOT's tools write where there is no region, it is all NaN.

    Raises:
        DataError: no such region; ``where`` stands in the message.
    """
    words = columns(line)
    numbers = [np.nan if word.lower() in ("nan", "-nan") else read_number(word) for word in words]
    if None in numbers:
        raise DataError(f"{where}: expected numbers of a box or a polygon, found {shown(line)}")
    try:
        return check_region(np.array(numbers, dtype=np.float64), where)
    except (BoxError, OverflowError) as error:
        raise DataError(str(error) or f"{where}: expected numbers, found {shown(line)}") from error


def corners(region: Region) -> NDArray[np.float64]:
    """Return the corners of a region, ``(k, 2)``: of a box the four ``(x, y)``, ``(x + w, y)``, ..."""
    if len(region) != 4:
        return region.reshape(-1, 2)
    x, y, w, h = region
    return np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])


def upright_box(region: Region) -> Boxes:
    """Return the smallest upright box ``(x, y, w, h)`` around a region; a box is its own.

    This is what a tracker that knows only boxes is started from, as in VOT's toolkit.
    """
    if len(region) == 4:
        return region.copy()
    low, high = corners(region).min(axis=0), corners(region).max(axis=0)
    return np.concatenate([low, high - low])


def rotated_rectangle(center: ArrayLike, size: ArrayLike, degrees: float) -> Region:
    """Return a rectangle as a polygon of four corners, clockwise on the screen from its upper left one.

    Args:
        center: ``(x, y)`` in pixels.
        size: ``(w, h)`` in pixels, before it is turned.
        degrees: by how much it is turned about its centre, clockwise on the screen.
    """
    x, y = np.asarray(size, dtype=np.float64) / 2
    turn = radians(degrees)
    rotation = np.array([[cos(turn), sin(turn)], [-sin(turn), cos(turn)]])
    around = np.array([[-x, -y], [x, -y], [x, y], [-x, y]]) @ rotation
    return (around + np.asarray(center, dtype=np.float64)).ravel()
