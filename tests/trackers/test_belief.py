"""What the trackers believe: confidence in a response, the camera's motion, a second look."""

import cv2
import numpy as np
import pytest
from clips import moving_clip, texture

from udtlib import load_tracker
from udtlib.labels import gaussian_label
from udtlib.trackers.camera import CameraMotion, background, similarity, small_grey
from udtlib.trackers.confidence import Confidence, peak_to_energy
from udtlib.weights import random_weights


def centre(box):
    return box[:2] + box[2:] / 2


def test_the_peak_to_energy_ratio_tells_one_peak_from_many():
    single = np.zeros((20, 30))
    single[4, 5] = 2.0
    assert peak_to_energy(single) == pytest.approx(600)
    assert peak_to_energy(single + 7) == pytest.approx(600), "whatever the level"
    single[10, 20] = 2.0
    assert peak_to_energy(single) == pytest.approx(300)
    assert peak_to_energy(np.full((4, 4), 3.0)) == 1


def test_confidence_is_1_on_what_is_ordinary_and_low_on_what_is_not():
    label, noise = gaussian_label(40, 40, 2.0), np.random.default_rng(0).normal(0, 0.02, (40, 40))
    confidence = Confidence()
    for scale in (1.0, 0.98, 1.02, 1.0) * 3:
        assert confidence.judge(scale * label + noise, scale) > 0.9
    before = confidence.ordinary.copy()
    low = [confidence.judge(0.1 * label + noise, 0.1) for _ in range(50)]
    assert max(low) < 0.1
    np.testing.assert_allclose(confidence.ordinary, before, rtol=0.15)  # fifty bad frames hardly count
    assert confidence.judge(label + noise, 1.0) > 0.9
    assert Confidence().judge(np.zeros((5, 5)), 0.0) == 0.0
    assert 0 <= confidence.judge(-label, -1.0) <= 1


def test_one_odd_response_among_the_first_does_not_become_ordinary():
    label, noise = gaussian_label(40, 40, 2.0), np.random.default_rng(0).normal(0, 0.02, (40, 40))
    for odd in (0.05, 4.0):
        confidence = Confidence()
        for scale in (1.0, odd, 1.0, 1.0):
            last = confidence.judge(scale * label + noise, scale)
        assert last > 0.9
        assert confidence.ordinary[0] == pytest.approx(1.0)
    first = Confidence(settling=1)
    assert [first.judge(label, scale) for scale in (1.0, 0.5)] == pytest.approx([1.0, 1.0])
    assert first.ordinary[0] == pytest.approx(0.975), "from the second on a running mean"


def camera_clip(moves, zoom=1.0):
    """Frames seen through a camera that is moved and zooms over a wide texture, a still box in it."""
    world, frames = texture(400, 500, seed=3), []
    offset, factor = np.array([120.0, 100.0]), 1.0
    for move in [(0, 0), *moves]:
        offset, factor = offset + move, factor * (zoom if frames else 1.0)
        matrix = np.array([[factor, 0, -offset[0] * factor], [0, factor, -offset[1] * factor]])
        frames.append(cv2.warpAffine(world, matrix, (240, 180)))
    return frames


@pytest.mark.parametrize(("move", "zoom"), [((7, -4), 1.0), ((-12.5, 9), 1.0), ((3, 2), 1.05)])
def test_a_box_is_carried_along_by_the_camera(move, zoom):
    frames = camera_clip([move], zoom)
    box = np.array([100.0, 70, 30, 40])
    carried = CameraMotion(frames[0]).carry(frames[1], box)
    expected = (np.array([115.0, 90.0]) - move) * zoom
    np.testing.assert_allclose(carried, expected, atol=1.0)


def test_a_large_frame_is_compared_in_small_copies():
    frames = [cv2.resize(frame, (960, 720)) for frame in camera_clip([(7, -4)])]
    assert max(small_grey(frames[0])[0].shape) == 320
    carried = CameraMotion(frames[0]).carry(frames[1], (400.0, 280, 120, 160))
    np.testing.assert_allclose(carried, (460 - 28, 360 + 16), atol=4)


def test_motion_of_the_target_alone_is_none_of_the_camera():
    frames, boxes = moving_clip([(8, 6)])
    carried = CameraMotion(frames[0]).carry(frames[1], boxes[0])
    np.testing.assert_allclose(carried, boxes[0, :2] + boxes[0, 2:] / 2, atol=0.3)


def test_corners_of_a_large_target_do_not_outvote_the_background():
    frames, boxes = moving_clip([(8, 6)], size=(80, 100), start=(20, 15))
    carried = CameraMotion(frames[0]).carry(frames[1], boxes[0])
    np.testing.assert_allclose(carried, centre(boxes[0]), atol=0.5)


def test_without_background_the_camera_rests():
    flat = np.full((90, 120, 3), 80, np.uint8)
    for first, second in [(flat, flat), (texture(90, 120), flat), (texture(90, 120), texture(90, 120, 7))]:
        carried = CameraMotion(first).carry(second, (20.0, 30, 40, 30))
        np.testing.assert_allclose(carried, (40, 45), atol=1e-9)
    everything = background((90, 120), np.array([-20.0, -20, 200, 200]))
    assert not everything.any()
    grey = small_grey(texture(90, 120))[0]
    np.testing.assert_array_equal(similarity(grey, grey, everything), np.eye(2, 3))
    for side in ((1, 1), (2, 300), (300, 1)):
        frame = np.zeros((*side, 3), np.uint8)
        np.testing.assert_allclose(CameraMotion(frame).carry(frame, (0.0, 0, 1, 1)), (0.5, 0.5), atol=1e-9)


