"""Chapter 01: a solution of every exercise, and the mistakes their checks must catch."""

import re

import numpy as np


def iou_by_hand(first, second):
    (x1, y1, w1, h1), (x2, y2, w2, h2) = first, second
    width = max(0, min(x1 + w1, x2 + w2) - max(x1, x2))
    height = max(0, min(y1 + h1, y2 + h2) - max(y1, y2))
    shared = width * height
    return shared / (w1 * h1 + w2 * h2 - shared)


def plus_one_pixel(first, second):
    (x1, y1, w1, h1), (x2, y2, w2, h2) = first, second
    width = max(0, min(x1 + w1, x2 + w2) - max(x1, x2) + 1)
    height = max(0, min(y1 + h1, y2 + h2) - max(y1, y2) + 1)
    shared = width * height
    return shared / ((w1 + 1) * (h1 + 1) + (w2 + 1) * (h2 + 1) - shared)


def clipping_forgotten(first, second):
    (x1, y1, w1, h1), (x2, y2, w2, h2) = first, second
    shared = (min(x1 + w1, x2 + w2) - max(x1, x2)) * (min(y1 + h1, y2 + h2) - max(y1, y2))
    return shared / (w1 * h1 + w2 * h2 - shared)


def only_the_area_clipped(first, second):
    (x1, y1, w1, h1), (x2, y2, w2, h2) = first, second
    shared = max(0, (min(x1 + w1, x2 + w2) - max(x1, x2)) * (min(y1 + h1, y2 + h2) - max(y1, y2)))
    return shared / (w1 * h1 + w2 * h2 - shared)


def shared_area_counted_twice(first, second):
    (x1, y1, w1, h1), (x2, y2, w2, h2) = first, second
    width = max(0, min(x1 + w1, x2 + w2) - max(x1, x2))
    height = max(0, min(y1 + h1, y2 + h2) - max(y1, y2))
    return width * height / (w1 * h1 + w2 * h2)


def sizes_taken_for_corners(first, second):
    width = max(0, min(first[2], second[2]) - max(first[0], second[0]))
    height = max(0, min(first[3], second[3]) - max(first[1], second[1]))
    shared = width * height
    return shared / (first[2] * first[3] + second[2] * second[3] - shared)


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


def slip_iou(side, slip):
    shared = max(0, side - slip) ** 2
    return shared / (2 * side**2 - shared)


def one_direction_only(side, slip):
    shared = max(0, side - slip) * side
    return shared / (2 * side**2 - shared)


def slip_not_clipped(side, slip):
    shared = (side - slip) ** 2
    return shared / (2 * side**2 - shared)


def share_of_one_box(side, slip):
    return max(0, side - slip) ** 2 / side**2


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
    "iou_by_hand": [
        plus_one_pixel,
        clipping_forgotten,
        only_the_area_clipped,
        shared_area_counted_twice,
        sizes_taken_for_corners,
    ],
    "read_otb_line": [one_index_kept, one_taken_from_the_size_too, commas_only, rounded_to_whole_pixels],
    "slip_iou": [one_direction_only, slip_not_clipped, share_of_one_box],
    "success_auc": [not_strict, twenty_thresholds, plain_mean_overlap, success_at_one_half],
    "dataset_score": [mean_over_frames, best_sequence],
    "fooling_result": [the_truth_itself, nothing_at_all, truth_changed],
}
