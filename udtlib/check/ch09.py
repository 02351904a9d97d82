"""The checks of chapter 09's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable
from math import comb

import numpy as np

from udtlib.check.hints import Array, Mistakes, close, compare, expect, number, numbers
from udtlib.check.verdict import exercise
from udtlib.labels import gaussian_label


def _squares(one: Array, other: Array) -> float:
    return float(((one - other) ** 2).sum())


@exercise
def weak_as_moved(answer: Callable[[float, float, str], float]) -> None:
    """Exercise 1: the height at which a still pair weighs as much as one that moved, against maps."""
    for sigma, distance in ((2.0, 1), (3.0, 2), (2.5, 0)):
        y = gaussian_label(41, 41, sigma).astype(np.float64)
        moved = _squares(np.roll(y, distance, 1), y) / float(
            (y**2).sum()
        )  # in both forms; at rest nothing comes
        found = {form: number(answer(distance, sigma, form), "one height") for form in ("reference", "paper")}
        truth = {"reference": 1 - moved**0.5, "paper": 1 - (moved / 2) ** 0.5}
        for form, other in (("reference", "paper"), ("paper", "reference")):
            mistakes = [
                (truth[other], f"that is the form {other!r}: what is the second response compared with?"),
                (2 - truth[form], "both heights weigh the same: asked is the one below 1"),
                (1 - (1 - truth[form]) ** 2, "A_motion goes with the square of what is missing"),
            ]
            others = [(wrong, hint) for wrong, hint in mistakes if not close(wrong, truth[form], rtol=1e-4)]
            case = f"{distance} cells, sigma {sigma}, {form}"
            compare(found[form], truth[form], others, case, rtol=1e-4, atol=1e-6)


def _kept(errors: Array, share: float, count: int | None = None) -> Array:
    count = round((1 - share) * len(errors)) if count is None else count
    kept = np.zeros(len(errors))
    kept[np.argsort(errors, kind="stable")[:count]] = 1
    return kept


@exercise
def a_norm(answer: Callable[[Array, Array, float], Array]) -> None:
    """Exercise 2: the weights of Eq. 10, also with equal errors and where nothing moved."""
    cases = {
        "32 pairs": 0.25,
        "10 pairs, equal errors": 0.3,
        "12 pairs, nothing moved": 0.25,
        "32 pairs, a tenth dropped": 0.1,
    }
    for case, share in cases.items():
        count = int(case[:2])
        generator = np.random.default_rng(count)
        errors, motion = generator.permutation(count) + 1.0, generator.uniform(1, 5, count)
        if "equal" in case:
            errors = np.minimum(errors, 5.0)
        if "nothing" in case:
            motion = np.zeros(count)
        given = errors.copy(), motion.copy()
        answered = answer(*given, share)
        lost = isinstance(answered, np.ndarray) and (answered != answered).all() and not motion.any()
        expect(not lost, f"{case}: expected equal shares for those that are kept, found 0 / 0")
        found = numbers(answered, (count,), f"{count} weights")
        expect(close(given[0], errors) and close(given[1], motion), "the inputs were overwritten")
        compare(found, _shares(errors, motion, share), _wrong_shares(errors, motion, share), case)


def _shares(errors: Array, motion: Array, share: float, count: int | None = None) -> Array:
    product = _kept(errors, share, count) * (motion if motion.any() else 1)
    return np.asarray(product / product.sum())


def _wrong_shares(errors: Array, motion: Array, share: float) -> Mistakes:
    below = (errors < np.quantile(errors, 1 - share)) * motion
    rounded = _shares(errors, motion, share, int((1 - share) * len(errors)))
    wrong = [
        (
            below / (motion.sum() or 1),
            "the three faults are still there: divide by the sum of the *products*",
        ),
        (rounded, "round((1 - share) * n) pairs are kept: 29 of 32, not 28"),
        (below / (below.sum() or 1), "equal errors: exactly round((1 - share) * n) pairs are kept"),
        (
            _kept(errors, share) * motion / (motion.sum() or 1),
            "divide by the sum of the *products*: sum to 1",
        ),
        (_shares(-errors, motion, share), "the *lowest* errors are kept"),
        (_shares(errors, motion, share) * len(errors), "the weights sum to 1 (Eq. 10), not to n"),
        (_shares(errors, np.ones(len(errors)), share), "the motion is missing: these are equal shares"),
    ]
    return [(value, hint) for value, hint in wrong if not close(value, _shares(errors, motion, share))]


@exercise
def lost_peak(answer: Callable[[float, bool], float]) -> None:
    """Exercise 3: what a peak in a far place costs, with and without exp(Y), against maps."""
    y = gaussian_label(81, 81, 2.5).astype(np.float64)
    far = np.roll(y, (40, 40), (0, 1))
    for height in (1.5, 1.0, 0.5, 0.0):
        for weighted in (False, True):
            weight = np.exp(y) if weighted else np.ones_like(y)
            found = number(answer(height, weighted), "one error, in units of no answer")
            expected = float((weight * (height * far - y) ** 2).sum() / (weight * y**2).sum())
            plain, half = 1 + height**2, 1 + height**2 / 2
            mistakes = [
                (half, "without exp(Y) both peaks count alike"),
                (1 + 2 * height**2, "exp(Y) is large where the *label* is, not where the response is"),
                (1 + height / 2 if weighted else 1 + height, "the error is squared, and so is the height"),
                ((1 + height) ** 2, "far apart the two do not overlap: the mixed term is 0"),
                (2 + height**2, "in units of no answer: its error is doubled, too"),
                (plain, "exp(Y) doubles the error of the missing peak, not that of the far one"),
            ]
            others = [(wrong, hint) for wrong, hint in mistakes if not close(wrong, expected, rtol=1e-3)]
            case = f"height {height}, {'with' if weighted else 'without'} exp(Y)"
            compare(found, expected, others, case, rtol=1e-3)


@exercise
def chance_of_more(answer: Callable[[float, int, int], float]) -> None:
    """Exercise 4: more faulty pairs than are removed."""
    for p, n, removed in ((0.02, 32, 3), (0.05, 32, 3), (0.3, 5, 2), (0.5, 4, 0)):
        found = number(answer(p, n, removed), "one probability")
        exactly = [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
        mistakes = [
            (sum(exactly[removed:]), "*more* than are removed: as many are no trouble"),
            (exactly[removed + 1], "two more are trouble, too: sum over all counts"),
            (sum(exactly[: removed + 1]), "that is the chance that A_drop is enough"),
            (p ** (removed + 1), "in how many ways can the faulty ones be chosen? and the others are fine"),
        ]
        compare(found, sum(exactly[removed + 1 :]), mistakes, f"p {p}, {n} pairs, {removed} removed")


@exercise
def knob_slope(answer: Callable[[Array, Array, Array], float]) -> None:
    """Exercise 5: how A_motion changes with the strength of S1's features, against finite differences."""
    label = np.asarray(gaussian_label(12, 10, 1.5), np.float64)
    rng = np.random.default_rng(5)
    cases = {
        "a still pair": (label, label),
        "a strong second response": (0.6 * label, 1.4 * np.roll(label, 3, axis=1)),
        "noisy responses": tuple(label + 0.1 * rng.standard_normal((2, 12, 10))),
    }
    for case, (first, second) in cases.items():
        found = number(answer(first.copy(), second.copy(), label.copy()), "one number, a derivative")

        def motion(log_q: float, first: Array = first, second: Array = second) -> float:
            q = np.exp(log_q)
            return _squares(q * first, label) + _squares(q * first, second / q)

        truth = (motion(1e-5) - motion(-1e-5)) / 2e-5
        own = 2 * float((first * (first - label)).sum())
        both = 2 * float((first**2).sum() - (second**2).sum())
        mistakes = [
            (own, "the second term of A_motion depends on q, too"),
            (both, "the first term of A_motion depends on q, too"),
            (own + 2 * float((first * (first - second)).sum()), "R_S2 becomes 1/q times as high"),
            ((own + both) / 2, "the derivative of a square has a factor 2"),
        ]
        others = [(wrong, hint) for wrong, hint in mistakes if not close(wrong, truth, rtol=1e-4, atol=1e-5)]
        compare(found, truth, others, case, rtol=1e-4, atol=1e-5)
