"""Checks of the exercises of chapter 00: each raises AssertionError with a hint until the answer is right."""

from collections.abc import Callable
from typing import Any

import numpy as np

from udtlib.check.hints import numbers
from udtlib.check.verdict import exercise


@exercise
def frames_until_lost(answer: Callable[..., Any]) -> None:
    """Check the number of frames before the first overlap of 0."""
    found = answer(np.array([1.0, 0.8, 0.3, 0.0, 0.0]))
    assert found is not None, "the function returns nothing: did you forget `return`?"
    assert found != 4, "one too many: the frame without overlap itself does not count"
    assert found == 3, f"overlaps 1, 0.8, 0.3, 0, 0: three frames before the first zero, you say {found}"
    found = answer(np.array([1.0, 0.0, 0.9, 0.9, 0.0]))
    assert found == 1, f"overlaps 1, 0, 0.9, 0.9, 0: lost after 1 frame, the rest is luck; you say {found}"
    found = answer(np.array([1.0, 0.7, 0.6]))
    assert found == 3, f"a target that is never lost is followed in all 3 frames, you say {found}"


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
        assert np.array_equal(frame, before), "the frame was changed: work on a copy"
        found = numbers(answered, (4,), "a box of four numbers x, y, w, h")
        assert np.allclose(found[2:], box[2:]), f"the size must stay {box[2:]}, found {found[2:]}"
        _check_center(found[:2] + found[2:] / 2, found[:2], column, row)


def _check_center(center: np.ndarray, corner: np.ndarray, column: int, row: int) -> None:
    spot, slack = np.array([column, row]), 1.0
    where = f"the brightest pixel is in column {column}, row {row}"
    swapped = np.abs(center - spot[::-1]).max() <= slack
    assert not swapped, f"{where}: x counts columns, y counts rows, and numpy indexes [row, column]"
    at_corner = np.abs(corner - spot).max() <= slack
    assert not at_corner, f"{where}, and so is the box's corner: move it by half the size"
    assert np.abs(center - [3, 35]).max() > slack, f"{where}: brightness is the mean of all colours"
    assert np.abs(center - spot).max() <= slack, f"{where}, but the middle of the box is at {center}"
