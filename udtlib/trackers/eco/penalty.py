"""The spatial penalty: filter values far from the target cost more, so that more context is safe.

SRDCF's regulariser (Danelljan et al., ICCV 2015): ``||w f||^2`` with a window w that is small on the
target and grows with the square of the distance. Only a few Fourier coefficients of w are kept; the
filter's coefficients are convolved with them, twice, which is the product with ``w^2`` in space.
Book: chapter 12.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.trackers.eco.spectra import Grid, Spectrum, frequencies, half_plane, inner, on_grid


def quadratic_window(support: int, target: ArrayLike, least: float, edge: float) -> Grid:
    """Return the window w at ``j / support``, ``(support, support)``: ``least`` in the middle, steep outside.

    Args:
        support: side of the patch in pixels.
        target: ``(w, h)`` of the target in the patch.
        least: value at the centre.
        edge: value where a side of the target lies.
    """
    w, h = np.asarray(target, np.float64)
    line = np.arange(support) - support / 2
    squares = np.abs(line / (h / 2))[:, None] ** 2 + np.abs(line / (w / 2))[None] ** 2
    return ((edge - least) * squares + least).astype(np.float32)


def sparse_spectrum(window: Grid, least: float, threshold: float) -> Spectrum:
    """Return the few large Fourier coefficients of a window, ``(2r+1, r+1)``, r as small as they allow.

    Those below ``threshold`` times the largest are dropped; then the constant is set so that what is left has
    its minimum at ``least``. They are real, for the window is symmetric.
    """
    spectrum = half_plane(window).real / window.size
    spectrum[np.abs(spectrum) < threshold * np.abs(spectrum).max()] = 0
    used = np.nonzero(spectrum)
    reach = int(max(np.minimum(used[0], len(spectrum) - used[0]).max(), used[1].max()))
    rows = [*range(reach + 1), *range(len(spectrum) - reach, len(spectrum))]
    kept = spectrum[rows, : reach + 1].astype(np.complex64)
    kept[0, 0] += least - on_grid(kept, len(window) + len(window) % 2).min()
    return kept


class SpatialPenalty:
    """``||w f||^2``, of which `apply` is half the gradient.

    The window is a function of x plus one of y, ``w = u(x) + v(y)``, so ``w^2 = u^2 + 2 u v + v^2``. A
    product with a function of x alone convolves all rows of coefficients with its series: a small matrix.

    Attributes:
        spectrum: the Fourier coefficients of w, ``(2r+1, r+1)``.
        energy: the mean of ``w^2``.
    """

    def __init__(self, spectrum: Spectrum, bandwidth: int) -> None:
        """Take the window's few coefficients, those on the axes, and the filters' ``bandwidth`` K."""
        self.spectrum, self.energy = spectrum, inner(spectrum, spectrum)
        reach = spectrum.shape[1] - 1
        u, v = (np.concatenate([half[:0:-1], half]).real for half in (spectrum[0], spectrum[: reach + 1, 0]))
        v[reach] = 0  # the constant is u's
        rows, columns = (axis.ravel().astype(int) for axis in frequencies(bandwidth))
        self.beside = min(2 * reach, bandwidth)  # columns of the other half that reach into this one
        self.mirror = -np.arange(len(rows))
        near = np.arange(-self.beside, bandwidth + 1)
        self.across = np.concatenate(
            [convolution(np.convolve(u, u), columns, near), convolution(2 * u, columns, near)]
        )
        self.down = np.concatenate(
            [convolution(np.convolve(v, v), rows, rows), convolution(v, rows, rows)], axis=1
        )

    def apply(self, filters: Spectrum) -> Spectrum:
        """Return ``w^2 f``, frequencies up to K, for filters ``(2K+1, K+1, D)``."""
        rows, columns, _ = filters.shape
        other_half = filters[self.mirror, self.beside : 0 : -1].conj()
        values = np.concatenate([other_half, filters], axis=1).view(np.float32)  # real and imaginary parts
        squared, doubled = np.split(self.across @ values, 2, axis=1)
        both = np.concatenate([values[:, self.beside :], doubled]).reshape(2 * rows, -1)
        return (squared + (self.down @ both).reshape(rows, columns, -1)).view(np.complex64)


def convolution(series: Grid, wanted: NDArray[np.int_], given: NDArray[np.int_]) -> Grid:
    """Return the matrix ``(M, N)`` that convolves coefficients with a series.

    Args:
        series: coefficients at -R..R.
        wanted: frequencies of the result, ``(M,)``.
        given: frequencies of the coefficients, ``(N,)``.
    """
    reach = len(series) // 2
    lag = wanted[:, None] - given
    return np.where(abs(lag) <= reach, series[np.clip(lag + reach, 0, 2 * reach)], 0).astype(np.float32)