def plus(**settings):
    return load_tracker("udt+", weights=random_weights(0), preset="released", **settings)


def occluded_clip():
    """A still target, then another texture before it, then the target again."""
    frames, boxes = moving_clip([], size=(40, 32), frame=(120, 160), start=(60, 40))
    hidden = frames[0].copy()
    hidden[30:90, 50:104] = texture(60, 54, seed=9)
    return [frames[0]] * 7 + [hidden] * 14 + [frames[0]] * 3, boxes[0]


def test_doubt_keeps_an_occluder_out_of_the_memory():
    frames, box = occluded_clip()
    weights = {}
    for adaptive in (0.0, 1.0):
        tracker = plus(adaptive=adaptive)
        tracker.init(frames[0], box)
        for frame in frames[1:]:
            tracker.update(frame)
        weights[adaptive] = tracker.filter.memory.weights[7:21].sum()
    assert weights[0.0] == pytest.approx(1 - 0.99**14, abs=0.02)
    assert weights[1.0] < weights[0.0] / 2


def test_doubt_keeps_an_occluder_out_of_the_plain_filter():
    frames, box = occluded_clip()
    changes = {}
    for adaptive in (0.0, 1.0):
        tracker = load_tracker("udt", weights=random_weights(0), adaptive=adaptive)
        tracker.init(frames[0], box)
        before = tracker.filter
        for frame in frames[1:]:
            tracker.update(frame)
        changes[adaptive] = float((tracker.filter - before).norm() / before.norm())
    assert 0 < changes[1.0] < changes[0.0] / 2


def test_doubt_costs_nothing_where_nothing_is_wrong():
    frames, boxes = moving_clip([])
    tracker = plus(adaptive=1.0)
    tracker.init(frames[0], boxes[0])
    for _ in range(8):
        tracker.update(frames[0])
        assert tracker.trust > 0.9


def test_the_answer_to_the_first_frame_is_no_yardstick():
    """The filter was fitted to it: no picture with noise is answered as well."""
    frames, boxes = moving_clip([])
    generator = np.random.default_rng(0)
    tracker, trusts, scores = plus(adaptive=1.0), [], []
    tracker.init(frames[0], boxes[0])
    rehearsal = tracker.score
    for _ in range(12):
        noisy = frames[0] + generator.normal(0, 60, frames[0].shape)
        tracker.update(np.clip(noisy, 0, 255).astype(np.uint8))
        trusts.append(tracker.trust)
        scores.append(tracker.score)
    assert max(scores) < 0.7 * rehearsal
    assert min(trusts) > 0.8
    assert tracker.presence.ordinary[0] > max(scores), "that of the second look includes it"


def test_a_camera_that_jumps_is_followed_only_when_it_is_looked_at():
    world, box = texture(500, 900, seed=5), np.array([100.0, 60, 12, 12])
    frames = [np.ascontiguousarray(world[100:280, x : x + 240]) for x in (200, 240)]
    found = {}
    for camera in (False, True):
        tracker = plus(camera=camera)
        tracker.init(frames[0], box)
        found[camera] = tracker.update(frames[1])
    expected = box[:2] - (40, 0)  # the window reaches 24 pixels
    assert np.abs(found[True][:2] - expected).max() < 3
    assert np.abs(found[False][:2] - expected).max() > 20


@pytest.mark.parametrize(("velocity", "ahead"), [(1.0, 1), (0.5, 0.5), (0.0, 0)])
def test_a_steady_motion_is_expected_to_go_on(velocity, ahead, monkeypatch):
    frames, boxes = moving_clip([(6, 3)] * 6, frame=(160, 240), start=(40, 30))
    tracker, places = plus(velocity=velocity), []
    tracker.init(frames[0], boxes[0])
    crop = tracker.crop
    monkeypatch.setattr(tracker, "crop", lambda frame, place: places.append(place) or crop(frame, place))
    for frame, box in zip(frames[1:], boxes[1:], strict=True):
        np.testing.assert_allclose(tracker.update(frame)[:2], box[:2], atol=1.5)
    np.testing.assert_allclose(tracker.velocity, (6, 3), atol=0.5)
    np.testing.assert_allclose(places[-1], centre(boxes[-2]) + np.array([6, 3]) * ahead, atol=1.5)


def test_a_second_look_finds_a_target_that_jumped_out_of_the_window():
    frames, boxes = moving_clip([(0, 0), (0, 0), (62, 0)], size=(24, 24), frame=(200, 320), start=(80, 80))
    frames.append(frames[-1])
    found = {}
    for share in (0.0, 0.7):
        tracker = plus(second_look=share)
        tracker.init(frames[0], boxes[0])
        found[share] = [tracker.update(frame) for frame in frames[1:]][-1]
    assert np.abs(found[0.7][:2] - boxes[-1][:2]).max() < 6
    assert np.abs(found[0.0][:2] - boxes[-1][:2]).max() > 20
