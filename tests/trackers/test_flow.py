"""The target's own motion, from points that find their way back."""

import cv2
import numpy as np
import pytest
from clips import moving_clip, texture, zooming_clip

from udtlib import load_tracker
from udtlib.boxes import from_center
from udtlib.trackers.flow import TargetFlow
from udtlib.weights import random_weights


def turning_clip(degrees, zoom, frame=(160, 200)):
    """A texture that turns and grows about the middle of the image, twice."""
    image, middle = texture(*frame), (frame[1] / 2 - 0.5, frame[0] / 2 - 0.5)
    matrices = [cv2.getRotationMatrix2D(middle, k * degrees, zoom**k) for k in range(2)]
    return [cv2.warpAffine(image, matrix, frame[::-1], borderMode=cv2.BORDER_REFLECT) for matrix in matrices]


@pytest.mark.parametrize("share", [(0, 0), (0.1, 0.05), (-0.3, 0.2), (0.2, -0.3)])
@pytest.mark.parametrize("size", [(40, 32), (12, 12), (20, 60)])
def test_the_flow_is_how_far_the_target_moved(share, size):
    step = np.rint(np.array(share) * np.sqrt(np.prod(size))).astype(int)
    frames, boxes = moving_clip([step], size=size)
    motion, factor = TargetFlow(frames[0], boxes[0]).follow(frames[1])
    np.testing.assert_allclose(motion, step, atol=0.3)
    assert factor == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("degrees", "zoom"), [(0, 1.05), (0, 0.93), (6, 1.0), (-4, 1.04)])
def test_the_flow_is_how_much_it_grew_however_it_turned(degrees, zoom):
    frames = turning_clip(degrees, zoom)
    motion, factor = TargetFlow(frames[0], np.array([80.0, 56, 40, 48])).follow(frames[1])
    np.testing.assert_allclose(motion, 0, atol=0.3)
    assert factor == pytest.approx(zoom, rel=0.01)


def test_a_few_points_that_go_elsewhere_do_not_count():
    """A quarter of the box is covered by something that moves the other way."""
    frames, boxes = moving_clip([(4, 3)], size=(48, 48))
    for frame, x in zip(frames, (60, 52), strict=True):
        frame[40:95, x : x + 12] = texture(55, 12, seed=5)
    motion, factor = TargetFlow(frames[0], boxes[0]).follow(frames[1])
    np.testing.assert_allclose(motion, (4, 3), atol=0.3)
    assert factor == pytest.approx(1, abs=0.01)


def test_a_target_that_is_gone_or_flat_has_no_flow():
    frame, box = texture(120, 160), np.array([50.0, 40, 40, 30])
    flat = np.full_like(frame, 90)
    for before, after in [(frame, texture(120, 160, 7)), (frame, flat), (flat, flat), (flat, frame)]:
        assert TargetFlow(before, box).follow(after) is None


@pytest.mark.parametrize("box", [(50, 40, 5, 5), (8, 6, 144, 108), (-10, -10, 30, 30), (0, 50, 160, 2)])
def test_a_still_target_of_any_size_stays_where_it_is(box):
    frame = texture(120, 160)
    motion, factor = TargetFlow(frame, np.array(box, float)).follow(frame.copy())
    np.testing.assert_allclose(motion, 0, atol=1e-3)
    assert factor == pytest.approx(1, abs=1e-4)


def test_frames_are_not_kept():
    frames, boxes = moving_clip([(5, 0)])
    flow, kept = TargetFlow(frames[0], boxes[0]), frames[1].copy()
    frames[0][:] = frames[1]  # a camera that fills one buffer again and again
    np.testing.assert_allclose(flow.follow(kept)[0], (5, 0), atol=0.3)


SEARCH = {"udt": "search", "udt+": "_search"}
"""The methods in which the filters look, once the window stands."""


def looks_of(name, frames, box, monkeypatch, spoil=lambda tracker: None):
    """Where the filter looked in the frames after the first, and for a target of which size: ``(N, 4)``."""
    tracker, looks = load_tracker(name, weights=random_weights(0), flow=True), []
    tracker.init(frames[0], box)
    spoil(tracker)
    search = getattr(tracker, SEARCH[name])

    def watched(*arguments):
        looks.append(from_center(tracker.center, tracker.size))
        return search(*arguments)

    monkeypatch.setattr(tracker, SEARCH[name], watched)
    for frame in frames[1:]:
        tracker.update(frame)
    return np.array(looks)


@pytest.mark.parametrize("name", SEARCH)
def test_window_and_size_follow_the_flow_before_the_filter_looks(name, monkeypatch):
    for frames, boxes in (moving_clip([(9, -6), (-4, 8)]), zooming_clip([1.0, 1.08, 1.15])):
        looks = looks_of(name, frames, boxes[0], monkeypatch)
        np.testing.assert_allclose(looks, boxes[1:], atol=1.5)  # the search of udt adds a step of size


@pytest.mark.parametrize("name", SEARCH)
def test_where_there_is_no_flow_the_filter_looks_where_the_target_was(name, monkeypatch):
    frames, boxes = moving_clip([(9, -6)])
    looks = looks_of(name, frames, boxes[0], monkeypatch, lambda tracker: tracker.flow.before.fill(0))
    np.testing.assert_allclose(looks, boxes[:1], atol=1e-9)


def test_the_default_is_the_books_preset_the_released_one_with_flow_and_a_smaller_window():
    frames, boxes = moving_clip([(9, -6), (-4, 8)])
    found = []
    for options in ({}, {"preset": "book"}, {"preset": "released", "flow": True, "padding": 1.5}):
        tracker = load_tracker("udt", weights=random_weights(0), **options)
        tracker.init(frames[0], boxes[0])
        found.append([tracker.update(frame) for frame in frames[1:]])
    np.testing.assert_array_equal(found[1:], [found[0]] * 2)
