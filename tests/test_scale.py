import numpy as np
import pytest
from clips import texture, zooming_clip

from udtlib.errors import OptionError
from udtlib.scale import (
    ScaleFilter,
    compress,
    interpolated_response,
    scale_columns,
    scale_exponents,
    scale_patches,
)

CENTER, SIZE = (100.0, 80.0), np.array([40.0, 48.0])


def test_exponents_span_the_circle():
    exponents = scale_exponents(17, 33)
    np.testing.assert_allclose(exponents, np.arange(-8, 9) * 33 / 17)
    assert len(exponents) == 17


def test_compression_keeps_lengths_and_angles():
    columns = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    basis, coordinates = compress(columns)
    assert basis.shape == (50, 7)
    assert coordinates.shape == (7, 7)
    np.testing.assert_allclose(basis.T @ basis, np.eye(7), atol=1e-5)
    np.testing.assert_allclose(coordinates, basis.T @ columns, atol=1e-5)
    np.testing.assert_allclose(coordinates.T @ coordinates, columns.T @ columns, atol=1e-4)
    assert compress(columns[:3])[1].shape == (3, 7), "fewer features than sizes"


def test_interpolation_is_the_trigonometric_polynomial_through_the_samples():
    samples = np.random.default_rng(1).normal(size=17).astype(np.float32)
    spectrum = np.fft.rfft(samples)
    found = interpolated_response(spectrum, 17, 33)
    for index in range(33):
        t = index * 17 / 33
        value = spectrum[0].real + 2 * sum(
            (spectrum[k] * np.exp(2j * np.pi * k * t / 17)).real for k in range(1, 9)
        )
        assert found[index] == pytest.approx(value / 17, abs=1e-5)
    assert found[0] == pytest.approx(samples[0], abs=1e-6)


def test_the_compressed_filter_is_the_filter():
    """Numerator and denominator over all features, without QR, and the response at the same sizes."""
    frames, _ = zooming_clip([1.0, 1.03, 1.08])
    scale_filter = ScaleFilter()
    scale_filter.learn(frames[0], CENTER, SIZE)
    scale_filter.adapt(frames[1], CENTER, SIZE)
    scale_filter.estimate(frames[2], CENTER, SIZE)
    views = [
        scale_columns(scale_patches(frame, CENTER, SIZE, scale_filter.factors, scale_filter.shape))
        for frame in frames
    ]
    template = 0.975 * views[0] + 0.025 * views[1]
    spectra = [np.fft.rfft(view * scale_filter.window, axis=1) for view in (*views, template)]
    exponents = scale_exponents(17, 33)
    label_hat = np.fft.rfft(np.fft.ifftshift(np.exp(-(exponents**2) / (2 * (33 / 16) ** 2))))
    power = [(np.abs(spectrum) ** 2).sum(axis=0) for spectrum in spectra]
    denominator = 0.975 * power[0] + 0.025 * power[1]
    response_hat = label_hat * (spectra[3].conj() * spectra[2]).sum(axis=0) / (denominator + 0.01)
    np.testing.assert_allclose(scale_filter.response, interpolated_response(response_hat, 17, 33), atol=1e-4)


def direct_search(frames, shape, factors):
    """The size in ``factors`` whose patch of the second frame is most like the target in the first."""
    target = scale_columns(scale_patches(frames[0], CENTER, SIZE, [1.0], shape))[:, 0]
    columns = np.stack(
        [scale_columns(scale_patches(frames[1], CENTER, SIZE, [factor], shape))[:, 0] for factor in factors],
        axis=1,
    )
    likeness = target @ columns / np.linalg.norm(columns, axis=0)
    return factors[likeness.argmax()]


@pytest.mark.parametrize("factor", [0.9, 0.93, 0.95, 0.97, 0.99, 1.0, 1.015, 1.03, 1.05, 1.07, 1.1, 1.15])
def test_zooms_of_known_size_against_truth_and_a_direct_search(factor):
    """One look falls short of a big step, as the direct search does; a few looks arrive."""
    frames, _ = zooming_clip([1.0, factor])
    scale_filter = ScaleFilter()
    scale_filter.learn(frames[0], CENTER, SIZE)
    found = scale_filter.estimate(frames[1], CENTER, SIZE)
    best = direct_search(frames, scale_filter.shape, 1.02 ** np.arange(-16.0, 17))
    assert abs(found - factor) <= 0.6 * abs(factor - 1) + 0.002
    assert found == pytest.approx(best, rel=0.035)
    assert scale_filter.response.shape == (33,)
    assert scale_filter.score == pytest.approx(scale_filter.response.max())
    for _ in range(4):
        found *= scale_filter.estimate(frames[1], CENTER, SIZE * found)
    assert found == pytest.approx(factor, abs=0.01)


def test_a_large_target_is_averaged_down():
    """A checkerboard of single pixels is grey from afar; sampled without averaging it would alias."""
    board = (np.indices((240, 320)).sum(axis=0) % 2 * 255).astype(np.uint8)
    board = np.repeat(board[:, :, None], 3, axis=2)
    patches = scale_patches(board, (160, 120), (200, 160), [0.9, 1.0, 1.1], (18, 23))
    assert patches.shape == (3, 18, 23, 3)
    assert patches.min() > 110
    assert patches.max() < 145


def test_patches_cover_the_box():
    frame = texture(160, 200)
    (patch,) = scale_patches(frame, (100, 80), (40, 48), [1.0], (48, 40))
    np.testing.assert_array_equal(patch, frame[56:104, 80:120])
    outside = scale_patches(frame, (0, 0), (400, 300), [0.5, 1.5], (16, 16))
    assert outside.shape == (2, 16, 16, 3)


@pytest.mark.parametrize(
    ("size", "shape"), [((40, 48), (24, 20)), ((10, 16), (16, 10)), ((3, 3), (8, 8)), ((400, 4), (8, 226))]
)
def test_the_patch_is_bounded(size, shape):
    scale_filter = ScaleFilter()
    scale_filter.learn(texture(160, 200), (100, 80), size)
    assert scale_filter.shape == shape


def test_same_frame_same_size():
    frame = texture(160, 200)
    scale_filter = ScaleFilter()
    scale_filter.learn(frame, CENTER, SIZE)
    for _ in range(3):
        assert scale_filter.estimate(frame, CENTER, SIZE) == pytest.approx(1, abs=2e-3)
        scale_filter.adapt(frame, CENTER, SIZE)


@pytest.mark.parametrize("options", [{"count": 16}, {"interpolated": 32}, {"count": 35}])
def test_numbers_of_sizes_that_have_no_middle_or_lose_samples_are_refused(options):
    with pytest.raises(OptionError, match="odd numbers with count <= interpolated"):
        ScaleFilter(**options)
