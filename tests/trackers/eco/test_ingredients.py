"""Every ingredient can be left out, and what is left is what the name says."""

import numpy as np
import pytest
from clips import moving_clip

from udtlib.arguments import preset_with
from udtlib.errors import UnknownNameError
from udtlib.trackers.eco.ingredients import INGREDIENTS, with_ingredients
from udtlib.trackers.eco.memory import SampleMemory
from udtlib.trackers.eco.settings import PRESETS
from udtlib.trackers.eco.spectra import half_plane, on_grid
from udtlib.trackers.udt_plus import UdtPlusTracker
from udtlib.weights import random_weights

WEIGHTS = random_weights(0)


def started(names):
    frames, boxes = moving_clip([(3, 2)] * 3)
    tracker = UdtPlusTracker(WEIGHTS, preset="released", **with_ingredients(names))
    tracker.init(frames[0], boxes[0])
    return tracker, frames[1:]


def test_all_of_them_but_trust_are_the_released_settings():
    names = [name for name in INGREDIENTS if name != "trust"]
    assert preset_with(PRESETS, "released", with_ingredients(names)) == PRESETS["released"]
    assert preset_with(PRESETS, "released", with_ingredients(INGREDIENTS)).adaptive == 1
    for pair in INGREDIENTS.values():
        assert pair[0].keys() == pair[1].keys()
        assert pair[0] != pair[1]


def test_an_unknown_ingredient_is_refused():
    with pytest.raises(UnknownNameError, match="ingredient"):
        with_ingredients(["salt"])


def test_without_the_penalty_the_window_costs_the_same_everywhere():
    assert started([])[0].penalty.spectrum.shape == (1, 1)
    window = on_grid(started(["penalty"])[0].penalty.spectrum, 31)
    assert window.max() > 10 * window.min()


def test_without_a_memory_there_is_one_running_average():
    samples = [
        half_plane(np.random.default_rng(seed).normal(size=(5, 5, 2)).astype("f4")) for seed in range(9)
    ]
    memory, average = SampleMemory(samples[0], 1, 0.2), samples[0].astype(np.complex128)
    for sample in samples[1:]:
        memory.add(sample)
        average = 0.8 * average + 0.2 * sample
    assert (memory.count, memory.weights.tolist()) == (1, [1.0])
    np.testing.assert_allclose(memory.samples[:, :, 0], average, atol=1e-4)


def test_without_sparse_updates_every_frame_is_learned(monkeypatch):
    for names, expected in ((["sparse"], 0), ([], 3)):
        tracker, frames = started(names)
        learned = []
        monkeypatch.setattr(tracker.filter, "learn", learned.append)
        for frame in frames:
            tracker.update(frame)
        assert len(learned) == expected


def test_without_its_learning_the_projection_keeps_its_start():
    fixed, learned = (started(names)[0].filter.projection for names in ([], ["projection"]))
    np.testing.assert_allclose(fixed.T @ fixed, np.eye(32), atol=1e-3)
    assert np.abs(learned.T @ learned - np.eye(32)).max() > 0.01


def test_without_the_scale_filter_the_size_stays():
    for names, stays in (([], True), (["scale"], False)):
        tracker, frames = started(names)
        sizes = [tracker.update(frame)[2:] for frame in frames]
        assert (np.ptp(sizes, axis=0).max() == 0) == stays
