"""Overlap of regions by counting pixels, as VOT's toolkit does it. Book: chapter 14.

The toolkit rounds every number of a region to a whole one and fills pixels: a box has the pixels ``x`` to
``x + w - 1``, but a polygon also those on its edges. A polygon so is about a pixel larger each way than the
same rectangle given as a box, which matters for small targets: scores differ in the third decimal from those
by area (`udtlib.polygons.area`), and whoever compares with published ones has to count as they did.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from udtlib.errors import DataError
from udtlib.polygons.area import Floats, check_pairs
from udtlib.polygons.rows import filled, row_spans
from udtlib.polygons.shapes import LARGEST, Region

Ints = NDArray[np.int64]

MOST_PIXELS = 10**8
"""Of the rectangle around two regions, within the image; more are not counted."""

ROWS_AT_ONCE = 100_000
"""Rows of pixels that are filled together, over several pairs; a matter of memory."""


def pixel_overlaps(
    first: Iterable[Region], second: Iterable[Region], size: tuple[int, int] | None = None
) -> Floats:
    """Return the overlap, intersection over union of pixels, of regions pairwise: float64 in 0..1.

    With the image's size these are the numbers that ``calculate_overlaps`` of vot-toolkit 0.7.4 gives, also
    where they surprise: two regions that together are at most one pixel wide or high overlap entirely.

    Args:
        first: N regions (`udtlib.polygons.shapes`); a missing one (NaN) overlaps nothing.
        second: N regions.
        size: width and height of the image in pixels: others are not counted; None: all are.

    Returns:
        ``(N,)``.

    Raises:
        ShapeError: not as many in the one as in the other.
        DataError: more than `MOST_PIXELS` to count in.

    Book: chapter 14.
    """
    first, second = list(first), list(second)
    check_pairs(first, second)
    overlaps, alike = np.zeros(len(first)), defaultdict(list)
    for index, (a, b) in enumerate(zip(first, second, strict=True)):
        alike[len(a), len(b)].append(index)
    for places in alike.values():
        one, other = (np.array([regions[k] for k in places]) for regions in (first, second))
        there = ~(np.isnan(one).any(axis=1) | np.isnan(other).any(axis=1))
        if there.any():
            overlaps[np.array(places)[there]] = _overlaps(_rounded(one[there]), _rounded(other[there]), size)
    return overlaps


def _rounded(regions: Floats) -> Ints:
    """Return regions in whole pixels, halves to even ones."""
    near = np.clip(regions, -LARGEST, LARGEST).astype(np.float32)  # the toolkit holds them so
    return np.round(near).astype(np.int64)


def _overlaps(first: Ints, second: Ints, size: tuple[int, int] | None) -> Floats:
    """Return the overlaps of regions ``(N, a)`` and ``(N, b)`` of whole numbers."""
    one, other = _bounds(first), _bounds(second)
    bounds = np.hstack([np.minimum(one[:, :2], other[:, :2]), np.maximum(one[:, 2:], other[:, 2:])])
    overlaps = np.where((bounds[:, :2] >= bounds[:, 2:]).any(axis=1), 1.0, 0.0)
    if size is not None:
        bounds = np.hstack([np.maximum(bounds[:, :2], 0), np.minimum(bounds[:, 2:], np.array(size) - 1)])
    inside = np.flatnonzero((overlaps == 0) & (bounds[:, :2] < bounds[:, 2:]).all(axis=1))
    _check_pixels(bounds[inside])
    for chosen in _portions(inside, bounds):
        overlaps[chosen] = _counted(first[chosen], second[chosen], bounds[chosen])
    return overlaps


def _bounds(regions: Ints) -> Ints:
    """Return the first and the last pixel of each region: left, top, right, bottom."""
    if regions.shape[1] == 4:
        return np.hstack([regions[:, :2], regions[:, :2] + regions[:, 2:] - 1])
    points = regions.reshape(len(regions), -1, 2)
    return np.hstack([points.min(axis=1), points.max(axis=1)])


def _check_pixels(bounds: Ints) -> None:
    widths, heights = (bounds[:, 2:] - bounds[:, :2] + 1).T
    if (widths * heights > MOST_PIXELS).any():
        large = int(np.argmax(widths * heights))
        raise DataError(
            f"expected at most {MOST_PIXELS:,} pixels around two regions, found {widths[large]:,} x "
            f"{heights[large]:,}; give the image's size, or take the overlap of areas"
        )


def _portions(places: Ints, bounds: Ints) -> Iterator[Ints]:
    """Yield the places in parts of about `ROWS_AT_ONCE` rows."""
    if len(places):
        rows = np.cumsum(bounds[places, 3] - bounds[places, 1] + 1)
        yield from np.split(places, np.flatnonzero(np.diff(rows // ROWS_AT_ONCE)) + 1)


def _counted(first: Ints, second: Ints, bounds: Ints) -> Floats:
    """Return the overlaps in the pixels ``bounds``, from what each region fills of every row."""
    heights = bounds[:, 3] - bounds[:, 1] + 1
    pair = np.repeat(np.arange(len(bounds)), heights)
    row = np.arange(len(pair)) - np.repeat(np.cumsum(heights) - heights, heights)
    (left_1, right_1, odd_1), (left_2, right_2, odd_2) = (
        row_spans(regions, bounds, pair, row) for regions in (first, second)
    )
    shared = np.maximum(np.minimum(right_1, right_2) - np.maximum(left_1, left_2) + 1, 0)
    either = np.maximum(right_1 - left_1 + 1, 0) + np.maximum(right_2 - left_2 + 1, 0) - shared
    both, union = (np.bincount(pair, counts, len(bounds)) for counts in (shared, either))
    for k in np.unique(pair[odd_1 | odd_2]):  # one that is not convex: pixel by pixel
        a, b = filled(first[k], bounds[k]), filled(second[k], bounds[k])
        both[k], union[k] = np.count_nonzero(a & b), np.count_nonzero(a | b)
    return np.divide(both, union, out=np.zeros(len(union)), where=union > 0)
