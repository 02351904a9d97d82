"""The spatial penalty: filter values far from the target cost more, so that more context is safe.

SRDCF's regulariser (Danelljan et al., ICCV 2015): ``||w f||^2`` with a window w that is small on the
target and grows with the square of the distance. Only a few Fourier coefficients of w are kept; the
filter's coefficients would be convolved with them, which is the product with ``w^2`` in space, done here
with two transforms. Book: chapter 12.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from udtlib.trackers.eco.spectra import Grid, Spectrum, half_plane, inner, off_grid, on_grid


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

    Attributes:
        spectrum: the Fourier coefficients of w, ``(2r+1, r+1)``.
        energy: the mean of ``w^2``.
    """

    def __init__(self, spectrum: Spectrum, bandwidth: int) -> None:
        """Take the window's few coefficients and the ``bandwidth`` K of the filters."""
        self.spectrum, self.bandwidth = spectrum, bandwidth
        self.energy = inner(spectrum, spectrum)
        # w^2 f has frequencies up to K + 2r, which on fewer points would fold back to below K.
        self.count = fft.next_fast_len(2 * bandwidth + 2 * (spectrum.shape[1] - 1) + 1, real=True)
        self.weights = np.square(on_grid(spectrum, self.count))[:, :, None]

    def apply(self, filters: Spectrum) -> Spectrum:
        """Return ``w^2 f``, frequencies up to K, for filters ``(2K+1, K+1, D)``."""
        values = on_grid(filters, self.count)
        values *= self.weights
        return off_grid(values, self.bandwidth)
