"""The checks of chapter 09's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable
from math import comb

import numpy as np

from udtlib.check.hints import Array, close, compare, expect, number, numbers
from udtlib.check.verdict import exercise
from udtlib.labels import gaussian_label


def _squares(one: Array, other: Array) -> float:
    return float(((one - other) ** 2).sum())


@exercise
def a_motion(answer: Callable[[Array, Array, Array, str], float]) -> None:
    """Exercise 1: Eq. 9 of one pair, by paper and by reference."""
    y = gaussian_label(9, 7, 1.0).astype(np.float64)
    for seed, peak in enumerate([(2, 3), (8, 6), (0, 0)]):
        noise = 0.05 * np.random.default_rng(seed).standard_normal((2, 9, 7))
        first = 0.8 * np.roll(y, peak, (0, 1)) + noise[0]
        second = 0.6 * np.roll(y, (1, 5), (0, 1)) + noise[1]
        label = {"paper": np.roll(y, peak, (0, 1)), "reference": first}
        for form, other in (("paper", "reference"), ("reference", "paper")):
            found = number(answer(first.copy(), second.copy(), y.copy(), form), "one number")
            start = _squares(first, y)
            flat = np.roll(y, int(np.ravel_multi_index(peak, y.shape)))
            back = np.roll(y, (-peak[0], -peak[1]), (0, 1))
            mistakes = [
                (start + _squares(second, label[other]), f"that is the form {other!r}, asked was {form!r}"),
                ((start + _squares(second, label[form])) / y.size, "a sum over the cells, not a mean"),
                (start, "that is the first term only"),
                (start + _squares(second, y), "S2's response is not compared with T's label"),
                (start + _squares(second, flat), "move rows by the row and columns by the column"),
                (start + _squares(second, back), "the label moves *to* the peak; the sign is turned"),
                (np.sqrt(start) + np.sqrt(_squares(second, label[form])), "the norms are squared"),
            ]
            compare(found, start + _squares(second, label[form]), mistakes, f"peak {peak}, {form}")


def _kept(errors: Array, share: float, count: int | None = None) -> Array:
    count = round((1 - share) * len(errors)) if count is None else count
    kept = np.zeros(len(errors))
    kept[np.argsort(errors)[:count]] = 1
    return kept


def _normalised(product: Array) -> Array:
    return product / product.sum()


@exercise
def a_norm(answer: Callable[[Array, Array, float], Array]) -> None:
    """Exercise 2: the weights of Eq. 10."""
    for count, share in ((32, 0.1), (10, 0.25), (5, 0.0), (12, 0.1)):
        generator = np.random.default_rng(count)
        errors, motion = generator.permutation(count) + 1.0, generator.uniform(1, 5, count)
        expected = _normalised(_kept(errors, share) * motion)
        given = errors.copy(), motion.copy()
        found = numbers(answer(*given, share), (count,), f"{count} weights")
        expect(close(given[0], errors) and close(given[1], motion), "the inputs were overwritten")
        mistakes = [
            (_normalised(_kept(-errors, share) * motion), "the *lowest* errors are kept"),
            (
                _normalised(_kept(motion, share) * motion),
                "pairs are dropped by their error, not their motion",
            ),
            (_normalised(_kept(errors, share)), "the motion is missing: these are equal shares"),
            (_kept(errors, share) * motion / motion.sum(), "divide by the sum of the *products*: sum to 1"),
            (expected * count, "the weights sum to 1 (Eq. 10), not to n"),
            (expected / count, "the second 1/n is part of Eq. 11, not of Eq. 10"),
            (_normalised(motion), "nothing was dropped"),
            (
                _normalised(_kept(errors, share, int((1 - share) * count)) * motion),
                "round((1 - share) * n) pairs are kept: 29 of 32, not 28",
            ),
        ]
        compare(found, expected, mistakes, f"{count} pairs, share {share}")


@exercise
def by_the_letter(answer: Callable[[float, float, int], tuple[float, float]]) -> None:
    """Exercise 3: rate and decay for a loss that is n times smaller."""
    for rate, decay, n in ((0.01, 5e-4, 32), (0.1, 0.02, 4)):
        found = numbers(answer(rate, decay, n), (2,), "a rate and a decay")
        mistakes = [
            ((rate / n, decay * n), "the other way: the loss has become smaller, so the rate must grow"),
            ((rate * n, decay), "this rate multiplies the decay, too: rate * decay must stay as it was"),
            ((rate * n, decay * n), "rate * decay must stay as it was"),
            ((rate / n, decay / n), "the loss has become smaller, so the rate must grow"),
            ((rate, decay / n), "the gradient has become n times smaller: the rate must make up for it"),
        ]
        compare(found, (rate * n, decay / n), mistakes, f"rate {rate}, decay {decay}, n {n}")


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
