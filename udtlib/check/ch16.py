"""The checks of chapter 16's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable
from math import nan
from typing import Any

import numpy as np

from udtlib.check.hints import compare, expect, number, numbers, shown, true_or_false
from udtlib.check.verdict import exercise

Triplet = tuple[int, int, int]
AT_HOME, NOWHERE = 0.01, 0.9


@exercise
def keep(answer: Callable[[float, float, float], Any]) -> None:
    """Exercise 1: whether an adapted network is to be used."""
    cases = [
        (12.0, 10.0, 50.0, True, "the loss has fallen"),
        (12.0, 13.0, 50.0, False, "the loss has risen"),
        (12.0, 12.0, 50.0, False, "equal is not better"),
        (12.0, nan, 50.0, False, "NaN is not better: a training that failed"),
        (0.4, 0.1, 50.0, False, "below 1 % of the energy there was nothing to learn"),
        (46.0, 20.0, 50.0, False, "above 90 % of the energy there was nothing to be seen"),
        (44.0, 43.0, 50.0, True, "44 is below 90 % of 50, and the loss has fallen"),
        (0.6, 0.5, 50.0, True, "0.6 is above 1 % of 50, and the loss has fallen"),
        (4.0, 3.0, 500.0, False, "the limits are shares of the energy, not numbers"),
    ]
    for before, after, energy, right, why in cases:
        found = true_or_false(answer(before, after, energy))
        expect(found is right, f"before {before}, after {after}, energy {energy}: {why}")


@exercise
def count_triplets(answer: Callable[[int], Any]) -> None:
    """Exercise 2: how many triplets of frames there are."""
    for frames in (2, 3, 5, 9):
        found = number(answer(frames), "a number of triplets")
        left = range(frames)
        truth = sum(k**2 for k in left)
        mistakes = [
            (frames**3, "T comes first: it cannot be the last frame"),
            (
                frames * (frames - 1) * (frames - 2) / 6,
                "S1 and S2 may come in either order, or be the same frame",
            ),
            (sum(k * (k - 1) for k in left), "S1 and S2 may be the same frame"),
            (sum(k * (k + 1) / 2 for k in left), "S1 and S2 exchanged are another triplet"),
            (
                sum(k**2 for k in range(1, frames + 1)),
                "after the last frame there is none: T has 1 to frames - 1 after it",
            ),
        ]
        compare(found, truth, mistakes, f"{frames} frames")


@exercise
def split(answer: Callable[[list[Triplet], int, int], Any]) -> None:
    """Exercise 3: triplets to learn from and to judge on, without a frame that leaks."""
    for frames, count in ((6, 2), (5, 1), (8, 3)):
        triplets = [
            (t, a, b)
            for t in range(frames)
            for a in range(t + 1, frames)
            for b in range(t + 1, frames)
            if (3 * t + 5 * a + b) % 2
        ]
        first = frames - count
        result = answer(list(triplets), frames, count)
        expect(
            isinstance(result, tuple | list) and len(result) == 2,
            f"expected two lists, found {shown(result)}",
        )
        learned, judged = ([tuple(one) for one in part] for part in result)
        right = [one for one in triplets if max(one) < first]
        ends = [one for one in triplets if one[2] >= first and max(one[:2]) < first]
        case = f"{frames} frames, {count} held out"
        leaks = [one for one in learned if max(one) >= first]
        expect(not leaks, f"{case}: {leaks[:1]} is learned from, and has a held-out frame")
        wrong = [one for one in judged if one[2] < first]
        expect(not wrong, f"{case}: {wrong[:1]} is judged on, and does not end in a held-out frame")
        more = [one for one in judged if max(one[:2]) >= first]
        expect(not more, f"{case}: {more[:1]} is judged on: only s2 may be a held-out frame")
        expect(learned == right, f"{case}: some triplets to learn from are missing, or in another order")
        expect(judged == ends, f"{case}: some triplets to judge on are missing, or in another order")


@exercise
def beyond_shaking(answer: Callable[[Any, Any, Any], Any]) -> None:
    """Exercise 4: a gain, and the part of it that a random change does not explain."""
    random = np.random.default_rng(16)
    for count in (3, 8):
        adapted, shaken, shipped = random.uniform(0.2, 0.9, (3, count))
        found = numbers(answer(adapted.copy(), shaken.copy(), shipped.copy()), (2,), "two numbers")
        gain, control = float((adapted - shipped).mean()), float((shaken - shipped).mean())
        mistakes = [
            ((-gain, control - gain), "a gain is the adapted network less the one that ships"),
            ((gain, control), "the second is the gain less the gain of the control"),
            ((gain, gain + control), "the gain of the control is taken away, not added"),
            ((gain - control, gain), "first the gain, then the part beyond shaking"),
            ((gain, gain - abs(control)), "a control that loses makes the part beyond it larger"),
            ((float(adapted.mean()), gain - control), "the first is a difference, too"),
        ]
        compare(found, (gain, gain - control), mistakes, f"{count} sequences")
