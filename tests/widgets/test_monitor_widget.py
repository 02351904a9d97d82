"""The training monitor of chapter 11: it trains as training does, stops, goes on, and says why."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
import pytest
import torch

from udtlib.data.synthetic.patches import render_patches
from udtlib.training.run import start
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import Batch
from udtlib.weights import Weights, random_weights
from udtlib.widgets import monitor

START = {"train": True, "log10_rate": -2.4, "seed": "0"}


@pytest.fixture(scope="module")
def patches():
    made = render_patches(2, 8, seed=5).patches
    return np.stack([made[[k, k + 2, k + 4]] for k in (0, 1, 8, 9)])


@pytest.fixture
def watched(patches, monkeypatch):
    monkeypatch.setattr(monitor, "MOST_STEPS", 5)
    return monitor.Monitor(lambda step: patches[step % 2 : step % 2 + 1], Batch(patches[2:3]))


def test_it_learns_as_training_does(watched, patches):
    assert len(list(watched.steps(**START))) == 6
    settings = TrainingSettings(batch=2, optimiser="adam", schedule="step", weight_decay=0)
    run = start(settings, torch.device("cpu"))
    optimiser = torch.optim.AdamW(run.network.parameters(), 10**-2.4, weight_decay=0)
    losses = []
    for step in range(5):
        losses.append(run.step(Batch(patches[step % 2 : step % 2 + 1])).loss)
        optimiser.step()
    assert watched.watched.losses == pytest.approx(losses, rel=1e-4)
    with torch.no_grad():
        numbers = run.step.errors(Batch(patches[2:3]))[1]
    assert [step for step, _ in watched.watched.held] == [0, 5]
    assert watched.watched.held[-1][1] == pytest.approx(run.step.loss(numbers), rel=1e-3)
    assert "enough" in watched.watched.ended
    assert len(list(watched.steps(**START))) == 1


def test_a_cell_may_ask_while_a_control_trains(watched, monkeypatch):
    learn, busy = monitor.Watched.learn, Lock()

    def alone(self, *arguments):
        assert busy.acquire(blocking=False), "two steps at once"
        time.sleep(0.02)
        learn(self, *arguments)
        busy.release()

    monkeypatch.setattr(monitor.Watched, "learn", alone)
    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(list, [watched.steps(**START), watched.steps(**START)]))
    assert len(watched.watched.losses) == 5
    np.testing.assert_array_equal(seen[0][-1], seen[1][-1])


def test_paused_it_learns_nothing_and_another_seed_begins_anew(watched):
    paused = START | {"train": False}
    (picture,) = watched.steps(**paused)
    np.testing.assert_array_equal(picture, watched.draw(**paused))
    assert watched.watched.losses == []
    learning = watched.steps(**START)
    later = [next(learning) for _ in range(3)][-1]
    assert len(watched.watched.losses) == 2
    assert later.shape == picture.shape
    (other,) = watched.steps(**(paused | {"seed": "1"}))
    assert watched.watched.losses == []
    assert (other != picture).any()


def test_a_rate_that_is_too_high_ends_the_run_with_a_reason(watched):
    assert len(list(watched.steps(**(START | {"log10_rate": 30.0})))) < 5
    assert "not finite" in watched.watched.ended
    np.testing.assert_array_equal(
        watched.draw(**START), next(watched.steps(**START)), "still to be seen, and at rest"
    )


def test_a_run_that_is_over_is_that_of_its_weights(patches):
    held = Batch(patches[:2])
    tensors = {name: 0.9 * value for name, value in random_weights().tensors.items()}
    learned = Weights(tensors)
    before, after = monitor.over([9.0, 8.0, 7.0], learned, held)
    assert before.shape == after.shape
    assert (before != after).any()
    assert monitor.begin(held, first=random_weights()).held == monitor.begin(held).held
    demo = monitor.demo(lambda step: patches[:1], held, [9.0, 8.0, 7.0], learned)
    ordered = monitor.hardest_first(held)
    np.testing.assert_array_equal(demo.twin, np.vstack(monitor.over([9.0, 8.0, 7.0], learned, ordered)))
    assert set(demo.sliders) == set(START)


def test_the_hardest_triplet_is_shown(patches):
    held = monitor.hardest_first(Batch(patches))
    single = [monitor.begin(Batch(held.patches[k : k + 1])).held[0][1] for k in range(len(patches))]
    assert single == sorted(single, reverse=True)
    assert single[0] > single[-1]
    assert sorted(each.tobytes() for each in held.patches) == sorted(each.tobytes() for each in patches)


def test_a_tick_taken_away_stops_it(watched):
    panel = pytest.importorskip("udtlib.widgets.panel.widget")
    demo = monitor.Demo(watched.draw, monitor_controls(), np.zeros((1, 1, 3), np.uint8), steps=watched.steps)

    async def events():
        widget = demo.widget()
        assert isinstance(widget, panel.Panel)
        widget.values = START
        for _ in range(2):
            await asyncio.sleep(0)
        widget.values = START | {"train": False}
        await widget.turns.task
        return len(watched.watched.losses)

    assert 0 < asyncio.run(events()) < 5


def monitor_controls():
    return {
        "train": monitor.Check(False),
        "log10_rate": monitor.Slider(-5, -1, -2.4, 0.1),
        "seed": monitor.Choice(("0", "1"), "0"),
    }
