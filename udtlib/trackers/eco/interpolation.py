"""From a map of features to a continuous function, by cubic splines, all in the Fourier domain.

The function is ``x(t) = sum_n x[n] b(N t - n - 1/2)``: a kernel b on every cell's centre, C-COT's Eq. 2
(Danelljan et al., ECCV 2016). Its Fourier series is the map's discrete transform times the kernel's, so
interpolation is one product. Book: chapter 12.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.trackers.eco.spectra import Spectrum, frequencies


def cubic_kernel(t: ArrayLike, a: float) -> NDArray[np.float64]:
    """Return the cubic interpolation kernel: 1 at 0, 0 at other whole numbers and beyond 2 (Keys 1981).

    Args:
        t: distance in cells.
        a: slope at 1, -0.75 in ECO; -0.5 reproduces parabolas.
    """
    t = np.abs(np.asarray(t, np.float64))
    near = (a + 2) * t**3 - (a + 3) * t**2 + 1
    far = a * (t**3 - 5 * t**2 + 8 * t - 4)
    return np.where(t <= 1, near, np.where(t < 2, far, 0.0))


def cubic_kernel_transform(q: ArrayLike, a: float) -> NDArray[np.float64]:
    """Return the Fourier transform of `cubic_kernel` at frequencies ``q``, in cycles a cell; real, 1 at 0."""
    q = np.asarray(q, np.float64)
    angle = 2 * np.pi * np.where(q == 0, 1.0, q)
    turns = 12 * a + 24 - 24 * np.cos(angle) - 12 * a * np.cos(2 * angle)
    slopes = angle / 2 * ((24 + 32 * a) * np.sin(angle) + 8 * a * np.sin(2 * angle))
    return np.where(q == 0, 1.0, (turns - slopes) / angle**4)


def interpolation_spectrum(count: int, a: float = -0.75) -> Spectrum:
    """Return what a map's `half_plane` is multiplied with: ``(2K+1, K+1)``, K = count // 2.

    The factor ``exp(-i pi k / count)`` puts the first sample in the middle of its cell. The authors' code
    takes 2K+1 for ``count`` where that is even.
    """

    def axis(k: NDArray[np.float64]) -> NDArray[np.complex128]:
        return cubic_kernel_transform(k / count, a) / count * np.exp(-1j * np.pi * k / count)

    rows, columns = frequencies(count // 2)
    return (axis(rows) * axis(columns)).astype(np.complex64)
