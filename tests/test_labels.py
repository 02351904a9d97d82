import math

import numpy as np
import pytest

from udtlib.errors import OptionError
from udtlib.labels import (
    gaussian_label,
    parabola_offset,
    peak_displacement,
    peak_to_sidelobe,
    wrapped_distances,
)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 7), (8, 6), (125, 125)])
def test_label_against_a_loop(height, width):
    label = gaussian_label(height, width, 1.7)
    expected = np.empty((height, width))
    for row in range(height):
        for column in range(width):
            dy, dx = min(row, height - row), min(column, width - column)
            expected[row, column] = math.exp(-(dy * dy + dx * dx) / (2 * 1.7**2))
    assert label.dtype == np.float32
    assert label[0, 0] == 1
    assert label.argmax() == 0
    np.testing.assert_allclose(label, expected, rtol=1e-6, atol=1e-12)


def test_no_value_of_a_label_is_too_faint_for_float32():
    """A product with a subnormal number takes many times as long; the spectrum is the same to the bit."""
    label = gaussian_label(121, 121, 4.1667)
    rows, columns = (np.minimum(np.arange(121), 121 - np.arange(121)) for _ in range(2))
    exact = np.exp(-(rows[:, None] ** 2 + columns**2) / (2 * 4.1667**2))
    assert label[label > 0].min() > 1e7 * np.finfo(np.float32).tiny
    assert label.min() == 0
    np.testing.assert_allclose(label, exact, rtol=1e-6, atol=1e-29)
    whole = exact.astype(np.float32)
    assert (whole[whole > 0] < np.finfo(np.float32).tiny).any()
    np.testing.assert_array_equal(np.fft.rfft2(label), np.fft.rfft2(whole))


@pytest.mark.parametrize("sigma", [5e-324, 1e-170, 1e-155, 1e-150, np.float64(1e-200), np.float32(1e-40)])
def test_a_label_too_narrow_for_any_neighbour_is_its_peak(sigma):
    np.testing.assert_array_equal(gaussian_label(3, 4, sigma), np.eye(1, 12).reshape(3, 4))


@pytest.mark.parametrize("sigma", [1e30, 1e200, 10**200, math.inf])
def test_a_label_of_no_end_is_flat(sigma):
    np.testing.assert_array_equal(gaussian_label(3, 4, sigma), np.ones((3, 4)))


def test_distances_even_and_odd():
    assert wrapped_distances(5).tolist() == [0, 1, 2, -2, -1]
    assert wrapped_distances(6).tolist() == [0, 1, 2, 3, -2, -1]


@pytest.mark.parametrize("shape", [(9, 12), (12, 9), (125, 125)])
def test_whole_displacements_come_back(shape):
    label = gaussian_label(*shape, 1.0)
    for dy in range(-((shape[0] - 1) // 2), shape[0] // 2 + 1, 2):
        for dx in range(-((shape[1] - 1) // 2), shape[1] // 2 + 1, 3):
            assert peak_displacement(np.roll(label, (dy, dx), (0, 1))) == (dy, dx)


def test_the_middle_index_of_an_odd_length():
    response = np.zeros((125, 125))
    response[62, 63] = 1
    assert peak_displacement(response) == (62, -62)
    assert peak_displacement(np.eye(1, 16, 8)) == (0, 8), "half of an even length stays positive"


@pytest.mark.parametrize(("dy", "dx"), [(0.3, -0.4), (-3.25, 5.4), (0, 0)])
def test_subpixel_peak_of_a_wide_gaussian(dy, dx):
    rows, columns = wrapped_distances(40)[:, None], wrapped_distances(50)[None, :]
    response = np.exp(-((rows - dy) ** 2 + (columns - dx) ** 2) / (2 * 4.0**2))
    found = peak_displacement(response, subpixel=True)
    np.testing.assert_allclose(found, (dy, dx), atol=0.01)


def test_parabola_is_exact_on_a_parabola_and_0_without_one():
    assert parabola_offset(-((np.arange(7) - 3.3) ** 2), 3) == pytest.approx(0.3)
    assert parabola_offset(np.ones(5), 2) == 0
    assert parabola_offset(np.array([1.0, 0.5]), 0) == 0
    assert parabola_offset(np.array([0.0, 1.0, 1.0]), 1) == 0.5


def test_peak_to_sidelobe_by_hand():
    generator = np.random.default_rng(0)
    response = generator.normal(size=(30, 40))
    response[2, 39] = 9.0
    inside = np.zeros_like(response, dtype=bool)
    for dy in range(-5, 6):
        for dx in range(-5, 6):
            inside[(2 + dy) % 30, (39 + dx) % 40] = True
    expected = (9.0 - response[~inside].mean()) / response[~inside].std()
    assert peak_to_sidelobe(response) == pytest.approx(expected)
    assert peak_to_sidelobe(np.ones((30, 30))) == 0
    assert peak_to_sidelobe(response[:8, :8]) == 0, "nothing lies outside the square"


@pytest.mark.parametrize("sigma", [0, -1.0, float("nan")])
def test_a_label_without_width_is_refused(sigma):
    with pytest.raises(OptionError, match="sigma: expected a positive number of cells, found"):
        gaussian_label(5, 5, sigma)
