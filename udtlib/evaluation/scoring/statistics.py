"""How sure is a benchmark's mean? Bootstrap over sequences, spread over starts. Book: chapters 01 and 13.

Frames of one video are no independent trials, sequences nearly are: so whole sequences are redrawn. That
says what other sequences would do to a mean. How far the mean on the same sequences moves when the tracker is
started a hair beside the true box is another question, with another error bar: `Spread`.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.arguments import Between, check
from udtlib.errors import DataError

Floats = NDArray[np.float64]

AT_ONCE = 1 << 22
"""Numbers that are redrawn together, a matter of memory: TrackingNet has 30,643 sequences."""


@dataclass(frozen=True)
class Interval:
    """A mean with the ends of its interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Spread:
    """What a score did over several starts.

    Attributes:
        mean: over the starts.
        deviation: the standard deviation of one start's score (n - 1 in its denominator).
        least: the lowest score from any start.
        most: the highest.
        starts: how many there were.
    """

    mean: float
    deviation: float
    least: float
    most: float
    starts: int


def spread(values: ArrayLike) -> Spread:
    """Return mean, standard deviation and range of one value a start.

    Args:
        values: ``(K,)`` finite numbers, K at least 2.

    Raises:
        DataError: fewer than two values, or one that is not finite.

    Book: chapter 13.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise DataError(f"expected a finite value from each of two starts or more, found {values!r}")
    least, most = float(values.min()), float(values.max())
    return Spread(float(values.mean()), float(values.std(ddof=1)), least, most, len(values))


def difference_over_starts(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the mean of ``first - second`` over starts, with Student's t interval.

    Start k is the same box for both trackers, so they are paired by start. With 0 in the interval, the starts
    alone can make such a difference: it is none between the trackers. An interval without 0 speaks of these
    sequences only; of others, `paired_difference` does.

    Args:
        first: ``(K,)`` mean scores of one tracker over the sequences, one a start.
        second: ``(K,)`` those of the other, from the same starts.
        level: coverage of the interval, in 0..1.

    Raises:
        DataError: different numbers of starts, fewer than two, or a value that is not finite.
        OptionError: ``level`` out of range, 1 itself among them.

    Book: chapter 13.
    """
    from scipy.stats import t

    level = check("level", level, Annotated[float, Between(0, 1, below=True)])
    found = spread(_paired(first, second, "starts"))
    reach = float(t.ppf((1 + level) / 2, found.starts - 1)) * found.deviation / np.sqrt(found.starts)
    return Interval(found.mean, float(found.mean - reach), float(found.mean + reach))


