"""Faults of data and network are named, each once; healthy training is not blamed."""

import numpy as np
import pytest
import torch
from training_job import moving_patches, run

from udtlib.errors import TrainingError
from udtlib.shortcuts import PositionCode, collapsed_network
from udtlib.training.health import ENOUGH, FeatureWatch, LossWatch
from udtlib.training.run import start
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import Batch, TrainingStep
from udtlib.weights import shipped

CPU = torch.device("cpu")


def step_of(network=None):
    return TrainingStep(network or start(TrainingSettings(), CPU).network, TrainingSettings(), CPU)


def still(count=4):
    patches = moving_patches(0, count).patches
    patches[:, 1:] = patches[:, :1]
    return Batch(patches)


def flat(count=4, level=0):
    return Batch(np.full((count, 3, 125, 125, 3), level, np.uint8))


@pytest.mark.parametrize("weights", ["random", "udt"])
def test_nothing_is_said_of_a_healthy_network(weights):
    network = start(TrainingSettings(), CPU, None if weights == "random" else shipped(weights)).network
    watch = FeatureWatch()
    for done in (5, 20, 50, 100, 200):
        assert watch.faults(done, False, step_of(network), moving_patches(done)) == []
    assert watch.seen == 20
    assert watch.moved >= 15


@pytest.mark.parametrize(
    ("network", "batch", "words"),
    [
        (None, flat(), "dark or of one colour"),
        (None, flat(level=200), "dark or of one colour"),
        (collapsed_network(), moving_patches(0), "features are the same everywhere"),
        (PositionCode(), moving_patches(0), "answers never move"),
    ],
)
def test_a_fault_is_named_once(network, batch, words):
    watch, step = FeatureWatch(), step_of(network)
    assert watch.faults(4, False, step, batch) == [], "not looked at in every step"
    (line,) = watch.faults(5, False, step, batch)
    assert line.startswith("step 5: ")
    assert words in line
    assert watch.faults(20, False, step, batch) == []


def test_still_videos_are_told_when_enough_was_seen():
    watch, step = FeatureWatch(), step_of()
    found = [watch.faults(100 * k, False, step, still()) for k in range(1, ENOUGH // 4 + 1)]
    assert found[:-1] == [[]] * (len(found) - 1)
    assert "nothing moves: in all of 24 triplets" in found[-1][0]
    short = FeatureWatch()
    assert short.faults(3, True, step, still(2)) == [], "too few to say"
    assert "nothing moves: in all of 10" in short.faults(3, True, step, still(8))[0]


def test_a_look_changes_nothing():
    step, batch = step_of(), moving_patches(0, 2)
    step(batch)
    before = [(p.detach().clone(), p.grad.clone()) for p in step.parameters]
    FeatureWatch().faults(5, False, step, batch)
    for (value, gradient), parameter in zip(before, step.parameters, strict=True):
        assert torch.equal(value, parameter)
        assert torch.equal(gradient, parameter.grad)


def test_a_run_warns_and_goes_on(tmp_path, caplog):
    ending = run(tmp_path, 6, 2, batches=lambda step: flat(2))
    assert ending.steps == 6
    (line,) = caplog.messages
    assert line.startswith(f"{tmp_path}: step 5: the patches show nothing")


def test_divergence_is_seen_in_a_short_run():
    watch = LossWatch()
    for step in range(20):
        watch.check(step, 40.0, 1.0, 0.01)
    for step in range(20, 29):
        watch.check(step, 900.0, 1.0, 0.01)
    watch.check(29, 760.0, 1.0, 0.01)  # half of the last 20 are high: their median is in between
    with pytest.raises(TrainingError, match=r"diverged, median loss .* over 20 steps, 40 over the first"):
        watch.check(30, 1900.0, 1.0, 0.01)
