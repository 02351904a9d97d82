import numpy as np
import pytest
from clips import moving_clip
from scipy import fft

from udtlib import load_tracker
from udtlib.errors import UnknownNameError
from udtlib.labels import gaussian_label, peak_displacement
from udtlib.trackers import kcf
from udtlib.trackers.kcf import energy, gaussian_correlation, linear_correlation, respond, train

SHAPES = [(4, 5), (5, 6)]


def shifts(shape):
    return [(dy, dx) for dy in range(shape[0]) for dx in range(shape[1])]


def moved(features, dy, dx):
    return np.roll(features, (dy, dx), (1, 2))


def kernel_value(x, z, kind, bandwidth=0.7):
    if kind == "linear":
        return (x * z).sum() / x.size
    return np.exp(-((x - z) ** 2).sum() / (bandwidth**2 * x.size))


def correlate(x, z, kind, bandwidth=0.7):
    shape, spectra = x.shape[1:], (fft.rfft2(x), fft.rfft2(z))
    return (
        linear_correlation(*spectra, shape)
        if kind == "linear"
        else gaussian_correlation(*spectra, shape, bandwidth)
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["linear", "gaussian"])
def test_kernel_correlation_against_explicit_shifts(shape, kind):
    x, z = np.random.default_rng(0).normal(size=(2, 3, *shape)).astype(np.float32)
    expected = [kernel_value(x, moved(z, -dy, -dx), kind) for dy, dx in shifts(shape)]
    found = correlate(x, z, kind)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["linear", "gaussian"])
def test_kernel_ridge_regression_against_the_dense_solve(shape, kind):
    """All shifts of x as samples, the Gram matrix written out, alpha by LAPACK, the response by a sum."""
    x, z = np.random.default_rng(1).normal(size=(2, 3, *shape)).astype(np.float32)
    label, regulariser = gaussian_label(*shape, 0.8), 0.05
    samples = [moved(x, dy, dx) for dy, dx in shifts(shape)]
    gram = np.array([[kernel_value(a, b, kind) for b in samples] for a in samples])
    wanted = [label[-dy, -dx] for dy, dx in shifts(shape)]
    alpha = np.linalg.solve(gram + regulariser * np.eye(len(gram)), wanted)
    expected = [
        sum(
            a * kernel_value(sample, moved(z, -dy, -dx), kind)
            for a, sample in zip(alpha, samples, strict=True)
        )
        for dy, dx in shifts(shape)
    ]
    response = respond(train(correlate(x, x, kind), label, regulariser), correlate(x, z, kind))
    np.testing.assert_allclose(response.ravel(), expected, atol=2e-4)


@pytest.mark.parametrize("shape", [(4, 5), (5, 6), (1, 1)])
def test_energy_by_parseval(shape):
    x = np.random.default_rng(2).normal(size=(3, *shape)).astype(np.float32)
    assert energy(fft.rfft2(x), shape) == pytest.approx((x**2).sum(), rel=1e-5)


@pytest.mark.parametrize("kind", ["linear", "gaussian"])
def test_the_response_to_shifted_features_peaks_at_the_shift(kind):
    x = np.random.default_rng(3).normal(size=(5, 20, 17)).astype(np.float32)
    alpha_hat = train(correlate(x, x, kind), gaussian_label(20, 17, 1.0), 1e-4)
    for dy, dx in [(0, 0), (3, -5), (-9, 8), (10, 0)]:
        response = respond(alpha_hat, correlate(x, moved(x, dy, dx), kind))
        assert peak_displacement(response) == (dy, dx)
        assert response.max() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("kind", ["linear", "gaussian"])
def test_one_kernel_from_the_first_frame_on(kind, monkeypatch):
    frames, boxes = moving_clip([(3, 2)])
    used = []
    for name in ("linear", "gaussian"):
        real = getattr(kcf, f"{name}_correlation")
        monkeypatch.setattr(
            kcf, f"{name}_correlation", lambda *a, real=real, name=name: used.append(name) or real(*a)
        )
    tracker = load_tracker("kcf", kernel=kind)
    tracker.init(frames[0], boxes[0])
    tracker.update(frames[1])
    if kind == "linear":
        assert set(used) == {"linear"}
    else:
        assert used.count("gaussian") == used.count("linear"), "a Gaussian kernel is made from a linear one"


@pytest.mark.parametrize("feature", ["grey", "colour"])
def test_the_mean_is_taken_out_of_every_sample(feature):
    """A brighter frame has the same features: also the sample that updates the model."""
    frames, boxes = moving_clip([(3, 2), (2, -3)])
    frames = [frame // 2 for frame in frames]
    found = []
    for brighter in (0, 60):
        tracker = load_tracker("kcf", feature=feature)
        tracker.init(frames[0], boxes[0])
        found.append([tracker.update(frame + np.uint8(brighter)) for frame in frames[1:]])
        found[-1].append(tracker.x_hat)
    np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-3)
    np.testing.assert_allclose(found[0][2], found[1][2], atol=0.02)
    assert abs(found[0][2]).max() > 10


def test_the_centre_keeps_its_fraction():
    frames, boxes = moving_clip([(1, 1)] * 5)
    tracker = load_tracker("kcf")
    tracker.init(frames[0], boxes[0] + 0.25)
    found = np.array([tracker.update(frame) for frame in frames[1:]])
    assert (found[:, :2] % 0.25 != 0).all(), "a rounded centre would show"
    np.testing.assert_allclose(found[:, :2], boxes[1:, :2] + 0.25, atol=2)
    assert (np.diff(found[:, :2], axis=0) > 0.4).all(), "steps of 1 px, a quarter of a cell, add up"


def test_the_model_is_a_running_mean_of_alpha_and_template():
    frames, boxes = moving_clip([(0, 0)])
    tracker = load_tracker("kcf", learning_rate=0.25)
    tracker.init(frames[0], boxes[0])
    x_hat, alpha_hat = tracker.x_hat, tracker.alpha_hat
    tracker._adapt(3 * x_hat)
    np.testing.assert_allclose(tracker.x_hat, 1.5 * x_hat, rtol=1e-4)
    expected = 0.25 * tracker._train(3 * x_hat) + 0.75 * alpha_hat
    np.testing.assert_allclose(tracker.alpha_hat, expected, rtol=1e-4)


def test_an_unknown_feature_or_kernel_is_named():
    with pytest.raises(UnknownNameError, match="no feature 'sift'; known: colour, fhog, grey"):
        load_tracker("kcf", feature="sift")
    with pytest.raises(UnknownNameError, match="no kernel 'cubic'; known: gaussian, linear"):
        load_tracker("kcf", kernel="cubic")
