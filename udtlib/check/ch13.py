"""The checks of chapter 13's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from udtlib.check.hints import compare, expect, number, numbers
from udtlib.check.verdict import exercise

Number = Callable[..., float]


@exercise
def total_fps(answer: Number) -> None:
    """Exercise 1: the speed of a run over several sequences."""
    cases = [([100, 300], [1.0, 4.0]), ([50, 1000, 200], [2.0, 10.0, 1.0]), ([7], [0.5])]
    for frames, seconds in cases:
        found = number(answer(list(frames), list(seconds)), "frames a second")
        f, t = np.array(frames, float), np.array(seconds)
        mistakes = [
            (
                float((f / t).mean()),
                "a mean of rates: a short sequence counts as much as a long one",
            ),
            (float(len(f) / (t / f).sum()), "a harmonic mean of rates forgets how long the sequences are"),
            (float(t.sum() / f.sum()), "that is seconds a frame"),
            (float(np.average(f / t, weights=f)), "weighting rates by frames is not it: weight by time"),
        ]
        compare(found, float(f.sum() / t.sum()), mistakes, f"frames {frames}, seconds {seconds}")


@exercise
def sequences_needed(answer: Number) -> None:
    """Exercise 2: how many sequences make a gap visible."""
    reach = 1.959964 + 0.841621
    for gap, deviation in [(0.05, 0.2), (0.036, 0.195), (0.1, 0.1), (0.01, 0.25)]:
        found = number(answer(gap, deviation), "a number of sequences")
        exact = (reach * deviation / gap) ** 2
        mistakes = [
            (
                math.ceil((1.959964 * deviation / gap) ** 2),
                "with 1.96 alone it is seen every other time",
            ),
            (math.ceil(reach * deviation / gap), "the error shrinks with the square root of n: square it"),
            (math.ceil(2 * exact), "the deviation is already that of the difference: no factor 2"),
            (math.floor(exact), "round up: one less is too few"),
            (exact, "sequences come whole: round up"),
        ]
        compare(found, math.ceil(exact), mistakes, f"gap {gap}, deviation {deviation}")


@exercise
def align(answer: Callable[[NDArray[Any], int, int], Any]) -> None:
    """Exercise 3: a result file that covers images nobody annotated."""
    rows = np.arange(354 * 4, dtype=float).reshape(354, 4)
    for count, start in [(349, 6), (354, 1), (100, 255)]:
        what = f"({count}, 4) numbers, for {count} boxes are annotated"
        found = numbers(answer(rows.copy(), count, start), (count, 4), what)
        expect(
            not np.array_equal(found, rows[:count]) or start == 1,
            "the annotation begins late: drop rows at the front, not at the end",
        )
        expect(np.array_equal(found, rows[-count:]), "row k of the answer belongs to annotated image k")
    whole = rows[5:].copy()
    found = answer(whole, 349, 6)
    expect(np.array_equal(found, whole), "a file of the annotated images only stays as it is")
    for length in (348, 350, 355):
        try:
            answer(np.zeros((length, 4)), 349, 6)
        except ValueError:
            continue
        raise AssertionError(f"{length} rows for 349 boxes from image 6 on: expected a ValueError")


@exercise
def auc_of_lost(answer: Number) -> None:
    """Exercise 4: what a lost tracker earns under two conventions."""
    for share, overlap, strict in [
        (0.5, 0.73, True),
        (0.5, 0.73, False),
        (0.0, 0.9, False),
        (0.0, 0.9, True),
        (1.0, 1.0, True),
        (1.0, 0.5, False),
        (0.25, 0.5, True),
    ]:
        found = number(answer(share, overlap, strict), "an AUC")
        on, off = _passed(overlap, strict), _passed(0.0, strict)
        expected = (share * on + (1 - share) * off) / 21
        other = (share * _passed(overlap, not strict) + (1 - share) * _passed(0.0, not strict)) / 21
        mistakes = [
            (share * on / 21, "overlap 0 passes `>= 0`: a lost frame earns one threshold of 21"),
            (other, "`>` and `>=` are exchanged"),
            (share * overlap, "that is the mean overlap, the limit for fine thresholds"),
            (expected * 21 / 20, "there are 21 thresholds, 0 and 1 among them"),
        ]
        compare(found, expected, mistakes, f"share {share}, overlap {overlap}, strict {strict}")


def _passed(overlap: float, strict: bool) -> int:
    """Return how many of 21 thresholds an overlap passes."""
    thresholds = np.arange(21) / 20
    return int((overlap > thresholds).sum() if strict else (overlap >= thresholds).sum())


@exercise
def start_interval(answer: Callable[[NDArray[Any], NDArray[Any]], Any]) -> None:
    """Exercise 5: the interval of Eq. 13.4, against a paired t-test."""
    rng = np.random.default_rng(0)
    for count, fewer in ((5, 5), (3, 5), (5, 3)):
        hard = 0.05 * rng.standard_normal(5)
        a = 0.62 + (hard + 0.01 * rng.standard_normal(5))[:count]
        b = 0.58 + (hard + 0.01 * rng.standard_normal(5))[:fewer]
        found = numbers(answer(a.copy(), b.copy()), (2,), "the two ends of an interval")
        m = min(count, fewer)
        gaps = a[:m] - b[:m]
        test = stats.ttest_rel(a[:m], b[:m]).confidence_interval(0.95)
        student, error = float(stats.t.ppf(0.975, m - 1)), float(gaps.std(ddof=1) / np.sqrt(m))
        apart = float(np.sqrt(a.var() / count + b.var() / fewer))
        sample = float(np.sqrt(a[:m].var(ddof=1) / m + b[:m].var(ddof=1) / m))
        reaches = {
            "as the colleague has it: all three faults are still there": (a.mean() - b.mean(), 1.96 * apart),
            "the starts are the same for both: take the differences first": (gaps.mean(), student * sample),
            "so few starts need Student's factor, which is larger than 1.96": (gaps.mean(), 1.96 * error),
            "the standard deviation of a sample divides by one less than the number": (
                gaps.mean(),
                student * error * np.sqrt(1 - 1 / m),
            ),
            "this is the interval of one start, not of a mean": (
                gaps.mean(),
                student * error * np.sqrt(m),
            ),
            "m starts have m - 1 degrees of freedom": (gaps.mean(), float(stats.t.ppf(0.975, m)) * error),
        }
        mistakes = [((gap - reach, gap + reach), hint) for hint, (gap, reach) in reaches.items()]
        compare(found, (test.low, test.high), mistakes, f"{count} and {fewer} starts", rtol=1e-4)
