"""What every correlation-filter tracker shares: the wanted response, and how a response is read.

Convention: a response map is the displacement of the search patch relative to the template, with its
peak at ``(0, 0)`` when nothing moved, and it wraps around. numpy only. Book: chapter 02.
"""

import numpy as np
from numpy.typing import NDArray

from udtlib.errors import OptionError

FAINTEST = 1e-30
"""Of a label. Far from its peak a Gaussian falls below what float32 holds in full (1.2e-38), and a processor
takes many times as long for a product with such a number. To a sum with the peak it adds nothing."""


def gaussian_label(height: int, width: int, sigma: float) -> NDArray[np.float32]:
    """Return the response we ask for: a Gaussian that wraps around, 1 at ``(0, 0)``.

    Args:
        height: rows, at least 1.
        width: columns, at least 1.
        sigma: standard deviation in cells of the map (pixels for pixel features), positive.

    Returns:
        ``(height, width)`` float32 in 0..1: the paper's y of Eq. 1, Bolme's g; 0 below `FAINTEST`.

    Raises:
        OptionError: ``sigma`` is not positive.
    """
    if not sigma > 0:
        raise OptionError(f"sigma: expected a positive number of cells, found {sigma}")
    rows, columns = wrapped_distances(height), wrapped_distances(width)
    squared = rows[:, None] ** 2 + columns[None, :] ** 2
    # Bounded, because the square of a very small sigma is 0; the label beyond the bounds is the same.
    label = np.exp(-squared / max(float(2 * min(sigma, 1e30) ** 2), 1e-300))
    return np.where(label < FAINTEST, 0, label).astype(np.float32)


def wrapped_distances(length: int) -> NDArray[np.float64]:
    """Return the signed distance from index 0 on a circle: 0, 1, 2, ..., -2, -1, float64 ``(length,)``."""
    index = np.arange(length, dtype=np.float64)
    return np.where(index > length / 2, index - length, index)


def peak_displacement(response: NDArray, subpixel: bool = False) -> tuple[float, float]:
    """Return where the highest value of a response map says the target went.

    Args:
        response: ``(H, W)``, wrap-around, finite.
        subpixel: refine along each axis with the parabola through the peak and its two neighbours.

    Returns:
        ``(dy, dx)`` in cells: an index above half the length means a move to the left or up.
    """
    peak = np.unravel_index(int(np.argmax(response)), response.shape)
    displacement = [
        wrapped_index(int(index), length) for index, length in zip(peak, response.shape, strict=True)
    ]
    if subpixel:
        displacement[0] += parabola_offset(response[:, peak[1]], int(peak[0]))
        displacement[1] += parabola_offset(response[peak[0], :], int(peak[1]))
    return displacement[0], displacement[1]


def wrapped_index(index: int, length: int) -> float:
    """Return ``index``, or ``index - length`` when that is the shorter way round."""
    return float(index - length if index > length / 2 else index)


def parabola_offset(line: NDArray, peak: int) -> float:
    """Return the top of the parabola through ``line[peak]`` and its neighbours, in -0.5..0.5 from ``peak``.

    ``line`` is ``(L,)`` and wraps around. On a flat top, or where fewer than three points exist, 0.
    """
    left, top, right = (float(line[(peak + step) % len(line)]) for step in (-1, 0, 1))
    curvature = left - 2 * top + right
    if len(line) < 3 or curvature >= 0:
        return 0.0
    return float(np.clip((left - right) / (2 * curvature), -0.5, 0.5))


def peak_to_sidelobe(response: NDArray, radius: int = 5) -> float:
    """Return the peak-to-sidelobe ratio (Bolme et al. 2010, section 3.5): low means lost.

    ``(peak - mean) / deviation``, mean and deviation taken outside the square of
    ``2 * radius + 1`` cells around the peak (11 x 11 as in the paper), which wraps around.
    0 when nothing is left outside the square or the rest is constant.
    """
    peak = np.unravel_index(int(np.argmax(response)), response.shape)
    near = [np.abs(wrapped_distances(n)) <= radius for n in response.shape]
    near = [np.roll(mask, int(index)) for mask, index in zip(near, peak, strict=True)]
    sidelobe = response[~np.logical_and.outer(near[0], near[1])]
    deviation = float(sidelobe.std()) if sidelobe.size else 0.0
    return float((response[peak] - sidelobe.mean()) / deviation) if deviation > 0 else 0.0
