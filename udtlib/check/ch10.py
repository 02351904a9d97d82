"""Checks of chapter 10's exercises: silence is success, an `AssertionError` says what to look at."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from udtlib.check.hints import close, compare, expect, number, numbers, whole
from udtlib.check.verdict import exercise

Answer = Callable[..., Any]


@exercise
def frame_motion(answer: Answer) -> None:
    """Check how far the content of a frame moved, from the displacement of its centre patch."""
    for peak, shape in (((3, -2), (240, 320)), ((-10, 7), (1080, 1920)), ((4, 5), (100, 100))):
        found = numbers(answer(peak, shape), (2,), "a displacement (dx, dy)")
        (dy, dx), (height, width) = peak, shape
        mistakes = [
            ((dy * height / 248, dx * width / 248), "a peak is (dy, dx), the displacement (dx, dy)"),
            ((dx * width / 250, dy * height / 250), "125 points from edge to edge are 124 steps"),
            (
                (dx * width / 124, dy * height / 124),
                "the window is half as wide and half as high as the frame",
            ),
            ((dx * width / 248, dy * width / 248), "a step down is another length than one to the right"),
        ]
        truth = (dx * width / 248, dy * height / 248)
        others = [(wrong, hint) for wrong, hint in mistakes if not close(wrong, truth)]
        compare(found, truth, others, f"peak {peak}, frame {shape}")


@exercise
def coincide(answer: Answer) -> None:
    """Check how often S1 and S2 are the same frame, against counting all draws."""
    for left, span in ((50, 10), (10, 10), (3, 10), (1, 10), (2, 4)):
        found = number(answer(left, span), "a probability")
        draws = [min(u, left) for u in range(1, span + 1)]
        truth = sum(a == b for a, b in product(draws, draws)) / span**2
        if 1 < left < span:
            expect(
                not np.isclose(found, 1 / span),
                "true only far from the end: with few frames left many draws become the last one",
            )
            expect(
                not np.isclose(found, 1 / left),
                "the frames that are left are not equally likely: whatever goes beyond the end is the last",
            )
        hint = f"left {left}, span {span}: expected {truth:.4f}, found {found:.4f}"
        expect(np.isclose(found, truth), hint)


@exercise
def triplet_at(answer: Answer) -> None:
    """Check that a triplet stays in its video."""
    lengths = [5, 3, 20]
    cases = (
        (0, (2, 3), (0, 2, 3)),
        (3, (4, 1), (3, 4, 4)),
        (6, (5, 1), (6, 7, 7)),
        (9, (10, 2), (9, 19, 11)),
        (5, (1, 2), (5, 6, 7)),
    )
    for template, draws, truth in cases:
        found = tuple(whole(answer(list(lengths), template, draws), (3,), "three frame numbers").tolist())
        ends = np.cumsum(lengths)
        end = int(ends[np.searchsorted(ends, template, side="right")])
        expect(
            max(found) != end or max(truth) == end,
            f"frame {end} is the first of the next video: the last of this one is {end - 1}",
        )
        expect(
            max(found) < end,
            f"template {template} is in the video that ends at {end - 1}, and {found} goes beyond it",
        )
        expect(found[0] == template, f"the template is frame {template}, found {found[0]}")
        expect(min(found) >= template, f"frame {template} is the first of its video, and {found} goes back")
        expect(
            found == truth,
            f"template {template}, draws {draws}: expected {truth}, found {found}; a draw beyond the end is "
            "the last frame, and S1 and S2 keep their order",
        )


@exercise
def hold_out(answer: Answer) -> None:
    """Check a split that keeps videos with a common picture together."""
    groups = [0, 1, 2, 1, 4, 5, 5, 7, 8, 9]
    chosen = []
    for seed in range(20):
        found = numbers(answer(list(groups), 0.25, seed), (10,), "a true or false for each of 10 videos") != 0
        again = numbers(answer(list(groups), 0.25, seed), (10,), "a true or false for each of 10 videos") != 0
        expect((found == again).all(), "the same seed held out other videos the second time")
        for one, other in ((1, 3), (5, 6)):
            expect(
                found[one] == found[other],
                f"videos {one} and {other} show the same picture, and only one of them is held out",
            )
        count = len({group for group, out in zip(groups, found, strict=True) if out})
        expect(count == 2, f"expected 2 of the 8 groups (a quarter) held out, found {count}")
        chosen.append(tuple(found))
    expect(len(set(chosen)) > 5, "other seeds hold out the same videos: expected another choice")
    few = numbers(answer(list(groups), 0.05, 0), (10,), "a true or false for each of 10 videos") != 0
    count = len({group for group, out in zip(groups, few, strict=True) if out})
    expect(count == 1, f"expected at least one group held out, so one at a share of 0.05, found {count}")


@exercise
def half_gone(answer: Answer) -> None:
    """Check the speed at which half of a window's content has left it, against halving an interval."""
    for window, turn, frames in (((160, 120), 0.0, 9), ((160, 120), 1.0, 9), ((100, 50), -2.0, 4)):
        direction = (float(np.cos(turn)), float(np.sin(turn)))
        a, b = (frames * abs(part) / side for part, side in zip(direction, window, strict=True))
        low, high = 0.0, 1 / max(a, b)
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if (1 - a * middle) * (1 - b * middle) > 0.5 else (low, middle)
        found = number(answer(window, direction, frames), "a speed in pixels a frame")
        larger = (a + b + np.sqrt(a * a + b * b)) / (2 * a * b) if a * b else np.inf
        mistakes = [
            (1 / (2 * (a + b)), "the corner that leaves over two edges at once is counted twice"),
            (larger, "of the two roots take the smaller: at the larger one nothing is left"),
            (low * frames, "the distance; the speed is that over the frames"),
            (1 / (2 * a), "the window also loses what leaves over the upper or lower edge"),
        ]
        others = [(wrong, hint) for wrong, hint in mistakes if np.isfinite(wrong) and not close(wrong, low)]
        case = f"window {window}, direction ({direction[0]:.2f}, {direction[1]:.2f}), {frames} frames"
        compare(found, low, others, case)
