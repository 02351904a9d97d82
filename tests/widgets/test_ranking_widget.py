"""The demo of chapter 13: what some sequences of a benchmark say about two trackers."""

import numpy as np
import pytest

from udtlib.errors import DataError
from udtlib.evaluation import Interval
from udtlib.widgets.ranking import chosen, compare, draw_ranking, ranking_demo, verdict

RNG = np.random.default_rng(0)
HARD = RNG.uniform(0.1, 0.9, 60)
FIRST, SECOND = HARD + 0.05 + RNG.normal(0, 0.02, 60), HARD + RNG.normal(0, 0.02, 60)


def test_a_draw_takes_different_sequences_and_is_repeatable():
    assert sorted(chosen(60, 60, 3)) == list(range(60))
    assert len(set(chosen(60, 22, 3))) == 22
    np.testing.assert_array_equal(chosen(60, 22, 3), chosen(60, 22, 3))
    assert (chosen(60, 22, 3) != chosen(60, 22, 4)).any()


def test_pairing_removes_what_is_hard_for_both():
    paired, unpaired = compare(FIRST, SECOND, 22, 1)
    some = chosen(60, 22, 1)
    assert paired.mean == pytest.approx((FIRST - SECOND)[some].mean()) == unpaired.mean
    assert verdict(paired) == "ahead"
    assert verdict(unpaired) == "undecided"
    spread = np.hypot(FIRST[some].std(), SECOND[some].std()) / np.sqrt(22)
    assert unpaired.high - unpaired.low == pytest.approx(2 * 1.96 * spread, rel=0.1)


def test_verdicts():
    assert verdict(Interval(-1, -2, -0.1)) == "behind"
    assert verdict(Interval(0, -0.1, 0.1)) == "undecided"


def test_the_picture_shows_the_intervals():
    ahead = draw_ranking(FIRST, SECOND, 22, 1)
    behind = draw_ranking(SECOND, FIRST, 22, 1)
    assert ahead.shape == behind.shape == (168, 460, 3)
    assert ahead.dtype == np.uint8

    def middle(picture):
        return np.nonzero((picture == (0, 158, 115)).all(axis=2))[1].mean()

    assert middle(behind) < 230 < middle(ahead)
    np.testing.assert_array_equal(ahead, draw_ranking(FIRST, SECOND, 22, 1))


def test_the_demo_s_twin_and_start():
    demo = ranking_demo(FIRST, SECOND)
    np.testing.assert_array_equal(demo.start(), draw_ranking(FIRST, SECOND, 10, 1))
    assert demo.twin.shape[1] > 2 * 460
    assert demo.sliders["sequences"].high == 60


@pytest.mark.parametrize(("second", "count"), [(SECOND[:5], 5), (SECOND, 61), (SECOND, 0)])
def test_what_cannot_be_compared_is_refused(second, count):
    with pytest.raises(DataError, match="sequences or more"):
        compare(FIRST, second, count, 1)
