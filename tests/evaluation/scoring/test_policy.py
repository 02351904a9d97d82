"""Policies: the situations in which public toolkits disagree, and a plain loop as an oracle."""

from dataclasses import fields, replace

import numpy as np
import pytest

from udtlib.boxes import iou
from udtlib.errors import DataError, UnknownNameError
from udtlib.evaluation import POLICIES, Policy, load_policy, score_sequence

FRAMES = 200
TOOLKITS = ("got10k", "pysot-toolkit", "pytracking")
ALONE = 20 / 21  # the truth against itself: it passes every threshold but 1


def make_truth(seed=0):
    """A slow target: whole numbers in the first frame, fractions after; never near x = 0 or y = 0."""
    generator = np.random.default_rng(seed)
    truth = np.empty((FRAMES, 4))
    angle = np.linspace(0, 2 * np.pi, FRAMES)
    truth[:, 0], truth[:, 1] = 100 + 6 * np.sin(angle), 80 + 4 * np.cos(angle)
    truth[:, 2:] = np.array([40, 30]) + generator.uniform(-3, 3, (FRAMES, 2))
    truth[0] = np.round(truth[0])
    return truth


def make_prediction(truth, seed=1):
    predicted = truth + np.random.default_rng(seed).normal(0, 2.5, truth.shape)
    predicted[0] = truth[0]
    return predicted


def by_toolkit(predicted, truth, toolkits=TOOLKITS):
    """``(auc, precision)`` of each toolkit, rounded as the printed tables are, on 0-indexed data."""
    scores = [score_sequence(predicted, truth, replace(POLICIES[name], index_base=0)) for name in toolkits]
    return [(round(score.auc, 4), round(score.precision, 4)) for score in scores]


def test_toolkits_agree_on_clean_data():
    truth = make_truth()
    first, *others = by_toolkit(make_prediction(truth), truth, (*TOOLKITS, "otb-strict", "pytracking-valid"))
    assert others == [first] * 4
    assert 0.6 < first[0] < 0.8
    assert first[1] == 1


def test_truth_against_itself_stops_at_the_last_threshold_unless_rounding_passes_it():
    truth = make_truth()
    assert by_toolkit(truth, truth, TOOLKITS[:2]) == [(0.9524, 1.0)] * 2
    x, y, w, h = truth.T
    above = ((x + w - 1) - x + 1) * ((y + h - 1) - y + 1)
    above = above / (w * h + w * h - above) > 1
    assert 10 < above.sum() < 190
    assert by_toolkit(truth, truth, TOOLKITS[2:]) == [(round(ALONE + above.mean() / 21, 4), 1.0)]
    share_behind_the_published_digit = 0.315
    assert round(ALONE + share_behind_the_published_digit / 21, 4) == 0.9674


@pytest.mark.parametrize("absent", [0.0, np.nan])
def test_absent_frames(absent):
    truth = make_truth()
    predicted = make_prediction(truth)
    truth[90:110] = absent
    got10k, pysot = by_toolkit(predicted, truth, TOOLKITS[:2])
    assert got10k[1] == 0.9
    assert pysot == (got10k[0], 1.0)
    if np.isnan(absent):
        for name in ("pytracking", "pytracking-valid"):
            with pytest.raises(DataError, match="stops at NaN in the ground truth"):
                score_sequence(predicted, truth, POLICIES[name])
        return
    failed, excluded = by_toolkit(predicted, truth, ("pytracking", "pytracking-valid"))
    assert failed == got10k
    assert excluded == (pytest.approx(got10k[0] * 200 / 180, abs=1e-4), 1.0)


def test_target_at_the_left_border_of_0_indexed_data():
    truth = np.round(make_truth())
    truth[50:90, 0] = 0
    assert by_toolkit(truth, truth) == [(0.9524, 1.0), (0.7619, 1.0), (0.7619, 0.8)]
    in_1_indexed_files = [
        score_sequence(truth, truth, replace(POLICIES[name], index_base=1)) for name in TOOLKITS
    ]
    assert [round(score.auc, 4) for score in in_1_indexed_files] == [0.9524] * 3


def test_zero_boxes_from_frame_100_on():
    truth = make_truth()
    predicted = make_prediction(truth)
    predicted[100:] = 0
    got10k, pysot, pytracking = by_toolkit(predicted, truth)
    assert got10k == pysot
    assert got10k[1] == 0.5
    assert pytracking[1] == 1.0
    assert pytracking[0] > got10k[0] + 0.2
    held = predicted.copy()
    held[100:] = predicted[99]
    assert by_toolkit(held, truth, TOOLKITS[2:]) == [pytracking]


def test_nan_predictions():
    truth = make_truth()
    predicted = make_prediction(truth)
    predicted[60:70] = np.nan
    got10k, pysot = by_toolkit(predicted, truth, TOOLKITS[:2])
    assert got10k == pysot
    assert got10k[1] == 0.95
    with pytest.raises(DataError, match="clip: policy 'pytracking' stops at NaN"):
        score_sequence(predicted, truth, POLICIES["pytracking"], name="clip")


def test_a_diagonal_slip_of_one_pixel_costs_small_boxes_most():
    for size, cost in ((20, 0.18), (10, 0.32)):
        assert 1 - iou([0, 0, size, size], [1, 1, size, size]) == pytest.approx(cost, abs=0.005)


