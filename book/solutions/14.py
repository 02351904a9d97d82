"""Answers to chapter 14's exercises, and the mistakes its checks must catch."""

import math

import numpy as np


def frames_that_count(states, burn_in):
    counts = [state == 3 for state in states]
    for start, state in enumerate(states):
        if state == 1:
            end = min(start + burn_in, len(states))
            counts[start:end] = [False] * (end - start)
    return counts


def _no_burn_in(states, burn_in):
    return [state == 3 for state in states]


def _burn_in_after_the_start(states, burn_in):
    return frames_that_count(states, burn_in + 1)


def _first_start_only(states, burn_in):
    return [state == 3 and k >= burn_in for k, state in enumerate(states)]


def _left_out_instead(states, burn_in):
    return [not counts for counts in frames_that_count(states, burn_in)]


def _failures_too(states, burn_in):
    return frames_that_count([3 if state == 2 else state for state in states], burn_in)


def _all_but_starts(states, burn_in):
    return frames_that_count([1 if state == 1 else 3 for state in states], burn_in)


def expected_overlap(segments, n):
    means = []
    for overlaps, failed in segments:
        if failed or len(overlaps) >= n:  # else nobody knows
            means.append(sum(overlaps[:n]) / n)  # zeros after a failure add nothing to the sum
    return sum(means) / len(means)


def _as_it_was(segments, n):
    return np.mean([np.mean(overlaps[:n] or [0.0]) for overlaps, failed in segments])


def _not_padded(segments, n):
    return np.mean(
        [np.mean(overlaps[:n] or [0.0]) for overlaps, failed in segments if failed or len(overlaps) >= n]
    )


def _cut_off_kept(segments, n):
    return np.mean([sum(o[:n]) / (n if failed else len(o[:n])) for o, failed in segments])


def _zeros_after_the_end(segments, n):
    return np.mean([sum(overlaps[:n]) / n for overlaps, failed in segments])


def _failed_only(segments, n):
    means = [sum(overlaps[:n]) / n for overlaps, failed in segments if failed]
    return np.mean(means) if means else 0.0


def still_box_failures(width, speed, frames, delay):
    # After a start the overlap is 0 in the first frame k with k * speed >= width: k = ceil(width / speed). The next start is
    # delay frames later, so that failures are in the frames k, k + (k + delay), k + 2 (k + delay) ... up to frames - 1.
    held = math.ceil(width / speed)
    return max(0, (frames - 1 - held) // (held + delay) + 1)


def _at_once(width, speed, frames, delay):
    return still_box_failures(width, speed, frames, 0)


def _one_frame_early(width, speed, frames, delay):
    return still_box_failures(width, speed, frames, delay - 1)


def _touching_is_overlap(width, speed, frames, delay):
    held = math.floor(width / speed) + 1
    return max(0, (frames - 1 - held) // (held + delay) + 1)


def _rounded_down(width, speed, frames, delay):
    held = max(1, math.floor(width / speed))
    return max(0, (frames - 1 - held) // (held + delay) + 1)


def _on_average(width, speed, frames, delay):
    return frames / (math.ceil(width / speed) + delay)


def _whole_rounds(width, speed, frames, delay):
    return frames // (math.ceil(width / speed) + delay)


def _one_frame_too_many(width, speed, frames, delay):
    return still_box_failures(width, speed, frames + 1, delay)


def survival(failures, frames, span):
    # At a rate r a frame, the chance to have no failure in a short time dt is 1 - r dt; in S = m dt it is (1 - r dt)^m, which for
    # dt -> 0 is exp(-r S). The mean of that waiting time is 1 / r.
    # VOT2016 has 21,455 frames: UDT (102 failures) follows for 210 frames on average and survives 100 frames with a chance of 0.62,
    # UDT+ (66) for 325 frames, with 0.74.
    rate = failures / frames
    return 1 / rate, math.exp(-rate * span)


def _exchanged(failures, frames, span):
    return survival(failures, frames, span)[::-1]


def _rate(failures, frames, span):
    return failures / frames, math.exp(-span * failures / frames)


def _chance_to_fail(failures, frames, span):
    return frames / failures, 1 - math.exp(-span * failures / frames)


def _straight(failures, frames, span):
    return frames / failures, 1 - span * failures / frames


def _one_frame(failures, frames, span):
    return frames / failures, math.exp(-failures / frames)


def _whole_benchmark(failures, frames, span):
    return frames / failures, math.exp(-failures)


WRONG = {
    "frames_that_count": [
        _no_burn_in,
        _burn_in_after_the_start,
        _first_start_only,
        _left_out_instead,
        _failures_too,
        _all_but_starts,
    ],
    "expected_overlap": [_as_it_was, _not_padded, _cut_off_kept, _zeros_after_the_end, _failed_only],
    "still_box_failures": [
        _at_once,
        _one_frame_early,
        _touching_is_overlap,
        _rounded_down,
        _on_average,
        _whole_rounds,
        _one_frame_too_many,
    ],
    "survival": [_exchanged, _rate, _chance_to_fail, _straight, _one_frame, _whole_benchmark],
}
