"""Checks of the exercises of chapter 00: each raises AssertionError with a hint until the answer is right."""

from collections.abc import Callable
from typing import Any

import numpy as np

from udtlib.check.hints import expect, number, numbers
from udtlib.check.verdict import exercise


@exercise
def frames_until_lost(answer: Callable[..., Any]) -> None:
    """Check the number of frames before the first overlap of 0."""
    cases = (
        ([1.0, 0.8, 0.3, 0.0, 0.0], 3, "three frames before the first zero"),
        ([1.0, 0.0, 0.9, 0.9, 0.0], 1, "lost after 1 frame, the rest is luck"),
        ([1.0, 0.7, 0.6], 3, "a target that is never lost is followed in all 3 frames"),
        ([1.0, 0.01, 0.0], 2, "0.01 is little, and the target is not lost yet"),
    )
    for overlaps, truth, hint in cases:
        answered = answer(np.array(overlaps))
        expect(answered is not None, "the function returns nothing: did you forget `return`?")
        found = number(answered, "a number of frames")
        late = found == truth + 1 and 0.0 in overlaps
        expect(not late, "one too many: the frame without overlap itself does not count")
        listed = ", ".join(f"{overlap:g}" for overlap in overlaps)
        expect(found == truth, f"overlaps {listed}: {hint}; you say {found:g}")


@exercise
def follow_brightest(answer: Callable[..., Any]) -> None:
    """Check the tracker that centres the box on the brightest pixel."""
    box = np.array([5.0, 6.0, 8.0, 4.0])
    for column, row in ((50, 10), (20, 30)):
        frame = np.random.default_rng(column).integers(0, 100, (40, 60, 3), dtype=np.uint8)
        frame[35, 3] = 255, 90, 0
        frame[row, column] = 200
        before = frame.copy()
        answered = answer(frame, box.copy())
        expect(np.array_equal(frame, before), "the frame was changed: work on a copy")
        found = numbers(answered, (4,), "a box of four numbers x, y, w, h")
        expect(np.allclose(found[2:], box[2:]), f"the size must stay {box[2:]}, found {found[2:]}")
        _check_center(found[:2] + found[2:] / 2, found[:2], column, row)


def _check_center(center: np.ndarray, corner: np.ndarray, column: int, row: int) -> None:
    spot, slack = np.array([column, row]), 1.0
    where = f"the brightest pixel is in column {column}, row {row}"
    swapped = np.abs(center - spot[::-1]).max() <= slack
    expect(not swapped, f"{where}: x counts columns, y counts rows, and numpy indexes [row, column]")
    at_corner = np.abs(corner - spot).max() <= slack
    expect(not at_corner, f"{where}, and so is the box's corner: move it by half the size")
    expect(np.abs(center - [3, 35]).max() > slack, f"{where}: brightness is the mean of all colours")
    expect(np.abs(center - spot).max() <= slack, f"{where}, but the middle of the box is at {center}")
