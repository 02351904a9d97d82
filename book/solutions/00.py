"""Solutions of chapter 00, and mistakes that its checks must catch."""

import numpy as np


def frames_until_lost(overlaps):
    lost = np.flatnonzero(overlaps == 0)
    return int(lost[0]) if len(lost) else len(overlaps)


def follow_brightest(frame, box):
    brightness = frame.mean(axis=2)
    row, column = np.unravel_index(brightness.argmax(), brightness.shape)
    w, h = box[2:]
    return np.array([column + 0.5 - w / 2, row + 0.5 - h / 2, w, h])


def _all_frames_with_overlap(overlaps):
    return np.count_nonzero(overlaps)


def _first_lost_frame_too(overlaps):
    return frames_until_lost(overlaps) + 1


def _forgets_never_lost(overlaps):
    return int(np.argmax(overlaps == 0))


def _lost_below_a_tenth(overlaps):
    return frames_until_lost(np.where(overlaps < 0.1, 0, overlaps))


def _forgets_to_return(overlaps):
    frames_until_lost(overlaps)


def _rows_are_x(frame, box):
    x, y, w, h = follow_brightest(frame, box)
    return np.array([y + h / 2 - w / 2, x + w / 2 - h / 2, w, h])


def _corner_at_the_spot(frame, box):
    x, y, w, h = follow_brightest(frame, box)
    return np.array([x + w / 2, y + h / 2, w, h])


def _red_only(frame, box):
    return follow_brightest(frame[:, :, :1], box)


def _adds_small_numbers(frame, box):
    return follow_brightest((frame[:, :, :1] + frame[:, :, 1:2] + frame[:, :, 2:]), box)


def _loses_the_size(frame, box):
    return np.array([*follow_brightest(frame, box)[:2], 1, 1])


def _paints_on_the_frame(frame, box):
    answer = follow_brightest(frame, box)
    frame[:] = 0
    return answer


WRONG = {
    "frames_until_lost": [
        _all_frames_with_overlap,
        _first_lost_frame_too,
        _forgets_never_lost,
        _lost_below_a_tenth,
        _forgets_to_return,
    ],
    "follow_brightest": [
        _rows_are_x,
        _corner_at_the_spot,
        _red_only,
        _adds_small_numbers,
        _loses_the_size,
        _paints_on_the_frame,
    ],
}
