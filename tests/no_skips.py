"""With ``UDT_NO_SKIPS=1`` (set by `.ci/run` where the outside data is found) a skipped test fails."""

import os
from collections.abc import Generator
from typing import Any

import pytest


def _forbid_skip(report: Any) -> None:
    if os.environ.get("UDT_NO_SKIPS") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}\nUDT_NO_SKIPS=1: no test may skip here"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that skips itself."""
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Fail a file that skips itself while it is collected."""
    report = yield
    _forbid_skip(report)
    return report
