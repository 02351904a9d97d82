"""Robustness, overlap by time, the horizon curve and its interval: by hand, and against slow loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udtlib.errors import DataError, OptionError
from udtlib.evaluation.scoring.anchors import anchor_measures, mean_by_time, robustness, run_overlaps
from udtlib.evaluation.scoring.bands import bootstrap_band
from udtlib.evaluation.scoring.horizon import horizon_curve, horizon_difference
from udtlib.evaluation.scoring.ope import SequenceScore
from udtlib.evaluation.scoring.policy import Policy
from udtlib.evaluation.scoring.scores import TrackerScore
from udtlib.evaluation.scoring.statistics import (
    bootstrap_interval,
    detectable_difference,
    sequences_needed,
)

TRUE = [0.0, 0, 10, 10]
EXCLUDE = Policy(name="own", absent="exclude")


@pytest.mark.parametrize(
    ("overlaps", "expected"),
    [
        ([1, 0.5, 0, 0, 0, 0, 0], 2 / 7),
        ([1, 0.5, 0, 0, 0, 0], 1),  # four in a row
        ([1, 0, 0, 0, 0, 0.1, 0, 0, 0, 0], 1),  # .1 is not below .1
        ([1, 0, 0, 0, 0, 0.1, 0, 0, 0, 0, 0.09, 1], 6 / 12),
        ([0, 0, 0, 0, 0], 0),
        ([0, 0], 1),
        ([1], 1),
    ],
)
def test_robustness_by_hand(overlaps, expected):
    assert robustness(overlaps) == pytest.approx(expected)


@given(st.lists(st.sampled_from([0.0, 0.09, 0.1, 0.6]), min_size=1, max_size=40))
def test_robustness_is_where_five_low_ones_begin(overlaps):
    text = "".join("x" if value < 0.1 else "." for value in overlaps)
    place = text.find("xxxxx")
    assert robustness(overlaps) == pytest.approx(1 if place < 0 else place / len(text))


def test_overlaps_of_a_run_by_hand():
    boxes = [TRUE, [5, 0, 10, 10], [50, 0, 10, 10], [np.nan] * 4, TRUE, TRUE]
    truth = [TRUE, TRUE, TRUE, TRUE, [0, 0, 0, 0], [np.nan] * 4]
    np.testing.assert_allclose(run_overlaps(boxes, truth), [1, 1 / 3, 0, 0, np.nan, np.nan])
    with pytest.raises(DataError, match="one a true box, found \\(5, 4\\) and \\(6, 4\\)"):
        run_overlaps(boxes[1:], truth)


def run(*overlaps):
    """Boxes and truth of a run with these overlaps: boxes lie inside the true one. None: no target."""
    boxes = [[0, 0, 10, 10 * (value or 0)] for value in overlaps]
    return boxes, [[0.0] * 4 if value is None else TRUE for value in overlaps]


def test_measures_of_three_runs_by_hand():
    runs = [run(1, 0.5, None, 0.3), run(1, 0, 0, 0, 0, 0), run(None, None)]
    measures, by_time = anchor_measures(runs, EXCLUDE)
    assert measures == pytest.approx({"overlap": (0.4 + 0) / 2, "robustness": (1 + 0) / 2})
    np.testing.assert_allclose(by_time, [1, 0.25, 0, 0.15, 0, 0])
    measures, by_time = anchor_measures(runs[:2], Policy())  # what is absent fails
    assert measures == pytest.approx({"overlap": 0.8 / 3 / 2, "robustness": 0.5})
    np.testing.assert_allclose(by_time, [1, 0.25, 0, 0.15, 0, 0])
    for empty in ([], [run(None, None)], [run(1, None)]):
        with pytest.raises(
            DataError, match="expected a run with a frame that counts after its start, found none"
        ):
            anchor_measures(empty, EXCLUDE)


def test_mean_by_time_where_nobody_has_a_number():
    found = mean_by_time([np.array([1.0, np.nan, 3]), np.array([2.0, np.nan])])
    np.testing.assert_allclose(found, [1.5, np.nan, 3])


def scored(name, *curves, protocol="anchors"):
    parts = tuple(
        SequenceScore(
            f"s{k}",
            np.ones(21),
            np.ones(51),
            1,
            1,
            9,
            measures={"overlap": 0.5, "robustness": 1},
            by_time=curve,
        )
        for k, curve in enumerate(curves)
    )
    return TrackerScore(name, "custom", Policy(), parts, protocol=protocol)


def curves_of(seed, lengths=(9, 30, 30, 25, 12, 40)):
    generator = np.random.default_rng(seed)
    curves = [generator.random(length) for length in lengths]
    curves[1][3:6] = np.nan
    return curves


def test_the_horizon_curve_is_the_mean_over_sequences_that_are_so_long():
    curves = curves_of(0)
    found = horizon_curve(scored("t", *curves))
    assert len(found.mean) == len(found.low) == len(found.sequences) == 30  # then one of six is left
    for time in (0, 4, 10, 20, 29):
        there = [curve[time] for curve in curves if len(curve) > time and curve[time] == curve[time]]
        assert found.sequences[time] == len(there)
        assert found.mean[time] == pytest.approx(sum(there) / len(there))
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()
    at_start = bootstrap_interval([curve[0] for curve in curves])
    assert (found.low[0], found.high[0]) == pytest.approx((at_start.low, at_start.high), abs=0.02)
    assert len(horizon_curve(scored("t", *curves), share=0.01).mean) == 40
    assert len(horizon_curve(scored("t", *curves), share=1).mean) == 3  # one has no target from frame 3 on


def test_the_difference_is_paired():
    """A tracker that is better by .1 everywhere is so for sure, however unlike the sequences are."""
    curves = curves_of(1)
    better = horizon_difference(scored("a", *[one + 0.1 for one in curves]), scored("b", *curves))
    for values in (better.mean, better.low, better.high):
        np.testing.assert_allclose(values, 0.1)
    apart = horizon_curve(scored("b", *curves))
    assert (apart.high - apart.low > 0.1).any()


def test_other_protocols_and_sequences_have_no_horizon():
    curves = curves_of(2)
    with pytest.raises(DataError, match=r"t: expected results of protocol anchors, .* found ope"):
        horizon_curve(scored("t", None, protocol="ope"))
    with pytest.raises(DataError, match="expected the same sequences"):
        horizon_difference(scored("a", *curves), scored("b", *curves[1:]))
    with pytest.raises(OptionError, match="share"):
        horizon_curve(scored("t", *curves), share=2)


def test_a_band_passes_over_what_is_missing():
    """With NaN, the interval at a point is that of drawing sequences and averaging those with a value."""
    curves = np.array(curves_of(3, (12,) * 6))
    low, high = bootstrap_band(curves, draws=400, seed=5)
    counts = np.random.default_rng(5).multinomial(6, np.full(6, 1 / 6), size=400)
    for time in (0, 4):
        means = []
        for count in counts:
            drawn = [curves[k, time] for k in range(6) for _ in range(count[k])]
            drawn = [value for value in drawn if value == value]
            means += [sum(drawn) / len(drawn)] if drawn else []
        assert (low[time], high[time]) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])))
    curves[:, 7] = np.nan
    with pytest.raises(DataError, match="expected one curve of finite numbers"):
        bootstrap_band(curves)


def test_how_many_sequences_a_difference_needs_by_hand():
    first, second = [0.5, 0.7, 0.6, 0.4], [0.4, 0.7, 0.4, 0.3]  # differences .1, 0, .2, .1: deviation .0816
    deviation = np.sqrt((0 + 0.01 + 0.01 + 0) / 3)
    reach = 1.959964 + 0.841621
    assert detectable_difference(first, second) == pytest.approx(reach * deviation / 2, rel=1e-5)
    assert detectable_difference(first, second, 100) == pytest.approx(reach * deviation / 10, rel=1e-5)
    needed = sequences_needed(first, second)
    assert needed == int(np.ceil((reach * deviation / 0.01) ** 2)) == 524
    assert (
        detectable_difference(first, second, needed)
        <= 0.01
        < detectable_difference(first, second, needed - 1)
    )
    assert sequences_needed(first, first) == 1


def test_the_needed_number_is_right_in_a_simulation():
    """With so many sequences drawn, a t-like interval excludes 0 about as often as the power says."""
    generator = np.random.default_rng(0)
    differences = 0.02 + 0.05 * generator.standard_normal((4_000, 60))
    count = sequences_needed(differences[0] / differences[0].std(ddof=1) * 0.05, np.zeros(60), 0.02)
    assert count == 50
    drawn = 0.02 + 0.05 * generator.standard_normal((4_000, count))
    reach = 1.96 * drawn.std(axis=1, ddof=1) / np.sqrt(count)
    assert np.mean(drawn.mean(axis=1) > reach) == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("wrong", [([1], [2]), ([1, 2], [1, 2, 3]), ([1, np.nan], [1, 2])])
def test_what_has_no_deviation_is_refused(wrong):
    with pytest.raises(DataError):
        sequences_needed(*wrong)


@pytest.mark.parametrize("options", [{"difference": 0}, {"level": 1}, {"power": 0}, {"difference": np.nan}])
def test_impossible_wishes_are_refused(options):
    with pytest.raises(OptionError):
        sequences_needed([1, 2], [2, 4], **options)
