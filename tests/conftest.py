"""Settings of every test run."""

from hypothesis import settings
from no_skips import pytest_make_collect_report, pytest_runtest_makereport

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
