"""Filters in greys: 0 is the middle, the bar says what black and white are."""

import numpy as np

from udtlib import viz
from udtlib.signed_maps import grey_bar, greys, map_and_grey_bar


def test_the_sign_shows_and_the_ends_are_black_and_white():
    np.testing.assert_array_equal(greys([-4.0, -2.0, 0.0, 2.0, 9.0], 2.0), [0, 0, 128, 255, 255])


def test_a_map_ends_in_its_bar():
    values = np.array([[0.0, -0.5], [0.25, 0.0]])
    picture = map_and_grey_bar(values, 60)
    assert picture.shape == (60, 60 + viz.BAR, 3)
    assert picture[10, 10, 0] == 128
    assert picture[10, 50, 0] == 0
    assert picture[50, 10, 0] == 191
    np.testing.assert_array_equal(picture[:, 60:], grey_bar(60, 0.5))
    bar = picture[:, 60 : 60 + viz.BAR_COLOURS, 0].astype(int)
    assert (bar[0, 0], bar[-1, 0]) == (255, 0)
    assert (np.diff(bar[:, 0]) <= 0).all()


def test_a_filter_of_zeros_is_grey():
    assert (map_and_grey_bar(np.zeros((3, 3)), 30)[:, :30] == 128).all()
