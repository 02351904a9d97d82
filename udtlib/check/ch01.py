"""The checks of chapter 01's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.boxes import Boxes, iou
from udtlib.check.hints import close, expect, numbers
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
def iou_by_hand(answer: Callable[[Box, Box], float]) -> None:
    """Exercise 1: the overlap of two boxes."""
    found = answer((0, 0, 10, 10), (0, 0, 10, 10))
    expect(close(found, 1), f"a box overlaps itself by 1, found {found}: the union counts shared area once")
    found = answer((0, 0, 10, 10), (10, 0, 10, 10))
    expect(close(found, 0), f"boxes that share only an edge overlap by 0, found {found}: is there a + 1?")
    found = answer((0, 0, 10, 10), (20, 20, 5, 5))
    expect(close(found, 0), f"boxes far apart overlap by 0, found {found}: clip negative sides at 0")
    found = answer((0, 0, 10, 10), (2, 20, 5, 5))
    expect(close(found, 0), f"boxes one above the other overlap by 0, found {found}: clip both sides at 0")
    for first, second in _box_pairs():
        found, expected = answer(first, second), _counted(first, second)
        hint = f"{first} and {second} overlap by {expected:.4f} (pixels counted), found {found}"
        expect(close(found, expected), hint)


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
        expect(close(box, (11, 6, 40, 30)), f"{line!r} is (11, 6, 40, 30), found {box!r}")
    box = answer("1.5,2.25,3.5,4")
    expect(close(box, (0.5, 1.25, 3.5, 4)), f"fractions stay: expected (0.5, 1.25, 3.5, 4), found {box!r}")


@exercise
def slip_iou(answer: Callable[[float, float], float]) -> None:
    """Exercise 3: what a diagonal slip costs, in closed form."""
    for side, slip in ((20, 1), (10, 1), (7, 3), (33.5, 0.25), (5, 0)):
        expected, found = float(iou((0, 0, side, side), (slip, slip, side, side))), answer(side, slip)
        one_way = float(iou((0, 0, side, side), (slip, 0, side, side)))
        expect(slip == 0 or not close(found, one_way), "the box slips right and down: both sides shrink")
        expect(close(found, expected), f"side {side}, slip {slip}: expected {expected:.4f}, found {found}")
    found = answer(5, 8)
    expect(close(found, 0), f"a slip of 8 px leaves nothing of a 5-px box: expected 0, found {found}")


@exercise
def success_auc(answer: Callable[[NDArray[np.float64]], float]) -> None:
    """Exercise 4: the area under the success curve at 21 strict thresholds."""
    found = answer(np.zeros(5))
    expect(close(found, 0), f"an overlap of 0 does not exceed the threshold 0: expected 0, found {found}")
    found = answer(np.ones(5))
    hint = f"a perfect result passes 20 of the 21 strict thresholds: expected {20 / 21:.4f}, found {found}"
    expect(close(found, 20 / 21), hint)
    for overlaps in (np.array([0.5]), np.array([0.25, 0.75]), np.random.default_rng(0).random(50)):
        expected = float(np.mean([(overlaps > step / 20).mean() for step in range(21)]))
        found = answer(overlaps)
        expect(close(found, expected), f"expected {expected:.4f} at 0, 0.05, ..., 1, found {found}")


@exercise
def dataset_score(answer: Callable[[Mapping[str, Sequence[float]]], float]) -> None:
    """Exercise 5: the mean over sequences."""
    found = answer({"only": [0.2, 0.4]})
    expect(close(found, 0.3), f"one sequence scores its mean overlap, 0.3; found {found}")
    found = answer({"long": [0.9] * 98, "short": [0.1, 0.3]})
    expect(not close(found, 0.886), "that is the mean over frames: each sequence counts once, however long")
    expect(close(found, 0.55), f"a sequence at 0.9 and one at 0.2 make 0.55, found {found}")


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
