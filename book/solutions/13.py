"""Answers to chapter 13's exercises, and the mistakes its checks must catch."""

import math

import numpy as np
from scipy import stats


def total_fps(frames, seconds):
    return sum(frames) / sum(seconds)


def _mean_of_rates(frames, seconds):
    return float(np.mean(np.array(frames) / np.array(seconds)))


def _harmonic_mean(frames, seconds):
    return len(frames) / float(np.sum(np.array(seconds) / np.array(frames)))


def _seconds_a_frame(frames, seconds):
    return sum(seconds) / sum(frames)


def _weighted_by_frames(frames, seconds):
    return float(np.average(np.array(frames) / np.array(seconds), weights=frames))


def sequences_needed(gap, deviation):
    """Return the smallest whole n with (1.96 + 0.84) deviation / sqrt(n) <= gap.

    The interval leaves out 0 if the observed mean is above 1.96 standard errors, and it is so four times out of five if
    the true one is another 0.84 above that. The standard error is deviation / sqrt(n): solve for sqrt(n), square, and
    round up, because a number of sequences is whole and too few are not enough.
    """
    return math.ceil(((1.959964 + 0.841621) * deviation / gap) ** 2)


def _without_power(gap, deviation):
    return math.ceil((1.959964 * deviation / gap) ** 2)


def _not_squared(gap, deviation):
    return math.ceil((1.959964 + 0.841621) * deviation / gap)


def _unpaired(gap, deviation):
    return math.ceil(2 * ((1.959964 + 0.841621) * deviation / gap) ** 2)


def _rounded_down(gap, deviation):
    return math.floor(((1.959964 + 0.841621) * deviation / gap) ** 2)


def align(rows, count, start):
    """Return the last ``count`` rows: a file from image 1 on has too many at its front.

    The slice of the colleague keeps the first rows instead of the last, and returns a file that is too short as it is.
    """
    if len(rows) not in (count, count + start - 1):
        raise ValueError(f"expected {count} rows, or {count + start - 1} from image 1, found {len(rows)}")
    return rows[len(rows) - count :]


def _front_kept(rows, count, start):
    return rows[:count]


def _never_refuses(rows, count, start):
    return rows[-count:]


def _always_cuts(rows, count, start):
    if len(rows) not in (count, count + start - 1):
        raise ValueError
    return rows[start - 1 :]


def auc_of_lost(share, overlap, strict):
    """Count the thresholds that each kind of frame passes, and weight them by the shares.

    A lost frame has overlap 0, which is at least the threshold 0 but not above it: with "at least" it earns 1/21.
    UDT has overlap 0 in 14 % of the frames (mean over the sequences), which makes 0.7 points.
    """
    thresholds = np.arange(21) / 20

    def passed(o):
        return (o > thresholds).sum() if strict else (o >= thresholds).sum()

    return (share * passed(overlap) + (1 - share) * passed(0.0)) / 21


def _exchanged(share, overlap, strict):
    return auc_of_lost(share, overlap, not strict)


def _mean_overlap(share, overlap, strict):
    return share * overlap


def _twenty(share, overlap, strict):
    return auc_of_lost(share, overlap, strict) * 21 / 20


def _nothing_for_lost(share, overlap, strict):
    thresholds = np.arange(21) / 20
    return share * ((overlap > thresholds) if strict else (overlap >= thresholds)).sum() / 21


def start_interval(one, other):
    """Return the interval of the mean difference over the starts that both trackers have.

    Unpaired it is too wide, since a hard start is hard for both; with 1.96 and with the variance over m it is too
    narrow.
    """
    common = min(len(one), len(other))
    gaps = one[:common] - other[:common]
    reach = stats.t.ppf(0.975, common - 1) * gaps.std(ddof=1) / np.sqrt(common)
    return gaps.mean() - reach, gaps.mean() + reach


def _all_faults(one, other):
    reach = 1.96 * np.sqrt(one.var() / len(one) + other.var() / len(other))
    return one.mean() - other.mean() - reach, one.mean() - other.mean() + reach


def _around(one, other, factor):
    low, high = start_interval(one, other)
    middle, reach = (low + high) / 2, factor * (high - low) / 2
    return middle - reach, middle + reach


def _starts(one, other):
    return min(len(one), len(other))


def _not_paired(one, other):
    m = _starts(one, other)
    a, b = one[:m], other[:m]
    reach = stats.t.ppf(0.975, m - 1) * np.sqrt(a.var(ddof=1) / m + b.var(ddof=1) / m)
    return (a - b).mean() - reach, (a - b).mean() + reach


def _normal_factor(one, other):
    return _around(one, other, 1.96 / stats.t.ppf(0.975, _starts(one, other) - 1))


def _divided_by_all(one, other):
    return _around(one, other, np.sqrt(1 - 1 / _starts(one, other)))


def _of_one_start(one, other):
    return _around(one, other, np.sqrt(_starts(one, other)))


WRONG = {
    "total_fps": [_mean_of_rates, _harmonic_mean, _seconds_a_frame, _weighted_by_frames],
    "sequences_needed": [_without_power, _not_squared, _unpaired, _rounded_down],
    "align": [_front_kept, _never_refuses, _always_cuts],
    "auc_of_lost": [_exchanged, _mean_overlap, _twenty, _nothing_for_lost],
    "start_interval": [_all_faults, _not_paired, _normal_factor, _divided_by_all, _of_one_start],
}
