"""The rule about skipped tests holds for nbval's runs of the chapters too."""

from no_skips import pytest_make_collect_report, pytest_runtest_makereport

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]
