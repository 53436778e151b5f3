"""`hourloom mark`, and what docs/activities.md says of it."""

from __future__ import annotations

import re
import shlex
from datetime import date, datetime, timedelta
from pathlib import Path
from time import tzset

import pytest
import typer

from hourloom.cli.commands.mark import NotADate, NotAMoment, NotAPeriod, _begins, _moment, _period
from hourloom.cli.main import application
from tests.cli.program import Program

PAGE = (Path(__file__).parents[2] / "docs" / "activities.md").read_text("utf-8")
LINES = re.findall(r"^    hourloom mark (.*?)(?:  .*)?$", PAGE, re.MULTILINE)


def test_what_stretches_of_time_were_is_said_listed_and_taken_back(served: Program) -> None:
    served("project", "add", "Website")
    made = served("mark", "add", "2026-02-02T9:00..10:30", "-c", "Meetings", "--project", "website")
    assert "takes it back" in made.stderr
    served("mark", "add", "2026-02-02T14:00..15:00", "--there", "--note", "On the phone")
    halves = ("2026-02-03T09:00..12:00", "--at", "10:30", "--first", "Programming", "--then", "away")
    assert len(served.json("mark", "split", *halves)["ids"]) == 2
    rows = [re.split(r"  +", row) for row in served("mark", "list").stdout.splitlines()[1:]]
    assert [row[1:] for row in rows] == [
        ["2026-02-03 10:30..12:00", "away"],
        ["2026-02-03 09:00..10:30", "Work > Programming"],
        ["2026-02-02 14:00..15:00", "you were there", "On the phone"],
        ["2026-02-02 09:00..10:30", "Work > Meetings, project Website"],
    ]
    of_a_day = served.json("mark", "list", "--from", "2026-02-03", "--to", "2026-02-03")["marks"]
    assert [str(each["id"]) for each in of_a_day] == [row[0] for row in rows[:2]]
    assert "the newest 1" in served("mark", "list", "--limit", "1").stderr
    assert "brings it back" in served("mark", "remove", rows[0][0]).stderr
    served("undo")
    assert len(served.json("mark", "list")["marks"]) == 4


def test_what_cannot_be_said_is_told_in_one_sentence(served: Program) -> None:
    day = "2026-02-02T09:00"
    assert "say a category" in served.refused("mark", "add", f"{day}..10:00")
    assert "begin before" in served.refused("mark", "add", f"{day}..08:00", "--away")
    assert "not been yet" in served.refused("mark", "add", "2099-02-02T09:00..10:00", "--away")
    assert "has no category" in served.refused("mark", "add", f"{day}..10:00", "--away", "-c", "Work")
    assert "no category 'Nap'" in served.refused("mark", "add", f"{day}..10:00", "-c", "Nap")
    assert "no tag 'x'" in served.refused("mark", "add", f"{day}..10:00", "--tag", "x")
    assert "between" in served.refused("mark", "split", f"{day}..10:00", "--at", "11:00", "--then", "away")
    assert "is no day" in served.refused("mark", "list", "--from", "monday")
    assert "what a part was" in served.refused("mark", "split", f"{day}..10:00", "--at", "9:30")


def test_times_are_of_today_or_of_a_day_that_is_named() -> None:
    day = date(2026, 2, 2)
    assert f"{_moment('9:05', day):%Y-%m-%d %H:%M}" == "2026-02-02 09:05"
    assert _moment("2026-02-03T09:05:30Z", day).timestamp() == 1770109530
    start, end = _period("2026-02-03T09:00 .. 10:00")
    assert (start.date(), end - start) == (date(2026, 2, 3), timedelta(hours=1))
    first, last = _period("00:00..23:59")
    assert last - timedelta(days=1) < datetime.now().astimezone() < first + timedelta(days=2)
    assert f"{_moment('24:00', day):%Y-%m-%d %H:%M}" == "2026-02-03 00:00"
    for text in ("", "9", "25:00", "24:01", "9999-12-31T24:00", "noon", "2026-02-30T09:00", "T09:00", "T"):
        with pytest.raises(NotAMoment):
            _moment(text, day)
    with pytest.raises(NotAPeriod):
        _period("09:00-10:00")


def test_an_hour_that_clocks_leave_out_is_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    day = date(2026, 3, 29)
    with monkeypatch.context() as there:
        there.setenv("TZ", "Europe/Berlin")
        tzset()
        try:
            with pytest.raises(NotAMoment):
                _moment("02:30", day)
            assert _moment("03:30", day) - _moment("01:30", day) == timedelta(hours=1)
            assert _moment("02:30Z", day).hour == 4
        finally:
            there.undo()
            tzset()


def test_days_at_the_ends_of_all_years_are_days_or_told_to_be_none() -> None:
    assert datetime.fromisoformat(_begins("0800-01-02")).year == 800
    assert _begins("2026-02-02", later=1) == _begins("2026-02-03")
    with pytest.raises(NotADate):
        _begins("9999-12-31", later=1)


def test_the_commands_of_the_page_are_understood() -> None:
    family = typer.main.get_command(application()).commands["mark"]  # type: ignore[attr-defined]
    assert {line.split()[0] for line in LINES} == set(family.commands)
    for line in LINES:
        name, *words = shlex.split(line)
        family.commands[name].make_context(name, words)
