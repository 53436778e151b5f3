"""`hourloom goal`, with a server and without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from hourloom.cli.commands.goal import NotAnAmount, NotDaysOfTheWeek, _days_said, _said, _seconds, _weekdays
from hourloom.cli.main import run
from hourloom.core.errors import HourloomError
from hourloom.sdk.connection import Response
from hourloom.testing import ServerInMemory
from tests.cli.program import Program


class InMemory:
    """Hands commands the way to a server in memory."""

    def __init__(self, server: ServerInMemory) -> None:
        self._client = server.client_with("goals:write", "operations:write")
        self.where = "here"

    @contextmanager
    def reach(self, *_given: object) -> Iterator[InMemory]:
        yield self

    def request(self, method: str, path: str, body: bytes | None = None, headers: Any = None) -> Response:
        answer = self._client.request(method, path, content=body or b"", headers=headers)
        return Response(answer.status, answer.headers, answer.body)


@dataclass
class Commands:
    """Runs commands within this process."""

    handed: InMemory
    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> str:
        assert run(["goal", *words], self.handed) == 0  # type: ignore[arg-type]  # all that goals need of it
        out, err = self.capture.readouterr()
        return out + err

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))

    def refused(self, *words: str) -> str:
        with pytest.raises(HourloomError) as error:
            self(*words)
        return error.value.message


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def data_key() -> None:
    """Leave encryption out: nothing here depends on it."""


@pytest.fixture
def goal(server: ServerInMemory, capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(InMemory(server), capsys)


def test_a_goal_is_added_changed_taken_off_ended_and_deleted(goal: Commands) -> None:
    made = goal.json("add", "Deep work", "--at-least", "4h", "--on", "mon-fri", "--from", "2026-02-23")
    assert made["goal"]["target"] == 14400
    number = str(made["goal"]["id"])
    said = goal("edit", "deep work", "--at-least", "3h30m", "--app", "Firefox")
    assert "Changed to at least 3 h 30 min a day of firefox on mon-fri." in said
    assert "Off for 1 goal;" in goal("off", "2026-12-24..2026-12-31")
    assert "Worked on for 1 goal;" in goal("off", "2026-12-28", "--work", "--goal", "Deep work")
    shown = goal("list")
    assert "0 min of 3 h 30 min" in shown
    assert "." * 10 in shown or "\u2591" * 10 in shown
    refused = goal.refused("add", "Less", "--at-most", "1h", "--app", "Firefox")
    assert 'together with the goal "Deep work"' in refused
    assert goal("history", number, "--last", "3").count("\n") == 4
    assert "Its last day is 2026-03-01" in goal("end", "Deep work")
    assert "no goals" in goal("list")
    (ended,) = goal.json("list", "--all")["goals"]
    assert ended["goal"]["days_off"] == [
        {"first_day": "2026-12-24", "last_day": "2026-12-27"},
        {"first_day": "2026-12-29", "last_day": "2026-12-31"},
    ]
    assert "brings it back" in goal("delete", number)
    assert "There is no goal 'Deep work'" in goal.refused("delete", "Deep work")


def test_a_week_says_what_is_left_for_each_day(goal: Commands) -> None:
    goal("add", "Hours", "--at-least", "20h", "--per", "week", "--on", "mon-fri")
    assert "4 h a day left" in goal("list")
    assert "0 weeks" in goal("list")
    assert "at least 70 points of productivity a day" in goal(
        "add", "Good", "--at-least", "70", "--of", "pulse"
    )
    assert "a day has only 24 hours" in goal.refused("add", "Long", "--at-least", "25h")


def test_names_that_two_goals_have_are_not_enough(goal: Commands) -> None:
    goal("add", "Twice", "--at-least", "1h", "--from", "2026-02-02")
    assert 'a goal "Twice" already' in goal.refused("add", "twice", "--at-least", "2h")
    goal("end", "1")
    goal("add", "twice", "--at-least", "2h", "--from", "2026-02-02")
    assert "Its last day is" in goal("end", "twice")  # the one that had not ended
    assert "give the number of one of 1, 2" in goal.refused("delete", "twice")


def test_what_is_left_out_stays(goal: Commands) -> None:
    goal(
        "add",
        "Mail",
        "--at-most",
        "6",
        "--of",
        "activities",
        "--lasting",
        "2min",
        "--app",
        "mutt",
        "--no-notices",
    )
    before = goal.json("list")["goals"][0]["goal"]
    goal("edit", "Mail", "--name", "Post")
    assert goal.json("list")["goals"][0]["goal"] == before | {"name": "Post"}
    goal("edit", "Post", "--everything")
    assert goal.json("list")["goals"][0]["goal"]["where"]["apps"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "X"], "Say how much"),
        (["add", "X", "--at-least", "1h", "--at-most", "2h"], "only one of"),
        (["add", "X", "--at-least", "1h", "--category", "No > Such"], "no category 'No > Such'"),
        (["add", "X", "--at-least", "many", "--of", "pulse"], "no amount of pulse"),
        (["add", "X", "--at-least", "25h"], "only 24 hours"),
        (["add", "X", "--at-least", "1h", "--from", "soon"], "is no day"),
        (["off", "christmas"], "is no day or days"),
        (["off", "2026-12-31..2026-12-24"], "end before they begin"),
    ],
)
def test_what_makes_no_goal_is_said(goal: Commands, words: list[str], said: str) -> None:
    goal("add", "There is one", "--at-least", "1h")
    assert said in goal.refused(*words)


def test_the_program_knows_goals(served: Program) -> None:
    served("goal", "add", "Mail", "--at-most", "30min")
    assert "Mail" in served("goal", "list").stdout


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4h", 14400),
        ("1h30m", 5400),
        ("1h 30min", 5400),
        ("1:30", 5400),
        ("45 min", 2700),
        ("1.5h", 5400),
        ("30s", 30),
    ],
)
def test_amounts_of_time_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert _seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "4", "four hours", "4h and more", "-1h", "1:3", "h"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        _seconds(text)


@pytest.mark.parametrize(
    ("text", "days", "said"),
    [
        ("mon-fri", [1, 2, 3, 4, 5], "mon-fri"),
        ("Sat,Sunday", [6, 7], "sat,sun"),
        ("fri-mon", [1, 5, 6, 7], "mon,fri,sat,sun"),
        ("wed", [3], "wed"),
    ],
)
def test_days_of_the_week_are_read_as_people_write_them(text: str, days: list[int], said: str) -> None:
    assert _weekdays(text) == days
    assert _days_said(days) == said


@pytest.mark.parametrize("text", ["", "mo-fr", "mon-", "1-5", "monk3y"])
def test_what_names_no_days_is_refused(text: str) -> None:
    with pytest.raises(NotDaysOfTheWeek):
        _weekdays(text)


@pytest.mark.parametrize(
    ("amount", "unit", "said"),
    [
        (None, "points", "nothing yet"),
        (11820, "seconds", "3 h 17 min"),
        (14400, "seconds", "4 h"),
        (59, "seconds", "0 min"),
        (71.6, "points", "72 points"),
        (50, "percent", "50 %"),
        (3, "activities", "3"),
    ],
)
def test_amounts_are_said(amount: Any, unit: str, said: str) -> None:
    assert _said(amount, unit) == said
