"""The checks of chapter 14's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from udtlib.check.hints import Array, compare, expect, number, numbers
from udtlib.check.verdict import exercise

Segments = list[tuple[list[float], bool]]
START, FOLLOWED = 1, 3


@exercise
def frames_that_count(answer: Callable[[list[int], int], Any]) -> None:
    """Exercise 1: the frames of a run that count for accuracy."""
    cases = [
        ([1, 3, 3, 3, 3, 2, 0, 0, 1, 3, 3, 3], 3),
        ([1, 3, 3, 2, 0, 1, 3, 3, 3, 3, 3], 5),
        ([1, 3, 3, 3], 1),
        ([1, 2, 0, 0, 0, 0, 1, 3], 10),
    ]
    for states, burn_in in cases:
        found = numbers(answer(list(states), burn_in), (len(states),), "one True or False a frame")
        expect(np.isin(found, (0, 1)).all(), f"expected True or False for each frame, found {found}")
        mistakes = [
            (_counted(states, 0), "the frames of the burn-in are still counted"),
            (_counted(states, burn_in + 1), "the start is the first frame of the burn-in"),
            (_counted(states, burn_in, first_only=True), "every start has a burn-in, not only the first"),
            (1 - _counted(states, burn_in), "True and False are exchanged"),
            (_counted(states, burn_in, kinds=(0, 2, 3)), "a frame counts only if the target was followed"),
            (_counted(states, burn_in, kinds=(2, 3)), "a failure has no overlap: it is counted elsewhere"),
        ]
        compare(found, _counted(states, burn_in), mistakes, f"states {states}, burn-in {burn_in}")


def _counted(
    states: Sequence[int], burn_in: int, first_only: bool = False, kinds: tuple[int, ...] = (FOLLOWED,)
) -> Array:
    """Return 1 for each frame of the wanted kinds that is not in a burn-in, else 0."""
    counts = np.isin(states, kinds).astype(float)
    starts = np.flatnonzero(np.array(states) == START)
    for start in starts[:1] if first_only else starts:
        counts[start : start + burn_in] = 0
    return counts


@exercise
def expected_overlap(answer: Callable[[Segments, int], Any]) -> None:
    """Exercise 2: the expected overlap over the first n frames."""
    cases: list[tuple[Segments, int]] = [
        ([([0.8, 0.6, 0.4, 0.2], False), ([0.9, 0.5], True), ([0.7, 0.6, 0.9], False)], 4),
        ([([0.8, 0.6, 0.4, 0.2], False), ([0.9, 0.5, 0.3], False)], 4),
        ([([0.7] * 6, False), ([0.6], True), ([0.5, 0.5], False), ([0.9] * 5, True)], 5),
        ([([], True), ([0.8, 0.4, 0.6], True)], 2),
    ]
    for segments, n in cases:
        found = number(answer([(list(overlaps), failed) for overlaps, failed in segments], n), "one overlap")
        mistakes = [
            (_expected(segments, n, pad=False, drop=False), "both faults are still there"),
            (_expected(segments, n, pad=False), "after a failure the overlap is 0 up to frame n"),
            (
                _expected(segments, n, drop=False),
                "what the end of the video cut off is unknown: such a segment says nothing about n frames",
            ),
            (
                _expected(segments, n, zeros_after_end=True),
                "the end of the video is no failure: no zeros after it",
            ),
            (_expected(segments, n, failed_only=True), "one that never failed counts, if it is long enough"),
        ]
        compare(found, _expected(segments, n), mistakes, f"{len(segments)} segments, n {n}")


def _expected(
    segments: Segments,
    n: int,
    pad: bool = True,
    drop: bool = True,
    zeros_after_end: bool = False,
    failed_only: bool = False,
) -> float:
    """Return the mean over segments, right as it is and wrong in the ways that are asked for."""
    means = []
    for overlaps, failed in segments:
        unknown = not failed and len(overlaps) < n
        if (unknown and drop and not zeros_after_end) or (failed_only and not failed):
            continue
        whole = (failed and pad) or zeros_after_end
        means.append(sum(overlaps[:n]) / (n if whole else max(len(overlaps[:n]), 1)))
    return float(np.mean(means)) if means else math.inf


@exercise
def still_box_failures(answer: Callable[[float, float, int, int], Any]) -> None:
    """Exercise 3: how often a box that never moves loses a target that moves steadily."""
    cases = [
        (21.0, 3.0, 1004, 5),
        (21.0, 3.0, 1003, 5),
        (20.0, 3.0, 1004, 5),
        (30.0, 1.0, 25, 5),
        (10.0, 12.0, 13, 3),
        (20.0, 5.0, 5, 5),
    ]
    for width, speed, frames, delay in cases:
        found = number(answer(width, speed, frames, delay), "a number of failures")
        held = math.ceil(width / speed)
        mistakes = [
            (_failures(held, frames, 0), "after a failure the tracker waits before it starts again"),
            (
                _failures(max(1, math.floor(width / speed)), frames, delay),
                "there are no parts of frames: round up",
            ),
            (_failures(held, frames, delay - 1), "the next start is *delay* frames after the failure"),
            (
                _failures(math.floor(width / speed) + 1, frames, delay),
                "moved by exactly its width the target touches the box, and they share nothing",
            ),
            (_failures(held, frames, delay + 1), "the next start is *delay* frames after the failure"),
            (frames / (held + delay), "the last round may be cut off: count whole failures"),
            (frames // (held + delay), "a failure comes early in its round, the waiting after it"),
            (_failures(held, frames + 1, delay), "the first start is frame 0: the last frame is frames - 1"),
        ]
        case = f"width {width}, speed {speed}, {frames} frames, delay {delay}"
        compare(found, _failures(held, frames, delay), mistakes, case)


def _failures(held: int, frames: int, delay: int) -> int:
    """Return how many failures there are if each comes ``held`` frames after its start."""
    return max(0, (frames - 1 - held) // (held + delay) + 1)


@exercise
def survival(answer: Callable[[float, float, float], Any]) -> None:
    """Exercise 4: mean time to a failure, and the chance to survive."""
    for failures, frames, span in [(10.0, 1000.0, 30.0), (102.0, 20000.0, 100.0), (3.0, 90.0, 30.0)]:
        found = numbers(answer(failures, frames, span), (2,), "two numbers: frames, and a probability")
        mean, chance = frames / failures, math.exp(-span * failures / frames)
        mistakes = [
            ((chance, mean), "first the frames, then the probability"),
            ((1 / mean, chance), "that is failures a frame; asked for are frames a failure"),
            ((mean, 1 - chance), "that is the chance to fail"),
            ((mean, 1 - span * failures / frames), "a rate times a time is a chance only where it is small"),
            ((mean, math.exp(-failures / frames)), "that is one frame: how long is the span?"),
            ((mean, math.exp(-failures)), "that is the whole benchmark: how long is the span?"),
            ((mean, math.exp(span * failures / frames)), "a chance is at most 1: the sign"),
        ]
        compare(found, (mean, chance), mistakes, f"{failures} failures in {frames} frames, span {span}")
