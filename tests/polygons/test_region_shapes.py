"""Regions as numbers and as text: what is taken, what is refused and how."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udtlib.errors import BoxError, DataError
from udtlib.polygons import check_region, corners, parse_region, rotated_rectangle, upright_box

SQUARE = [0.0, 0, 2, 0, 2, 2, 0, 2]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1,2,3,4", [1, 2, 3, 4]),
        ("1.5\t2; 3 4e1", [1.5, 2, 3, 40]),
        ("0,0,2,0,2,2", [0, 0, 2, 0, 2, 2]),  # three corners
        ("0,0,0,0,2,0,2,2", [0, 0, 0, 0, 2, 0, 2, 2]),  # a corner repeated
        ("-1,-2,-3,-4", [-1, -2, -3, -4]),  # without a size: it overlaps nothing
    ],
)
def test_lines_that_are_regions(line: str, expected: list[float]) -> None:
    np.testing.assert_array_equal(parse_region(line, "here"), expected)


@pytest.mark.parametrize("line", ["nan,nan,nan,nan", "NaN,1,2,3", "0,0,2,0,nan,2,0,2"])
def test_nan_says_that_there_is_none(line: str) -> None:
    assert np.isnan(parse_region(line, "here")).all()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", "found 0 numbers"),
        ("1,2,3", "found 3 numbers"),
        ("1,2,3,4,5", "found 5 numbers"),
        ("1,2,3,4,5,6,7", "found 7 numbers"),
        ("1,2,3,x", "expected numbers"),
        ("1,,2,3,4", "expected numbers"),
        (",1,2,3,4,5,6", "expected numbers"),
        ("1,1,5,1,5,5,1;,5", "expected numbers"),
        ("1,2,3,inf", "expected numbers"),
        ("1,2,3,1e400", "at most"),
        ("1,2,3,1e12", "at most 1,000,000,000"),
        ("1_0,2,3,4", "expected numbers"),
        (",".join(["1"] * 2002), "found 2002 numbers"),
    ],
)
def test_other_lines_are_refused_with_their_place(line: str, found: str) -> None:
    with pytest.raises(DataError, match=rf"^f\.txt, line 3: .*{found}"):
        parse_region(line, "f.txt, line 3")


@pytest.mark.parametrize("value", [None, "abc", [[1, 2], [3, 4]], 5, [1, 2, "x", 4], [1, 2, 3, 10**400]])
def test_what_is_no_list_of_numbers_is_refused(value: object) -> None:
    with pytest.raises(BoxError, match="a region: expected"):
        check_region(value)  # type: ignore[arg-type]


def test_corners_and_the_box_around_them() -> None:
    np.testing.assert_array_equal(corners(np.array([1.0, 2, 3, 4])), [[1, 2], [4, 2], [4, 6], [1, 6]])
    np.testing.assert_array_equal(upright_box(np.array([5.0, 1, 9, 4, 6, 8])), [5, 1, 4, 7])
    np.testing.assert_array_equal(upright_box(np.array([1.0, 2, 3, 4])), [1, 2, 3, 4])


def test_a_rectangle_turned_clockwise_on_the_screen() -> None:
    turned = rotated_rectangle((10, 20), (8, 2), 90)
    np.testing.assert_allclose(corners(turned), [[11, 16], [11, 24], [9, 24], [9, 16]], atol=1e-12)
    np.testing.assert_allclose(rotated_rectangle((1, 1), (2, 2), 0), SQUARE, atol=1e-12)


@given(st.floats(-360, 360), st.floats(1, 50), st.floats(1, 50))
def test_turning_keeps_sides_and_centre(degrees: float, width: float, height: float) -> None:
    points = corners(rotated_rectangle((3, 4), (width, height), degrees))
    np.testing.assert_allclose(points.mean(axis=0), [3, 4], atol=1e-9)
    sides = np.linalg.norm(points - np.roll(points, -1, axis=0), axis=1)
    np.testing.assert_allclose(sides, [width, height, width, height], rtol=1e-9)
