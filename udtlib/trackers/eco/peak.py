"""The highest point of a continuous response: a grid, then Newton's method. Book: chapter 12."""

import numpy as np
from numpy.typing import NDArray

from udtlib.trackers.eco.spectra import Grid, Spectrum, frequencies, on_grid


def derivatives(
    spectrum: Spectrum, position: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return value, gradient ``(2,)`` and Hessian ``(2, 2)`` of a response at ``position`` ``(x, y)``.

    The response is a sum of waves ``c exp(2 pi i (k_y y + k_x x))``: a derivative brings down ``2 pi i k``.

    Args:
        spectrum: ``(2K+1, K+1)``.
        position: in shares of the period.
    """
    rows, columns = (1j * 2 * np.pi * k for k in frequencies(spectrum.shape[1] - 1))
    weights = np.where(columns.imag == 0, 1.0, 2.0)
    across = np.exp(columns[0] * position[0]) * weights[0]
    down = np.exp(rows[:, 0] * position[1])
    powers = np.stack([down, down * rows[:, 0], down * rows[:, 0] ** 2]) @ spectrum
    table = (powers @ np.stack([across, across * columns[0], across * columns[0] ** 2]).T).real
    hessian = np.array([[table[0, 2], table[1, 1]], [table[1, 1], table[2, 0]]])
    return float(table[0, 0]), np.array([table[0, 1], table[1, 0]]), hessian


def highest_point(spectrum: Spectrum, steps: int = 5) -> tuple[NDArray[np.float64], float, Grid]:
    """Return where a response is highest, ``(x, y)`` in -0.5..0.5 of the period, its value there, and a grid.

    Newton's method from the grid's maximum; where it does not climb, the maximum on the grid stays.

    Args:
        spectrum: ``(2K+1, K+1)``.
        steps: of Newton's method.
    """
    count = len(spectrum)
    values = on_grid(spectrum, count)
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    on_the_grid = position = np.array([column, row]) / count
    for _ in range(steps):
        _, gradient, hessian = derivatives(spectrum, position)
        if np.linalg.det(hessian) <= 0:  # a saddle, or flat
            break
        position = position - np.linalg.solve(hessian, gradient)
    value = derivatives(spectrum, position)[0]
    if not value >= values[row, column] or np.abs(position - on_the_grid).max() > 1 / count:
        position, value = on_the_grid, float(values[row, column])
    return (position + 0.5) % 1 - 0.5, value, values
