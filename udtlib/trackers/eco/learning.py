"""The least-squares problem of the filter (C-COT, Eq. 5), as conjugate gradients want it.

The filter f minimises ``sum_n w_n ||x_n * f - y||^2 + ||w f||^2``: the response to every remembered sample
should be the label, and the filter should stay small away from the target. The gradient is zero where

    ``sum_n w_n conj(x_n) (x_n f) + w^2 f = conj(sum_n w_n x_n) y``

frequency by frequency but for the penalty, which mixes neighbouring frequencies. Book: chapter 12.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from udtlib.trackers.eco.penalty import SpatialPenalty
from udtlib.trackers.eco.spectra import Grid, Spectrum

Operator = Callable[[Spectrum], Spectrum]

IN_CACHE = 2**20
"""Bytes of samples that a processor's second cache holds beside the rest."""


def respond(filters: Spectrum, sample: Spectrum) -> Spectrum:
    """Return the response's spectrum ``(2K+1, K+1)``: the convolutions of all channels, summed."""
    return np.einsum("rcd,rcd->rc", filters, sample)


def normal_operator(samples: Spectrum, weights: NDArray[np.float64], penalty: SpatialPenalty) -> Operator:
    """Return the left side of the equation above, as a function of the filter ``(2K+1, K+1, D)``.

    Args:
        samples: ``(2K+1, K+1, N, D)``.
        weights: ``(N,)``.
        penalty: on the filter.
    """
    shares = weights.astype(np.float32)
    rows = max(1, IN_CACHE // samples[0].nbytes)
    parts = [slice(start, start + rows) for start in range(0, len(samples), rows)]

    def apply(filters: Spectrum) -> Spectrum:
        sums = np.empty_like(filters)
        for part in parts:  # each is read from memory once, for the way there and back
            responses = (samples[part] @ filters[part, ..., None])[..., 0] * shares
            np.matmul(responses.conj()[:, :, None], samples[part], out=sums[part, :, None])
        return sums.conj() + penalty.apply(filters)

    return apply


def right_side(samples: Spectrum, weights: NDArray[np.float64], label: Grid) -> Spectrum:
    """Return the right side of the equation above, ``(2K+1, K+1, D)``; ``label`` is a real spectrum."""
    mean = (weights.astype(np.complex64) @ samples).conj()
    return mean * label[..., None]


def preconditioner(energy: Grid, penalty: SpatialPenalty, data_share: float, penalty_share: float) -> Grid:
    """Return the diagonal that stands for the left side, ``(2K+1, K+1, D)``: C-COT's.

    Args:
        energy: of the samples, ``|x|^2``, ``(2K+1, K+1, D)``.
        penalty: on the filter.
        data_share: share of a channel's own energy; the rest is the channels' mean.
        penalty_share: share of the penalty.
    """
    data = data_share * energy + (1 - data_share) * energy.mean(axis=2, keepdims=True)
    return (1 - penalty_share) * data + penalty_share * np.float32(penalty.energy)


def energy_of(sample: Spectrum) -> Grid:
    """Return ``|x|^2``."""
    return sample.real**2 + sample.imag**2
