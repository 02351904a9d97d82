"""The first frame: filter and projection are learned together, by Gauss-Newton steps (ECO, section 3.1).

The response ``(x P) f`` is a product of two unknowns. Each step takes it as linear around the present
ones, ``(x P) f + (x dP) f0``, and solves the least-squares problem in ``f`` and ``dP``:

    ``||(x P) f + (x dP) f0 - y||^2 + ||w f||^2 + mu ||P + dP||^2``

The authors' code leaves the spectrum's first column out of the projection's gradient; here it counts as it
does elsewhere. Book: chapter 12.
"""

import numpy as np

from udtlib.trackers.eco.conjugate_gradient import Pair, conjugate_gradient
from udtlib.trackers.eco.learning import energy_of, preconditioner, respond
from udtlib.trackers.eco.penalty import SpatialPenalty
from udtlib.trackers.eco.projection import project
from udtlib.trackers.eco.settings import EcoSettings
from udtlib.trackers.eco.spectra import Grid, Spectrum, inner, real_at_heart


class LinearisedProblem:
    """The problem of one step, in the unknown ``Pair(f, dP)``.

    Args:
        sample: the first frame's features ``(2K+1, K+1, C)``.
        projection: P ``(C, D)``.
        filters: f0 ``(2K+1, K+1, D)``.
        penalty: on the filter.
        projection_penalty: mu.
    """

    def __init__(
        self,
        sample: Spectrum,
        projection: Grid,
        filters: Spectrum,
        penalty: SpatialPenalty,
        projection_penalty: float,
    ) -> None:
        self.sample, self.projection, self.filters = sample, projection, filters
        self.penalty, self.projection_penalty = penalty, np.float32(projection_penalty)
        self.projected = project(sample, projection)
        doubled = np.full(sample.shape[1], 2, np.float32)
        doubled[0] = 1  # see `udtlib.trackers.eco.spectra.inner`
        self.flat = (sample * doubled[:, None]).reshape(-1, sample.shape[2])

    def forward(self, unknown: Pair) -> Spectrum:
        """Return the response's spectrum, of which the label is wanted."""
        return respond(unknown.first, self.projected) + respond(
            self.filters, project(self.sample, unknown.second)
        )

    def backward(self, response: Spectrum) -> Pair:
        """Return the adjoint of `forward`."""
        weighted = (self.filters.conj() * response[..., None]).reshape(len(self.flat), -1)
        return Pair(self.projected.conj() * response[..., None], (self.flat.conj().T @ weighted).real)

    def operator(self, unknown: Pair) -> Pair:
        """Return the left side of the normal equations."""
        penalties = Pair(self.penalty.apply(unknown.first), self.projection_penalty * unknown.second)
        return self.backward(self.forward(unknown)) + penalties

    def right_side(self, label: Grid) -> Pair:
        """Return the right side of the normal equations."""
        wanted = self.backward(label.astype(np.complex64))
        return Pair(wanted.first, wanted.second - self.projection_penalty * self.projection)


def inner_of_pairs(first: Pair, second: Pair) -> float:
    """Return the sum of both parts' inner products."""
    return inner(first.first, second.first) + float(np.vdot(first.second, second.second))


def learn_first(
    sample: Spectrum, projection: Grid, label: Grid, penalty: SpatialPenalty, settings: EcoSettings
) -> tuple[Spectrum, Grid]:
    """Return the filter ``(2K+1, K+1, D)`` and the projection ``(C, D)`` for a first sample.

    Args:
        sample: spectrum of the features, ``(2K+1, K+1, C)``.
        projection: where to start, ``(C, D)``.
        label: real spectrum of the wanted response ``(2K+1, K+1)``.
        penalty: on the filter.
        settings: ``first_steps`` steps of ``first_iterations`` each, and the preconditioner's shares.
    """
    filters = np.zeros((*sample.shape[:2], projection.shape[1]), np.complex64)
    energy = energy_of(project(sample, projection))
    projection_scale = inner(label, label) / sample.shape[2] + settings.projection_penalty
    inverse = Pair(  # multiplying is several times as fast as dividing
        1 / preconditioner(energy, penalty, settings.data_share, settings.penalty_share),
        1 / (settings.projection_share * projection_scale),
    )
    for _ in range(settings.first_steps):
        problem = LinearisedProblem(sample, projection, filters, penalty, settings.projection_penalty)
        solution, _ = conjugate_gradient(
            problem.operator,
            problem.right_side(label),
            Pair(filters, np.zeros_like(projection)),
            lambda residual: residual * inverse,
            inner_of_pairs,
            settings.first_iterations,
        )
        filters, projection = real_at_heart(solution.first), projection + solution.second
    return filters, projection
