"""What docs/categories.md says can be done: its rule is a rule, its requests are all, its commands work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import typer

from hourloom.activities.model.rule import Field, Form, Rule, problem_of_shape
from hourloom.assembly import all_routes
from hourloom.cli.main import application
from hourloom.core.decoding import decode

PAGE = (Path(__file__).parents[2] / "docs" / "categories.md").read_text("utf-8")
OURS = ("/api/v1/categories", "/api/v1/rules", "/api/v1/corrections")


def test_the_rule_of_the_page_is_a_rule() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert problem_of_shape(decode(text, Rule)) is None


def test_every_field_and_form_is_told() -> None:
    told = {
        word
        for row in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", PAGE, re.MULTILINE)
        for word in re.findall(r"\w+", row)
    }
    assert set(get_args(Field)) | set(get_args(Form)) <= told


def test_every_request_is_told() -> None:
    told = set()
    for methods, path in re.findall(r"`([A-Z]+(?:`[, and]+`[A-Z]+)*) (/api/v1/[^`]*)`", PAGE):
        told |= {(method, path) for method in re.findall(r"[A-Z]+", methods)}
    there = {(r.method, r.path) for r in all_routes() if r.path.startswith(OURS)}
    assert told == there


def test_the_commands_of_the_page_are_understood() -> None:
    families = typer.main.get_command(application()).commands  # type: ignore[attr-defined]
    lines = re.findall(r"^    hourloom (category|rule) (.*?)(?:  .*)?$", PAGE, re.MULTILINE)
    assert len(lines) >= 6
    for family, line in lines:
        name, *words = shlex.split(line)
        families[family].commands[name].make_context(name, words)
