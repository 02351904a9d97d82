"""The demo of chapter 14: a run with restarts at other thresholds and delays."""

import numpy as np
import pytest

from udtlib import viz
from udtlib.errors import DataError
from udtlib.evaluation.scoring.all_starts import run_from_starts
from udtlib.widgets.restarts import BAD, SIDE, draw_restarts, restarts_demo

FRAMES = 60
AGE = np.maximum(np.arange(FRAMES)[None] - np.arange(FRAMES)[:, None], 0)
TABLE = np.clip(1 - AGE / 20, 0, 1)
"""Every run loses two frames' worth in ten: overlap 0 in the twentieth frame after the start."""


def filled(picture, row, color):
    """Return how long the bar in a row from the bottom is, in pixels."""
    line = picture[picture.shape[0] - 22 * row + 10, 110:SIDE]
    return int((line == color).all(axis=1).sum())


def crosses(picture):
    return (picture[18 : 18 + SIDE] == BAD).all(axis=2).any()


def test_the_bars_are_accuracy_and_failures():
    picture = draw_restarts(TABLE, 0, 5)
    run = run_from_starts(TABLE, 0, 5)
    assert picture.shape == (18 + SIDE + 44, SIDE + viz.BAR, 3)
    assert picture.dtype == np.uint8
    assert len(run.failures) == 2
    whole = SIDE - 5 - 110
    assert filled(picture, 1, BAD) == pytest.approx(0.2 * whole, abs=2)
    mean = run.overlaps[run.counted()].mean()
    assert filled(picture, 2, (0, 158, 115)) == pytest.approx(mean * whole, abs=2)
    assert crosses(picture)


def test_a_stricter_judge_finds_more_failures_and_a_higher_accuracy():
    mild, strict = draw_restarts(TABLE, 0, 5), draw_restarts(TABLE, 0.4, 5)
    assert filled(strict, 1, BAD) > filled(mild, 1, BAD)
    assert filled(strict, 2, (0, 158, 115)) > filled(mild, 2, (0, 158, 115))


def test_marks_at_the_edges_are_whole():
    """The first start lies in a corner: its circle is as wide to the left as to the right."""
    picture = draw_restarts(TABLE, 0, 5)[18 : 18 + SIDE]
    corner = np.argwhere((picture[:24, :24] < 60).all(axis=2))  # the circle's black rim
    assert corner.min() > 0
    assert np.ptp(corner[:, 0]) == np.ptp(corner[:, 1]) == 10


def test_a_run_without_failure_has_no_cross():
    picture = draw_restarts(np.ones((FRAMES, FRAMES)), 0, 5)
    assert not crosses(picture)
    assert filled(picture, 1, BAD) == 0


def test_the_demo_starts_with_vots_settings_and_its_sliders_reach_the_twin():
    demo = restarts_demo(TABLE)
    np.testing.assert_array_equal(demo.start(), draw_restarts(TABLE, 0, 5))
    np.testing.assert_array_equal(
        demo.draw(failure_threshold=0.4, restart_delay=15), draw_restarts(TABLE, 0.4, 15)
    )
    assert demo.twin.shape[1] > 3 * SIDE
    assert list(demo.sliders) == ["failure_threshold", "restart_delay"]


def test_what_is_no_table_is_refused():
    with pytest.raises(DataError, match=r"\(N, N\)"):
        draw_restarts(np.zeros(3), 0, 5)
