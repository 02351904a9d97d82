"""Differences between networks trained from several seeds, on the same sequences. Book: chapter 15.

Two kinds of chance are crossed: another seed gives another network, another sequence another task. The
bootstrap redraws both, paired: seed k starts both arms from the same first weights, and both are judged on
the same sequences.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.errors import DataError
from udtlib.evaluation.scoring.statistics import Interval, check_redrawing, reach


@dataclass(frozen=True)
class Difference:
    """A mean difference over seeds and sequences.

    Attributes:
        interval: mean and ends.
        p: two-sided p-value of the bootstrap.
        detectable: the true difference that such data would show in 80 % of draws.
    """

    interval: Interval
    p: float
    detectable: float


def crossed_difference(
    first: ArrayLike, second: ArrayLike, *, level: float = 0.95, draws: int = 10_000, seed: int = 0
) -> Difference:
    """Return the mean of ``first - second`` with its interval over seeds and sequences.

    A bootstrap of n values spreads sqrt((n - 1) / n) times too little, which is 0.82 for three seeds; so the
    effects of seeds and of sequences are each widened by the inverse before they are redrawn.

    Args:
        first: ``(seeds, sequences)`` scores of one arm.
        second: those of the other, same seeds and sequences in the same order.
        level: coverage of the interval, in 0..1.
        draws: number of redrawn sets.
        seed: of the redrawing.

    Raises:
        DataError: tables of different shapes, fewer than two seeds or sequences, or a value that is not
            finite.
        OptionError: ``level`` or ``draws`` out of range.

    Book: chapter 15.
    """
    check_redrawing(level, draws)
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 2 or min(a.shape, default=0) < 2:
        raise DataError(
            "expected two tables (seeds, sequences) of one shape, at least two of each, found "
            f"{a.shape} and {b.shape}"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise DataError("expected finite scores, found some that are not")
    means = redrawn_means(widened(a - b), draws, np.random.default_rng(seed))
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    tail = min((means <= 0).sum(), (means >= 0).sum())
    p = min(1.0, 2 * (1 + float(tail)) / (1 + draws))
    mean = float((a - b).mean())
    return Difference(Interval(mean, float(low), float(high)), p, reach(level, 0.8) * float(means.std()))


def widened(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(seeds, sequences)`` with row and column effects grown as `crossed_difference` says."""
    seeds, sequences = table.shape
    mean = table.mean()
    rows, columns = table.mean(1, keepdims=True) - mean, table.mean(0, keepdims=True) - mean
    rest = table - mean - rows - columns
    return mean + rows * np.sqrt(seeds / (seeds - 1)) + columns * np.sqrt(sequences / (sequences - 1)) + rest


def redrawn_means(table: NDArray[np.float64], draws: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return the means ``(draws,)`` of tables whose rows and columns are redrawn."""
    seeds, sequences = table.shape
    rows = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws) / seeds
    columns = random.multinomial(sequences, np.full(sequences, 1 / sequences), size=draws) / sequences
    return np.asarray(((rows @ table) * columns).sum(1))


def holm(values: ArrayLike) -> NDArray[np.float64]:
    """Return p-values ``(n,)`` corrected by Holm: with any of n claims wrong, one below .05 is found in 5 %.

    The smallest is multiplied by n, the next by n - 1 and so on; none becomes smaller than one before it, nor
    larger than 1.

    Raises:
        DataError: not a row of numbers from 0 to 1.

    Book: chapter 15.
    """
    p = np.asarray(values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise DataError(f"expected p-values from 0 to 1, found {values!r}")
    order = np.argsort(p, kind="stable")
    grown = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(grown, 1)
    return corrected