def plain_score(predicted, truth, strict):
    """The default policy and its loose twin, frame by frame in plain Python."""
    passed, near = [0] * 21, 0
    for (px, py, pw, ph), (tx, ty, tw, th) in zip(predicted.tolist(), truth.tolist(), strict=True):
        if not (tw > 0 and th > 0 and pw > 0 and ph > 0):
            continue
        across = max(0.0, min(px + pw, tx + tw) - max(px, tx))
        down = max(0.0, min(py + ph, ty + th) - max(py, ty))
        overlap = min(1.0, across * down / (pw * ph + tw * th - across * down))
        for k in range(21):
            passed[k] += overlap > k / 20 if strict else overlap >= k / 20
        near += ((px + pw / 2 - tx - tw / 2) ** 2 + (py + ph / 2 - ty - th / 2) ** 2) ** 0.5 <= 20
    return sum(passed) / 21 / len(truth), near / len(truth)


@pytest.mark.parametrize("seed", range(20))
def test_the_otb_policies_are_what_a_plain_loop_counts(seed):
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 30, (40, 4)).astype(float)
    predicted = generator.integers(0, 30, (40, 4)).astype(float)
    predicted[generator.random(40) < 0.2] = truth[0]
    for name, strict in (("otb-strict", True), ("otb-loose", False)):
        score = score_sequence(predicted, truth, POLICIES[name])
        assert (score.auc, score.precision) == pytest.approx(plain_score(predicted, truth, strict), abs=1e-12)


def test_thresholds_are_met_exactly():
    truth = np.array([[0.0, 0, 20, 10]] * 2)
    predicted = np.array([[0.0, 0, 10, 10], [12, 16, 20, 10]])  # overlap 0.5; distance 20
    strict, loose = (score_sequence(predicted, truth, POLICIES[name]) for name in ("otb-strict", "otb-loose"))
    assert (strict.success[10], loose.success[10]) == (0, 0.5)
    assert strict.precision == 1
    assert score_sequence(predicted, truth, Policy(strict_pixels=True)).precision == 0.5
    assert score_sequence(predicted, truth, Policy(pixels=19.9)).precision == 0.5


def test_areas_under_one_curve():
    truth = np.array([[0.0, 0, 100, 10]] * 2)
    predicted = np.array([[0.0, 0, 62, 10], [500, 500, 5, 5]])
    assert score_sequence(predicted, truth, Policy(area="overlap")).auc == pytest.approx(0.31)
    assert score_sequence(predicted, truth).auc == pytest.approx(13 / 21 / 2)
    assert score_sequence(predicted, truth, Policy(area="trapezoid")).auc == pytest.approx(12.5 / 20 / 2)
    fine = score_sequence(predicted, truth, Policy(area="trapezoid", steps=1000)).auc
    assert fine == pytest.approx(0.31, abs=1e-3)


def test_the_first_frame():
    truth = np.array([[10.0, 10, 5, 5]] * 4)
    predicted = truth.copy()
    predicted[0, 0] += 30
    scores = {
        choice: score_sequence(predicted, truth, Policy(first_frame=choice))
        for choice in ("result", "truth", "exclude")
    }
    assert {choice: score.precision for choice, score in scores.items()} == {
        "result": 0.75,
        "truth": 1,
        "exclude": 1,
    }
    assert predicted[0, 0] == 40  # inputs stay as they were
    with pytest.raises(DataError, match="no frame with a target is left"):
        score_sequence(predicted[:1], truth[:1], Policy(first_frame="exclude"))


def test_what_a_zero_prediction_is_worth():
    truth = np.array([[10.0, 10, 5, 5]] * 2)
    predicted = np.array([[10.0, 10, 5, 5], [12, 12, 0, 0]])
    for choice, precision in (("fail", 0.5), ("measure", 1), ("repeat", 1)):
        score = score_sequence(predicted, truth, Policy(zero_prediction=choice))
        assert score.precision == precision
        assert score.auc == pytest.approx(ALONE if choice == "repeat" else ALONE / 2)
    predicted[1] = [10, 10, -5, 5]
    for choice in ("fail", "measure"):
        assert score_sequence(predicted, truth, Policy(zero_prediction=choice)).precision == 0.5


def test_an_absent_target_and_a_missing_answer_never_succeed_even_loosely():
    box, zero, nan = [10.0, 10, 5, 5], [0.0] * 4, [np.nan] * 4
    loose = POLICIES["otb-loose"]
    for predicted, truth in ((box, zero), (box, nan), (zero, box), (nan, box), (zero, zero), (nan, nan)):
        score = score_sequence([box, predicted], [box, truth], loose)
        assert (score.auc, score.precision) == (0.5, 0.5)


def test_huge_numbers_give_no_warning_and_no_success():
    huge = np.array([[1e300, -1e300, 1e300, 1e300]])
    assert score_sequence(huge, [[1.0, 1, 5, 5]]).auc == 0


def test_the_default_is_the_strict_otb_policy():
    assert Policy() == POLICIES["otb-strict"]
    assert all(policy.name == name for name, policy in POLICIES.items())
    assert list(POLICIES) == sorted(POLICIES)
    assert load_policy("got10k") is POLICIES["got10k"]


def test_every_field_is_documented():
    for field in fields(Policy):
        assert f"\n        {field.name}: " in Policy.__doc__


@pytest.mark.parametrize(
    "options",
    [
        {"area": "sum"},
        {"absent": "maybe"},
        {"first_frame": 1},
        {"index_base": 2},
        {"steps": 0},
        {"pixels": np.nan},
    ],
)
def test_unknown_choices_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        Policy(**options)


def test_unknown_policies_are_refused():
    with pytest.raises(UnknownNameError, match="no policy 'otb'; known: got10k, "):
        load_policy("otb")


@pytest.mark.parametrize("shape", [(3, 4), (2, 5), (4,), (0, 4)])
def test_boxes_must_match_the_truth(shape):
    with pytest.raises(DataError, match=r"clip: .*\(N, 4\), found"):
        score_sequence(np.ones(shape), np.ones((2, 4)), name="clip")
