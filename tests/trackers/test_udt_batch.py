"""Several targets at once, against one tracker each."""

import numpy as np
import pytest
import torch
from clips import texture

from udtlib.errors import BoxError, FrameError, OptionError, TrackerError
from udtlib.trackers.udt import UdtTracker
from udtlib.trackers.udt import batch as udt_batch
from udtlib.trackers.udt.batch import MultiTracker
from udtlib.weights import random_weights

STARTS = np.array([[30.0, 20, 32, 40], [120, 30, 24, 24], [70, 110, 40, 20]])
STEPS = np.array([[3, 2], [-2, 3], [2, -1]])


@pytest.fixture
def weights():
    return random_weights(0)


def three_targets(length):
    """Frames with three textured targets that move over a still background; boxes ``(3, length, 4)``."""
    boxes = np.repeat(STARTS[:, None], length, axis=1)
    boxes[:, :, :2] += STEPS[:, None] * np.arange(length)[:, None]
    frames = []
    for index in range(length):
        frame = texture(160, 200, seed=1).copy()
        for seed, (x, y, w, h) in enumerate(boxes[:, index].astype(int), start=2):
            frame[y : y + h, x : x + w] = texture(h, w, seed=seed)
        frames.append(frame)
    return frames, boxes


def one_by_one(frames, starts, weights, **options):
    """Boxes ``(n, length, 4)`` and the last responses of n single trackers."""
    boxes, responses = [], []
    for start in starts:
        tracker = UdtTracker(weights, **options)
        tracker.init(frames[0], start)
        boxes.append([tracker.box, *(tracker.update(frame) for frame in frames[1:])])
        responses.append(tracker.response)
    return np.array(boxes), np.array(responses)


def together(frames, starts, weights, **options):
    tracker = MultiTracker(weights, **options)
    tracker.init(frames[0], starts)
    boxes = [tracker.boxes, *(tracker.update(frame) for frame in frames[1:])]
    return np.array(boxes).swapaxes(0, 1), np.array([target.response for target in tracker.targets])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dtype": "bfloat16"},
        {"preset": "paper"},
        {"preset": "pytorch-port", "subpixel": True},
        {"preset": "released"},
    ],
)
def test_boxes_and_responses_are_those_of_single_trackers(weights, options):
    frames, boxes = three_targets(8)
    expected, responses = one_by_one(frames, STARTS, weights, **options)
    found, found_responses = together(frames, STARTS, weights, **options)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    np.testing.assert_allclose(found_responses, responses, atol=2e-3 if "dtype" in options else 1e-4)
    assert found.shape == (3, 8, 4)
    assert np.abs(found - boxes)[:, -1, :2].max() < 12  # they are followed, not lost


def test_a_frame_takes_two_calls_of_the_network_however_many_targets(weights, monkeypatch):
    frames, _ = three_targets(3)
    tracker = MultiTracker(weights)
    monkeypatch.setattr(udt_batch, "ON_CPU", 3)
    batches = []
    forward = tracker.shared.network.forward
    monkeypatch.setattr(
        tracker.shared.network, "forward", lambda patches: (batches.append(len(patches)), forward(patches))[1]
    )
    tracker.init(frames[0], STARTS)
    tracker.update(frames[1])
    assert batches == [3, 9, 3]
    monkeypatch.setattr(udt_batch, "ON_CPU", 2)
    expected = tracker.update(frames[2])
    assert batches[3:] == [6, 2, 3, 1]
    again, _ = together(frames, STARTS, weights)
    np.testing.assert_allclose(expected, again[:, -1], atol=1e-3)


def test_one_target_is_the_single_tracker(weights):
    frames, _ = three_targets(5)
    found, _ = together(frames, STARTS[:1], weights)
    np.testing.assert_array_equal(found, one_by_one(frames, STARTS[:1], weights)[0])


def test_a_target_that_sees_nothing_stays_and_the_others_go_on(weights):
    frames, _ = three_targets(6)
    for frame in frames[2:]:
        frame[:, :100] = 90  # the first target's half of the image turns blank
    starts = STARTS[:2] - [[10, 5, 0, 0], [-20, 0, 0, 0]]
    expected, _ = one_by_one(frames, starts, weights)
    tracker = MultiTracker(weights)
    tracker.init(frames[0], starts)
    found = np.array([tracker.boxes, *(tracker.update(frame) for frame in frames[1:])]).swapaxes(0, 1)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert [target.score == 0 for target in tracker.targets] == [True, False]
    tracker.update(np.full_like(frames[0], 90))
    assert all(target.lost for target in tracker.targets)


def test_a_refused_start_leaves_no_targets(weights):
    frames, _ = three_targets(2)
    tracker = MultiTracker(weights)
    with pytest.raises(TrackerError, match="call init"):
        tracker.update(frames[0])
    tracker.init(frames[0], STARTS)
    for wrong in ([], STARTS[0], [[1, 2, 3]], [[1, 2, "x", 4]], [[5, 5, 9, 9], [900, 5, 9, 9]]):
        with pytest.raises(BoxError):
            tracker.init(frames[1], wrong)
    with pytest.raises(FrameError):
        tracker.init(frames[1][:, :, :2], STARTS)
    with pytest.raises(TrackerError, match="call init"):
        tracker.update(frames[1])
    tracker.init(frames[0], STARTS)
    with pytest.raises(FrameError, match="share one size"):
        tracker.update(frames[1][:50])
    assert tracker.update(frames[1]).shape == (3, 4)
    with pytest.raises(OptionError):
        MultiTracker(weights, dtype="int8")


def test_a_new_start_forgets_the_old_targets(weights):
    frames, _ = three_targets(4)
    tracker = MultiTracker(weights)
    tracker.init(frames[0], STARTS)
    tracker.update(frames[1])
    tracker.init(frames[0], STARTS[1:])
    again = np.array([tracker.update(frame) for frame in frames[1:]]).swapaxes(0, 1)
    np.testing.assert_allclose(again, together(frames, STARTS[1:], weights)[0][:, 1:], atol=1e-6)


def test_targets_do_not_share_their_filters(weights):
    frames, _ = three_targets(3)
    tracker = MultiTracker(weights)
    tracker.init(frames[0], STARTS)
    tracker.update(frames[1])
    first, second, _ = tracker.targets
    assert not torch.equal(first.template, second.template)
    assert first.network is second.network
