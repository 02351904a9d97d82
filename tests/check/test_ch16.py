"""Chapter 16's exercises are what the library does."""

import runpy
from pathlib import Path

import numpy as np

from udtlib.adaptation import AT_HOME, NOWHERE, Video
from udtlib.check import ch16

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[2] / "book" / "solutions" / "16.py"))
BOX = (60.0, 50.0, 40.0, 30.0)


def test_the_limits_are_the_guards():
    assert (ch16.AT_HOME, ch16.NOWHERE) == (AT_HOME, NOWHERE)
    assert SOLUTIONS["keep"](1.01 * AT_HOME, 0.001, 1.0)
    assert not SOLUTIONS["keep"](0.99 * AT_HOME, 0.001, 1.0)
    assert SOLUTIONS["keep"](0.99 * NOWHERE, 0.001, 1.0)
    assert not SOLUTIONS["keep"](1.01 * NOWHERE, 0.001, 1.0)


def test_triplets_of_a_video_are_those_that_are_counted_and_split():
    frames = [np.full((120, 160, 3), 10 * index, np.uint8) for index in range(5)]
    video, random = Video(frames, BOX), np.random.default_rng(0)
    drawn = {tuple(video.triplet(random)[:, 62, 62, 0] // 10) for _ in range(400)}
    assert len(drawn) == SOLUTIONS["count_triplets"](video.learned)
    judged = {tuple(video.triplet(random, last=True)[:, 62, 62, 0] // 10) for _ in range(400)}
    every = [(t, a, b) for t in range(5) for a in range(t + 1, 5) for b in range(t + 1, 5)]
    learned, held = SOLUTIONS["split"](every, 5, 1)
    assert set(learned) == drawn
    assert set(held) == judged
