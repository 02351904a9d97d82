"""Fewer, better channels: a matrix that mixes feature channels, learned in the first frame.

ECO's factorised convolution (section 3.1): features times a matrix P ``(C, D)``. It starts as the
principal components of the first frame's features; `first_frame` then fits it together with the filter.
Book: chapter 12.
"""

import numpy as np

from udtlib.trackers.eco.spectra import Grid, Spectrum


def principal_components(maps: Grid, count: int) -> Grid:
    """Return the directions of largest variance over the cells of ``(f, f, C)`` maps: ``(C, count)``."""
    cells = maps.reshape(-1, maps.shape[-1]).astype(np.float64)
    cells -= cells.mean(axis=0)
    return np.linalg.svd(cells.T @ cells)[0][:, :count].astype(np.float32)


def project(spectrum: Spectrum, projection: Grid) -> Spectrum:
    """Return the channels ``(2K+1, K+1, C)`` mixed to ``(2K+1, K+1, D)``."""
    return spectrum @ projection.astype(np.complex64)
