"""Overlap of regions by area: exact, computed by shapely. Book: chapter 14."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udtlib.boxes import iou
from udtlib.errors import ShapeError
from udtlib.polygons.shapes import LARGEST, Region, corners

Floats = NDArray[np.float64]


def area_overlaps(
    first: Iterable[Region], second: Iterable[Region], size: tuple[int, int] | None = None
) -> Floats:
    """Return the overlap, intersection over union of areas, of regions pairwise: float64 in 0..1.

    A region without area overlaps nothing (0); so does one that is missing (NaN). What a polygon that crosses
    itself encloses is decided by the even-odd rule.

    Args:
        first: N regions (`udtlib.polygons.shapes`).
        second: N regions.
        size: width and height of the image in pixels, to which both are cut first; None: not cut.

    Returns:
        ``(N,)``.

    Raises:
        ShapeError: not as many in the one as in the other.

    Book: chapter 14.
    """
    first, second = list(first), list(second)
    check_pairs(first, second)
    overlaps = np.zeros(len(first))
    pairs = enumerate(zip(first, second, strict=True))
    boxes = np.array([index for index, (a, b) in pairs if len(a) == len(b) == 4], dtype=np.int64)
    if len(boxes):
        one, other = (_cut(np.array([regions[k] for k in boxes]), size) for regions in (first, second))
        overlaps[boxes] = iou(one, other)
    others = np.setdiff1d(np.arange(len(first)), boxes)
    if len(others):
        overlaps[others] = _polygon_overlaps([first[k] for k in others], [second[k] for k in others], size)
    return overlaps


def check_pairs(first: list[Region], second: list[Region]) -> None:
    """Raise a `ShapeError` unless there are as many regions in the one list as in the other."""
    if len(first) != len(second):
        raise ShapeError(f"expected as many regions in both, found {len(first)} and {len(second)}")


def _cut(boxes: Floats, size: tuple[int, int] | None) -> Floats:
    """Return boxes ``(N, 4)`` cut to the image; one that lies outside has no area."""
    if size is None:
        return boxes
    low = np.clip(boxes[:, :2], 0, size)
    return np.hstack([low, np.clip(boxes[:, :2] + boxes[:, 2:], 0, size) - low])


def _polygon_overlaps(first: list[Region], second: list[Region], size: tuple[int, int] | None) -> Floats:
    import shapely  # not before it is needed: most commands do without

    one, other = _shapes(first), _shapes(second)
    if size is not None:
        image = shapely.box(0, 0, *size)
        one, other = shapely.intersection(one, image), shapely.intersection(other, image)
    shared = shapely.area(shapely.intersection(one, other))
    union = shapely.area(one) + shapely.area(other) - shared
    return np.clip(np.divide(shared, union, out=np.zeros(len(shared)), where=union > 0), 0, 1)


def _shapes(regions: list[Region]) -> NDArray[Any]:
    """Return shapely's geometries of regions; without area where a region is missing or has none."""
    import shapely

    rings = [corners(region) if _has_size(region) else np.zeros((3, 2)) for region in regions]
    counts = np.array(list(map(len, rings)))
    shapes = np.empty(len(rings), dtype=object)
    for count in np.unique(counts):
        places = np.flatnonzero(counts == count)
        alike = np.array([rings[k] for k in places])
        shapes[places] = shapely.polygons(np.clip(alike, -LARGEST, LARGEST))
    crossed = ~shapely.is_valid(shapes)
    shapes[crossed] = shapely.make_valid(shapes[crossed])
    return shapes


def _has_size(region: Region) -> bool:
    """Say whether a region is there and, if a box, has width and height."""
    return not np.isnan(region).any() and (len(region) != 4 or (region[2] > 0 and region[3] > 0))
