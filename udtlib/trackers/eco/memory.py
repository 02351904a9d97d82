"""A memory of samples: the target's past looks, each with a weight, merged where there are too many.

ECO's generative model of the sample space (section 3.3): at most N samples; a new one either fills a free
place, or takes that of one whose weight has faded, or two that lie closest become their weighted mean. The
weights are those of a running average, so what was seen long ago fades, but it is not overwritten.
Book: chapter 12.
"""

from collections.abc import Sequence

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
        self.gram[0, 0] = inner(first, first)
        self._place(first, 0, 1.0, 0)

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
        self.add_all([(sample, self.learning_rate if weight is None else weight)])

    def add_all(self, weighted: Sequence[tuple[Spectrum, float]]) -> None:
        """Take in new samples with their weights, one after the other, as `add` does.

        The store is far larger than the processor's cache, and the inner products with all that is in it are
        most of the work: here it is read once for all new samples.
        """
        kept = [(sample, weight) for sample, weight in weighted if weight > 0]
        if not kept:
            return
        capacity = len(self.weights)
        self.gram = self._extended([sample for sample, _ in kept])
        for number, (sample, weight) in enumerate(kept, start=capacity):
            self._take_in(sample, weight, number)
        self.gram = self.gram[:capacity, :capacity].copy()

    def _extended(self, new: list[Spectrum]) -> NDArray[np.float64]:
        """Return `gram` with rows and columns for new samples after the others."""
        capacity = len(self.weights)
        gram = np.pad(self.gram, (0, len(new)))
        gram[: self.count, capacity:] = self.products(np.stack(new, axis=2))
        gram[capacity:, : self.count] = gram[: self.count, capacity:].T
        gram[capacity:, capacity:] = [[inner(one, other) for other in new] for one in new]
        return gram

    def products(self, samples: Spectrum) -> NDArray[np.float64]:
        """Return the inner products ``(count, M)`` of samples ``(2K+1, K+1, M, D)`` with those held."""
        # The real part of conj(a) b is the inner product of (real, imaginary) pairs, in half the time.
        by_frequency = self.samples.view(np.float32) @ samples.view(np.float32).swapaxes(2, 3)
        return 2 * by_frequency.sum((0, 1), np.float64) - by_frequency[:, 0].sum(0, np.float64)

    def _take_in(self, sample: Spectrum, rate: float, number: int) -> None:
        """Put a sample, of which `gram` has the row ``number``, where there is room, or make room."""
        faded = int(self.weights.argmin())
        full = self.count == len(self.weights)
        if full and self.weights[faded] <= self.least_weight:
            self.weights[faded] = 0
        self.weights *= (1 - rate) / self.weights.sum()
        if not full:
            self._place(sample, self.count, rate, number)
        elif self.weights[faded] == 0:
            self._place(sample, faded, rate, number)
        else:
            self._merge_closest(sample, rate, number)

    def _place(self, sample: Spectrum, place: int, weight: float, number: int) -> None:
        """Put a sample, of which `gram` has the row ``number``, in a place."""
        self.store[:, :, place], self.weights[place] = sample, weight
        self._set_products(place, self.gram[number].copy(), self.gram[number, number])
        self.count = max(self.count, place + 1)

    def _set_products(self, place: int, row: NDArray[np.float64], norm: float) -> None:
        self.gram[place] = self.gram[:, place] = row
        self.gram[place, place] = norm

    def _merge_closest(self, sample: Spectrum, rate: float, number: int) -> None:
        """Make room: the nearest takes the new sample in, or the two nearest to each other become one."""
        held, norm = self.gram[: self.count, : self.count], self.gram[number, number]
        to_new = np.maximum(np.diag(held) + norm - 2 * self.gram[number, : self.count], 0)
        between = self.distances()
        nearest = int(to_new.argmin())
        if to_new[nearest] < between.min():
            self._absorb(nearest, sample, rate, number)
            return
        pair = np.unravel_index(int(between.argmin()), between.shape)
        kept, freed = sorted(map(int, pair), key=lambda place: -self.weights[place])
        self._absorb(kept, self.store[:, :, freed], float(self.weights[freed]), freed)
        self._place(sample, freed, rate, number)

    def _absorb(self, place: int, sample: Spectrum, weight: float, number: int) -> None:
        """Make the sample in ``place`` the weighted mean of itself and another, with the row ``number``."""
        total = self.weights[place] + weight
        share = float(weight / total)
        row = (1 - share) * self.gram[place] + share * self.gram[number]
        self.store[:, :, place] *= np.float32(1 - share)
        self.store[:, :, place] += np.float32(share) * sample
        self.weights[place] = total
        self._set_products(place, row, (1 - share) * row[place] + share * row[number])
