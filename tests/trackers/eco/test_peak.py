"""The peak between cells, against a fine grid and a known place."""

import numpy as np
import pytest

from udtlib.trackers.eco.peak import derivatives, highest_point
from udtlib.trackers.eco.spectra import gaussian_spectrum, half_plane, on_grid, shifted


def random_response(seed, bandwidth=6):
    """A peak somewhere between the cells of a grid, and waves around it."""
    rng = np.random.default_rng(seed)
    peak = shifted(gaussian_spectrum(0.09, bandwidth), rng.uniform(-0.5, 0.5, 2))
    return peak + half_plane(rng.normal(size=(2 * bandwidth + 1,) * 2).astype(np.float32)) / 3000


@pytest.mark.parametrize("seed", range(8))
def test_newton_finds_what_a_fine_grid_finds(seed):
    response, fine = random_response(seed), 1300
    position, value, coarse = highest_point(response)
    values = on_grid(response, fine)
    row, column = np.unravel_index(values.argmax(), values.shape)
    difference = (position - np.array([column, row]) / fine + 0.5) % 1 - 0.5
    np.testing.assert_allclose(difference, 0, atol=1 / fine)
    assert value == pytest.approx(values.max(), rel=1e-4)
    assert value >= coarse.max() - 1e-6
    assert coarse.shape == (13, 13)


@pytest.mark.parametrize("moved", [(0.0, 0.0), (0.113, -0.207), (-0.49, 0.45)])
def test_a_shifted_gaussian_is_found_where_it_is(moved):
    response = shifted(gaussian_spectrum(0.06, 12).astype(np.complex64), moved)
    position, value, _ = highest_point(response)
    np.testing.assert_allclose(position, moved, atol=1e-5)
    assert value == pytest.approx(1, abs=1e-3)


def test_derivatives_are_those_of_differences():
    response, at, step = random_response(3), np.array([0.31, 0.74]), 1e-4
    value, gradient, hessian = derivatives(response, at)
    for axis in range(2):
        ahead, behind = (derivatives(response, at + sign * step * np.eye(2)[axis]) for sign in (1, -1))
        assert gradient[axis] == pytest.approx((ahead[0] - behind[0]) / (2 * step), rel=1e-3)
        np.testing.assert_allclose(hessian[axis], (ahead[1] - behind[1]) / (2 * step), rtol=1e-3, atol=1e-2)
    assert value == pytest.approx(float(on_grid(response, 100)[74, 31]), rel=1e-4)


def test_without_steps_or_slopes_the_grid_decides():
    response = random_response(1)
    position, value, coarse = highest_point(response, steps=0)
    row, column = np.unravel_index(coarse.argmax(), coarse.shape)
    np.testing.assert_allclose(position % 1, np.array([column, row]) / 13, atol=1e-9)
    assert value == pytest.approx(coarse.max(), rel=1e-5)
    flat, value, _ = highest_point(np.zeros((5, 3), np.complex64))
    np.testing.assert_array_equal(flat, [0, 0])
    assert value == 0
