"""Half-plane spectra and interpolation, against sums that are written out."""

import numpy as np
import pytest
from scipy.integrate import quad

from udtlib.trackers.eco.interpolation import cubic_kernel, cubic_kernel_transform, interpolation_spectrum
from udtlib.trackers.eco.spectra import (
    frequencies,
    gaussian_spectrum,
    half_plane,
    inner,
    off_grid,
    on_grid,
    real_at_heart,
    shifted,
)


def random_maps(count, channels=2, seed=0):
    return np.random.default_rng(seed).normal(size=(count, count, channels)).astype(np.float32)


def evaluate(spectrum, x, y):
    """The function at one point, the mirror half of the spectrum written out."""
    rows, columns = frequencies(spectrum.shape[1] - 1)
    waves = np.exp(2j * np.pi * (rows * y + columns * x)).reshape(*spectrum.shape[:2], 1)
    terms = (spectrum * waves).reshape(len(spectrum), spectrum.shape[1], -1)
    return terms[:, 0].sum(0).real + 2 * terms[:, 1:].sum((0, 1)).real


@pytest.mark.parametrize("count", [7, 8])
def test_a_half_plane_holds_the_whole_function(count):
    maps = random_maps(count)
    spectrum = half_plane(maps)
    bandwidth = count // 2
    assert spectrum.shape == (2 * bandwidth + 1, bandwidth + 1, 2)
    rows, columns = frequencies(bandwidth)
    for row in range(2 * bandwidth + 1):
        for column in range(bandwidth + 1):
            line = np.arange(count) / count
            waves = np.exp(-2j * np.pi * (rows[row, 0] * line[:, None] + columns[0, column] * line[None]))
            expected = (maps * waves[:, :, None]).sum((0, 1))
            np.testing.assert_allclose(spectrum[row, column], expected, atol=1e-4)


def test_grids_of_every_size_show_the_same_function_and_give_it_back():
    spectrum = half_plane(random_maps(7)) / 49
    for count in (7, 8, 12):
        values = on_grid(spectrum, count)
        for row, column in [(0, 0), (2, 5), (count - 1, 3)]:
            np.testing.assert_allclose(
                values[row, column], evaluate(spectrum, column / count, row / count), atol=1e-5
            )
        np.testing.assert_allclose(off_grid(values, 3), spectrum, atol=1e-6)
    np.testing.assert_allclose(off_grid(on_grid(spectrum, 12), 2)[:, :, 0].shape, (5, 3))


def test_the_inner_product_is_the_mean_of_the_product():
    first, second = (half_plane(random_maps(7, seed=seed)) / 49 for seed in (1, 2))
    product = on_grid(first, 15) * on_grid(second, 15)
    assert inner(first, second) == pytest.approx(product.sum(2).mean(), rel=1e-4)


def test_a_shift_moves_the_function():
    spectrum = half_plane(random_maps(7)) / 49
    moved = shifted(spectrum, (0.13, -0.21))
    np.testing.assert_allclose(evaluate(moved, 0.4, 0.3), evaluate(spectrum, 0.27, 0.51), atol=1e-5)
    np.testing.assert_allclose(shifted(spectrum[:, :, 0], (0.13, -0.21)), moved[:, :, 0])


def test_a_spectrum_that_is_real_at_heart_loses_only_what_no_real_function_has():
    spectrum = half_plane(random_maps(7))
    np.testing.assert_allclose(real_at_heart(spectrum), spectrum, atol=1e-4)
    spoiled = spectrum.copy()
    spoiled[0, 0] += 3j
    spoiled[2, 0] += 1
    spoiled[-2, 0] -= 1
    np.testing.assert_allclose(real_at_heart(spoiled), spectrum, atol=1e-4)


def test_the_label_is_a_periodic_gaussian_of_peak_1():
    values = on_grid(gaussian_spectrum(0.06, 12), 25)
    line = np.arange(25) / 25
    wrapped = sum(np.exp(-((line + turn) ** 2) / (2 * 0.06**2)) for turn in range(-2, 3))
    np.testing.assert_allclose(values, np.outer(wrapped, wrapped), atol=1e-3)


@pytest.mark.parametrize("a", [-0.75, -0.5])
def test_the_kernel_interpolates_and_its_transform_is_its_integral(a):
    np.testing.assert_allclose(cubic_kernel([0, 1, -1, 2, 3], a), [1, 0, 0, 0, 0], atol=1e-12)
    assert cubic_kernel(0.3, a) == pytest.approx(cubic_kernel(-0.3, a))
    for t in (0.1, 0.77):  # a constant stays one
        assert cubic_kernel(t + np.arange(-3, 4), a).sum() == pytest.approx(1)
    for q in (0.0, 0.05, 0.4, 0.5):
        integral = 2 * quad(lambda t, q=q: cubic_kernel(t, a) * np.cos(2 * np.pi * q * t), 0, 2)[0]
        assert cubic_kernel_transform(q, a) == pytest.approx(integral, abs=1e-9)
    assert cubic_kernel_transform(1e-3, a) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("count", [9, 10])
def test_interpolation_is_the_continuous_function_without_its_higher_frequencies(count):
    """The sum of kernels on the cells' centres, on a fine grid, and its Fourier series."""
    maps, fine = random_maps(count, 1), 40 * count
    line = (np.arange(fine) / fine * count)[:, None] - np.arange(count) - 0.5
    kernels = sum(cubic_kernel(line + turn * count, -0.75) for turn in (-1, 0, 1))
    values = kernels @ maps[:, :, 0].astype(np.float64) @ kernels.T
    series = np.fft.rfft2(values, norm="forward")
    bandwidth = count // 2
    rows = [*range(bandwidth + 1), *range(-bandwidth, 0)]
    found = half_plane(maps)[:, :, 0] * interpolation_spectrum(count)
    np.testing.assert_allclose(found, series[rows, : bandwidth + 1], atol=2e-5)
