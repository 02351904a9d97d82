"""Answers to chapter 13's exercises, and the mistakes its checks must catch."""

import math

import numpy as np


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


def vot_failures(runs):
    return sum(run.count("2") for run in runs) / len(runs)


def _added(runs):
    return sum(run.count("2") for run in runs)


def _first_run(runs):
    return runs[0].count("2")


def _starts(runs):
    return sum(run.count("1") for run in runs) / len(runs)


def _skipped(runs):
    return sum(run.count("0") for run in runs) / len(runs)


def _any_two(runs):
    return sum(line.startswith("2") for run in runs for line in run) / len(runs)


WRONG = {
    "total_fps": [_mean_of_rates, _harmonic_mean, _seconds_a_frame, _weighted_by_frames],
    "sequences_needed": [_without_power, _not_squared, _unpaired, _rounded_down],
    "align": [_front_kept, _never_refuses, _always_cuts],
    "auc_of_lost": [_exchanged, _mean_overlap, _twenty, _nothing_for_lost],
    "vot_failures": [_added, _first_run, _starts, _skipped, _any_two],
}
