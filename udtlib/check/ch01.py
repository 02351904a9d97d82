"""The checks of chapter 01's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.boxes import Boxes, iou
from udtlib.check.hints import close, compare, expect, number, numbers, shown
from udtlib.check.verdict import exercise
from udtlib.evaluation import load_policy, score_sequence

Box = tuple[float, float, float, float]


def _counted(first: Box, second: Box) -> float:
    """Return the overlap of two whole-number boxes by marking pixels, also outside any image."""
    grids = np.zeros((2, 80, 80), dtype=bool)
    for grid, (x, y, w, h) in zip(grids, (first, second), strict=True):
        grid[int(y) + 30 : int(y + h) + 30, int(x) + 30 : int(x + w) + 30] = True
    return float(np.logical_and(*grids).sum() / np.logical_or(*grids).sum())


@exercise
def many_overlaps(answer: Callable[[Boxes, Boxes], ArrayLike]) -> None:
    """Exercise 1: the overlaps of two arrays of boxes, also of boxes without area."""
    first, second = (np.array(boxes, float) for boxes in zip(*_box_pairs(), strict=True))
    expected = [_counted(*pair) for pair in _box_pairs()]
    found = numbers(answer(first.copy(), second.copy()), (len(first),), "one overlap for each pair")
    sides = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    shared = np.maximum((sides - np.maximum(first[:, :2], second[:, :2])).prod(axis=1), 0)
    areas = first[:, 2:].prod(axis=1) + second[:, 2:].prod(axis=1)
    k = int(np.argmax(np.abs(found - expected)))
    case = f"{first[k].tolist()} and {second[k].tolist()}"
    twice = "the union counts shared area once, not twice"
    late = "share nothing, but two negative sides have a positive product: clip each side at 0"
    expect(not close(found, shared / (areas - shared)), f"{case} {late}")
    hint = f"{case} overlap by {expected[k]:.4f} (pixels counted), found {found[k]:.4f}: {twice}?"
    expect(close(found, expected), hint)
    found = np.asarray(answer(np.zeros((2, 4)), np.array([[0, 0, 0, 0], [1, 2, 3, 4.0]])), float)
    expect(not np.isnan(found).any(), "two boxes without area give 0 / 0: their overlap is 0")
    expect(close(found, (0, 0)), f"a box without area shares nothing: expected 0, found {found.tolist()}")


def _box_pairs() -> list[tuple[Box, Box]]:
    rng = np.random.default_rng(1)
    boxes = np.column_stack([rng.integers(-20, 20, (40, 2)), rng.integers(5, 25, (40, 2))]).tolist()
    return [(tuple(first), tuple(second)) for first, second in zip(boxes[::2], boxes[1::2], strict=True)]


@exercise
def read_corner_line(answer: Callable[[str], ArrayLike]) -> None:
    """Exercise 2: a line with corners, last pixel included and counted from 1, as our box."""
    found = numbers(answer("1,1,40,30"), (4,), "a box of four numbers (x, y, w, h)")
    expect(close(found[:2], (0, 0)), f"the file's first pixel is (1, 1), ours (0, 0); found {found}")
    expect(close(found[2:], (40, 30)), f"columns 1 to 40, the last included, are 40 columns; found {found}")
    for line in ("12\t7\t40\t30", "12  7 40 30\n", " 12, 7,\t40,30\r\n"):
        try:
            box = answer(line)
        except ValueError as error:
            raise AssertionError(f"files mix commas, tabs and spaces: {line!r} gave {error}") from None
        expect(close(box, (11, 6, 29, 24)), f"{line!r} is (11, 6, 29, 24), found {shown(box)}")
    box = answer("1.5,2.25,3.5,4")
    expect(
        close(box, (0.5, 1.25, 3, 2.75)), f"fractions stay: expected (0.5, 1.25, 3, 2.75), found {shown(box)}"
    )


@exercise
def slip_allowed(answer: Callable[[float, float], float]) -> None:
    """Exercise 3: the slip at which the overlap has fallen to a given one."""
    for side, overlap in ((20, 0.5), (60, 0.8), (7.5, 0.1), (20, 1), (5, 0)):
        found = number(answer(side, overlap), "one slip in pixels")
        case = f"side {side}, overlap {overlap}"
        slips = np.linspace(0, side, 100_001)  # Eq. 1.1, looked up
        reached = iou(np.array([0, 0, side, side]), np.stack([slips, slips, *[0 * slips + side] * 2], axis=1))
        expected = float(slips[int(np.argmin(np.abs(reached - overlap)))])
        kept = {
            "both sides of the shared part shrink": (2 * overlap / (1 + overlap)),
            "that is what is left of the side, not the slip": 1 - (2 * overlap / (1 + overlap)) ** 0.5,
            "the union is larger than one square": overlap**0.5,
        }
        near = abs(found - expected) < 1e-3
        for hint, left in kept.items():
            expect(near or not close(found, side * (1 - left)), f"{case}: {hint}")
        diagonal = close(found, expected * 2**0.5, rtol=1e-4)
        expect(near or not diagonal, f"{case}: count the slip along x and along y, not along the diagonal")
        expect(near, f"{case}: expected {expected:.3f}, found {found:.3f}")


@exercise
def auc_at_least(answer: Callable[[NDArray[np.float64], int], float]) -> None:
    """Exercise 4: the area under the success curve, counted with "at least"."""
    rng = np.random.default_rng(0)
    cases = [(rng.random(50), 20), (rng.random(50), 7), (np.array([0.5]), 4), (np.array([0.25, 0.75]), 8)]
    cases += [(np.zeros(5), 20), (np.ones(5), 20)]
    for overlaps, steps in cases:
        reached = overlaps[:, None] >= np.arange(steps + 1) / steps
        above = overlaps[:, None] > np.arange(steps + 1) / steps
        mistakes = [
            (above.mean(), "an overlap that equals a threshold reaches it"),
            (reached[:, 1:].sum() / len(overlaps) / (steps + 1), "the threshold 0 is reached too"),
            (reached[:, 1:].mean(), "the threshold 0 is reached too, and counts among the thresholds"),
            (overlaps.mean(), "that is the mean overlap, the limit for many thresholds"),
        ]
        case = f"overlaps {np.round(overlaps[:3], 2).tolist()} ..., {steps + 1} thresholds"
        found = number(answer(overlaps.copy(), steps), "one number")
        compare(found, reached.mean(), mistakes, case)


def _width(values: NDArray[np.float64]) -> float:
    means = np.random.default_rng(1).choice(values, size=(10_000, len(values))).mean(axis=1)
    return float(np.subtract(*np.percentile(means, [97.5, 2.5])))


@exercise
def interval_ratio(answer: Callable[[Mapping[str, NDArray[np.float64]]], float]) -> None:
    """Exercise 5: how much wider an interval is if sequences are drawn and not frames."""
    rng = np.random.default_rng(0)
    together = np.repeat(rng.beta(4, 2, (20, 1)), 25, axis=1)
    apart = rng.beta(4, 2, (20, 25))
    for case, frames in (
        ("sequences of one overlap each", together),
        ("a mixture", (together + apart) / 2),
        ("independent frames", apart),
    ):
        found = number(answer({f"s{k}": row.copy() for k, row in enumerate(frames)}), "one ratio")
        expected = _width(frames.mean(axis=1)) / _width(frames.ravel())
        mistakes = [
            (1 / expected, "that is the width by frames over the width by sequences"),
            (expected / 5, "draw as many frames as there are: 25 times the number of sequences"),
            (expected**2, "the widths are asked for, not their squares"),
        ]
        compare(found, expected, mistakes, case, rtol=0.08)


@exercise
def fooling_result(answer: Callable[[Boxes], ArrayLike]) -> None:
    """Exercise 6: a result that one policy likes much better than another."""
    frames = np.arange(100)[:, None]
    truth = np.array([30.0, 40, 50, 40]) + frames * [0.3, 0.1, 0, 0]
    before = truth.copy()
    answered = answer(truth)
    expect((truth == before).all(), "the truth was changed: work on truth.copy()")
    try:
        result = np.asarray(answered, dtype=np.float64)
    except (TypeError, ValueError):  # no numbers, or rows of several lengths
        result = np.array(np.nan)
    expect(result.shape == truth.shape, f"expected one box a frame, {truth.shape}, found {result.shape}")
    expect(np.isfinite(result).all(), "pytracking stops at NaN: what does it do with a box of zeros?")
    strict, other = (
        score_sequence(result, truth, replace(load_policy(name), index_base=0)).auc
        for name in ("otb-strict", "pytracking")
    )
    hint = f"pytracking says {other:.3f}, otb-strict {strict:.3f}: the gap must reach 0.2. What do zeros do?"
    expect(other - strict >= 0.2, hint)
