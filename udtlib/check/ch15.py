"""The checks of chapter 15's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable
from math import comb
from typing import Any

import numpy as np

from udtlib.check.hints import Array, compare, number, numbers
from udtlib.check.verdict import exercise


@exercise
def corrected(answer: Callable[[list[float]], Any]) -> None:
    """Exercise 1: p-values corrected by Holm."""
    for p in ([0.04, 0.01, 0.03, 0.02], [0.001, 0.2, 0.012], [0.5, 0.9, 0.6], [0.03]):
        found = numbers(answer(list(p)), (len(p),), "one corrected p-value a claim")
        raw = np.array(p)
        mistakes = [
            (raw, "nothing is corrected yet"),
            (np.minimum(raw * len(p), 1), "that is Bonferroni: the second smallest counts n - 1 times only"),
            (_holm(raw, monotone=False), "a larger p-value must not end up below a smaller one"),
            (_holm(raw, cap=False), "a probability is at most 1"),
            (np.sort(_holm(raw)), "return them in the order in which they were given"),
        ]
        compare(found, _holm(raw), mistakes, f"p = {p}")


def _holm(p: Array, monotone: bool = True, cap: bool = True) -> Array:
    """Return Holm's corrected p-values, or what leaving out a step gives."""
    order = np.argsort(p)
    grown = p[order] * np.arange(len(p), 0, -1)
    grown = np.maximum.accumulate(grown) if monotone else grown
    result = np.empty(len(p))
    result[order] = np.minimum(grown, 1) if cap else grown
    return result


@exercise
def standard_error(answer: Callable[[Array], Any]) -> None:
    """Exercise 2: the standard error of a mean over seeds and sequences."""
    random = np.random.default_rng(5)
    for seeds, sequences, spread in ((3, 12, 0.1), (5, 8, 0.02), (4, 30, 0.0)):
        table = 0.1 + spread * random.standard_normal((seeds, 1)) + 0.1 * random.standard_normal(sequences)
        table = table + 0.03 * random.standard_normal((seeds, sequences))
        found = number(answer(table.copy()), "one standard error")
        rows, columns = table.mean(1).var(ddof=1) / seeds, table.mean(0).var(ddof=1) / sequences
        mistakes = [
            (
                table.std(ddof=1) / table.size**0.5,
                "seeds on one sequence are no independent trials: numbers of a row or a column move together",
            ),
            (columns**0.5, "that is the sequences' part alone: other seeds would give other networks"),
            (rows**0.5, "that is the seeds' part alone: other sequences would give other scores"),
            (
                (rows + columns) ** 0.5,
                "both parts contain the rest that neither explains: subtract it once, it was counted twice",
            ),
            (rows**0.5 + columns**0.5, "variances add, not standard errors"),
        ]
        compare(found, _error(table), mistakes, f"{seeds} seeds, {sequences} sequences")


def _error(table: Array) -> float:
    """Return the standard error of the mean of a table with two crossed random effects."""
    seeds, sequences = table.shape
    rows, columns = table.mean(1), table.mean(0)
    rest = table - rows[:, None] - columns[None] + table.mean()
    left = (rest**2).sum() / ((seeds - 1) * (sequences - 1))
    variance = rows.var(ddof=1) / seeds + columns.var(ddof=1) / sequences - left / table.size
    return float(max(0.0, variance) ** 0.5)


@exercise
def broken_left(answer: Callable[[int, int, float], Any]) -> None:
    """Exercise 3: the share of broken triplets that A_drop lets pass, if it always finds the worst."""
    for n, dropped, share in ((8, 1, 0.1), (8, 1, 0.3), (32, 3, 0.1), (10, 2, 0.0), (4, 3, 0.5)):
        found = number(answer(n, dropped, share), "one share, 0 to 1")
        left = _passed(n, dropped, share) / (n - dropped)
        mistakes = [
            (share, "some of the broken ones are dropped"),
            (
                max(0.0, n * share - dropped) / (n - dropped),
                "a batch with fewer broken ones than the mean wastes its drops",
            ),
            (_passed(n, dropped, share) / n, "a share of those that are kept, n - dropped"),
            (
                share * (n - dropped) / n,
                "the dropped are not drawn at random: they are the broken ones first",
            ),
        ]
        compare(found, left, mistakes, f"{n} triplets, {dropped} dropped, {share:.0%} broken")


def _passed(n: int, dropped: int, share: float) -> float:
    """Return how many broken triplets of a batch are kept, on average."""
    chances = (comb(n, k) * share**k * (1 - share) ** (n - k) * max(0, k - dropped) for k in range(n + 1))
    return float(sum(chances))
