"""What the UDT tracker saw in one frame. Book: chapter 06."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from udtlib.labels import parabola_offset
from udtlib.trackers.udt.settings import UdtSettings


@dataclass(frozen=True)
class Look:
    """What the tracker saw in one frame, for drawing; arrays hold until the next `update`.

    Attributes:
        windows: ``(3, 2)`` float64, width and height in pixels of the three windows.
        patches: ``(3, 3, S, S)`` RGB minus the mean.
        features: ``(3, C, s, s)``, before the cosine window; 32 channels and ``s = S`` of our network.
        responses: ``(3, s, s)`` float32, one per scale.
        peaks: ``(3,)`` their maxima, before the scale penalty.
        best: the scale chosen, 0..2.
    """

    windows: NDArray[np.float64]
    patches: Tensor
    features: Tensor
    responses: Tensor
    peaks: NDArray[np.float64]
    best: int


def displacement(response: NDArray[np.float32], settings: UdtSettings) -> NDArray[np.float64]:
    """Return where the peak of ``response`` ``(s, s)`` lies, ``(dx, dy)`` in cells, as ``settings`` say."""
    size = len(response)
    row, column = np.unravel_index(int(response.argmax()), response.shape)
    last = size // 2 - 1 if settings.wrap_early else size // 2
    shift = [float(index - size if index > last else index) for index in (column, row)]
    if settings.subpixel:
        shift[0] += parabola_offset(response[row], int(column))
        shift[1] += parabola_offset(response[:, column], int(row))
    return np.array(shift)
