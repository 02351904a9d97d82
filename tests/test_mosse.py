import subprocess
import sys

import numpy as np
import pytest
from scipy import fft

from udtlib import load_tracker
from udtlib.errors import BoxError, FrameError, TrackerError
from udtlib.labels import gaussian_label, peak_displacement
from udtlib.patches import hann_window, model_shape
from udtlib.trackers.base import Tracker
from udtlib.trackers.mosse import MosseTracker, learn, preprocess, random_warp, respond


def texture(height, width, seed=0):
    """A smooth random image: noise blurred by its spectrum, uint8 (H, W, 3)."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    rows, columns = np.fft.fftfreq(height)[:, None, None], np.fft.fftfreq(width)[None, :, None]
    image = np.fft.ifft2(np.fft.fft2(noise, axes=(0, 1)) / (0.02 + np.hypot(rows, columns)), axes=(0, 1)).real
    low, high = image.min(), image.max()
    return ((image - low) / (high - low) * 255).astype(np.uint8)


def moving_clip(steps, size=(40, 32), frame=(120, 160), start=(60, 40)):
    """Frames with a textured target of ``size`` (h, w) at ``start`` (x, y) plus the ``steps`` so far."""
    background, target = texture(*frame, seed=1), texture(*size, seed=2)
    frames, boxes, (x, y) = [], [], start
    for dx, dy in [(0, 0), *steps]:
        x, y = x + dx, y + dy
        image = background.copy()
        image[y : y + size[0], x : x + size[1]] = target
        frames.append(image)
        boxes.append((x, y, size[1], size[0]))
    return frames, np.array(boxes, dtype=float)


def test_fft_correlation_against_a_double_loop():
    generator = np.random.default_rng(0)
    f, h = generator.normal(size=(2, 6, 7)).astype(np.float32)
    expected = np.zeros((6, 7))
    for dy in range(6):
        for dx in range(7):
            for row in range(6):
                for column in range(7):
                    expected[dy, dx] += f[(row + dy) % 6, (column + dx) % 7] * h[row, column]
    response = respond(f, fft.rfft2(h).conj(), np.ones((6, 4), np.complex64), 0.0)
    np.testing.assert_allclose(response, expected, atol=1e-4)


def test_closed_form_against_the_dense_circulant_system():
    """Ridge regression on all shifts of two patches, written as one big matrix and solved by LAPACK."""
    generator = np.random.default_rng(1)
    patches, shape, regulariser = generator.normal(size=(2, 5, 6)).astype(np.float32), (5, 6), 0.3
    label = gaussian_label(*shape, 1.0)
    shifts = [(dy, dx) for dy in range(5) for dx in range(6)]
    matrices = [np.array([np.roll(f, (-dy, -dx), (0, 1)).ravel() for dy, dx in shifts]) for f in patches]
    normal = sum(X.T @ X for X in matrices) / 2 + regulariser * np.eye(30)
    weights = np.linalg.solve(normal, sum(X.T @ label.ravel() for X in matrices) / 2)
    search = generator.normal(size=shape).astype(np.float32)
    expected = [np.roll(search, (-dy, -dx), (0, 1)).ravel() @ weights for dy, dx in shifts]
    response = respond(search, *learn(patches, label), regulariser)
    np.testing.assert_allclose(response.ravel(), expected, atol=2e-5)


def test_the_response_to_a_shifted_patch_peaks_at_the_shift():
    patch = preprocess(texture(40, 33)[:, :, 0], np.ones((40, 33), np.float32))
    numerator, denominator = learn(patch[None], gaussian_label(40, 33, 2.0))
    for shift in [(0, 0), (5, -7), (-19, 16), (20, 3)]:
        response = respond(np.roll(patch, shift, (0, 1)), numerator, denominator, 1e-3)
        assert response.shape == (40, 33)
        assert response.dtype == np.float32
        assert peak_displacement(response) == shift


def test_preprocess_by_its_definition():
    patch, window = texture(20, 30)[:, :, 1], hann_window(20, 30)
    before = patch.copy()
    f = preprocess(patch, np.ones_like(window))
    assert f.dtype == np.float32
    assert f.mean() == pytest.approx(0, abs=1e-6)
    assert np.linalg.norm(f) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(preprocess(patch, window), f * window, atol=1e-7)
    expected = np.log(patch.astype(float) + 1)
    expected = (expected - expected.mean()) / np.sqrt(((expected - expected.mean()) ** 2).sum())
    np.testing.assert_allclose(f, expected, atol=1e-6)
    np.testing.assert_array_equal(patch, before)
    assert not preprocess(np.full((20, 30), 77, np.uint8), window).any()


def test_warps_keep_the_centre_and_follow_the_seed():
    patch = np.zeros((41, 31), np.uint8)
    patch[20, 15] = 255
    warps = [random_warp(patch, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert all(warp[20, 15] == 255 for warp in warps)
    image = texture(41, 31)[:, :, 0]
    first, again, other = (random_warp(image, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()
    assert (first != image).any()


def test_follows_a_textured_target_and_does_not_touch_its_input():
    frames, boxes = moving_clip([(3, 2), (4, -3), (-5, 6), (2, 2)])
    copies, tracker = [frame.copy() for frame in frames], load_tracker("mosse")
    assert isinstance(tracker, Tracker)
    tracker.init(frames[0], boxes[0])
    assert peak_displacement(tracker.response) == (0, 0)
    for frame, box in zip(frames[1:], boxes[1:], strict=True):
        found = tracker.update(frame)
        assert found.dtype == np.float64
        assert found.shape == (4,)
        np.testing.assert_allclose(found, box, atol=1.0)
        assert tracker.score == pytest.approx(tracker.response.max())
        assert tracker.psr > 5
    assert all((frame == copy).all() for frame, copy in zip(frames, copies, strict=True))


def test_same_seed_same_boxes():
    frames, boxes = moving_clip([(3, 2), (4, -3), (-5, 6)])
    runs = []
    for seed in (3, 3, 4):
        tracker = MosseTracker(seed=seed)
        tracker.init(frames[0], boxes[0])
        runs.append([tracker.update(frame) for frame in frames[1:]])
    np.testing.assert_array_equal(runs[0], runs[1])
    assert np.any(np.array(runs[0]) != np.array(runs[2]))


def test_a_weak_response_does_not_update_the_filter():
    frames, boxes = moving_clip([])
    tracker = MosseTracker()
    tracker.init(frames[0], boxes[0])
    before = tracker.numerator.copy()
    tracker.update(np.random.default_rng(0).integers(0, 255, frames[0].shape, dtype=np.uint8))
    assert tracker.psr < tracker.psr_threshold
    np.testing.assert_array_equal(tracker.numerator, before)
    tracker.update(frames[0])
    assert (tracker.numerator != before).any()


@pytest.mark.parametrize("box", [(200, 0, 20, 20), (-30, 5, 20, 20), (5, 5, 0, 9), (5, 5, 9, -1)])
def test_refuses_bad_boxes(box):
    with pytest.raises(BoxError):
        MosseTracker().init(texture(120, 160), box)


def test_refuses_nan_boxes_and_wrong_frames():
    with pytest.raises(BoxError, match="finite"):
        MosseTracker().init(texture(120, 160), (5, float("nan"), 20, 20))
    with pytest.raises(FrameError, match="uint8"):
        MosseTracker().init(texture(120, 160).astype(float), (5, 5, 20, 20))
    with pytest.raises(TrackerError, match="init"):
        MosseTracker().update(texture(120, 160))


def test_refuses_a_size_change_in_mid_sequence():
    tracker = MosseTracker()
    tracker.init(texture(120, 160), (5, 5, 20, 20))
    with pytest.raises(FrameError, match="expected 160x120, found 150x120"):
        tracker.update(texture(120, 150))


def test_grey_and_rgba_frames_track_like_rgb():
    frames, boxes = moving_clip([(3, 2), (4, -3)])
    grey = [np.repeat(frame[:, :, :1], 3, axis=2) for frame in frames]
    alpha = [np.dstack([frame, np.full(frame.shape[:2], 9, np.uint8)]) for frame in grey]
    found = []
    for clip in (grey, alpha, [frame[:, :, 0] for frame in grey]):
        tracker = MosseTracker()
        tracker.init(clip[0], boxes[0])
        found.append([tracker.update(frame) for frame in clip[1:]])
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


@pytest.mark.parametrize(
    "box", [(50, 40, 5, 5), (50.5, 40.2, 1, 1), (8, 6, 144, 108), (-10, -10, 30, 30), (0, 0, 160, 2)]
)
def test_odd_sizes_give_finite_boxes(box):
    frames = [texture(120, 160, seed) for seed in (0, 0, 1)]
    tracker = MosseTracker()
    tracker.init(frames[0], box)
    for frame in frames[1:]:
        found = tracker.update(frame)
        assert np.isfinite(found).all()
        assert np.isfinite(tracker.response).all()
        np.testing.assert_allclose(found[2:], box[2:])
    assert tracker.response.size <= 1.5 * tracker.max_area


def test_moves_of_less_than_a_pixel_of_the_patch_are_seen():
    tracker = MosseTracker(max_area=32 * 32)
    frames, boxes = moving_clip([(1, 0)] * 6, size=(60, 64), start=(40, 30))
    tracker.init(frames[0], boxes[0])
    found = np.array([tracker.update(frame) for frame in frames[1:]])
    np.testing.assert_allclose(found, boxes[1:], atol=1.5)
    assert len(np.unique(found[:, 0].round(1))) == 6, "each step of 1 px is a quarter of a cell"


@pytest.mark.parametrize(("step", "start"), [((-8, 0), (60, 40)), ((8, 0), (72, 40)), ((0, 8), (60, 24))])
def test_a_target_that_leaves_the_image_keeps_its_centre_on_it(step, start):
    frames, boxes = moving_clip([step] * 7, start=start)
    noise = [np.roll(texture(120, 160, seed=1), 6 * i, axis=1) for i in range(20)]
    tracker = MosseTracker()
    tracker.init(frames[0], boxes[0])
    for frame in [*frames[1:], *noise, np.zeros_like(frames[0])]:
        x, y, w, h = tracker.update(frame)
        assert 0 <= x + w / 2 <= 160
        assert 0 <= y + h / 2 <= 120


def test_the_frame_bounds_the_centre_on_each_axis():
    tracker = MosseTracker()
    tracker.init(texture(120, 160), (130, 90, 20, 20))
    for far, expected in [((500, 70), (160, 70)), ((70, 500), (70, 120)), ((-9, -9), (0, 0))]:
        tracker._move(np.array(far) - tracker.center)
        np.testing.assert_allclose(tracker.center, expected)


def test_model_shape_is_bounded_fast_and_keeps_proportions():
    assert model_shape((40, 30), 4096) == (30, 40), "(height, width), small windows stay as they are"
    assert model_shape((0.5, 3), 4096) == (6, 6)
    height, width = model_shape((640, 320), 4096)
    assert height * width <= 1.1 * 4096
    assert width / height == pytest.approx(2, rel=0.1)
    for length in model_shape((79, 83), 10**6):
        while length > 1:
            length //= next(factor for factor in (2, 3, 5) if length % factor == 0)


def test_does_not_import_torch():
    code = "import sys, udtlib.trackers.mosse; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
