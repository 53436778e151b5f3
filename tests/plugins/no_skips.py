"""Turn each skip into a failure where HOURLOOM_NO_SKIPS=1 says that nothing may be missing."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


def wanted() -> bool:
    """Tell whether skips are failures here."""
    return os.environ.get("HOURLOOM_NO_SKIPS") == "1"


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return why a test was skipped, as it says itself."""
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Make a failure of a skip, unless the test is expected to fail."""
    if report.skipped and not hasattr(report, "wasxfail"):
        report.longrepr = f"{report.nodeid} may not be skipped here. {reason_of(report)}"
        report.outcome = "failed"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Look at the report of a test."""
    report = yield
    if wanted():
        fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Look at the report of a module, which can skip as a whole."""
    report = yield
    if wanted():
        fail(report)
    return report
