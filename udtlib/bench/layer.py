"""The cost of the layer and its ways back: ``udt bench --layer``. Book: chapter 05."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite, nan
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import torch

from udtlib.arguments import Between, checked
from udtlib.child_process import import_path, python
from udtlib.dcf import BACKWARDS, dcf_response, gaussian_label
from udtlib.dcf.lowpass import LowPassTransform, label_cutoff, low_pass_response

CHANNELS, SIZE, SIGMA = 32, 121, 4.1667
WAYS = (*BACKWARDS, "low-pass")  # the last is `udtlib.dcf.lowpass.low_pass_response`


@dataclass(frozen=True)
class LayerCost:
    """One way back, measured.

    Attributes:
        backward: one of `WAYS`.
        milliseconds: of one response, loss and gradient; the least of all rounds.
        peak_mib: memory that one such step adds at its peak to a process that holds the features; NaN on
            Windows, where it is not measured.
    """

    backward: str
    milliseconds: float
    peak_mib: float


def step(backward: str, batch: int, size: int = SIZE) -> float:
    """Return the seconds of one response, squared loss and gradient on random features.

    They lie in memory as the network leaves them, channel by channel last.
    """
    template, search = (features(batch, size).requires_grad_() for _ in range(2))
    label = gaussian_label(size, size, SIGMA)
    transform = LowPassTransform(size, label_cutoff(size, SIGMA))
    start = perf_counter()
    if backward == "low-pass":
        response = low_pass_response(template, search, label, transform)
    else:
        response = dcf_response(template, search, label, backward=backward)
    (response - label).square().sum().backward()
    return perf_counter() - start


def features(batch: int, size: int = SIZE) -> torch.Tensor:
    """Return random features ``(batch, 32, size, size)``."""
    numbers = torch.randn(batch, size, size, CHANNELS, generator=torch.Generator().manual_seed(0))
    return numbers.permute(0, 3, 1, 2)


def peak_growth(backward: str, batch: int) -> float:
    """Return the MiB by which `step` raises the peak memory of this process, a fresh one."""
    step(backward, 1, 25)
    held = [features(batch) for _ in range(2)]
    before = peak_memory()
    del held
    step(backward, batch)
    return peak_memory() - before


def peak_memory() -> float:
    """Return the most memory this process has held so far, in MiB; NaN on Windows.

    ``getrusage`` would do, but on Linux its figure includes the parent's before the program started.
    """
    if sys.platform == "win32":
        return nan
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text("utf-8").splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    import resource

    per_mib = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / per_mib


@checked
def measure_layer(
    batch: Annotated[int, Between(1, 1024)], rounds: Annotated[int, Between(1, 10**6)]
) -> list[LayerCost]:
    """Return the cost of each backward pass for ``batch`` pairs of 32 x 121 x 121 features, taking turns."""
    times: dict[str, list[float]] = {backward: [] for backward in WAYS}
    for _ in range(rounds + 1):  # the first warms up
        for backward in WAYS:
            times[backward].append(step(backward, batch))
    return [LayerCost(way, 1e3 * min(times[way][1:]), _peak_in_a_fresh_process(way, batch)) for way in WAYS]


def _peak_in_a_fresh_process(backward: str, batch: int) -> float:
    code = f"from udtlib.bench.layer import peak_growth; print(peak_growth({backward!r}, {batch}))"
    exact = {"MALLOC_MMAP_THRESHOLD_": "1000000"}  # glibc: give back what is freed at once
    exact |= {"PYTHONPATH": os.pathsep.join(import_path())}
    done = subprocess.run(
        python("-c", code), capture_output=True, encoding="utf-8", check=True, env=os.environ | exact
    )
    return float(done.stdout)


def layer_table(costs: list[LayerCost]) -> str:
    """Return both costs, and those of the closed form relative to autograd's."""
    lines = [f"{'backward':<14}{'ms':>9}{'peak MiB':>10}"]
    lines += [f"{cost.backward:<14}{cost.milliseconds:>9.1f}{cost.peak_mib:>10.0f}" for cost in costs]
    lines += [
        f"{way} / autograd: time {ratio['time']:.2f}, memory {ratio['memory']:.2f}"
        for way, ratio in layer_ratios(costs).items()
    ]
    return "\n".join(lines)


def layer_ratios(costs: list[LayerCost]) -> dict[str, dict[str, float]]:
    """Return time and peak memory of each way but autograd's as shares of autograd's."""
    known = {cost.backward: cost for cost in costs}
    base = known.pop("autograd")
    return {
        way: {"time": cost.milliseconds / base.milliseconds, "memory": cost.peak_mib / base.peak_mib}
        for way, cost in known.items()
    }


def layer_to_dict(costs: list[LayerCost], batch: int) -> dict[str, Any]:
    """Return the costs as JSON can hold them: what was not measured is null."""
    ratios = {way: _or_null(ratio) for way, ratio in layer_ratios(costs).items()}
    return {"batch": batch, "costs": [_or_null(asdict(cost)) for cost in costs], "ratios": ratios}


def _or_null(row: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: not isinstance(value, float) or isfinite(value) for name, value in row.items()}
    return {name: value if known[name] else None for name, value in row.items()}
