"""Preconditioned conjugate gradients that may go on from where an earlier call stopped. Book: chapter 12.

Solves ``A x = b`` for a symmetric positive A known only as a function. The unknown is whatever can be
added and scaled: an array, or a `Pair` of arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Vector = Any


@dataclass
class Pair:
    """Two arrays that are one unknown: the filter and the change of the projection."""

    first: Any
    second: Any

    def __add__(self, other: "Pair") -> "Pair":
        return Pair(self.first + other.first, self.second + other.second)

    def __sub__(self, other: "Pair") -> "Pair":
        return Pair(self.first - other.first, self.second - other.second)

    def __rmul__(self, factor: float) -> "Pair":
        return Pair(factor * self.first, factor * self.second)

    def __mul__(self, other: "Pair") -> "Pair":
        return Pair(self.first * other.first, self.second * other.second)


@dataclass
class Momentum:
    """What a later call needs to go on: the last direction, residual and squared norm of the residual."""

    direction: Vector
    residual: Vector
    norm: float


ROUNDING = 1e-14
"""Squared residual, relative to the right side, that is nothing but float32's rounding.

Iterations beyond it may run away: on a patch of one colour they reached 1e25.
"""


def conjugate_gradient(
    operator: Callable[[Vector], Vector],
    target: Vector,
    start: Vector,
    precondition: Callable[[Vector], Vector],
    inner: Callable[[Vector, Vector], float],
    iterations: int,
    momentum: Momentum | None = None,
) -> tuple[Vector, Momentum | None]:
    """Return an approximate solution of ``operator(x) = target``, and what is needed to go on.

    The new direction is made conjugate to the last by Polak and Ribiere's formula, which forgives an operator
    that has changed since; on a problem that stays the same it is Fletcher and Reeves's.

    Args:
        operator: symmetric and positive in the inner product.
        target: b.
        start: the first guess.
        precondition: applies an approximate inverse of ``operator``.
        inner: the inner product.
        iterations: at most so many; fewer if the solution is exact before.
        momentum: of an earlier call; None starts along the steepest descent.
    """
    solution, residual = start, target - operator(start)
    exact = ROUNDING * inner(target, precondition(target))
    for _ in range(iterations):
        descent = precondition(residual)
        norm = inner(residual, descent)
        if norm <= exact:
            break
        if momentum is None:
            direction = descent
        else:
            fresh = norm - inner(momentum.residual, descent)
            direction = descent + max(0.0, fresh / momentum.norm) * momentum.direction
        image = operator(direction)
        curvature = inner(direction, image)
        if curvature <= 0:
            break
        step = norm / curvature
        momentum = Momentum(direction, residual, norm)
        solution, residual = solution + step * direction, residual - step * image
    return solution, momentum
