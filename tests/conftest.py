"""Settings of every test run."""

import os

from hypothesis import settings
from no_skips import pytest_make_collect_report, pytest_runtest_makereport

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]

# One thread, before numpy and torch are imported: on a busy core two make small operations many times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
