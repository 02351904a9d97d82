"""What every classic tracker of ours promises, whatever its insides."""

import subprocess
import sys

import numpy as np
import pytest
from clips import moving_clip, texture

from udtlib import load_tracker
from udtlib.errors import BoxError, FrameError, TrackerError
from udtlib.labels import peak_displacement
from udtlib.trackers.base import Tracker

KINDS = {
    "mosse": ("mosse", {}),
    "kcf": ("kcf", {}),
    "dcf": ("kcf", {"kernel": "linear"}),
    "kcf-grey": ("kcf", {"feature": "grey"}),
    "kcf-colour": ("kcf", {"feature": "colour"}),
    "dsst": ("dsst", {}),
    "dsst-2014": ("dsst", {"cell": 1, "padding": 1.0}),
}


@pytest.fixture(params=KINDS)
def tracker(request):
    name, options = KINDS[request.param]
    return load_tracker(name, **options)


def test_follows_a_textured_target_and_does_not_touch_its_input(tracker):
    frames, boxes = moving_clip([(3, 2), (4, -3), (-5, 6), (2, 2)])
    copies = [frame.copy() for frame in frames]
    assert isinstance(tracker, Tracker)
    tracker.init(frames[0], boxes[0])
    assert tracker.response.dtype == np.float32
    np.testing.assert_allclose(peak_displacement(tracker.response, subpixel=True), (0, 0), atol=0.05)
    for frame, box in zip(frames[1:], boxes[1:], strict=True):
        found = tracker.update(frame)
        assert found.dtype == np.float64
        assert found.shape == (4,)
        np.testing.assert_allclose(found[:2] + found[2:] / 2, box[:2] + box[2:] / 2, atol=2.5)
        np.testing.assert_allclose(found[2:], box[2:], rtol=0.1)
        assert tracker.score == pytest.approx(tracker.response.max())
    assert all((frame == copy).all() for frame, copy in zip(frames, copies, strict=True))


def test_the_model_learns_from_the_new_frame_where_the_target_was_found(tracker):
    """With a learning rate of 1 nothing else is left in it."""
    frames, boxes = moving_clip([(3, 2)])
    tracker.learning_rate, tracker.warps = 1.0, 0
    tracker.init(frames[0], boxes[0])
    x, y, w, h = tracker.update(frames[1])
    tracker._locate(tracker._features(tracker._crop(frames[1])))
    assert tracker.center.tolist() == pytest.approx([x + w / 2, y + h / 2])
    assert tracker.score > 0.8
    np.testing.assert_allclose(peak_displacement(tracker.response, subpixel=True), (0, 0), atol=0.02)
    model = tracker.__dict__.copy()
    tracker.init(frames[1], (x, y, w, h))
    for name in ("numerator", "x_hat"):
        if name in model:
            np.testing.assert_allclose(model[name], tracker.__dict__[name], rtol=1e-3, atol=1e-3)


def test_a_second_init_starts_anew(tracker):
    frames, boxes = moving_clip([(3, 2), (4, -3)])
    runs = []
    for _ in range(2):
        tracker.init(frames[0], boxes[0])
        runs.append([tracker.update(frame) for frame in frames[1:]])
    np.testing.assert_array_equal(runs[0], runs[1])


def test_boxes_given_out_are_not_changed_later(tracker):
    frames, boxes = moving_clip([(3, 2), (4, -3)])
    tracker.init(frames[0], boxes[0])
    first = tracker.update(frames[1])
    before = first.copy()
    tracker.update(frames[2])
    np.testing.assert_array_equal(first, before)
    np.testing.assert_array_equal(boxes[0], moving_clip([])[1][0])


@pytest.mark.parametrize("box", [(200, 0, 20, 20), (-30, 5, 20, 20), (5, 5, 0, 9), (5, 5, 9, -1)])
def test_refuses_bad_boxes(tracker, box):
    with pytest.raises(BoxError):
        tracker.init(texture(120, 160), box)


def test_refuses_nan_boxes_and_wrong_frames(tracker):
    with pytest.raises(BoxError, match="finite"):
        tracker.init(texture(120, 160), (5, float("nan"), 20, 20))
    with pytest.raises(FrameError, match="uint8"):
        tracker.init(texture(120, 160).astype(float), (5, 5, 20, 20))
    with pytest.raises(TrackerError, match="init"):
        tracker.update(texture(120, 160))


def test_refuses_a_size_change_in_mid_sequence_and_goes_on(tracker):
    frame = texture(120, 160)
    tracker.init(frame, (50, 50, 20, 20))
    with pytest.raises(FrameError, match="expected 160x120, found 150x120"):
        tracker.update(texture(120, 150))
    np.testing.assert_allclose(tracker.update(frame), (50, 50, 20, 20), atol=0.5)


def test_grey_and_rgba_frames_track_like_rgb(tracker):
    frames, boxes = moving_clip([(3, 2), (4, -3)])
    grey = [np.repeat(frame[:, :, :1], 3, axis=2) for frame in frames]
    alpha = [np.dstack([frame, np.full(frame.shape[:2], 9, np.uint8)]) for frame in grey]
    found = []
    for clip in (grey, alpha, [frame[:, :, 0] for frame in grey]):
        tracker.init(clip[0], boxes[0])
        found.append([tracker.update(frame) for frame in clip[1:]])
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


@pytest.mark.parametrize(
    "box",
    [
        (50, 40, 5, 5),
        (50.5, 40.2, 1, 1),
        (8, 6, 144, 108),
        (-10, -10, 30, 30),
        (0, 0, 160, 2),
        (-80, -80, 320, 280),
    ],
    ids=["5px", "1px", "80%", "corner", "sliver", "beyond"],
)
def test_odd_sizes_give_finite_boxes(tracker, box):
    frames = [texture(120, 160, seed) for seed in (0, 0, 1)]
    tracker.init(frames[0], box)
    same = tracker.update(frames[1])
    np.testing.assert_allclose(same[:2] + same[2:] / 2, np.array(box[:2]) + np.array(box[2:]) / 2, atol=2)
    found = tracker.update(frames[2])
    assert np.isfinite(found).all()
    assert (found[2:] > 0).all()
    assert np.isfinite(tracker.response).all()
    assert tracker.response.size <= 1.5 * tracker.max_area


@pytest.mark.parametrize(("step", "start"), [((-8, 0), (60, 40)), ((8, 0), (72, 40)), ((0, 8), (60, 24))])
def test_a_target_that_leaves_the_image_keeps_its_centre_on_it(tracker, step, start):
    frames, boxes = moving_clip([step] * 7, start=start)
    noise = [np.roll(texture(120, 160, seed=1), 6 * i, axis=1) for i in range(10)]
    tracker.init(frames[0], boxes[0])
    for frame in [*frames[1:], *noise, np.zeros_like(frames[0])]:
        x, y, w, h = tracker.update(frame)
        assert 0 <= x + w / 2 <= 160
        assert 0 <= y + h / 2 <= 120
        assert 0 < w <= 160 or w == boxes[0, 2]


def test_a_flat_target_gives_finite_boxes(tracker):
    frame = np.full((120, 160, 3), 70, np.uint8)
    tracker.init(frame, (50, 40, 30, 20))
    for _ in range(3):
        found = tracker.update(frame)
        assert np.isfinite(found).all()
        np.testing.assert_allclose(found[2:], (30, 20), rtol=0.01)


@pytest.mark.parametrize("module", ["mosse", "kcf", "dsst", "opencv"])
def test_does_not_import_torch(module):
    code = f"import sys, udtlib.trackers.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
