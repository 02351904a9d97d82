"""Chapter 11's first exercise is what the library does."""

import runpy
from pathlib import Path

import numpy as np

from udtlib.training.settings import TrainingSettings

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[2] / "book" / "solutions" / "11.py"))


def test_learning_rate_is_the_librarys() -> None:
    settings = TrainingSettings(steps=70, steps_per_epoch=7)
    ours = [SOLUTIONS["learning_rate"](step // 7, 10, 1e-2, 1e-5) for step in range(70)]
    np.testing.assert_allclose([settings.learning_rate(step) for step in range(70)], ours)
