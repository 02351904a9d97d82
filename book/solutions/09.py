"""Solutions of chapter 09, and the mistakes its checks must catch."""

from math import comb

import numpy as np


def a_motion(first, second, label, form):
    """Return Eq. 9: squared distances of both responses from what came before."""
    peak = np.unravel_index(first.argmax(), first.shape)
    before = np.roll(label, peak, (0, 1)) if form == "paper" else first
    return ((first - label) ** 2).sum() + ((second - before) ** 2).sum()


def a_norm(errors, motion, share):
    """Return Eq. 10: the product of A_drop and A_motion, divided by its sum."""
    kept = np.zeros(len(errors))
    kept[np.argsort(errors)[: round((1 - share) * len(errors))]] = 1
    return kept * motion / (kept * motion).sum()


def by_the_letter(rate, decay, n):
    """Return n times the rate; the decay is multiplied with it, so it is divided by n."""
    return rate * n, decay / n


def chance_of_more(p, n, removed):
    """Return the upper tail of the binomial distribution."""
    return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(removed + 1, n + 1))


def knob_slope(first, second, label):
    """Return dA/dlog q at q = 1 of A(q) = |q R1 - Y|^2 + |q R1 - R2 / q|^2.

    With d(q R1) = q R1 dlog q and d(R2 / q) = -R2 / q dlog q the first term gives 2 <R1 - Y, R1>, the second
    2 <R1 - R2, R1 + R2> = 2 |R1|^2 - 2 |R2|^2.
    """
    return float(2 * (first * (first - label)).sum() + 2 * (first**2 - second**2).sum())


def _forms_exchanged(first, second, label, form):
    return a_motion(first, second, label, "reference" if form == "paper" else "paper")


def _mean_of_cells(first, second, label, form):
    return a_motion(first, second, label, form) / label.size


def _first_term(first, second, label, form):
    return ((first - label) ** 2).sum()


def _label_not_moved(first, second, label, form):
    return ((first - label) ** 2).sum() + ((second - label) ** 2).sum()


def _flat_roll(first, second, label, form):
    before = np.roll(label, first.argmax()) if form == "paper" else first
    return ((first - label) ** 2).sum() + ((second - before) ** 2).sum()


def _moved_away(first, second, label, form):
    row, column = np.unravel_index(first.argmax(), first.shape)
    before = np.roll(label, (-row, -column), (0, 1)) if form == "paper" else first
    return ((first - label) ** 2).sum() + ((second - before) ** 2).sum()


def _not_squared(first, second, label, form):
    start = ((first - label) ** 2).sum()
    return start**0.5 + (a_motion(first, second, label, form) - start) ** 0.5


def _highest_kept(errors, motion, share):
    return a_norm(-errors, motion, share)


def _dropped_by_motion(errors, motion, share):
    kept = a_norm(motion, np.ones_like(motion), share) > 0
    return kept * motion / (kept * motion).sum()


def _equal_shares(errors, motion, share):
    return a_norm(errors, np.ones_like(motion), share)


def _divided_by_all(errors, motion, share):
    return (a_norm(errors, motion, share) > 0) * motion / motion.sum()


def _sum_to_n(errors, motion, share):
    return a_norm(errors, motion, share) * len(errors)


def _divided_twice(errors, motion, share):
    return a_norm(errors, motion, share) / len(errors)


def _all_kept(errors, motion, share):
    return motion / motion.sum()


def _rounded_down(errors, motion, share):
    kept = np.zeros(len(errors))
    kept[np.argsort(errors)[: int((1 - share) * len(errors))]] = 1
    return kept * motion / (kept * motion).sum()


def _other_way(rate, decay, n):
    return rate / n, decay * n


def _decay_as_it_was(rate, decay, n):
    return rate * n, decay


def _decay_up(rate, decay, n):
    return rate * n, decay * n


def _both_down(rate, decay, n):
    return rate / n, decay / n


def _decay_only(rate, decay, n):
    return rate, decay / n


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
    "a_motion": [
        _forms_exchanged,
        _mean_of_cells,
        _first_term,
        _label_not_moved,
        _flat_roll,
        _moved_away,
        _not_squared,
    ],
    "a_norm": [
        _highest_kept,
        _dropped_by_motion,
        _equal_shares,
        _divided_by_all,
        _sum_to_n,
        _divided_twice,
        _all_kept,
        _rounded_down,
    ],
    "by_the_letter": [_other_way, _decay_as_it_was, _decay_up, _both_down, _decay_only],
    "chance_of_more": [_as_many, _exactly_one_more, _enough, _no_choice],
    "knob_slope": [_first_only, _second_only, _second_fixed, _no_two],
}
