"""What docs/projects.md says can be done: its commands work, its requests are all there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import typer

from hourloom.assembly import all_routes
from hourloom.cli.main import application

PAGE = (Path(__file__).parents[2] / "docs" / "projects.md").read_text("utf-8")


def test_the_commands_of_the_page_are_understood() -> None:
    families = typer.main.get_command(application()).commands  # type: ignore[attr-defined]
    lines = re.findall(r"^    hourloom (project|tag) (.*?)(?:  .*)?$", PAGE, re.MULTILINE)
    assert {(family, line.split()[0]) for family, line in lines} == {
        (family, name) for family in ("project", "tag") for name in families[family].commands
    }
    for family, line in lines:
        name, *words = shlex.split(line)
        families[family].commands[name].make_context(name, words)


def test_every_request_of_the_page_exists_and_none_is_left_out() -> None:
    told = set(re.findall(r"^\| `([A-Z]+ /api/v1/[^`?]*)`", PAGE, re.MULTILINE))
    there = {
        f"{route.method} {route.path}"
        for route in all_routes()
        if route.path.startswith(("/api/v1/projects", "/api/v1/tags"))
    }
    assert told == {re.sub(r"\{\w+\}", "{id}", path) for path in there}
