"""The fuzzers as tests: a few inputs a target here, two minutes of them in ``make test-all``."""

import subprocess
import sys
from pathlib import Path

import fuzz
import pytest

FUZZ = Path(__file__).with_name("fuzz.py")


def run_fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(FUZZ), *arguments], capture_output=True, text=True, check=False, timeout=1200
    )


@pytest.mark.slow
def test_two_minutes_of_odd_inputs_bring_out_nothing_but_our_errors() -> None:
    done = run_fuzz("--inputs", "6000", "--seed", "0")
    assert done.returncode == 0, done.stdout
    assert " 0 faults" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("target", ["boxes", "vot"])
def test_a_few_odd_inputs(target: str) -> None:
    done = run_fuzz("--inputs", "200", "--seed", "1", "--target", target)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "200 inputs, 0 faults"


@pytest.mark.parametrize("target", ["benchmarks", "foreign-results", "mat-results"])
def test_a_few_odd_benchmarks_and_results(target: str) -> None:
    done = run_fuzz("--inputs", "60", "--seed", "2", "--target", target)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "60 inputs, 0 faults"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("raise KeyError('x')", "KeyError"),
        ("import os; os.abort()", "the process ended with status -6"),
        ("while True: pass", "TimeoutError"),
        ("bytearray(2**40)", "MemoryError"),
    ],
)
def test_each_kind_of_fault_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, found: str
) -> None:
    (tmp_path / "targets.py").write_text(
        f"def bad(rng, folder):\n    {body}\nTARGETS = {{'bad': (bad, 1)}}\n"
    )
    shorter = FUZZ.read_text("utf-8").replace(f"= {fuzz.SECONDS}, ", "= 1, ")
    assert "SECONDS, MEMORY, FAULTS = 1, " in shorter
    (tmp_path / "fuzz.py").write_text(shorter)
    monkeypatch.setattr(fuzz, "HERE", tmp_path / "fuzz.py")
    taken, refused, faults = fuzz.run("bad", 0, 0, 2)
    assert (taken, refused) == (2, 0)
    assert len(faults) == 2
    assert all(found in fault for fault in faults)
