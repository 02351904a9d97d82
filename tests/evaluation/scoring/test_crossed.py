"""Differences over seeds and sequences: against a plain loop, known distributions, Holm by hand."""

import numpy as np
import pytest

from udtlib.errors import DataError
from udtlib.evaluation.scoring.crossed import crossed_difference, holm, redrawn_means, widened


def test_a_constant_difference_has_no_width():
    scores = np.random.default_rng(0).random((3, 8))
    found = crossed_difference(scores + 0.1, scores)
    assert found.interval.mean == pytest.approx(0.1)
    assert found.interval.high - found.interval.low < 1e-12
    assert found.detectable < 1e-12
    assert found.p < 0.001
    assert crossed_difference(scores, scores).p == 1


def test_redrawn_means_are_those_of_redrawn_rows_and_columns():
    table, draws = np.random.default_rng(1).normal(size=(3, 5)), 20_000
    fast = redrawn_means(table, draws, np.random.default_rng(2))
    random, slow = np.random.default_rng(3), []
    for _ in range(draws):
        rows, columns = random.integers(3, size=3), random.integers(5, size=5)
        slow.append(table[rows][:, columns].mean())
    assert fast.mean() == pytest.approx(np.mean(slow), abs=0.02)
    assert fast.std() == pytest.approx(np.std(slow), rel=0.03)


@pytest.mark.parametrize("shape", [(3, 12), (5, 6)])
def test_the_intervals_hold_the_true_difference_about_as_often_as_they_say(shape):
    random, held = np.random.default_rng(4), 0
    for _ in range(200):
        effects = random.normal(size=(shape[0], 1)) + random.normal(size=(1, shape[1]))
        table = 0.5 + 0.1 * effects + 0.05 * random.normal(size=shape)
        found = crossed_difference(table, np.zeros(shape), draws=500)
        held += found.interval.low <= 0.5 <= found.interval.high
    assert 0.82 <= held / 200 <= 0.99


def test_effects_are_widened_and_the_mean_stays():
    table = np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]])
    np.testing.assert_allclose(widened(table).mean(1), [1 - np.sqrt(2), 1 + np.sqrt(2)])
    assert widened(table).mean() == pytest.approx(1)


def test_holm_is_the_textbooks_example_and_keeps_the_order():
    # Holm 1979's rule by hand: .01 * 4, .02 * 3, .03 * 2 raised to .06, .04 * 1 raised to .06
    np.testing.assert_allclose(holm([0.04, 0.01, 0.03, 0.02]), [0.06, 0.04, 0.06, 0.06])
    np.testing.assert_allclose(holm([0.5, 0.9]), [1, 1])
    assert holm([]).shape == (0,)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.ones((3, 4)), np.ones((4, 3))),
        (np.ones(4), np.ones(4)),
        (np.ones((1, 4)), np.ones((1, 4))),
        (np.full((2, 4), np.nan), np.ones((2, 4))),
    ],
)
def test_what_cannot_be_compared_is_refused(first, second):
    with pytest.raises(DataError, match="expected"):
        crossed_difference(first, second)


def test_p_values_lie_between_0_and_1():
    with pytest.raises(DataError, match="p-values"):
        holm([0.1, 1.5])
