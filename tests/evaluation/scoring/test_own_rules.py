"""The rules of LaSOT and GOT-10k, against plain loops written from their toolkits' descriptions."""

import numpy as np
import pytest

from udtlib.data import Sequence
from udtlib.evaluation import (
    POLICIES,
    bootstrap_interval,
    load_policy,
    paired_difference,
    score,
    score_sequence,
)
from udtlib.evaluation.report.tables import score_table
from udtlib.evaluation.scoring.policy import OWN_POLICIES, policy_for

SIZE = (120, 90)


def random_boxes(count, seed, spread=0.0):
    generator = np.random.default_rng(seed)
    steps = np.cumsum(generator.normal(0, 2, (count, 2)), axis=0) + 40
    boxes = np.hstack([steps, generator.uniform(15, 40, (count, 2))])
    return boxes + generator.normal(0, spread, (count, 4)) if spread else boxes


def overlap(a, b):
    """Intersection over union of two boxes, by hand."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def limited(box):
    """A box in the image as GOT-10k's toolkit limits it: its corner first, then what is left of its size."""
    x, y = min(max(box[0], 0), SIZE[0]), min(max(box[1], 0), SIZE[1])
    return x, y, min(max(box[2], 0), SIZE[0] - x), min(max(box[3], 0), SIZE[1] - y)


def sequences_and_results(lengths=(30, 8), lost=(3, 5)):
    sequences, results = [], {}
    for index, count in enumerate(lengths):
        truth = random_boxes(count, index)
        shown = truth.copy()
        shown[list(lost)] = np.nan
        name = f"s{index}"
        sequences.append(Sequence(name, (), shown, size=SIZE))
        results[name] = truth + np.random.default_rng(index + 9).normal(0, 6, truth.shape)
        results[name][:, 2:] = np.abs(results[name][:, 2:])
        results[name][0] = 0
    return sequences, results


def test_got10k_pools_frames_without_the_first_and_those_without_a_target():
    sequences, results = sequences_and_results()
    pooled = []
    for one in sequences:
        for predicted, true in list(zip(results[one.name], one.boxes, strict=True))[1:]:
            if not np.isnan(true).any():
                pooled.append(overlap(limited(predicted), limited(true)))
    found = score(results, sequences, dataset="got10k")
    assert found.policy.name == "got10k-ao"
    assert found.measures == ("ao", "sr_50", "sr_75")
    assert found.mean("ao") == pytest.approx(np.mean(pooled))
    assert found.mean("sr_50") == pytest.approx(np.mean(np.array(pooled) > 0.5))
    assert found.mean("sr_75") == pytest.approx(np.mean(np.array(pooled) > 0.75))
    assert 0.05 < found.mean("sr_75") < found.mean("sr_50") < 0.95
    assert [one.counted for one in found.sequences] == [27, 5]
    assert found.auc == pytest.approx(found.mean("ao"))
    interval = found.interval("ao")
    assert interval.low < interval.mean < interval.high
    assert interval.mean == pytest.approx(found.mean("ao"))
    assert "AO" in score_table([found])
    document = found.to_json()
    assert document["ao"] == found.mean("ao")
    assert set(document["sequences"]["s0"]) >= {"ao", "sr_50", "sr_75"}


def test_boxes_are_limited_to_the_image_only_where_its_size_is_known():
    truth = np.array([[0.0, 0, 10, 10], [110, 80, 10, 10]])
    results = {"s": np.array([[0.0, 0, 10, 10], [110, 80, 20, 20]])}
    known = score(results, [Sequence("s", (), truth, size=SIZE)], dataset="got10k")
    unknown = score(results, [Sequence("s", (), truth)], dataset="got10k")
    assert (known.mean("ao"), unknown.mean("ao")) == (1, 0.25)


def test_lasot_measures_frames_that_show_the_target():
    (one, _), results = sequences_and_results()
    predicted = results[one.name]
    predicted[10] = np.nan
    predicted[12, 2] = -1
    predicted[14, 2:] = 0
    found = score({"s0": predicted}, [one], dataset="lasot")
    answers, last = [], predicted[0]
    for box in predicted:
        last = box if np.isfinite(box).all() and (box[2:] > 0).all() else last
        answers.append(last)
    answers[0] = one.boxes[0]
    shown = [(a, t) for a, t in zip(answers, one.boxes, strict=True) if not np.isnan(t).any()]
    overlaps = np.array([overlap(a, t) for a, t in shown])
    centres = np.array([(a[:2] + a[2:] / 2) - (t[:2] + t[2:] / 2) for a, t in shown])
    normalised = np.hypot(*(centres / [t[2:] for _, t in shown]).T)
    assert found.measures == ("auc", "precision", "normalised_precision")
    assert found.auc == pytest.approx(np.mean([(overlaps > t).mean() for t in np.arange(21) / 20]))
    assert found.precision == pytest.approx((np.hypot(*centres.T) <= 20).mean())
    assert found.mean("normalised_precision") == pytest.approx((normalised <= 0.2).mean())
    assert 0.1 < found.mean("normalised_precision") < 0.95
    assert found.sequences[0].counted == len(shown) == 28
    assert "norm. precision@0.2" in score_table([found])


def test_other_datasets_keep_the_rule_of_otb():
    for dataset in ("otb", "uav123", "nfs", "dtb70", "vot", "synthetic", "custom"):
        assert policy_for(dataset) == load_policy("otb-strict")
    assert set(OWN_POLICIES.values()) <= set(POLICIES)
    truth = random_boxes(10, 0)
    assert score_sequence(truth, truth).measures == {}


def test_a_weighted_mean_has_a_weighted_interval():
    values, weights = np.array([0.2, 0.9]), np.array([3.0, 1.0])
    found = bootstrap_interval(values, weights=weights)
    assert found.mean == pytest.approx(0.375)
    assert (found.low, found.high) == (pytest.approx(0.2), pytest.approx(0.9))
    assert bootstrap_interval(values, weights=np.ones(2)) == bootstrap_interval(values)
    assert paired_difference(values, [0.1, 0.1], weights=weights).mean == pytest.approx(0.275)
