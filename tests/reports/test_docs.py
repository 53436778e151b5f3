"""What docs/reports.md says can be done: commands are understood, keys and requests complete."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any, get_args

import typer

from hourloom.activities.model.filter import PARAMETERS
from hourloom.assembly import all_routes
from hourloom.cli.commands import report
from hourloom.cli.main import application
from hourloom.core.clock import parse_instant
from hourloom.core.periods import Calendar
from hourloom.reports.model.keys import Key
from hourloom.reports.model.ranges import NAMED, range_named
from hourloom.sdk.reports import ReportRow

PAGE = (Path(__file__).parents[2] / "docs" / "reports.md").read_text("utf-8")


def rows(heading: str) -> set[str]:
    """Return what stands in backticks in the first column of a section's table."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    firsts = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    return {word for first in firsts for word in re.findall(r"`([^`]+)`", first)}


def test_every_key_and_every_filter_is_told() -> None:
    assert rows("By what") == set(get_args(Key))
    assert rows("Only some activities") - {"KEY=VALUE"} == {*PARAMETERS, "hour", "weekday"}
    assert set(report.KEYS) == set(get_args(Key))
    assert set(report.FILTERS) == {*PARAMETERS, "hour", "weekday"}


def test_every_period_of_the_page_is_one() -> None:
    told = rows("Which time") - {"RANGE"}
    assert {text for text in told if ".." not in text} == set(NAMED)
    for text in told:
        range_named(text, None, parse_instant("2026-03-04T12:00:00Z"), Calendar("Europe/Berlin"))


def test_the_commands_of_the_page_are_understood() -> None:
    command = typer.main.get_command(application()).commands["report"]  # type: ignore[attr-defined]
    lines = re.findall(r"^    hourloom report (.*?)(?:  .*)?$", PAGE, re.MULTILINE)
    assert len(lines) >= 9
    for line in lines:
        command.make_context("report", shlex.split(line))


def test_the_json_of_the_page_is_what_is_printed() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    told: dict[str, Any] = json.loads(text)
    row = ReportRow("a", 1.0, 1.0)
    assert set(told["rows"][0]) == set(report.told_row(row, cut=False, compares=False))
    assert sum(row["seconds"] for row in told["rows"]) == told["total_seconds"]


def test_every_request_of_the_page_exists_and_none_is_left_out() -> None:
    told = set(re.findall(r"`(?:GET|POST|PUT) (/api/v1/reports/[^`]*)`", PAGE))
    ours = {"summary", "heat", "timeline", "saved"}
    there = {
        r.path for r in all_routes() if r.path.split("/")[3:4] == ["reports"] and r.path.split("/")[4] in ours
    }
    assert told == {path.replace("{report}", "{id}") for path in there}
    named = {r.name for r in all_routes() if r.path in there} - {"show_saved_report"}
    assert named <= set(re.findall(r"`([a-z_]+)`", PAGE))
