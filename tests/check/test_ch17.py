"""Chapter 17's exercises are what the library does."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from udtlib.bench.scaling import PARAMETERS, Plan, Rates, bill, exchange_seconds, step_bytes

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[2] / "book" / "solutions" / "17.py"))


@pytest.mark.parametrize("machines", [2, 3, 16])
def test_a_ring_sends_what_the_model_says(machines):
    plan = Plan(videos=1, machines=machines, batch=5)
    gathered = 4 * (machines - 1) * 3 * 5
    assert SOLUTIONS["ring_bytes"](machines, PARAMETERS) == pytest.approx(step_bytes(plan) - gathered)


@pytest.mark.parametrize("read", [1e4, 1e9])
def test_hours_are_those_of_a_bill(read):
    found = bill(Plan(videos=50, machines=3), Rates(frames=100, triplets=40, read=read))
    assert SOLUTIONS["wall_hours"](found.seconds) == pytest.approx(found.total / 3600)


def test_too_many_machines_wait_longer_than_they_compute():
    rates = Rates(frames=1, triplets=320, latency=1e-3, sent=1e15)
    least = SOLUTIONS["too_many_machines"](32 / 320, 1e-3)
    waits = [exchange_seconds(Plan(videos=1, machines=least - k), rates) for k in (0, 1)]
    assert waits[0] > 32 / 320 >= waits[1] - 1e-6


def test_an_image_is_as_the_exported_tracker_hands_it_over():
    image = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    found = SOLUTIONS["network_input"](image)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[0, 2], image[:, :, 0])
