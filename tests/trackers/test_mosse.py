import numpy as np
import pytest
from clips import moving_clip, texture
from scipy import fft

from udtlib import load_tracker
from udtlib.labels import gaussian_label, peak_displacement
from udtlib.patches import hann_window, model_shape
from udtlib.trackers.base import Tracker
from udtlib.trackers.mosse import MosseTracker, learn, preprocess, random_warp, respond


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


@pytest.mark.parametrize("side", [3, 4, 5])
def test_a_tiny_target_leaves_no_sidelobe_and_is_updated_only_at_threshold_0(side):
    """A map of 10 x 10 cells lies within the 11 x 11 around its peak, so its confidence is not known."""
    chance = np.random.default_rng(side)
    frames = [np.full((40, 50, 3), 128, np.uint8) for _ in range(3)]
    for frame in frames:
        frame[20 : 20 + side, 25 : 25 + side] = chance.integers(0, 256, (side, side, 3))
    for threshold, is_updated in [(5.0, False), (0.0, True)]:
        tracker = MosseTracker(psr_threshold=threshold)
        tracker.init(frames[0], (25, 20, side, side))
        assert max(tracker.shape) <= 11
        first = tracker.numerator.copy()
        for frame in frames[1:]:
            tracker.update(frame)
            assert tracker.psr == 0
        assert (tracker.numerator != first).any() == is_updated


def test_a_target_of_6_pixels_has_a_sidelobe_and_is_updated():
    frames, boxes = moving_clip([(0, 0)], size=(6, 6))
    tracker = MosseTracker()
    tracker.init(frames[0], boxes[0])
    first = tracker.numerator.copy()
    tracker.update(frames[1])
    assert tracker.psr >= tracker.psr_threshold
    assert (tracker.numerator != first).any()


def test_moves_of_less_than_a_pixel_of_the_patch_are_seen():
    tracker = MosseTracker(max_area=32 * 32)
    frames, boxes = moving_clip([(1, 0)] * 6, size=(60, 64), start=(40, 30))
    tracker.init(frames[0], boxes[0])
    found = np.array([tracker.update(frame) for frame in frames[1:]])
    np.testing.assert_allclose(found, boxes[1:], atol=1.5)
    assert len(np.unique(found[:, 0].round(1))) == 6, "each step of 1 px is a quarter of a cell"


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