def bootstrap_interval(
    values: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> Interval:
    """Return the mean of one value a sequence, and its percentile bootstrap interval.

    Args:
        values: ``(N,)`` finite numbers, one a sequence.
        weights: ``(N,)`` numbers above 0, such as frames, for a weighted mean; None for a plain one.
        level: coverage of the interval, in 0..1.
        draws: number of redrawn sets of N sequences.
        seed: a seed or a Generator.

    Raises:
        DataError: no value, one that is not finite, or not a weight above 0 for each.
        OptionError: ``level`` or ``draws`` out of range.

    Book: chapter 13.
    """
    check_redrawing(level, draws)
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise DataError(f"expected one finite value a sequence, found {values!r}")
    shares = None if weights is None else checked_weights(weights, len(values))
    generator, count = np.random.default_rng(seed), len(values)
    at_once = max(1, AT_ONCE // count)
    parts = [
        _means(values, shares, generator.integers(count, size=(min(at_once, draws - done), count)))
        for done in range(0, draws, at_once)
    ]
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(np.concatenate(parts), [tail, 100 - tail])
    (mean,) = _means(values, shares, np.arange(count)[None])
    return Interval(float(mean), float(low), float(high))


def _means(values: Floats, shares: Floats | None, chosen: NDArray[np.int64]) -> Floats:
    """Return the mean of the values at ``chosen``, ``(draws, N)``, of each draw."""
    if shares is None:
        return values[chosen].mean(axis=1)
    return (values * shares)[chosen].sum(axis=1) / shares[chosen].sum(axis=1)


def checked_weights(weights: ArrayLike, count: int) -> Floats:
    """Return one weight a sequence, ``(count,)``.

    Raises:
        DataError: not as many, or one that is not a number above 0.
    """
    shares = np.asarray(weights, dtype=np.float64)
    if shares.shape != (count,) or not (np.isfinite(shares) & (shares > 0)).all():
        raise DataError(f"expected a weight above 0 for each of {count} sequences, found {weights!r}")
    return shares


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> Interval:
    """Return the mean of ``first - second`` over sequences, with its bootstrap interval.

    Both trackers ran on the same sequences, so differences are redrawn, not the two means apart: what
    is hard for both cancels. An interval without 0 tells the trackers apart.

    Args:
        first: ``(N,)`` scores of one tracker, one a sequence.
        second: ``(N,)`` scores of the other on the same sequences in the same order.
        weights: as `bootstrap_interval`.
        level: coverage of the interval, in 0..1.
        draws: number of redrawn sets of N sequences.
        seed: a seed or a Generator.

    Raises:
        DataError: different numbers of sequences, no value, or one that is not finite.

    Book: chapter 13.
    """
    differences = _paired(first, second, "sequences")
    return bootstrap_interval(differences, weights=weights, level=level, draws=draws, seed=seed)


def _paired(first: ArrayLike, second: ArrayLike, what: str) -> Floats:
    """Return ``first - second``, one a sequence or a start (``what``).

    Raises:
        DataError: not as many values of both.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape:
        raise DataError(f"paired scores need the same {what}, found {a.shape} and {b.shape} values")
    return a - b


def detectable_difference(
    first: ArrayLike,
    second: ArrayLike,
    sequences: int | None = None,
    *,
    level: float = 0.95,
    power: float = 0.8,
) -> float:
    """Return how large a true difference must be for so many sequences to show it, most of the times.

    From the standard deviation s of the paired differences, as if sequences came from one source: with n of
    them, a difference of ``(z_level + z_power) s / sqrt(n)`` has an interval without 0 in a share ``power``
    of draws. For level .95 and power .8 that is 2.8 s / sqrt(n); an interval reaches 1.96 s / sqrt(n) to each
    side.

    Args:
        first: ``(N,)`` scores of one tracker, one a sequence.
        second: ``(N,)`` scores of the other on the same sequences in the same order.
        sequences: n; None is N, those at hand.
        level: coverage of the interval, in 0..1.
        power: the share of draws in which it is to exclude 0, in 0..1.

    Raises:
        DataError: different numbers of sequences, fewer than two, or a value that is not finite.
        OptionError: ``sequences`` below 1, ``level`` or ``power`` not in 0..1.

    Book: chapter 13.
    """
    deviation, count = _paired_deviation(first, second)
    sequences = check(
        "sequences", count if sequences is None else sequences, Annotated[int, Between(1, 10**9)]
    )
    return reach(level, power) * deviation / float(np.sqrt(sequences))


def sequences_needed(
    first: ArrayLike, second: ArrayLike, difference: float = 0.01, *, level: float = 0.95, power: float = 0.8
) -> int:
    """Return how many sequences it takes to show a true difference: `detectable_difference` solved for n.

    Args:
        first: ``(N,)`` scores of one tracker, one a sequence.
        second: ``(N,)`` scores of the other on the same sequences in the same order.
        difference: in the scores' unit, above 0; .01 is a point of AUC.
        level: coverage of the interval, in 0..1.
        power: the share of draws in which it is to exclude 0, in 0..1.

    Returns:
        At least 1, which is right only where the trackers differ alike on all sequences.

    Raises:
        DataError: different numbers of sequences, fewer than two, or a value that is not finite.
        OptionError: ``difference`` not above 0, ``level`` or ``power`` not in 0..1.

    Book: chapter 13.
    """
    deviation, _ = _paired_deviation(first, second)
    difference = check("difference", difference, Annotated[float, Between(1e-9, 1e9)])
    return max(1, int(np.ceil((reach(level, power) * deviation / difference) ** 2)))


def _paired_deviation(first: ArrayLike, second: ArrayLike) -> tuple[float, int]:
    """Return the standard deviation of paired differences (divided by n - 1), and how many there are."""
    found = _paired(first, second, "sequences")
    if found.ndim != 1 or len(found) < 2 or not np.isfinite(found).all():
        raise DataError(f"expected finite scores of two sequences or more, found shape {found.shape}")
    return float(found.std(ddof=1)), len(found)


def reach(level: float, power: float) -> float:
    """Return the detectable difference in standard errors; the far tail's share of the power is left out."""
    from scipy.stats import norm

    inside = Annotated[float, Between(1e-6, 1 - 1e-6)]
    level, power = check("level", level, inside), check("power", power, inside)
    return float(norm.ppf((1 + level) / 2) + norm.ppf(power))


def check_redrawing(level: float, draws: int) -> None:
    """Raise an OptionError unless ``level`` is from 0 to 1 and ``draws`` from 1 to a million."""
    check("level", level, Annotated[float, Between(0, 1)])
    check("draws", draws, Annotated[int, Between(1, 10**6)])
