"""The filter: learned in the first frame, then a few iterations every few frames. Book: chapter 12."""

from dataclasses import replace

import numpy as np

from udtlib.trackers.eco.conjugate_gradient import Momentum, conjugate_gradient
from udtlib.trackers.eco.first_frame import learn_first
from udtlib.trackers.eco.learning import (
    energy_of,
    normal_operator,
    preconditioner,
    respond,
    right_side,
)
from udtlib.trackers.eco.memory import SampleMemory
from udtlib.trackers.eco.penalty import SpatialPenalty
from udtlib.trackers.eco.projection import project
from udtlib.trackers.eco.settings import EcoSettings
from udtlib.trackers.eco.spectra import Grid, Spectrum, inner

TOGETHER = 6
"""Samples that the memory takes in at once: as many as there are from one learning to the next."""


class EcoFilter:
    """One target's filter, projection and memory.

    Attributes:
        filters: ``(2K+1, K+1, D)``.
        projection: ``(C, D)``.
    """

    def __init__(
        self,
        sample: Spectrum,
        projection: Grid,
        label: Grid,
        penalty: SpatialPenalty,
        settings: EcoSettings,
    ) -> None:
        """Learn from the first frame's features ``(2K+1, K+1, C)``; the rest as `learn_first` takes it."""
        self.label, self.penalty, self.settings = label, penalty, settings
        self.filters, self.projection = learn_first(sample, projection, label, penalty, settings)
        first = project(sample, self.projection)
        self._memory = SampleMemory(first, settings.capacity, settings.learning_rate)
        self._waiting: list[tuple[Spectrum, float]] = []
        self.energy = energy_of(first)
        self.momentum: Momentum | None = None

    def look(self, sample: Spectrum) -> tuple[Spectrum, Spectrum]:
        """Return the projected features of a sample, and the filter's response ``(2K+1, K+1)`` to them."""
        projected = project(sample, self.projection)
        return projected, respond(self.filters, projected)

    @property
    def memory(self) -> SampleMemory:
        """What the filter learns from, with all that was to be remembered."""
        self._take_in()
        return self._memory

    def _take_in(self) -> None:
        self._memory.add_all(self._waiting)
        self._waiting.clear()

    def remember(self, sample: Spectrum, weight: float) -> None:
        """Remember a projected sample; it waits until the filter learns, or for `TOGETHER` others."""
        self._waiting.append((sample, weight))
        if len(self._waiting) == TOGETHER:
            self._take_in()

    def learn(self, newest: Spectrum) -> None:
        """Improve the filter on what is remembered, by a few iterations; ``newest`` is the last sample."""
        settings, memory = self.settings, self.memory
        samples, weights = memory.samples, memory.weights[: memory.count]
        rate = np.float32(settings.learning_rate)
        self.energy = (1 - rate) * self.energy + rate * energy_of(newest)
        inverse = 1 / preconditioner(self.energy, self.penalty, settings.data_share, settings.penalty_share)
        self.filters, self.momentum = conjugate_gradient(
            normal_operator(samples, weights, self.penalty),
            right_side(samples, weights, self.label),
            self.filters,
            lambda residual: residual * inverse,
            inner,
            settings.iterations,
            self.aged_momentum(),
        )

    def aged_momentum(self) -> Momentum | None:
        """Return the last direction as worth less: the problem has changed since."""
        kept = (1 - self.settings.learning_rate) ** self.settings.forgetting
        if self.momentum is None or kept == 0:
            return None
        return replace(self.momentum, norm=self.momentum.norm / kept)
