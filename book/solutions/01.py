"""Chapter 01: a solution of every exercise, and the mistakes their checks must catch."""

import re

import numpy as np

from udtlib.evaluation import bootstrap_interval


def many_overlaps(first, second):
    """Return 0 where both boxes are empty; elsewhere clip each side before the sides are multiplied."""
    low = np.maximum(first[:, :2], second[:, :2])
    high = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    shared = np.maximum(high - low, 0).prod(axis=1)
    union = first[:, 2:].prod(axis=1) + second[:, 2:].prod(axis=1) - shared
    return np.divide(shared, union, out=np.zeros(len(union)), where=union > 0)


def _many(first, second, clipped, empty):
    low = np.maximum(first[:, :2], second[:, :2])
    high = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    sides = np.maximum(high - low, 0) if clipped else high - low
    shared = np.maximum(sides.prod(axis=1), 0)
    union = first[:, 2:].prod(axis=1) + second[:, 2:].prod(axis=1) - shared
    with np.errstate(invalid="ignore"):
        return np.where(union > 0, shared / union, empty)


def clipped_too_late(first, second):
    return _many(first, second, clipped=False, empty=0)


def zero_over_zero(first, second):
    return _many(first, second, clipped=True, empty=np.nan)


def both_empty_is_perfect(first, second):
    return _many(first, second, clipped=True, empty=1)


def shared_area_counted_twice(first, second):
    right = many_overlaps(first, second)
    return right / (1 + right)


def _four(line):
    return [float(number) for number in re.split(r"[,\s]+", line.strip())]


def read_corner_line(line):
    """Return sizes with the plus one of the last pixel; the one of counting cancels in a difference."""
    left, top, right, bottom = _four(line)
    return np.array([left - 1, top - 1, right - left + 1, bottom - top + 1])


def one_index_kept(line):
    return read_corner_line(line) + np.array([1, 1, 0, 0])


def the_last_pixel_forgotten(line):
    return read_corner_line(line) - np.array([0, 0, 1, 1])


def corners_kept(line):
    return np.array(_four(line)) - 1


def commas_only(line):
    left, top, right, bottom = (float(number) for number in line.split(","))
    return np.array([left - 1, top - 1, right - left + 1, bottom - top + 1])


def rounded_to_whole_pixels(line):
    return np.round(read_corner_line(line))


def slip_allowed(side, overlap):
    """Return s (1 - sqrt(q)) for the share q that is covered twice: o = q / (2 - q), so q = 2 o / (1 + o)."""
    return side * (1 - np.sqrt(2 * overlap / (1 + overlap)))


def one_direction_only(side, overlap):
    return side * (1 - overlap) / (1 + overlap)


def what_is_left(side, overlap):
    return side - slip_allowed(side, overlap)


def share_of_one_box(side, overlap):
    return side * (1 - np.sqrt(overlap))


def along_the_diagonal(side, overlap):
    return slip_allowed(side, overlap) * np.sqrt(2)


def auc_at_least(overlaps, steps):
    """Count the thresholds k <= steps * o, k = 0 among them: a perfect result has 1, a bad one 1/(steps + 1)."""
    return (np.floor(steps * overlaps) + 1).mean() / (steps + 1)


def strictly_above(overlaps, steps):
    return np.ceil(steps * overlaps).mean() / (steps + 1)


def zero_forgotten(overlaps, steps):
    return np.floor(steps * overlaps).mean() / (steps + 1)


def zero_left_out(overlaps, steps):
    return np.floor(steps * overlaps).mean() / steps


def plain_mean_overlap(overlaps, steps):
    return overlaps.mean()


def always_twenty(overlaps, steps):
    return auc_at_least(overlaps, 20)


def interval_ratio(overlaps):
    """Return sqrt(25) for equal frames: 500 frames then tell no more than 20 sequences, but count as 500."""
    sequences = np.array([np.mean(frames) for frames in overlaps.values()])
    return _width(sequences) / _width(np.concatenate(list(overlaps.values())))


def _width(values):
    interval = bootstrap_interval(values)
    return interval.high - interval.low


def the_other_way_round(overlaps):
    return 1 / interval_ratio(overlaps)


def as_many_frames_as_sequences(overlaps):
    length = len(next(iter(overlaps.values())))
    return interval_ratio(overlaps) / np.sqrt(length)


def variances(overlaps):
    return interval_ratio(overlaps) ** 2


def always_root_of_length(overlaps):
    return np.sqrt(len(next(iter(overlaps.values()))))


def fooling_result(truth):
    result = np.zeros_like(truth)
    result[0] = truth[0]
    return result


def the_truth_itself(truth):
    return truth.copy()


def nothing_at_all(truth):
    return np.full_like(truth, np.nan)


def truth_changed(truth):
    truth[1:] = 0
    return truth


WRONG = {
    "many_overlaps": [clipped_too_late, zero_over_zero, both_empty_is_perfect, shared_area_counted_twice],
    "read_corner_line": [
        one_index_kept,
        the_last_pixel_forgotten,
        corners_kept,
        commas_only,
        rounded_to_whole_pixels,
    ],
    "slip_allowed": [one_direction_only, what_is_left, share_of_one_box, along_the_diagonal],
    "auc_at_least": [strictly_above, zero_forgotten, zero_left_out, plain_mean_overlap, always_twenty],
    "interval_ratio": [the_other_way_round, as_many_frames_as_sequences, variances, always_root_of_length],
    "fooling_result": [the_truth_itself, nothing_at_all, truth_changed],
}
