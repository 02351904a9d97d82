"""The checks of chapter 12's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from udtlib.check.hints import Array, Mistakes, compare, expect, number, numbers
from udtlib.check.verdict import exercise


@exercise
def remember(answer: Callable[[Array, Array, Array, float], tuple[Array, Array]]) -> None:
    """Exercise 1: a full memory takes in a new sample."""
    generator = np.random.default_rng(12)
    for alike in ((), (1, 3), (0, 2)):  # of the last two pairs, the later and the earlier is the heavier
        samples = 5 * generator.standard_normal((4, 3))
        weights, new = np.array([0.4, 0.1, 0.2, 0.3]), 5 * generator.standard_normal(3)
        if alike:
            samples[alike[1]] = samples[alike[0]] + 0.1
        else:
            new = samples[2] + 0.1
        before = samples.copy(), weights.copy()

        found = answer(samples, weights, new, 0.05)

        expect(
            isinstance(found, list | tuple) and len(found) == 2, "expected two arrays: samples and weights"
        )
        untouched = np.array_equal(samples, before[0]) and np.array_equal(weights, before[1])
        expect(untouched, "the arrays you were given were changed: work on copies")
        _judge_memory(found, before, new, alike)


def _judge_memory(
    found: Sequence[Any], before: tuple[Array, Array], new: Array, alike: tuple[int, ...]
) -> None:
    """Compare one memory with the right one and with those of likely mistakes."""
    near = not alike
    held = numbers(found[0], (4, 3), "samples of shape (4, 3)")
    shares = numbers(found[1], (4,), "four weights")
    case = "the new sample is like an old one" if near else "two old samples are alike"
    expected = _merged_memory(*before, new, 0.05, near)
    faded = 0.95 * before[1]
    expect(
        np.isclose(shares.sum(), 1) or not np.isclose(shares.sum(), 1.05),
        f"{case}: the weights add up to more than 1; what is there fades first",
    )
    wrong_choice = _merged_memory(*before, new, 0.05, not near)
    expect(
        not np.allclose(held, wrong_choice[0], atol=1e-6),
        f"{case}: the wrong two became one; compare the smallest distance of each kind",
    )
    place = int(np.linalg.norm(before[0] - new, axis=1).argmin())
    other = new
    if alike:
        place, freed = sorted(alike, key=lambda k: -before[1][k])
        other = before[0][freed]
        expect(
            not np.allclose(held[[freed, place]], expected[0][[place, freed]], atol=1e-6),
            f"{case}: the merged sample keeps the place of the heavier, and the new one takes the other",
        )
    halves = before[0].copy()
    halves[place] = (before[0][place] + other) / 2
    expect(
        not np.allclose(held[place], halves[place], atol=1e-6),
        f"{case}: a merged sample is the mean by weight, not halfway",
    )
    compare(held, expected[0], [], f"{case}, samples", atol=1e-6)
    compare(
        shares,
        expected[1],
        [(faded, "the new sample's weight is missing")],
        f"{case}, weights",
    )


def _merged_memory(
    samples: Array, weights: Array, new: Array, rate: float, near: bool
) -> tuple[Array, Array]:
    """Return the memory after the step, by the sums of everything merged."""
    samples, weights = samples.copy(), (1 - rate) * weights
    if near:
        place = int(((samples - new) ** 2).sum(1).argmin())
        first, second, share = samples[place], new, rate
    else:
        apart = ((samples[:, None] - samples) ** 2).sum(2) + np.diag(np.full(len(samples), np.inf))
        one, two = np.unravel_index(int(apart.argmin()), apart.shape)
        place, freed = (int(one), int(two)) if weights[one] >= weights[two] else (int(two), int(one))
        first, second, share = samples[place].copy(), samples[freed].copy(), float(weights[freed])
        samples[freed], weights[freed] = new, rate
    total = weights[place] + share
    samples[place] = (weights[place] * first + share * second) / total
    weights[place] = total
    return samples, weights


@exercise
def slope(answer: Callable[[Array, float], float]) -> None:
    """Exercise 2: the derivative of the function between the cells."""
    values = np.array([3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0])
    for place in (3.5 / 7, 0.31, 0.02, 0.97):
        case = f"position {place:.2f}"

        found = number(answer(values.copy(), place), "one number")

        compare(found, _slope(values, place), _slope_mistakes(values, place), case)


def _slope(values: Array, place: float, half: float = 0.5, wrap: bool = True, even: bool = False) -> float:
    """Return the derivative of the sum of kernels at one position, over three periods."""
    count, total = len(values), 0.0
    for period in (-1, 0, 1) if wrap else (0,):
        for n, value in enumerate(values):
            distance = count * (place + period) - n - half
            t = abs(distance)
            near, far = 3.75 * t**2 - 4.5 * t, -0.75 * (3 * t**2 - 10 * t + 8)
            side = 1.0 if even else np.sign(distance)
            total += count * value * side * (near if t <= 1 else far if t < 2 else 0.0)
    return total


def _value(values: Array, place: float) -> float:
    """Return the sum of kernels itself."""
    count, total = len(values), 0.0
    for n, value in enumerate(values):
        t = min(abs(count * (place + period) - n - 0.5) for period in (-1, 0, 1))
        near, far = 1.25 * t**3 - 2.25 * t**2 + 1, -0.75 * (t**3 - 5 * t**2 + 8 * t - 4)
        total += value * (near if t <= 1 else far if t < 2 else 0.0)
    return total


def _slope_mistakes(values: Array, place: float) -> Mistakes:
    return [
        (_slope(values, place, half=0.0), "a value belongs to the middle of its cell, not to the edge"),
        (_slope(values, place, wrap=False), "the window wraps around: a cell has neighbours on both sides"),
        (_slope(values, place, even=True), "the kernel is even, so its derivative changes sign at 0"),
        (
            _slope(values, place) / len(values),
            "that is the slope by cells; the position is in shares of the window",
        ),
        (_value(values, place), "that is the value; the slope is its derivative"),
    ]


@exercise
def newton_step(answer: Callable[[Array, float], float]) -> None:
    """Exercise 3: from one position to a better one."""
    generator = np.random.default_rng(3)
    for place in (0.1, 0.4):
        coefficients = generator.standard_normal(4) + 1j * generator.standard_normal(4)
        case = f"position {place}"

        found = number(answer(coefficients.copy(), place), "one position")

        compare(found, *_newton(coefficients, place), case)


def _newton(coefficients: Array, place: float) -> tuple[float, Mistakes]:
    k = np.arange(len(coefficients))
    waves = coefficients * np.exp(2j * np.pi * k * place)
    slope, bend = (2j * np.pi * k * waves).sum().real, ((2j * np.pi * k) ** 2 * waves).sum().real
    step = slope / bend
    return place - step, [
        (place + step, "the sign: at a maximum the second derivative is negative"),
        (place - 1 / step, "the quotient is upside down"),
        (-step, "that is the step; where does it lead?"),
        (place - 2 * np.pi * step, "a factor 2 pi is missing in one of the derivatives"),
        (place - step / (2 * np.pi), "a factor 2 pi is missing in one of the derivatives"),
        (place - slope, "that is a step of gradient ascent, the wrong way; Newton divides"),
    ]


@exercise
def solve(answer: Callable[[Array, Array, int], Array]) -> None:
    """Exercise 4: conjugate gradients, repaired."""
    generator = np.random.default_rng(4)
    root = generator.standard_normal((6, 6))
    matrix, target = root @ root.T + np.eye(6), generator.standard_normal(6)
    for iterations in (1, 2, 3, 6):
        case = f"{iterations} iterations"

        found = numbers(answer(matrix.copy(), target.copy(), iterations), (6,), "six numbers")

        _judge_solution(found, matrix, target, iterations, case)


def _judge_solution(found: Array, matrix: Array, target: Array, iterations: int, case: str) -> None:
    """The best of a Krylov space in the norm of the matrix: found by least squares, not by iterating."""
    space = [target]
    for _ in range(iterations - 1):
        space.append(matrix @ space[-1])
    basis = np.linalg.qr(np.stack(space, axis=1))[0]
    best = basis @ np.linalg.solve(basis.T @ matrix @ basis, basis.T @ target)
    hints = {
        "both": "both faults are still there",
        "residual": "the residual must stay that of the solution: what does a step change in A x?",
        "quotient": "a smaller residual must remember less of the last direction, not more",
        "steepest": "this is steepest descent: each direction must remember the last",
    }
    mistakes = [(_faulty(matrix, target, iterations, kind), hint) for kind, hint in hints.items()]
    compare(found, best, mistakes, case, rtol=1e-5, atol=1e-6)


def _faulty(matrix: Array, target: Array, iterations: int, kind: str) -> Array:
    """Return what conjugate gradients give with one of the faults, or both."""
    solution, residual, direction = np.zeros_like(target), target, target
    for _ in range(iterations):
        before, image = residual @ residual, matrix @ direction
        length = before / (direction @ image)
        solution = solution + length * direction
        residual = residual - length * (direction if kind in ("residual", "both") else image)
        memory = residual @ residual / before
        if kind in ("quotient", "both"):
            memory = 1 / memory
        direction = residual + (0 if kind == "steepest" else memory) * direction
    return solution


@exercise
def doubt(answer: Callable[[Array, Array], Array]) -> None:
    """Exercise 5: how far each frame is to be trusted."""
    peaks = np.array([0.6, 0.5, 0.7, 0.55, 0.65, 0.6, 0.2, 0.1, 0.9, 0.25])
    ratios = np.array([90.0, 80.0, 120.0, 95.0, 100.0, 40.0, 60.0, 9.0, 30.0, 200.0])
    for factor in (1.0, 3.0):
        case = f"ten frames, ratios times {factor:g}"

        found = numbers(answer(peaks.copy(), factor * ratios), (10,), "one number a frame, from 0 to 1")

        compare(found, *_trust(peaks, factor * ratios), case)


def _trust(peaks: Array, ratios: Array) -> tuple[Array, Mistakes]:
    frames = np.stack([peaks, ratios], axis=1)
    five = np.median(frames[:5], axis=0)

    def value(
        start: Array = five, most: float = 1, times: float = 2, rate: float = 0.05, by_trust: bool = True
    ) -> Array:
        ordinary, trusts = start, []
        for k, frame in enumerate(frames):
            trusts.append(min(1.0, times * float(np.minimum(frame / ordinary, most).prod())))
            if k >= 5:
                ordinary = ordinary + rate * (trusts[-1] if by_trust else 1) * (frame - ordinary)
        return np.array(trusts)

    return value(), [
        (value(start=frames[0]), "the yardsticks start as the middle of five frames, not as the first"),
        (value(start=np.median(frames, axis=0)), "the yardsticks start from the first five frames only"),
        (value(start=frames[:5].mean(axis=0)), "the median, not the mean"),
        (value(most=np.inf), "each share is at most 1 before they are multiplied"),
        (value(times=1), "half of what is ordinary is enough"),
        (value(rate=0), "after the first five frames the yardsticks move"),
        (value(by_trust=False), "a frame moves the yardsticks in proportion to its trust"),
    ]
