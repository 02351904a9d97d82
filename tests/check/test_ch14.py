"""Chapter 14's exercises are what the library does."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from udtlib.evaluation.scoring.all_starts import run_from_starts
from udtlib.evaluation.scoring.expected_overlap import expected_overlap_curve, segments

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[2] / "book" / "solutions" / "14.py"))


def still_box_table(width, speed, frames):
    """The overlap, in every frame, of a box that stays where it was started."""
    moved = speed * (np.arange(frames)[None] - np.arange(frames)[:, None])
    shared = np.clip(width - moved, 0, width)
    return np.triu(shared / (2 * width - shared), 1)


@pytest.mark.parametrize(("width", "speed", "delay"), [(20, 5, 5), (20, 6, 1), (7, 9, 4)])
def test_a_still_box_fails_as_often_as_when_it_is_run(width, speed, delay):
    for frames in range(1, 60):
        run = run_from_starts(still_box_table(width, speed, frames), 0.0, delay)
        assert SOLUTIONS["still_box_failures"](width, speed, frames, delay) == len(run.failures)


def test_frames_and_expected_overlap_are_the_librarys():
    run = run_from_starts(still_box_table(20, 2, 50), 0.0, 3)
    assert len(run.failures) == 4
    np.testing.assert_array_equal(SOLUTIONS["frames_that_count"](run.states.tolist(), 6), run.counted(6))
    pairs = [(part.overlaps[1:].tolist(), part.failed) for part in segments(run)]
    curve = expected_overlap_curve([run])
    ours = [SOLUTIONS["expected_overlap"](pairs, n) for n in range(1, len(curve))]
    np.testing.assert_allclose(ours, curve[1:])
