"""Chapter 01: a solution of every exercise, and the mistakes their checks must catch."""

import re

import numpy as np


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


def read_otb_line(line):
    x, y, w, h = (float(number) for number in re.split(r"[,\s]+", line.strip()))
    return np.array([x - 1, y - 1, w, h])


def one_index_kept(line):
    return np.array([float(number) for number in re.split(r"[,\s]+", line.strip())])


def one_taken_from_the_size_too(line):
    return np.array([float(number) - 1 for number in re.split(r"[,\s]+", line.strip())])


def commas_only(line):
    return np.array([float(number) for number in line.split(",")]) - [1, 1, 0, 0]


def rounded_to_whole_pixels(line):
    x, y, w, h = (round(float(number)) for number in re.split(r"[,\s]+", line.strip()))
    return np.array([x - 1, y - 1, w, h])


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


def success_auc(overlaps):
    thresholds = np.arange(21) / 20
    return (overlaps[:, None] > thresholds).mean()


def not_strict(overlaps):
    return (overlaps[:, None] >= np.arange(21) / 20).mean()


def twenty_thresholds(overlaps):
    return (overlaps[:, None] > np.arange(20) / 20).mean()


def plain_mean_overlap(overlaps):
    return overlaps.mean()


def success_at_one_half(overlaps):
    return (overlaps > 0.5).mean()


def dataset_score(overlaps):
    return np.mean([np.mean(frames) for frames in overlaps.values()])


def mean_over_frames(overlaps):
    return np.mean(np.concatenate([np.asarray(frames) for frames in overlaps.values()]))


def best_sequence(overlaps):
    return max(np.mean(frames) for frames in overlaps.values())


def median_of_sequences(overlaps):
    return np.median([np.mean(frames) for frames in overlaps.values()])


def mean_of_medians(overlaps):
    return np.mean([np.median(frames) for frames in overlaps.values()])


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
    "read_otb_line": [one_index_kept, one_taken_from_the_size_too, commas_only, rounded_to_whole_pixels],
    "slip_allowed": [one_direction_only, what_is_left, share_of_one_box, along_the_diagonal],
    "success_auc": [not_strict, twenty_thresholds, plain_mean_overlap, success_at_one_half],
    "dataset_score": [mean_over_frames, best_sequence, median_of_sequences, mean_of_medians],
    "fooling_result": [the_truth_itself, nothing_at_all, truth_changed],
}
