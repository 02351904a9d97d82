"""Settings of every test run."""

import os
import shutil
from importlib.util import find_spec

import pytest
from hypothesis import settings
from no_skips import pytest_make_collect_report, pytest_runtest_makereport

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]

# One thread, before numpy and torch are imported: on a busy core two make small operations many times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def has_gpu() -> bool:
    """Return whether torch can use a CUDA device."""
    import torch

    return torch.cuda.is_available()


LEFT_OUT = pytest.StashKey[dict[str, int]]()
SITE = ("myst_nb", "sphinx_book_theme", "sphinx_copybutton", "sphinxcontrib")
NEEDS = {
    "gpu": has_gpu,
    "compiler": lambda: shutil.which("g++") is not None,
    "grade": lambda: find_spec("nbgrader") is not None,
    "browser": lambda: shutil.which("chromium") is not None,
    "site": lambda: shutil.which("npm") is not None and all(map(find_spec, SITE)),
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests of hardware or tools this machine lacks: deselected and counted, not skipped."""
    absent = {
        name
        for name, has in NEEDS.items()
        if any(item.get_closest_marker(name) for item in items) and not has()
    }
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in absent)]
    config.stash[LEFT_OUT] = {
        name: sum(item.get_closest_marker(name) is not None for item in left_out) for name in absent
    }
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say what was left out, and why."""
    reasons = dict(line.split(": ", 1) for line in config.getini("markers"))
    left_out = config.stash.get(LEFT_OUT, {})
    return [f"left out: {count} marked {name} ({reasons[name]})" for name, count in left_out.items()]
