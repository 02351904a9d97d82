"""A memory of samples: the target's past looks, each with a weight, merged where there are too many.

ECO's generative model of the sample space (section 3.3): at most N samples; a new one either fills a free
place, or takes that of one whose weight has faded, or two that lie closest become their weighted mean. The
weights are those of a running average, so what was seen long ago fades, but it is not overwritten.
Book: chapter 12.
"""

import numpy as np
from numpy.typing import NDArray

from udtlib.trackers.eco.spectra import Spectrum

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
        self._place(first, 0, 1.0)

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
            weight: its share, 0 to 1; None is the learning rate.
        """
        rate = self.learning_rate if weight is None else weight
        faded = int(self.weights.argmin())
        if self.count < len(self.weights):
            self._fade(rate)
            self._place(sample, self.count, rate)
        elif self.weights[faded] < self.least_weight:
            self.weights[faded] = 0
            self._fade(rate)
            self._place(sample, faded, rate)
        else:
            self._fade(rate)
            self._merge_closest(sample, rate)

    def replace_only(self, sample: Spectrum) -> None:
        """Put another sample in the place of the first, which must be the only one.

        Raises:
            ValueError: it is not the only one.
        """
        if self.count != 1:
            raise ValueError(f"expected one sample, found {self.count}")
        self._place(sample, 0, 1.0)

    def _fade(self, rate: float) -> None:
        self.weights *= (1 - rate) / self.weights.sum()

    def _place(self, sample: Spectrum, place: int, weight: float) -> None:
        self.store[:, :, place], self.weights[place] = sample, weight
        self.count = max(self.count, place + 1)
        self.gram[place, : self.count] = self.gram[: self.count, place] = self.products(sample)

    def products(self, sample: Spectrum) -> NDArray[np.float64]:
        """Return the inner products ``(count,)`` of a sample with all that are held."""
        by_frequency = (self.samples @ sample.conj()[..., None])[..., 0].real
        return 2 * by_frequency.sum((0, 1), np.float64) - by_frequency[:, 0].sum(0, np.float64)

    def _merge_closest(self, sample: Spectrum, rate: float) -> None:
        products, norm = self.products(sample), float(np.vdot(sample, sample).real)
        norm = 2 * norm - float(np.vdot(sample[:, 0], sample[:, 0]).real)
        to_new = np.maximum(np.diag(self.gram) + norm - 2 * products, 0)
        between = self.distances()
        nearest = int(to_new.argmin())
        if to_new[nearest] < between.min():
            self._absorb(nearest, sample, rate)
            return
        first, second = np.unravel_index(int(between.argmin()), between.shape)
        kept, freed = sorted((int(first), int(second)), key=lambda place: -self.weights[place])
        self._absorb(kept, self.store[:, :, freed].copy(), float(self.weights[freed]))
        self.weights[freed] = 0
        self._place(sample, freed, rate)

    def _absorb(self, place: int, sample: Spectrum, weight: float) -> None:
        """Make the sample in ``place`` the weighted mean of itself and another."""
        total = self.weights[place] + weight
        share = np.float32(weight / total)
        merged = (1 - share) * self.store[:, :, place] + share * sample
        self._place(merged, place, total)
