"""The animations' pictures show what they are given, where they say."""

import numpy as np
import pytest

from udtlib import viz
from udtlib.errors import OptionError
from udtlib.moving import (
    learning_pictures,
    passing_pictures,
    round_trip_pictures,
    scale_pictures,
    shift_pictures,
)

RNG = np.random.default_rng(0)
PATCH = RNG.integers(0, 256, (8, 12, 3), dtype=np.uint8)
FRAME = np.full((120, 160, 3), 90, np.uint8)


def where(picture, color):
    """Return the rows and columns of the pixels of one colour."""
    return np.nonzero((picture == np.array(color)).all(-1))


def test_the_window_holds_the_shifted_patch():
    still, moved = shift_pictures(PATCH, [(0, 0), (3, -5)], height=96)
    side = 3 * 96
    assert still.shape == moved.shape == (viz.TEXT_HEIGHT + side, 2 * 3 * 144 + 8, 3)
    right = moved[viz.TEXT_HEIGHT + 18 :: 36, 3 * 144 + 8 + 18 :: 36]
    assert np.array_equal(right, np.roll(PATCH, (3, -5), (0, 1)))
    rows, columns = where(moved[viz.TEXT_HEIGHT :, : 3 * 144], viz.PREDICTION)
    assert (rows.min(), columns.min()) == (96 - 3 * 12, 144 - 7 * 12)
    rows, columns = where(still[viz.TEXT_HEIGHT :, : 3 * 144], viz.PREDICTION)
    assert (rows.min(), columns.min()) == (96, 144)


def test_a_filter_and_its_response_are_drawn_with_the_peak_in_the_middle():
    response = np.zeros((16, 16))
    response[0, 0] = 1.0
    weights = np.fft.fftshift(response)  # a filter lies as its patch does
    pictures = learning_pictures([PATCH] * 2, [weights, -weights], [response, 0.5 * response])
    height = pictures[0].shape[0] - viz.TEXT_HEIGHT
    middle = viz.TEXT_HEIGHT + height // 2 + 4
    filters = [picture[middle, height + 8 + height // 2 + 4] for picture in pictures]
    assert [tuple(map(int, color)) for color in filters] == [(255, 255, 255), (0, 0, 0)]
    place = 2 * (height + 8) + viz.BAR + 8 + height // 2 + 4
    peaks = [int(picture[middle, place, 1]) for picture in pictures]
    assert peaks[0] > peaks[1], "one scale for all frames"
    bars = pictures[1][viz.TEXT_HEIGHT :, 2 * height + 16 + 4]
    assert (bars[0, 0], bars[-1, 0]) == (255, 0), "what white and black are"


def test_the_last_picture_shows_the_best_size():
    cuts = [np.full((20, 20, 3), 40 * number, np.uint8) for number in range(5)]
    factors = [0.8, 0.9, 1.0, 1.1, 1.2]
    pictures = scale_pictures(FRAME, (80, 60), (40, 30), factors, cuts, [0.1, 0.2, 0.4, 0.9, 0.3])
    assert len(pictures) == 6
    assert np.array_equal(pictures[-1][60:100, 290:460], pictures[3][60:100, 290:460]), "the cut of 1.1"
    bars = [len(set(where(picture[:, 483:], viz.SECOND)[1])) for picture in pictures]
    assert 0 < bars[0] < bars[1] < bars[2] < bars[3] < bars[4] > bars[5]
    found = where(pictures[5][:, 483:], viz.PREDICTION)[1]
    assert 3 * 60 < found.min() < found.max() < 4 * 60, "the best bar, the fourth, has its own colour"
    widths = [np.ptp(where(picture[:, :267], viz.PREDICTION)[1]) for picture in pictures[:5]]
    assert widths == sorted(widths)


def test_the_way_back_and_its_distance_are_drawn():
    forward = np.stack([(20.0 + 5 * time, 40, 30, 20) for time in range(6)])
    backward = forward + np.arange(5, -1, -1)[:, None] * np.array([0, 4, 0, 0])
    pictures = round_trip_pictures([FRAME] * 6, forward, backward, full=20)
    assert len(pictures) == 12
    blue = [len(where(picture, viz.SECOND)[0]) for picture in pictures]
    assert not any(blue[:6])
    assert all(blue[6:])
    red = [len(set(where(picture[120:], (213, 94, 0))[1])) for picture in pictures]
    assert not any(red[:7])
    assert red[7:] == sorted(red[7:])
    assert red[-1] == 160 - 6 - (80 + 20) + 1, "20 pixels apart fill the bar"


def test_pseudo_labels_are_passed_on_in_order():
    label, response, pseudo = np.eye(6), RNG.random((6, 6)), np.roll(np.eye(6), 2, 0)
    patches = [np.full((60, 60, 3), 50 * number, np.uint8) for number in range(3)]
    pictures = passing_pictures(patches, label, [response, response], [pseudo, pseudo], label, height=60)
    assert len(pictures) == 6
    empty = [len(where(picture, (232, 232, 232))[0]) // 3600 for picture in pictures]
    assert empty == [2, 1, 1, 0, 0, 0]
    lit = [int(where(picture[: 60 + viz.TEXT_HEIGHT], viz.PREDICTION)[1].min()) // 68 for picture in pictures]
    assert lit == [0, 1, 1, 2, 2, 0]


def test_counts_that_do_not_fit_are_named():
    with pytest.raises(OptionError, match="at least one"):
        shift_pictures(PATCH, [])
    with pytest.raises(OptionError, match="found 2, 1, 1"):
        learning_pictures([PATCH] * 2, [np.eye(3)], [np.eye(3)])
    with pytest.raises(OptionError, match="found 2, 1, 2"):
        scale_pictures(FRAME, (80, 60), (40, 30), [1, 2], [PATCH], [1, 2])
    with pytest.raises(OptionError, match="3 frames, 2 and 3 boxes"):
        round_trip_pictures([FRAME] * 3, np.ones((2, 4)), np.ones((3, 4)))
    with pytest.raises(OptionError, match="3 patches, 1 responses, 2 pseudo-labels"):
        passing_pictures([PATCH] * 3, np.eye(3), [np.eye(3)], [np.eye(3)] * 2, np.eye(3))
