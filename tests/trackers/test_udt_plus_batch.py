"""Several targets of UDT+ at once, against one tracker each."""

import numpy as np
import pytest
import torch
from clips import texture

from udtlib.boxes import iou
from udtlib.errors import BoxError, FrameError, OptionError, TrackerError
from udtlib.trackers.group import load_group
from udtlib.trackers.udt_plus import UdtPlusTracker, batch
from udtlib.trackers.udt_plus.batch import UdtPlusMultiTracker
from udtlib.weights import random_weights

STARTS = np.array([[30.0, 20, 20, 20], [120, 30, 22, 24], [60, 100, 56, 60]])
STEPS = np.array([[3, 2], [-2, 3], [2, -1]])
QUICK = {"first_steps": 2, "first_iterations": 4, "largest_side": 240}
"""Patches of 200, 200 and 228 pixels; two small steps in the first frame."""


def three_targets(length):
    """Frames with three textured targets that move over a still background."""
    frames = []
    for index in range(length):
        frame = texture(180, 200, seed=1).copy()
        for seed, ((x, y, w, h), step) in enumerate(zip(STARTS.astype(int), STEPS, strict=True), start=2):
            left, top = x + step[0] * index, y + step[1] * index
            frame[top : top + h, left : left + w] = texture(h, w, seed=seed)
        frames.append(frame)
    return frames


@pytest.fixture(scope="module")
def weights():
    return random_weights(0)


def together(frames, starts, weights, **options):
    tracker = UdtPlusMultiTracker(weights, **QUICK, **options)
    tracker.init(frames[0], starts)
    return np.array([tracker.update(frame) for frame in frames[1:]]).swapaxes(0, 1), tracker


def one_by_one(frames, starts, weights, **options):
    trackers = [UdtPlusTracker(weights, **QUICK, **options) for _ in starts]
    for tracker, start in zip(trackers, starts, strict=True):
        tracker.init(frames[0], start)
    return np.array([[tracker.update(frame) for frame in frames[1:]] for tracker in trackers]), trackers


@pytest.mark.parametrize("options", [{}, {"preset": "released"}, {"dtype": "bfloat16"}])
def test_boxes_and_responses_are_those_of_single_trackers(weights, options):
    frames = three_targets(4)
    expected, singles = one_by_one(frames, STARTS, weights, **options)
    found, tracker = together(frames, STARTS, weights, **options)
    assert found.shape == (3, 3, 4)
    tolerance = 0.02 if "dtype" in options else 1e-3  # batches are convolved in another order
    np.testing.assert_allclose(found, expected, atol=tolerance)
    for target, single in zip(tracker.targets, singles, strict=True):
        np.testing.assert_allclose(target.response, single.response, atol=tolerance)
        assert target.confidence.value == pytest.approx(single.confidence.value, abs=tolerance)
    assert iou(found[:, -1], STARTS + 3 * np.pad(STEPS, ((0, 0), (0, 2)))).min() > 0.8  # followed, not lost


def test_targets_of_one_patch_size_share_a_call_of_the_network(weights, monkeypatch):
    frames = three_targets(3)
    tracker, batches = UdtPlusMultiTracker(weights, **QUICK), []
    network = tracker.shared.network
    forward = network.forward
    monkeypatch.setattr(
        network, "forward", lambda patches: (batches.append(patches.shape), forward(patches))[1]
    )
    tracker.init(frames[0], STARTS)
    tracker.update(frames[1])
    assert batches == [(2, 3, 200, 200), (1, 3, 228, 228)] * 2
    monkeypatch.setattr(batch, "TOGETHER", 1)
    tracker.update(frames[2])
    assert [shape[0] for shape in batches[4:]] == [1, 1, 1]


def test_targets_share_the_network_and_nothing_that_is_learned(weights):
    frames = three_targets(3)
    _, tracker = together(frames, STARTS, weights)
    first, second, _ = tracker.targets
    assert first.network is second.network is tracker.shared.network
    assert first.filter is not second.filter
    assert first.scale_filter is not second.scale_filter
    assert not np.array_equal(first.scale_filter.template, tracker.targets[2].scale_filter.template)
    assert not tracker.shared.started


def test_a_refused_start_leaves_no_targets_and_a_new_one_forgets_the_old(weights):
    frames = three_targets(3)
    tracker = UdtPlusMultiTracker(weights, **QUICK)
    with pytest.raises(TrackerError, match="call init"):
        tracker.update(frames[0])
    tracker.init(frames[0], STARTS)
    for wrong in ([], STARTS[0], [[1, 2, 3]], [[5, 5, 9, 9], [900, 5, 9, 9]]):
        with pytest.raises(BoxError):
            tracker.init(frames[1], wrong)
        with pytest.raises(TrackerError, match="call init"):
            tracker.update(frames[1])
    tracker.init(frames[0], STARTS[1:])
    with pytest.raises(FrameError):
        tracker.update(frames[1][:50])
    again = np.array([tracker.update(frame) for frame in frames[1:]]).swapaxes(0, 1)
    np.testing.assert_array_equal(again, together(frames, STARTS[1:], weights)[0])
    with pytest.raises(OptionError):
        UdtPlusMultiTracker(weights, dtype="int8")


@pytest.mark.parametrize(("name", "dtype"), [("udt+", torch.float32), ("udt+-bf16", torch.bfloat16)])
def test_a_group_of_udt_plus_is_a_batch(weights, name, dtype):
    group = load_group(name, 2, weights=weights)
    assert isinstance(group, UdtPlusMultiTracker)
    assert group.shared.dtype == dtype
