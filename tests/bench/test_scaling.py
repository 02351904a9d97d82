"""The cost model: stages against arithmetic by hand, and the exchange against a ring that is played out."""

import numpy as np
import pytest

from udtlib.bench.scaling import Plan, Rates, bill, exchange_seconds, speed_up, step_bytes
from udtlib.errors import OptionError

RATES = Rates(frames=100, triplets=50, read=1e6, sent=1e7, latency=1e-3, patch=1000, cores=4)


def test_one_machine_by_hand():
    found = bill(Plan(videos=20, frames=10, epochs=5, batch=8), RATES)
    assert found.seconds == pytest.approx(
        {
            "decode": 200 / 400,
            "read": 1000 * 3 * 1000 / 1e6,
            "compute": 1000 / 50,
            "exchange": 0,
        }
    )
    assert found.total == pytest.approx(0.5 + 20)
    assert (found.disk, found.network) == (200_000, 0)
    assert found.bottleneck == "compute"


def test_the_slower_of_reading_and_computing_hides_the_other():
    slow_disk = Rates(frames=100, triplets=50, read=1e5, patch=1000, cores=4)
    found = bill(Plan(videos=20, frames=10, epochs=5, batch=8), slow_disk)
    assert found.bottleneck == "read"
    assert found.total == pytest.approx(0.5 + 30)


def played_ring(machines, numbers):
    """Sum vectors round a ring as all-reduce does, counting what each machine sends; the sum is checked."""
    random = np.random.default_rng(0)
    values = random.integers(0, 9, (machines, machines, numbers // machines)).astype(float)
    truth, sent = values.sum(0), np.zeros(machines)
    for turn in range(2 * (machines - 1)):
        passed = [(m, (m - turn) % machines) for m in range(machines)]
        parts = {m: values[m, part].copy() for m, part in passed}
        for m, part in passed:
            sent[m] += parts[m].size
            there = (m + 1) % machines
            values[there, part] = parts[m] + (values[there, part] if turn < machines - 1 else 0)
    assert (values == truth).all()
    return sent


@pytest.mark.parametrize("machines", [2, 4, 8])
def test_the_bytes_of_a_step_are_those_of_a_ring(machines):
    plan = Plan(videos=1, machines=machines, batch=8)
    gradients = played_ring(machines, 10_144).max()
    gathered = (machines - 1) * 8 * 3
    assert step_bytes(plan) == pytest.approx(4 * (gradients + gathered))
    messages = 2 * (machines - 1) + (machines - 1)
    assert exchange_seconds(plan, RATES) == pytest.approx(messages * 1e-3 + step_bytes(plan) / 1e7)


def test_more_machines_share_the_work_and_wait_for_each_other():
    times = [bill(Plan(videos=1000, machines=count), RATES).seconds for count in (1, 10)]
    for stage in ("decode", "read", "compute"):
        assert times[0][stage] == pytest.approx(10 * times[1][stage])
    assert times[1]["exchange"] > times[0]["exchange"] == 0
    ups = [speed_up(Plan(videos=1, machines=count), RATES) for count in (1, 10, 1000)]
    assert ups[0] == 1
    assert 9 < ups[1] < 10
    assert ups[2] < 500


def test_what_makes_no_sense_is_refused():
    with pytest.raises(OptionError, match="machines"):
        Plan(videos=10, machines=0)
    with pytest.raises(OptionError, match="triplets"):
        Rates(frames=1, triplets=0)
