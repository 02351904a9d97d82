"""Boxes against counting pixels on a grid that reaches well outside any image."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from udtlib.boxes import (
    center,
    center_error,
    check_box,
    check_box_in_image,
    check_boxes_in_image,
    from_center,
    iou,
)
from udtlib.errors import BoxError, UdtError

ORIGIN = 40  # the counting grid starts at (-40, -40), so boxes may leave the image on every side
whole = st.integers
box_on_grid = st.tuples(whole(-30, 60), whole(-30, 60), whole(1, 35), whole(1, 35))


def pixels(box):
    """Mark the pixels a whole-number box covers, one by one; an independent oracle."""
    x, y, w, h = box
    grid = np.zeros((160, 160), bool)
    for row in range(y, y + h):
        for column in range(x, x + w):
            grid[row + ORIGIN, column + ORIGIN] = True
    return grid


@given(box_on_grid, box_on_grid)
def test_iou_counts_pixels_also_outside_the_image(first, second):
    a, b = pixels(first), pixels(second)
    assert iou(first, second) == pytest.approx((a & b).sum() / (a | b).sum(), abs=1e-12)


@given(box_on_grid, box_on_grid)
def test_center_error_is_the_distance_between_mean_covered_positions(first, second):
    middles = [np.argwhere(pixels(box)).mean(0) + 0.5 - ORIGIN for box in (first, second)]
    assert center_error(first, second) == pytest.approx(np.hypot(*(middles[0] - middles[1])), abs=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1),
        ((0, 0, 10, 10), (10, 0, 10, 10), 0),  # shared edge, no shared area
        ((0, 0, 10, 10), (5, 0, 10, 10), 1 / 3),
        ((0, 0, 20, 20), (1, 1, 20, 20), 361 / 439),  # the one-pixel slip
        ((0, 0, 10, 10), (1, 1, 10, 10), 81 / 119),
        ((0, 0, 10, 10), (2, 2, 5, 5), 0.25),
        ((0, 0, 1, 1), (0.5, 0, 1, 1), 1 / 3),
        ((-20, -20, 10, 10), (-15, -20, 10, 10), 1 / 3),
    ],
)
def test_iou_by_hand(first, second, expected):
    assert iou(first, second) == pytest.approx(expected)
    assert iou(second, first) == pytest.approx(expected)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "bad",
    [
        (0, 0, 0, 0),
        (2, 2, 0, 5),
        (5, 5, -3, -3),
        (5, 5, -3, 4),
        (np.nan,) * 4,
        (0, 0, np.nan, 2),
        (0, 0, np.inf, 1),
    ],
)
def test_iou_of_boxes_of_no_area_or_no_number_is_zero_without_a_warning(bad):
    assert iou((0, 0, 10, 10), bad) == 0
    assert iou(bad, bad) == 0


def test_iou_and_center_error_broadcast_and_keep_their_input():
    boxes = np.array([[0, 0, 10, 10], [5, 0, 10, 10], [50, 0, 10, 10]], float)
    before = boxes.copy()
    np.testing.assert_allclose(iou(boxes, boxes[0]), [1, 1 / 3, 0])
    np.testing.assert_allclose(center_error(boxes, boxes[0]), [0, 5, 50])
    assert iou(boxes[:, None], boxes[None]).shape == (3, 3)
    np.testing.assert_array_equal(boxes, before)


def test_center_error_keeps_nan():
    assert np.isnan(center_error((0, 0, 1, 1), (np.nan,) * 4))


def test_center_and_from_center_are_inverse():
    boxes = np.random.default_rng(0).uniform(0.1, 50, (20, 4))
    np.testing.assert_allclose(from_center(center(boxes), boxes[:, 2:]), boxes)
    np.testing.assert_allclose(from_center((5, 5), boxes[:, 2:])[:, 2:], boxes[:, 2:])
    np.testing.assert_allclose(center((10, 20, 4, 2)), (12, 21))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ((1, 2, 3), "shape"),
        (np.ones((2, 4)), "shape"),
        ("x,y,w,h", "four numbers"),
        (None, "shape"),
        ((1, 2, "a", 4), "four numbers"),
        ((1, 2, np.nan, 4), "finite"),
        ((1, np.inf, 3, 4), "finite"),
        ((1, 2, 0, 4), "positive"),
        ((1, 2, 3, -4), "positive"),
        (torch.ones(4, requires_grad=True), "four numbers"),
    ],
)
def test_check_box_names_the_fault(bad, message):
    with pytest.raises(BoxError, match=message) as caught:
        check_box(bad)
    assert isinstance(caught.value, UdtError)
    assert isinstance(caught.value, ValueError)


def test_check_box_returns_a_new_float64_array():
    box = np.array([1.0, 2.0, 3.0, 4.0])
    checked = check_box(box)
    checked[0] = 99
    assert box[0] == 1
    assert check_box([1, 2, 3, 4]).dtype == np.float64


@pytest.mark.parametrize("outside", [(100, 0, 5, 5), (0, 80, 5, 5), (-5, 0, 5, 5), (0, -9, 5, 9)])
def test_check_box_in_image_refuses_boxes_that_touch_no_pixel(outside):
    with pytest.raises(BoxError, match="100x80"):
        check_box_in_image(outside, 80, 100)


@pytest.mark.parametrize("inside", [(99.5, 0, 5, 5), (-4, 0, 5, 5), (-10, -10, 500, 500), (0, 79, 5, 5)])
def test_check_box_in_image_accepts_boxes_partly_inside(inside):
    np.testing.assert_array_equal(check_box_in_image(inside, 80, 100), inside)


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((5, 5, 20, 20, 1), "four numbers"),
        ("5,5,20,20", "four numbers .* found '5,5,20,20'"),
        (("5", "5", "20", "20"), "four numbers"),
        ((5, 5, True, 20), "four numbers"),
        ((5, 5, 2j, 20), "four numbers"),
        (np.array([5, 5, 20, 20], complex), "four numbers"),
        ((5, 5, None, 20), "four numbers"),
        ([[5, 5], [20]], "four numbers"),
        (None, "four numbers"),
        ({}, "four numbers"),
        ((5, 5, 10**400, 20), "finite"),
        pytest.param((5, 5, 10**5000, 20), "finite", id="long"),
        ((5, 5, 1e308, 1e308), r"more than 10 times as large as the 160x120 image"),
        ((5, 5, 1601, 20), r"box \[5.0, 5.0, 1601.0, 20.0\] is more than 10 times .* 160x120 image"),
        ((5, 5, 20, 1201), "more than 10 times"),
        ((0.2, 0.3, 0.4, 0.5), "smaller than a pixel .* a box is in pixels, not in shares"),
        ((5, 5, 1e7, 1e-3), "smaller than a pixel"),
    ],
)
def test_what_is_no_box_of_a_target(box, message):
    with pytest.raises(BoxError, match=message):
        check_box_in_image(box, 120, 160)


def test_what_may_be_a_box_of_a_target():
    for box in ((-160, -120, 480, 360), (5, 5, 1, 1), [Fraction(1, 2), 5, np.int8(9), np.float32(9)]):
        found = check_box_in_image(box, 120, 160)
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, [float(number) for number in box])


@pytest.mark.parametrize("boxes", [[], None, 5, "boxes", {}, (5, 5, 9, 9), [[5, 5, 9]], [[900, 5, 9, 9]]])
def test_what_are_no_boxes(boxes):
    with pytest.raises(BoxError):
        check_boxes_in_image(boxes, 120, 160)
