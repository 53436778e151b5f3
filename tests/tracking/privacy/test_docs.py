"""What docs/privacy.md says can be done: its rule is one, its keys are all there are, its commands work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import msgspec
import typer

from hourloom.assembly import all_routes
from hourloom.cli.main import application
from hourloom.core.privacy import PrivacyRule, problem_of

PAGE = (Path(__file__).parents[3] / "docs" / "privacy.md").read_text("utf-8")


def test_the_rule_of_the_page_is_a_rule() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert problem_of(msgspec.json.decode(text, type=PrivacyRule)) is None


def test_every_key_of_a_rule_is_told() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert told == set(PrivacyRule.__struct_fields__) - {"id", "position", "name", "field"}


def test_every_request_of_the_page_exists_and_none_is_left_out() -> None:
    told = set(re.findall(r"`(?:GET|POST|PUT) (/api/v1/privacy/[^`]*)`", PAGE))
    there = {route.path for route in all_routes() if route.path.startswith("/api/v1/privacy/")}
    named = {path.replace("{rule}", "{id}") for path in there} - {"/api/v1/privacy/apply/{operation}/advance"}
    assert told == named


def test_the_commands_of_the_page_are_understood() -> None:
    family = typer.main.get_command(application()).commands["privacy"]  # type: ignore[attr-defined]
    lines = re.findall(r"^    hourloom privacy (.*?)(?:  .*)?$", PAGE, re.MULTILINE)
    assert len(lines) >= 7
    for line in lines:
        name, *words = shlex.split(line)
        family.commands[name].make_context(name, words)
