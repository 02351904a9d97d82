"""A memory of samples: the target's past looks, each with a weight, merged where there are too many.

ECO's generative model of the sample space (section 3.3): at most N samples; a new one either fills a free
place, or takes that of one whose weight has faded, or two that lie closest become their weighted mean. The
weights are those of a running average, so what was seen long ago fades, but it is not overwritten.
Book: chapter 12.
"""

import numpy as np
from numpy.typing import NDArray

from udtlib.trackers.eco.spectra import Spectrum, inner

FADED = 100
"""A sample is replaced once it weighs less than a new one did so many frames ago."""


class SampleMemory:
    """At most ``capacity`` samples ``(2K+1, K+1, D)`` with weights that add up to 1.

    Attributes:
        weights: ``(capacity,)`` float64, 0 in free places.
        count: places taken, the first ones.
        gram: inner products of the samples ``(capacity, capacity)``, float64.
    """

    def __init__(self, first: Spectrum, capacity: int, learning_rate: float) -> None:
        """Hold one sample, of weight 1; later ones come with weight ``learning_rate``."""
        rows, columns, channels = first.shape
        self.learning_rate, self.count = learning_rate, 0
        self.least_weight = learning_rate * (1 - learning_rate) ** FADED
        # By frequency, then sample, then channel: learning takes the frequencies one after the other.
        self.store = np.zeros((rows, columns, capacity, channels), np.complex64)
        self.weights, self.gram = np.zeros(capacity), np.zeros((capacity, capacity))
        self._place(first, 0, 1.0, np.zeros(0), inner(first, first))

    @property
    def samples(self) -> Spectrum:
        """The samples held, ``(2K+1, K+1, count, D)``."""
        return self.store[:, :, : self.count]

    def distances(self) -> NDArray[np.float64]:
        """Return the squared distances between the samples held, infinite on the diagonal."""
        gram = self.gram[: self.count, : self.count]
        norms = np.diag(gram)
        distances = np.maximum(norms[:, None] + norms - 2 * gram, 0)
        np.fill_diagonal(distances, np.inf)
        return distances

    def add(self, sample: Spectrum, weight: float | None = None) -> None:
        """Take in a new sample.

        Args:
            sample: ``(2K+1, K+1, D)``.
            weight: its share, 0 to 1; None is the learning rate. What has none is not kept.
        """
        rate = self.learning_rate if weight is None else weight
        if rate == 0:
            return
        products, norm = self.products(sample), inner(sample, sample)
        faded = int(self.weights.argmin())
        if self.count < len(self.weights):
            self._fade(rate)
            self._place(sample, self.count, rate, products, norm)
        elif self.weights[faded] <= self.least_weight:
            self.weights[faded] = 0
            self._fade(rate)
            self._place(sample, faded, rate, products, norm)
        else:
            self._fade(rate)
            self._merge_closest(sample, rate, products, norm)

    def products(self, sample: Spectrum) -> NDArray[np.float64]:
        """Return the inner products ``(count,)`` of a sample with all that are held."""
        # The real part of conj(a) b is the inner product of (real, imaginary) pairs, in half the time.
        by_frequency = (self.samples.view(np.float32) @ sample.view(np.float32)[..., None])[..., 0]
        return 2 * by_frequency.sum((0, 1), np.float64) - by_frequency[:, 0].sum(0, np.float64)

    def _fade(self, rate: float) -> None:
        self.weights *= (1 - rate) / self.weights.sum()

    def _place(
        self, sample: Spectrum, place: int, weight: float, products: NDArray[np.float64], norm: float
    ) -> None:
        """Put a sample in a place; ``products`` are those with the samples held."""
        self.store[:, :, place], self.weights[place] = sample, weight
        self.gram[place, : self.count] = self.gram[: self.count, place] = products
        self.gram[place, place] = norm
        self.count = max(self.count, place + 1)

    def _merge_closest(
        self, sample: Spectrum, rate: float, products: NDArray[np.float64], norm: float
    ) -> None:
        """Make room: the nearest takes the new sample in, or the two nearest to each other become one."""
        to_new = np.maximum(np.diag(self.gram) + norm - 2 * products, 0)
        between = self.distances()
        nearest = int(to_new.argmin())
        if to_new[nearest] < between.min():
            self._absorb(nearest, sample, rate, products, norm)
            return
        pair = np.unravel_index(int(between.argmin()), between.shape)
        kept, freed = sorted(map(int, pair), key=lambda place: -self.weights[place])
        row, weight = self.gram[freed].copy(), float(self.weights[freed])
        share = self._absorb(kept, self.store[:, :, freed], weight, row, row[freed])
        products[kept] = (1 - share) * products[kept] + share * products[freed]
        self._place(sample, freed, rate, products, norm)

    def _absorb(
        self, place: int, sample: Spectrum, weight: float, products: NDArray[np.float64], norm: float
    ) -> float:
        """Make the sample in ``place`` the weighted mean of itself and another; return the other's share."""
        total = self.weights[place] + weight
        share = float(weight / total)
        row = (1 - share) * self.gram[place] + share * products
        own = (1 - share) ** 2 * self.gram[place, place]
        merged = np.float32(1 - share) * self.store[:, :, place] + np.float32(share) * sample
        merged_norm = own + 2 * share * (1 - share) * products[place] + share**2 * norm
        self._place(merged, place, total, row, merged_norm)
        return share
