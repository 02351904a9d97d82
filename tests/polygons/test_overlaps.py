"""Overlap by area and by pixels, each against a plain count of points or pixels."""

from fractions import Fraction

import numpy as np
import pytest
from random_regions import random_region

from udtlib.boxes import iou
from udtlib.errors import DataError, ShapeError
from udtlib.polygons import Region, area_overlaps, corners, pixel_overlaps, rotated_rectangle
from udtlib.polygons.rows import filled

NAN = np.full(4, np.nan)
FINE = 6  # points a pixel, each way


def contains(region: Region, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return which points a region encloses by the even-odd rule."""
    inside = np.zeros(x.shape, dtype=bool)
    points = corners(region)
    for (x1, y1), (x2, y2) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if y1 != y2:
            crosses = (y1 > y) != (y2 > y)
            inside ^= crosses & (x < x1 + (y - y1) / (y2 - y1) * (x2 - x1))
    return inside


def counted_overlap(first: Region, second: Region, size: tuple[int, int] | None) -> float:
    """Return the overlap by counting fine points."""
    grid = (np.arange(-45 * FINE, 115 * FINE) + 0.5) / FINE
    x, y = np.meshgrid(grid, grid)
    a, b = contains(first, x, y), contains(second, x, y)
    if size is not None:
        image = (x > 0) & (y > 0) & (x < size[0]) & (y < size[1])
        a, b = a & image, b & image
    return float((a & b).sum() / max((a | b).sum(), 1))


@pytest.mark.parametrize("seed", range(12))
def test_areas_are_those_of_fine_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = random_region(rng), random_region(rng)
    size = (40, 30) if seed % 2 else None
    expected = counted_overlap(first, second, size)
    assert area_overlaps([first], [second], size)[0] == pytest.approx(expected, abs=0.03)
    assert area_overlaps([second], [first], size)[0] == pytest.approx(expected, abs=0.03)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("overlaps", [area_overlaps, pixel_overlaps])
@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("other", [[0.0, 0, 9, 9], [0.0, 0, 9, 0, 9, 9, 0, 9]])
def test_a_region_with_nan_in_it_overlaps_nothing(overlaps, column: int, other: list[float]) -> None:
    broken = np.array([2.0, 3, 4, 5])
    broken[column] = np.nan
    polygon = np.array([2.0, 3, 4, 3, 4, 8])
    polygon[column] = np.nan
    true, size = np.array(other), (20, 20)
    assert overlaps([broken, polygon, true], [true] * 3, size).tolist() == [0, 0, 1]
    assert overlaps([true] * 3, [broken, polygon, true], size).tolist() == [0, 0, 1]


def test_boxes_overlap_as_boxes_and_as_the_same_polygons() -> None:
    rng = np.random.default_rng(0)
    boxes = np.hstack([rng.uniform(0, 20, (50, 2)), rng.uniform(1, 20, (50, 2))])
    others = boxes[::-1]
    expected = iou(boxes, others)
    np.testing.assert_allclose(area_overlaps(boxes, others), expected)
    polygons = [corners(box).ravel() for box in boxes]
    np.testing.assert_allclose(area_overlaps(polygons, others), expected, atol=1e-12)
    np.testing.assert_allclose(area_overlaps(polygons, polygons[::-1]), expected, atol=1e-12)


SQUARE = np.array([0.0, 0, 10, 0, 10, 10, 0, 10])
OCTAGON = 200 * (2**0.5 - 1)


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        (np.array([0.0, 0, 10, 0, 10, 10]), 0.5),  # three corners
        (np.array([0.0, 0, 0, 0, 10, 0, 10, 0, 10, 10, 0, 10]), 1.0),  # corners repeated
        (np.array([0.0, 0, 10, 10, 10, 0, 0, 10]), 0.5),  # crosses itself: two triangles
        (np.array([0.0, 0, 5, 5, 10, 10, 2, 2]), 0.0),  # on one line
        (np.array([3.0, 3, 3, 3, 3, 3]), 0.0),  # a point
        (np.array([10.0, 0, 10, 10]), 0.0),  # touches
        (np.array([2.0, 2, -3, 4]), 0.0),  # no size
        (np.array([0.0, 0, 1e300, 1e300]), 1e-16),
        (NAN, 0.0),
        (rotated_rectangle((5, 5), (10, 10), 45), OCTAGON / (200 - OCTAGON)),  # turned by half a corner
    ],
)
def test_areas_of_degenerate_regions_are_defined(region: Region, expected: float) -> None:
    assert area_overlaps([region], [SQUARE])[0] == pytest.approx(expected, abs=1e-9)
    assert area_overlaps([SQUARE], [region])[0] == pytest.approx(expected, abs=1e-9)


def row_by_definition(points: np.ndarray, y: int) -> set[int]:
    """Return the filled pixels of a row of a convex polygon, from exact fractions."""
    found: list[int] = []
    for (x1, y1), (x2, y2) in zip(points.tolist(), np.roll(points, 1, axis=0).tolist(), strict=True):
        if min(y1, y2) <= y <= max(y1, y2):
            places = [x1, x2] if y1 == y2 else [x1 + Fraction(y - y1, y2 - y1) * (x2 - x1)]
            found += [int(place) for place in places]
    return set(range(min(found), max(found) + 1)) if found else set()


@pytest.mark.parametrize("seed", range(20))
def test_pixels_of_rotated_rectangles_by_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, regions = (50, 45), []
    masks = []
    for _ in range(2):
        region = rotated_rectangle(rng.uniform(15, 30, 2), rng.uniform(6, 20, 2), rng.uniform(0, 360))
        points = np.round(region.astype(np.float32)).astype(int).reshape(-1, 2)
        mask = np.zeros((45, 50), dtype=bool)
        for y in range(45):
            mask[y, [x for x in row_by_definition(points, y) if 0 <= x < 50]] = True
        regions.append(region)
        masks.append(mask)
    expected = (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum()
    assert pixel_overlaps(regions[:1], regions[1:], size)[0] == pytest.approx(expected)


def test_a_box_has_the_pixels_up_to_its_last_and_a_polygon_its_edges() -> None:
    box = np.array([2.0, 3, 4, 5])
    assert pixel_overlaps([box], [corners(box).ravel()])[0] == pytest.approx(4 * 5 / (5 * 6))
    assert pixel_overlaps([box], [box])[0] == 1
    assert pixel_overlaps([box], [box + np.array([4.0, 0, 0, 0])])[0] == 0
    assert pixel_overlaps([np.array([2.4, 3.4, 3.6, 5.4])], [box])[0] == 1
    assert pixel_overlaps([np.array([-2.0, -2, 6, 6])], [np.array([0.0, 0, 4, 4])], (10, 10))[0] == 1
    assert pixel_overlaps([np.array([20.0, 2, 6, 6])], [np.array([20.0, 2, 6, 6])], (10, 10))[0] == 0


def test_both_ways_to_fill_rows_agree_on_whatever_is_drawn() -> None:
    rng = np.random.default_rng(1)
    pairs = [(random_region(rng), random_region(rng)) for _ in range(300)]
    size = (50, 45)
    found = pixel_overlaps(*zip(*pairs, strict=True), size)
    for (first, second), overlap in zip(pairs, found, strict=True):
        bounds = np.array([0, 0, 49, 44])
        a, b = (
            filled(np.round(one.astype(np.float32)).astype(np.int64), bounds).astype(bool)
            for one in (first, second)
        )
        union = (a | b).sum()
        if union > 5:
            assert overlap == pytest.approx((a & b).sum() / union)
    assert np.count_nonzero(found) > 100


def test_missing_regions_and_unequal_lists() -> None:
    for overlaps in (area_overlaps, pixel_overlaps):
        assert overlaps([NAN, SQUARE], [SQUARE, NAN]).tolist() == [0, 0]
        assert overlaps([], []).shape == (0,)
        with pytest.raises(ShapeError, match="found 1 and 0"):
            overlaps([SQUARE], [])


def test_no_more_pixels_are_counted_than_memory_holds() -> None:
    huge = np.array([0.0, 0, 1e8, 0, 1e8, 1e8])
    with pytest.raises(DataError, match="give the image's size"):
        pixel_overlaps([huge], [huge])
    assert pixel_overlaps([huge], [huge], (100, 100))[0] == 1
