"""Answers to chapter 15's exercises, and the mistakes its checks must catch."""

from math import comb

import numpy as np


def corrected(p):
    n, order, least = len(p), sorted(range(len(p)), key=lambda k: p[k]), 0.0
    result = [0.0] * n
    for rank, k in enumerate(order):
        least = max(least, p[k] * (n - rank))  # never below one before it
        result[k] = min(1.0, least)
    return result


def _not_corrected(p):
    return p


def _bonferroni(p):
    return [min(1.0, value * len(p)) for value in p]


def _not_monotone(p):
    ranks = np.argsort(np.argsort(p))
    return np.minimum(np.array(p) * (len(p) - ranks), 1)


def _above_one(p):
    order = np.argsort(p)
    result = np.empty(len(p))
    result[order] = np.maximum.accumulate(np.array(p)[order] * np.arange(len(p), 0, -1))
    return result


def _sorted(p):
    return sorted(corrected(p))


def standard_error(table):
    # As in Eq. 15.1, with m seeds and n sequences: the mean of a row varies by r + e / n, of a column by c + e / m, and the
    # mean of all by r / m + c / n + e / (m n). So add the two variances of the means and take e / (m n) away once.
    seeds, sequences = table.shape
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    rest = table - rows[:, None] - columns + table.mean()
    e = (rest**2).sum() / ((seeds - 1) * (sequences - 1))
    variance = rows.var(ddof=1) / seeds + columns.var(ddof=1) / sequences - e / (seeds * sequences)
    return max(variance, 0) ** 0.5


def _all_independent(table):
    return table.std(ddof=1) / table.size**0.5


def _sequences_only(table):
    return (table.mean(0).var(ddof=1) / table.shape[1]) ** 0.5


def _seeds_only(table):
    return (table.mean(1).var(ddof=1) / table.shape[0]) ** 0.5


def _rest_twice(table):
    return (_sequences_only(table) ** 2 + _seeds_only(table) ** 2) ** 0.5


def _errors_added(table):
    return _sequences_only(table) + _seeds_only(table)


def broken_left(n, dropped, share):
    chance = [comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    return sum(c * max(0, k - dropped) for k, c in enumerate(chance)) / (n - dropped)


def _none_found(n, dropped, share):
    return share


def _of_the_mean(n, dropped, share):
    return max(0, n * share - dropped) / (n - dropped)


def _of_all(n, dropped, share):
    return broken_left(n, dropped, share) * (n - dropped) / n


def _drawn_at_random(n, dropped, share):
    return share * (n - dropped) / n


WRONG = {
    "corrected": [_not_corrected, _bonferroni, _not_monotone, _above_one, _sorted],
    "standard_error": [_all_independent, _sequences_only, _seeds_only, _rest_twice, _errors_added],
    "broken_left": [_none_found, _of_the_mean, _of_all, _drawn_at_random],
}
