"""Means over the sequences that have a value, plain or weighted. Book: chapter 13."""

from typing import Any

import numpy as np

from udtlib.evaluation.scoring.ope import Floats
from udtlib.evaluation.scoring.statistics import Interval, bootstrap_interval, paired_difference

NOTHING = Interval(np.nan, np.nan, np.nan)
"""Where no sequence has a value."""


def mean_of_known(values: Floats, weights: Floats | None) -> float:
    """Return the mean of the values ``(N,)`` that are not NaN; NaN if none is.

    Args:
        values: one a sequence.
        weights: ``(N,)``, what each weighs, such as its frames; None where all weigh the same.
    """
    has = ~np.isnan(values)
    if not has.any():
        return np.nan
    return float(values[has].mean() if weights is None else np.average(values[has], weights=weights[has]))


def interval_of_known(values: Floats, weights: Floats | None, **options: Any) -> Interval:
    """Return that mean with its interval; options as `bootstrap_interval`."""
    has = ~np.isnan(values)
    shares = None if weights is None else weights[has]
    return bootstrap_interval(values[has], weights=shares, **options) if has.any() else NOTHING


def difference_of_known(first: Floats, second: Floats, weights: Floats | None, **options: Any) -> Interval:
    """Return the mean paired difference over the sequences that have both values, with its interval."""
    has = ~(np.isnan(first) | np.isnan(second))
    shares = None if weights is None else weights[has]
    return paired_difference(first[has], second[has], weights=shares, **options) if has.any() else NOTHING
