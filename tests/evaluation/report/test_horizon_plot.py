"""The horizon plot draws what `udtlib.evaluation.scoring.horizon` computes, for one tracker or several."""

import numpy as np
import pytest

from udtlib.errors import DataError
from udtlib.evaluation.report.horizon_plot import horizon_plot
from udtlib.evaluation.scoring.horizon import horizon_curve, horizon_difference
from udtlib.evaluation.scoring.ope import SequenceScore
from udtlib.evaluation.scoring.policy import Policy
from udtlib.evaluation.scoring.scores import TrackerScore


def scored(name, level, protocol="anchors"):
    curves = [level - 0.01 * np.arange(length) for length in (12, 20, 20)]
    parts = tuple(
        SequenceScore(
            f"s{k}",
            np.ones(21),
            np.ones(51),
            1,
            1,
            9,
            measures={"overlap": level, "robustness": 1},
            by_time=curve,
        )
        for k, curve in enumerate(curves)
    )
    return TrackerScore(name, "custom", Policy(), parts, protocol=protocol)


def test_curves_and_differences_from_the_worst():
    scores = [scored("worst", 0.3), scored("best $x$", 0.9), scored("middle", 0.6)]
    left, right = horizon_plot(scores).axes
    drawn = {line.get_label(): line for line in left.get_lines()}
    assert list(drawn) == ["best $x$", "middle", "worst"]
    for score in scores:
        np.testing.assert_allclose(drawn[score.tracker].get_ydata(), horizon_curve(score).mean)
    best, middle, _ = right.get_lines()
    np.testing.assert_allclose(best.get_ydata(), horizon_difference(scores[1], scores[0]).mean)
    np.testing.assert_allclose(middle.get_ydata(), 0.3)
    assert right.get_ylabel() == "Overlap minus that of worst"
    assert len(left.collections) == 3
    assert not horizon_plot(scores, bands=False).axes[0].collections
    against = horizon_plot(scores, against="middle").axes[1]
    assert against.get_ylabel() == "Overlap minus that of middle"
    np.testing.assert_allclose(against.get_lines()[1].get_ydata(), -0.3)


def test_a_single_tracker_has_one_plot():
    (axes,) = horizon_plot([scored("one", 0.5)]).axes
    assert axes.get_xlabel() == "Frames since the start"


def test_misuse_is_refused():
    scores = [scored("a", 0.3), scored("b", 0.9)]
    with pytest.raises(DataError, match="expected a tracker to compare with of b, a, found 'c'"):
        horizon_plot(scores, against="c")
    with pytest.raises(DataError, match="different names"):
        horizon_plot([scores[0], scores[0]])
    with pytest.raises(DataError, match="expected results of protocol anchors"):
        horizon_plot([scored("a", 0.3, protocol="ope")])
