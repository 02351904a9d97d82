"""Real periodic functions as Fourier series of which half is stored, and what can be done with them.

A spectrum of bandwidth K has shape ``(2K+1, K+1, ...)``, complex64: rows are the vertical frequencies
0, 1..K, -K..-1, columns the horizontal ones 0..K, as ``rfft2`` lays out an odd square; channels come
last. The other half is its mirror image, conjugate. One period is the search patch, so positions are
shares of it: 0..1, x to the right, y down. Book: chapter 12.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

Spectrum = NDArray[np.complex64]
Grid = NDArray[np.float32]


def frequencies(bandwidth: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the vertical frequencies ``(2K+1, 1)`` and the horizontal ones ``(1, K+1)`` of bandwidth K."""
    rows = np.concatenate([np.arange(bandwidth + 1), np.arange(-bandwidth, 0)])
    return rows[:, None].astype(np.float64), np.arange(bandwidth + 1.0)[None]


def half_plane(maps: Grid) -> Spectrum:
    """Return the discrete Fourier transform of maps ``(f, f, ...)``: ``(2K+1, K+1, ...)``, K = f // 2.

    An even number of samples has its highest frequency once, for K and -K alike; here it stands in both rows.
    """
    count = len(maps)
    spectrum = fft.rfft2(maps, axes=(0, 1))
    if count % 2:
        return spectrum
    return np.concatenate([spectrum[: count // 2 + 1], spectrum[count // 2 :]])


def on_grid(spectrum: Spectrum, count: int) -> Grid:
    """Return the function at ``count`` x ``count`` points ``j / count``: ``(count, count, ...)`` float32.

    Args:
        spectrum: ``(2K+1, K+1, ...)``.
        count: at least 2K+1.
    """
    bandwidth = spectrum.shape[1] - 1
    padded = np.zeros((count, *spectrum.shape[1:]), spectrum.dtype)
    padded[: bandwidth + 1], padded[count - bandwidth :] = (
        spectrum[: bandwidth + 1],
        spectrum[bandwidth + 1 :],
    )
    return fft.irfft2(padded, s=(count, count), axes=(0, 1), norm="forward", overwrite_x=True)


def off_grid(values: Grid, bandwidth: int) -> Spectrum:
    """Return the frequencies up to ``bandwidth`` of a function given on a grid: the inverse of `on_grid`."""
    spectrum = fft.rfft2(values, axes=(0, 1), norm="forward")[:, : bandwidth + 1]
    return np.concatenate([spectrum[: bandwidth + 1], spectrum[len(values) - bandwidth :]])


def inner(first: Spectrum | Grid, second: Spectrum | Grid) -> float:
    """Return the inner product of two real functions, all channels summed (Parseval).

    A stored column stands for its mirror image too and counts twice, but for the first, its own mirror.
    """
    both = np.vdot(first, second).real
    return float(2 * both - np.vdot(first[:, 0], second[:, 0]).real)


def shifted(spectrum: Spectrum, by: ArrayLike) -> Spectrum:
    """Return the function moved by ``by`` ``(x, y)``, in shares of the period: ``g(t) = f(t - by)``."""
    x, y = np.asarray(by, np.float64)
    rows, columns = frequencies(spectrum.shape[1] - 1)
    phase = np.exp(-2j * np.pi * rows * y) * np.exp(-2j * np.pi * columns * x)
    return spectrum * phase.astype(np.complex64).reshape(*phase.shape, *[1] * (spectrum.ndim - 2))


def real_at_heart(spectrum: Spectrum) -> Spectrum:
    """Return the spectrum with its first column made its own mirror image, which rounding spoils."""
    spectrum = spectrum.copy()
    mirror = spectrum[-np.arange(len(spectrum)), 0].conj()
    spectrum[:, 0] = (spectrum[:, 0] + mirror) / 2
    return spectrum


def gaussian_spectrum(sigma: float, bandwidth: int) -> Grid:
    """Return the Fourier series of the wanted response: a Gaussian of peak 1 at 0, ``(2K+1, K+1)``, real.

    Args:
        sigma: standard deviation as a share of the period.
        bandwidth: K.
    """
    rows, columns = frequencies(bandwidth)
    series = 2 * np.pi * sigma**2 * np.exp(-2 * (np.pi * sigma) ** 2 * (rows**2 + columns**2))
    return series.astype(np.float32)
