"""Checks of chapter 10's exercises: silence is success, an `AssertionError` says what to look at."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from udtlib.check.hints import number, numbers

Answer = Callable[..., Any]


def sample_points(answer: Answer) -> None:
    """Check the sample points of the centre window along one side of a frame."""
    for extent, size in ((320, 125), (241, 5)):
        found = numbers(answer(extent, size), (size,), f"{size} positions")
        truth = np.array([extent / 2 + (2 * i / (size - 1) - 1) * extent / 4 for i in range(size)])
        assert not np.allclose(found, truth - 0.5), (
            "half a pixel to the left: the middle is extent / 2 here, not (extent - 1) / 2"
        )
        assert np.ptp(found) < 0.75 * extent, "the window is half the frame, these points span all of it"
        cells = extent / 4 + (np.arange(size) + 0.5) * extent / 2 / size
        for middles in (cells, cells - 0.5):
            assert not np.allclose(found, middles), (
                "middles of cells: here the first and the last point lie on the window's edges"
            )
        assert np.allclose(found, truth), (
            f"extent {extent}, size {size}: expected {truth[:3]} ..., found {found[:3]}"
        )


def coincide(answer: Answer) -> None:
    """Check how often S1 and S2 are the same frame, against counting all draws."""
    for left, span in ((50, 10), (10, 10), (3, 10), (1, 10), (2, 4)):
        found = number(answer(left, span), "a probability")
        draws = [min(u, left) for u in range(1, span + 1)]
        truth = sum(a == b for a, b in product(draws, draws)) / span**2
        if 1 < left < span:
            assert not np.isclose(found, 1 / span), (
                "true only far from the end: with few frames left many draws become the last one"
            )
            assert not np.isclose(found, 1 / left), (
                "the frames that are left are not equally likely: whatever goes beyond the end is the last"
            )
        assert np.isclose(found, truth), f"left {left}, span {span}: expected {truth:.4f}, found {found:.4f}"


def triplet_at(answer: Answer) -> None:
    """Check that a triplet stays in its video."""
    lengths = [5, 3, 20]
    cases = (
        (0, (2, 3), (0, 2, 3)),
        (3, (4, 1), (3, 4, 4)),
        (6, (5, 1), (6, 7, 7)),
        (9, (10, 2), (9, 19, 11)),
    )
    for template, draws, truth in cases:
        found = tuple(numbers(answer(lengths, template, draws), (3,), "three frame numbers").astype(int))
        ends = np.cumsum(lengths)
        end = int(ends[np.searchsorted(ends, template, side="right")])
        assert max(found) != end or max(truth) == end, (
            f"frame {end} is the first of the next video: the last of this one is {end - 1}"
        )
        assert max(found) < end, (
            f"template {template} is in the video that ends at {end - 1}, and {found} goes beyond it"
        )
        assert found[0] == template, f"the template is frame {template}, found {found[0]}"
        assert found == truth, (
            f"template {template}, draws {draws}: expected {truth}, found {found}; a draw beyond the end is "
            "the last frame, and S1 and S2 keep their order"
        )


def hold_out(answer: Answer) -> None:
    """Check a split that keeps videos with a common picture together."""
    groups = [0, 1, 2, 1, 4, 5, 5, 7, 8, 9]
    chosen = []
    for seed in range(20):
        found = numbers(answer(groups, 0.25, seed), (10,), "a true or false for each of 10 videos") != 0
        again = numbers(answer(groups, 0.25, seed), (10,), "a true or false for each of 10 videos") != 0
        assert (found == again).all(), "the same seed held out other videos the second time"
        for one, other in ((1, 3), (5, 6)):
            assert found[one] == found[other], (
                f"videos {one} and {other} show the same picture, and only one of them is held out"
            )
        count = len({group for group, out in zip(groups, found, strict=True) if out})
        assert count == 2, f"expected 2 of the 8 groups (a quarter) held out, found {count}"
        chosen.append(tuple(found))
    assert len(set(chosen)) > 5, "other seeds hold out the same videos: expected another choice"


def stays(answer: Answer) -> None:
    """Check the share of a window's content that is still in it, against counting points."""
    grid = (np.arange(400) + 0.5) / 400
    for window, velocity, frames in (
        ((160, 120), (2, 1), 9),
        ((160, 120), (-3, 2), 20),
        ((100, 50), (5, 0), 10),
        ((100, 50), (20, -15), 9),
    ):
        found = number(answer(window, velocity, frames), "a share from 0 to 1")
        moved = [frames * speed / length for speed, length in zip(velocity, window, strict=True)]
        inside = [((grid + move >= 0) & (grid + move <= 1)).mean() for move in moved]
        lost = sum(min(1.0, abs(move)) for move in moved)
        case = f"window {window}, velocity {velocity}, {frames} frames"
        assert 0 <= found <= 1, f"{case}: expected a share from 0 to 1, found {found}: clip each factor at 0"
        assert min(inside) > 0 or found == 0, f"{case}: all is gone after that, found {found}"
        assert not (min(inside) < 1 and max(inside) < 1 and np.isclose(found, 1 - lost)), (
            "what leaves over two edges at once is counted twice: multiply what stays"
        )
        assert abs(found - inside[0] * inside[1]) < 0.005, (
            f"{case}: expected {inside[0] * inside[1]:.3f}, found {found:.3f}"
        )
