"""The checks of chapter 01's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.boxes import Boxes, iou
from udtlib.check.hints import close, expect, number, numbers, shown
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
def read_otb_line(answer: Callable[[str], ArrayLike]) -> None:
    """Exercise 2: a line of an OTB file as our box."""
    found = numbers(answer("1,1,40,30"), (4,), "a box of four numbers (x, y, w, h)")
    expect(close(found[:2], (0, 0)), f"OTB's first pixel is (1, 1), ours (0, 0); found {found}")
    expect(close(found[2:], (40, 30)), f"a size has no index base: 40 x 30 stays, found {found}")
    for line in ("12\t7\t40\t30", "12  7 40 30\n", " 12, 7,\t40,30\r\n"):
        try:
            box = answer(line)
        except ValueError as error:
            raise AssertionError(f"OTB mixes commas, tabs and spaces: {line!r} gave {error}") from None
        expect(close(box, (11, 6, 40, 30)), f"{line!r} is (11, 6, 40, 30), found {shown(box)}")
    box = answer("1.5,2.25,3.5,4")
    expect(
        close(box, (0.5, 1.25, 3.5, 4)), f"fractions stay: expected (0.5, 1.25, 3.5, 4), found {shown(box)}"
    )


@exercise
def slip_allowed(answer: Callable[[float, float], float]) -> None:
    """Exercise 3: the slip at which the overlap has fallen to a given one."""
    for side, overlap in ((20, 0.5), (60, 0.8), (7.5, 0.1), (20, 1), (5, 0)):
        found = number(answer(side, overlap), "one slip in pixels")
        case = f"side {side}, overlap {overlap}"
        slips = np.linspace(0, side, 100_001)  # Eq. 1, looked up
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
def success_auc(answer: Callable[[NDArray[np.float64]], float]) -> None:
    """Exercise 4: the area under the success curve at 21 strict thresholds."""
    found = answer(np.zeros(5))
    expect(
        close(found, 0), f"an overlap of 0 does not exceed the threshold 0: expected 0, found {shown(found)}"
    )
    found = answer(np.ones(5))
    hint = f"a perfect result passes 20 of the 21 strict thresholds: expected {20 / 21:.4f}"
    expect(close(found, 20 / 21), f"{hint}, found {shown(found)}")
    for overlaps in (np.array([0.5]), np.array([0.25, 0.75]), np.random.default_rng(0).random(50)):
        expected = float(np.mean([(overlaps > step / 20).mean() for step in range(21)]))
        found = answer(overlaps)
        expect(close(found, expected), f"expected {expected:.4f} at 0, 0.05, ..., 1, found {shown(found)}")


@exercise
def dataset_score(answer: Callable[[Mapping[str, Sequence[float]]], float]) -> None:
    """Exercise 5: the mean over sequences."""
    found = answer({"only": [0.2, 0.4]})
    expect(close(found, 0.3), f"one sequence scores its mean overlap, 0.3; found {shown(found)}")
    found = answer({"long": [0.9] * 98, "short": [0.1, 0.3]})
    expect(not close(found, 0.886), "that is the mean over frames: each sequence counts once, however long")
    expect(close(found, 0.55), f"a sequence at 0.9 and one at 0.2 make 0.55, found {shown(found)}")
    found = answer({"a": [0.1, 0.1, 0.7], "b": [0.4], "c": [0.8]})
    hint = f"three sequences at 0.3, 0.4 and 0.8 make 0.5 (a median is another number), found {shown(found)}"
    expect(close(found, 0.5), hint)


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
