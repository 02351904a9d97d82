"""Chapter 15's exercises are what the library does."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from udtlib.data.synthetic.patches import RenderedClip
from udtlib.evaluation.scoring.crossed import crossed_difference, holm
from udtlib.experiments.material import broken
from udtlib.unsupervised import drop_weights

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[2] / "book" / "solutions" / "15.py"))


def test_the_correction_is_the_librarys():
    for seed in range(5):
        p = np.random.default_rng(seed).random(6) ** 3
        np.testing.assert_allclose(SOLUTIONS["corrected"](p.tolist()), holm(p))


def test_the_standard_error_is_about_the_bootstraps():
    random = np.random.default_rng(0)
    table = 0.1 * random.standard_normal((6, 1)) + 0.1 * random.standard_normal(25)
    table = table + 0.03 * random.standard_normal((6, 25))
    found = crossed_difference(table, np.zeros_like(table)).detectable / 2.8
    assert SOLUTIONS["standard_error"](table) == pytest.approx(found, rel=0.05)


def test_the_share_of_broken_ones_is_that_of_many_batches():
    import torch

    random, clips = np.random.default_rng(0), [RenderedClip(0, 50), RenderedClip(50, 50)]
    left = []
    for _ in range(3000):
        found = broken(np.tile([0, 1, 2], (8, 1)), 0.3, clips, random)
        bad = found[:, 1] >= 50
        kept = drop_weights(torch.tensor(bad.astype(float)), 0.1).numpy()
        left.append((bad * kept).sum() / kept.sum())
    assert SOLUTIONS["broken_left"](8, 1, 0.3) == pytest.approx(np.mean(left), abs=0.01)
