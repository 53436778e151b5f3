"""Show the figures that drills record, in the end of a run, and keep them in the file HOURLOOM_FIGURES."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

Figure = Callable[[str, object], None]


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Record what a drill came to, under a name."""
    return lambda name, value: record_property(name, str(value))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    lines = [f"{name}: {value}" for report in reports for name, value in report.user_properties]
    if not lines:
        return
    terminalreporter.section("figures")
    for line in lines:
        terminalreporter.line(line)
    if file := os.environ.get("HOURLOOM_FIGURES"):
        Path(file).write_text("\n".join(lines) + "\n", "utf-8")
