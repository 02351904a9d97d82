"""What the UDT tracker saw in one frame. Book: chapter 06."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


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
