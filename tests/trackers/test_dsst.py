import numpy as np
import pytest
from clips import moving_clip, texture, zooming_clip
from scipy import fft

from udtlib import load_tracker
from udtlib.boxes import center
from udtlib.features import fhog
from udtlib.labels import gaussian_label, peak_displacement
from udtlib.scale import scale_limits
from udtlib.trackers.dsst import features, learn, respond


def test_features_are_grey_and_27_of_fhog():
    patch = texture(24, 20)
    for cell in (1, 4):
        found = features(patch, cell)
        assert found.shape == (28, 24 // cell, 20 // cell)
        np.testing.assert_array_equal(found[1:], fhog(patch, cell)[:27])
    luma = (patch @ np.array([0.299, 0.587, 0.114])) / 255
    np.testing.assert_allclose(features(patch, 4)[0, 1, 2], (luma - luma.mean())[4:8, 8:12].mean(), atol=1e-5)


def test_the_filter_against_the_dense_normal_equations_of_each_frequency():
    """At each frequency the denominator is shared: numerator over summed energy, as a loop in float64."""
    x, z = np.random.default_rng(0).normal(size=(2, 3, 5, 6)).astype(np.float32)
    label_hat = fft.rfft2(gaussian_label(5, 6, 1.0))
    response = respond(fft.rfft2(z), *learn(fft.rfft2(x), label_hat), 0.1, (5, 6))
    X, Z, Y = np.fft.fft2(x), np.fft.fft2(z), np.fft.fft2(gaussian_label(5, 6, 1.0))
    expected = np.empty((5, 6), complex)
    for row in range(5):
        for column in range(6):
            total = sum(Y[row, column] * np.conj(X[k, row, column]) * Z[k, row, column] for k in range(3))
            expected[row, column] = total / (sum(abs(X[k, row, column]) ** 2 for k in range(3)) + 0.1)
    np.testing.assert_allclose(response, np.fft.ifft2(expected).real, atol=1e-5)
    moved = respond(fft.rfft2(np.roll(x, (2, -1), (1, 2))), *learn(fft.rfft2(x), label_hat), 1e-3, (5, 6))
    assert peak_displacement(moved) == (2, -1)


@pytest.mark.parametrize("step", [1.01, 0.985])
def test_follows_a_zoom(step):
    frames, boxes = zooming_clip(step ** np.arange(16))
    tracker = load_tracker("dsst")
    tracker.init(frames[0], boxes[0])
    found = np.array([tracker.update(frame) for frame in frames[1:]])
    np.testing.assert_allclose(found[:, 2:], boxes[1:, 2:], rtol=0.04)
    np.testing.assert_allclose(center(found), center(boxes[1:]), atol=1.5)


def test_proportions_stay():
    frames, boxes = moving_clip([(3, 2), (4, -3)])
    tracker = load_tracker("dsst")
    tracker.init(frames[0], boxes[0])
    for frame in frames[1:]:
        found = tracker.update(frame)
        assert found[2] / found[3] == pytest.approx(32 / 40)


def test_scale_limits():
    assert scale_limits(np.array([20.0, 50.0]), (100, 200)) == (0.25, 2.0)
    assert scale_limits(np.array([3.0, 50.0]), (100, 200)) == (1.0, 2.0)
    assert scale_limits(np.array([300.0, 50.0]), (100, 200)) == (0.1, 1.0)
    tracker = load_tracker("dsst")
    tracker.init(texture(120, 160), (50, 40, 20, 20))
    tracker._rescale(1000)
    np.testing.assert_allclose(tracker.size, (120, 120))
    tracker._rescale(1e-6)
    np.testing.assert_allclose(tracker.size, (5, 5))


def test_the_scale_filter_learns_the_new_size():
    frames, boxes = zooming_clip([1.0, 1.05])
    tracker = load_tracker("dsst")
    tracker.scale_filter.learning_rate = 1.0
    tracker.init(frames[0], boxes[0])
    before = tracker.scale_filter.template.copy()
    tracker.update(frames[1])
    assert tracker.size[0] > boxes[0, 2] * 1.02
    assert tracker.scale_filter.estimate(frames[1], tracker.center, tracker.size) == pytest.approx(
        1, abs=2e-3
    )
    assert abs(tracker.scale_filter.template - before).max() > 0.05
