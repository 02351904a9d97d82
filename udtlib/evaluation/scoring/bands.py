"""How sure is a mean curve? Its bootstrap interval over sequences, point by point. Book: chapter 13."""

import numpy as np
from numpy.typing import ArrayLike

from udtlib.errors import DataError
from udtlib.evaluation.scoring.statistics import Floats, check_redrawing, checked_weights


def bootstrap_band(
    curves: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    level: float = 0.95,
    draws: int = 2_000,
    seed: int | np.random.Generator = 0,
) -> tuple[Floats, Floats]:
    """Return the lower and the upper end of the mean curve's bootstrap interval, at each point by itself.

    Args:
        curves: ``(N, T)``, one curve a sequence; NaN where a sequence has no value, as after its end: the
            mean is over those that have one.
        weights: ``(N,)`` numbers above 0, such as frames, for weighted means; None for plain ones.
        level: coverage of the interval at a point, in 0..1.
        draws: number of redrawn sets of N sequences.
        seed: a seed or a Generator.

    Returns:
        Two arrays ``(T,)``.

    Raises:
        DataError: no curve, an infinite number, a point at which no curve has a value, or weights as above.
        OptionError: ``level`` or ``draws`` out of range.

    Book: chapter 13.
    """
    check_redrawing(level, draws)
    curves = np.asarray(curves, dtype=np.float64)
    known = ~np.isnan(curves)
    if curves.ndim != 2 or not len(curves) or np.isinf(curves).any() or not known.any(axis=0).all():
        raise DataError(f"expected one curve of finite numbers a sequence, found shape {curves.shape}")
    count = len(curves)
    times_drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=draws)
    drawn = times_drawn * (np.ones(count) if weights is None else checked_weights(weights, count))
    with np.errstate(invalid="ignore"):  # draws without any sequence that has a value are left out
        means = (drawn @ np.where(known, curves, 0)) / (drawn @ known)
    tail = 100 * (1 - level) / 2
    low, high = np.nanpercentile(means, [tail, 100 - tail], axis=0)
    return low, high
