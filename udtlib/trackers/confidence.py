"""Does the response look like those before it? When it does not, there is nothing good to learn.

A filter that learns in every frame learns an occluder as readily as the target. Two numbers tell them apart:
the peak itself, and how it stands out from the rest of the map (the average peak-to-correlation energy of
Wang et al., LMCF, CVPR 2017). What is ordinary differs between targets, so each is compared with its own
history: the median of the first tracked frames, then a running mean. The answer to the first frame itself
is no part of it: the filter was fitted to that frame, and no later one is answered as well. Book: chapter 12.
"""

import numpy as np
from numpy.typing import NDArray

TOLERATED = 0.5
"""Share of the ordinary above which a response is as good as any: targets do turn, and are to be learned."""

SETTLING = 10
"""Responses whose median is the ordinary one at first: one odd frame among them does not count."""

HISTORY = 0.05
"""Weight of a new frame in the running means after that: about the last 20 frames."""


def peak_to_energy(response: NDArray) -> float:
    """Return the squared height of the peak over the mean squared height of the map, both from its minimum.

    About H*W for a single peak on a flat map, 1 for a flat one.
    """
    heights = np.asarray(response, np.float64) - response.min()
    energy = np.square(heights).mean()
    return float(heights.max() ** 2 / energy) if energy > 0 else 1.0


class Confidence:
    """Compares every response with the ordinary one.

    Attributes:
        value: of the last response, 0..1: 1 is about as good as ordinary.
        ordinary: peak and peak-to-energy ratio of an ordinary response, ``(2,)``; 0 before the first.
    """

    def __init__(self, settling: int = SETTLING) -> None:
        """Know nothing yet; the median of the first ``settling`` responses will be ordinary."""
        self.value, self.ordinary = 1.0, np.zeros(2)
        self.settling, self.first = settling, np.zeros((0, 2))

    def judge(self, response: NDArray, peak: float) -> float:
        """Return the confidence in a response ``(H, W)`` with this peak, in 0..1, and remember it.

        It is the product of two shares, each at most 1, of the peak and of the ratio in what is ordinary,
        over `TOLERATED`. The running means take up a frame as far as it is trusted, so they outlast an
        occlusion.
        """
        now = np.array([max(peak, 0.0), peak_to_energy(response)])
        settled = len(self.first) == self.settling
        if not settled:
            self.first = np.vstack([self.first, now])
            self.ordinary = np.median(self.first, axis=0)
        shares = now / np.maximum(self.ordinary, 1e-12)
        self.value = min(1.0, float(np.minimum(shares, 1).prod()) / TOLERATED)
        if settled:
            self.ordinary = self.ordinary + HISTORY * self.value * (now - self.ordinary)
        return self.value
