"""What docs/goals.md says can be done: its goal is one, its requests are all there are, its commands work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import msgspec
import typer

from hourloom.assembly import all_routes
from hourloom.cli.commands.goal import BAR_WIDTH
from hourloom.cli.main import application
from hourloom.goals.model.goal import UNITS
from hourloom.goals.model.progress import MET, NEARLY_USED
from hourloom.goals.routes import GoalToKeep, ProgressShape
from hourloom.goals.service.goals import LOOKED_BACK, LOOKED_BACK_FOR_ACTIVITIES

PAGE = (Path(__file__).parents[2] / "docs" / "goals.md").read_text("utf-8")


def test_the_goal_of_the_page_is_one() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    goal = msgspec.json.decode(text, type=GoalToKeep)
    assert (goal.target, goal.where.categories) == (4 * 3600, ["Work > Programming"])


def test_every_request_is_told() -> None:
    told = set(re.findall(r"^\| `(GET|POST|PUT|DELETE) (/api/v1/goals\S*)`", PAGE, re.MULTILINE))
    there = {(each.method, each.path) for each in all_routes() if each.path.startswith("/api/v1/goals")}
    assert told == there


def test_every_measure_and_state_is_told() -> None:
    first_cells = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    states = msgspec.json.schema(ProgressShape)["$defs"]["ProgressShape"]["properties"]["state"]["enum"]
    assert set(first_cells) == {*UNITS, *states}
    assert set(MET) <= set(states)


def test_the_figures_of_the_page_are_those_of_the_program() -> None:
    assert f"from {NEARLY_USED * 100:.0f} % of it on" in PAGE
    assert f"within the last {LOOKED_BACK} days ({LOOKED_BACK_FOR_ACTIVITIES} for activities)" in PAGE
    assert BAR_WIDTH == 10


def test_the_commands_of_the_page_are_understood() -> None:
    family = typer.main.get_command(application()).commands["goal"]  # type: ignore[attr-defined]
    lines = re.findall(r"^    hourloom goal (.*?)(?:   .*)?$", PAGE, re.MULTILINE)
    assert len(lines) >= 10
    for line in lines:
        name, *words = shlex.split(line)
        family.commands[name].make_context(name, words)
