"""Solutions of chapter 09, and the mistakes its checks must catch."""

from math import comb

import numpy as np


def weak_as_moved(distance, sigma, form):
    """Return h from A_motion of both pairs, in units of |Y|^2.

    Moved by d and then at rest: |Y_d - Y|^2 = 2 - 2 <Y_d, Y> = 2 - 2 exp(-d^2 / 4 sigma^2), for the product of two
    Gaussians d apart has the height exp(-d^2 / 4 sigma^2); the second term is 0. Still and weak: the first term
    is (1 - h)^2. The reference compares S2's response with S1's, which is as weak: 0. The paper compares it with
    the pseudo-label, which has height 1: (1 - h)^2 once more.

    In the first steps of training responses are low, so a pair that does not move, or is tracked badly, gets the
    weight of one that moves.
    """
    moved = 2 - 2 * np.exp(-(distance**2) / (4 * sigma**2))
    return 1 - np.sqrt(moved / (2 if form == "paper" else 1))


def a_norm(errors, motion, share):
    """Return Eq. 10: the product of A_drop and A_motion, divided by its sum; equal shares where it is 0."""
    kept = np.zeros(len(errors))
    kept[np.argsort(errors, kind="stable")[: round((1 - share) * len(errors))]] = 1
    product = kept * motion if (kept * motion).any() else kept
    return product / product.sum()


def lost_peak(height, weighted):
    """Return 1 + h^2, or (2 + h^2) / 2 with exp(Y).

    The missing peak costs |Y|^2, doubled by exp(Y) as in the text. The far peak costs h^2 |Y|^2 in both, for there Y
    is 0 and exp(Y) is 1. No answer costs the missing peak alone. At h = 1 the wrong answer costs twice as much as no
    answer without exp(Y), and one and a half times as much with it.
    """
    return 1 + height**2 / (2 if weighted else 1)


def chance_of_more(p, n, removed):
    """Return the upper tail of the binomial distribution."""
    return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(removed + 1, n + 1))


def knob_slope(first, second, label):
    """Return dA/dlog q at q = 1 of A(q) = |q R1 - Y|^2 + |q R1 - R2 / q|^2.

    With d(q R1) = q R1 dlog q and d(R2 / q) = -R2 / q dlog q the first term gives 2 <R1 - Y, R1>, the second
    2 <R1 - R2, R1 + R2> = 2 |R1|^2 - 2 |R2|^2.

    For R1 = R2 = Y it is A(q) = |Y|^2 ((q - 1)^2 + (q - 1/q)^2), whose slope is 0 at its least value. The error of a
    still pair is below the mean, so the loss falls as its A rises: q = 1 is the loss's highest point, and descent leaves
    it for good as soon as a response is not perfect.
    """
    return float(2 * (first * (first - label)).sum() + 2 * (first**2 - second**2).sum())


def _forms_exchanged(distance, sigma, form):
    return weak_as_moved(distance, sigma, "reference" if form == "paper" else "paper")


def _above_one(distance, sigma, form):
    return 2 - weak_as_moved(distance, sigma, form)


def _not_squared(distance, sigma, form):
    return 1 - (1 - weak_as_moved(distance, sigma, form)) ** 2


def _one_sigma(distance, sigma, form):
    return weak_as_moved(distance, sigma / 2**0.5, form)


def _as_found(errors, motion, share):
    kept = errors < np.quantile(errors, 1 - share)
    return kept * motion / max(motion.sum(), 1e-300)


def _ties_dropped(errors, motion, share):
    kept = errors < np.quantile(errors, 1 - share)
    return kept * motion / max((kept * motion).sum(), 1e-300)


def _nothing_moved(errors, motion, share):
    kept = a_norm(errors, np.ones(len(errors)), share) > 0
    with np.errstate(invalid="ignore"):
        return kept * motion / (kept * motion).sum()


def _divided_by_all(errors, motion, share):
    return (a_norm(errors, motion, share) > 0) * motion / max(motion.sum(), 1e-300)


def _highest_kept(errors, motion, share):
    return a_norm(-errors, motion, share)


def _equal_shares(errors, motion, share):
    return a_norm(errors, np.ones_like(motion), share)


def _sum_to_n(errors, motion, share):
    return a_norm(errors, motion, share) * len(errors)


def _rounded_down(errors, motion, share):
    kept = np.zeros(len(errors))
    kept[np.argsort(errors, kind="stable")[: int((1 - share) * len(errors))]] = 1
    product = kept * motion if motion.any() else kept
    return product / product.sum()


def _far_peak_doubled(height, weighted):
    return 1 + height**2 * (2 if weighted else 1)


def _all_doubled(height, weighted):
    return 1 + height**2


def _always_weighted(height, weighted):
    return 1 + height**2 / 2


def _height_not_squared(height, weighted):
    return 1 + height / (2 if weighted else 1)


def _overlapping(height, weighted):
    return (1 + height) ** 2


def _not_in_units(height, weighted):
    return 2 + height**2 if weighted else 1 + height**2


def _as_many(p, n, removed):
    return chance_of_more(p, n, removed - 1)


def _exactly_one_more(p, n, removed):
    return chance_of_more(p, n, removed) - chance_of_more(p, n, removed + 1)


def _enough(p, n, removed):
    return 1 - chance_of_more(p, n, removed)


def _no_choice(p, n, removed):
    return p ** (removed + 1)


def _first_only(first, second, label):
    return 2 * (first * (first - label)).sum()


def _second_only(first, second, label):
    return 2 * (first**2 - second**2).sum()


def _second_fixed(first, second, label):
    return 2 * (first * (first - label)).sum() + 2 * (first * (first - second)).sum()


def _no_two(first, second, label):
    return knob_slope(first, second, label) / 2


WRONG = {
    "weak_as_moved": [_forms_exchanged, _above_one, _not_squared, _one_sigma],
    "a_norm": [
        _as_found,
        _ties_dropped,
        _nothing_moved,
        _divided_by_all,
        _highest_kept,
        _equal_shares,
        _sum_to_n,
        _rounded_down,
    ],
    "lost_peak": [
        _far_peak_doubled,
        _all_doubled,
        _always_weighted,
        _height_not_squared,
        _overlapping,
        _not_in_units,
    ],
    "chance_of_more": [_as_many, _exactly_one_more, _enough, _no_choice],
    "knob_slope": [_first_only, _second_only, _second_fixed, _no_two],
}
