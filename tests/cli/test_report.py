"""`hourloom report`: tables for people, JSON for scripts, one sentence for what cannot be asked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from hourloom.cli.charts import Paper, fitted, width_of
from hourloom.cli.commands.report import filters_given, keys_given
from hourloom.cli.reporting import folded, shown
from hourloom.sdk.reports import Report
from tests.cli.program import Program, an_export

SHAPE = {"range", "zone", "total_seconds", "away_seconds", "rows"}


@pytest.fixture(scope="module")
def recorded(served: Program, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program with 100 seconds of one app, on the afternoon of 2026-09-21 in Berlin."""
    directory = tmp_path_factory.mktemp("export")
    served("import", "activitywatch", str(an_export(directory / "in.json", 100)))
    return served


def test_json_has_the_form_that_scripts_rely_on(recorded: Program) -> None:
    asked = ("report", "2026-09-21..2026-09-22", "--zone", "Europe/Berlin")
    found = recorded.json(*asked, "--by", "app", "--then", "day")
    assert set(found) == SHAPE
    assert (found["range"], found["zone"]) == ("2026-09-21..2026-09-22", "Europe/Berlin")
    (row,) = found["rows"]
    assert set(row) == {"key", "seconds", "share", "rows"}
    assert (row["key"], row["share"]) == ("Code", 1.0)
    assert [set(each) for each in row["rows"]] == [{"key", "seconds", "share"}]
    assert row["seconds"] == found["total_seconds"] == row["rows"][0]["seconds"] > 0
    titles = recorded.json(*asked, "--by", "title")
    assert len(titles["rows"]) == 50
    assert sum(each["seconds"] for each in titles["rows"]) == pytest.approx(found["total_seconds"])
    cut = recorded.json(*asked, "--by", "title", "--top", "3", "--compare")
    assert (len(cut["rows"]), cut["rest"]["rows"]) == (3, 47)
    assert cut["compared_with"]["range"] == "2026-09-19..2026-09-20"


def test_tables_can_be_read_without_a_terminal(recorded: Program) -> None:
    done = recorded("report", "2026-09-21", "--by", "app", "--then", "title", "--top", "2", "--compare")
    assert "\033" not in done.stdout
    assert re.search(r"^Monday 2026-09-21, compared with Sunday 2026-09-20$", done.stdout, re.MULTILINE)
    assert re.search(r"^APP +TIME +SHARE +BEFORE +CHANGE$", done.stdout, re.MULTILINE)
    assert "48 more" in done.stdout
    assert re.search(r"^total +0:0\d", done.stdout, re.MULTILINE)
    assert "Monday   0:03" in recorded("report", "2026-09-21", "--by", "weekday").stdout


def test_nothing_recorded_is_said_kindly(recorded: Program) -> None:
    done = recorded("report", "2020-01-01")
    assert done.stdout == ""
    assert done.stderr.startswith("Nothing was recorded on Wednesday 2020-01-01.")
    assert "`hourloom status`" in done.stderr
    assert recorded.json("report", "2020-01-01")["rows"] == []
    done = recorded("report", "2026-09-21", "--where", "app=none such")
    assert done.stderr.startswith("Nothing matches on Monday 2026-09-21, only app ")


def test_reports_are_kept_by_a_name(recorded: Program) -> None:
    assert "takes it back" in recorded("report", "2026-09-21", "--by", "title", "--save", "Mine").stderr
    assert "Mine" in recorded("report", "--list").stdout
    assert len(recorded.json("report", "--saved", "Mine")["rows"]) == 50
    assert "--force" in recorded.refused("report", "today", "--save", "mine")
    assert (
        "takes it back"
        in recorded("report", "2026-09-21", "--by", "title", "--save", "mine", "--force").stderr
    )
    assert len(recorded.json("report", "--saved", "MINE")["rows"]) == 50
    assert "1 to 100 characters" in recorded.refused("report", "--save", "")
    assert "brings it back" in recorded("report", "--forget", "Mine").stderr
    assert "There is no saved report" in recorded.refused("report", "--forget", "Mine")
    assert "No report was kept" in recorded("report", "--list").stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["2026-03-08..2026-03-02"], 1),
        (["today", "--where", "category=Nothing"], 1),
        (["today", "--where", "score=9"], 1),
        (["today", "--where", "source=foo"], 1),
        (["today", "--by", "app", "--then", "day", "--then", "title", "--then", "hour"], 2),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(recorded: Program, words: list[str], code: int) -> None:
    done = recorded("report", *words, code=code)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_wrong_keys_and_filters_are_wrong_usage() -> None:
    assert keys_given("app, day", []) == keys_given("app", ["day"]) == {"by": "app", "then": "day"}
    for by, then in (("colour", []), ("app", ["app"]), ("app", ["day", "title"]), ("", ["day"])):
        with pytest.raises(typer.BadParameter):
            keys_given(by, then)
    assert filters_given(["app=code", "title=a=b"]) == {"app": "code", "title": "a=b"}
    for given in (["colour=red"], ["app"], ["app="], ["app=a", "app=b"]):
        with pytest.raises(typer.BadParameter):
            filters_given(given)


def test_it_works_without_a_server_and_on_a_terminal(hourloom: Program, tmp_path: Path) -> None:
    hourloom("import", "activitywatch", str(an_export(tmp_path / "in.json", 3)))
    hourloom.more["TERM"] = "xterm"
    seen = hourloom.in_terminal("report", "2026-09-21", "--by", "app")
    assert "Code" in seen


def a_row(key: str, seconds: float, **more: Any) -> dict[str, Any]:
    return {"key": key, "seconds": seconds, "share": seconds / 7200, **more}


def an_answer(**more: Any) -> Report:
    shape = {
        "range": "2026-03-02..2026-03-02",
        "zone": "Europe/Berlin",
        "started_at": "2026-03-01T23:00:00Z",
        "ended_at": "2026-03-02T23:00:00Z",
        "by": "category",
        "then": None,
        "where": {},
        "where_in_words": "",
        "total_seconds": 7200.0,
        "away_seconds": 60.0,
        "unassigned_seconds": 0.0,
        "rows": [
            a_row("Work > Programming in a long language", 7000.0, color="slot2"),
            a_row("x\033[2J", 50.0),
        ],
        "rest": {"rows": 5, "seconds": 150.0, "share": 150 / 7200},
        "facts": {
            "first_activity_at": "2026-03-02T08:00:00Z",
            "last_activity_at": "2026-03-02T18:00:00Z",
            "longest": None,
            "active_days": 1,
            "days": 1,
        },
        "series": {"unit": "hour", "parts": []},
        "compared_with": None,
        **more,
    }
    return msgspec.convert(json.loads(json.dumps(shape)), Report, strict=False)


def clock_of(text: str) -> int:
    hours, minutes = re.findall(r"(\d+):(\d\d)", text)[0]
    return int(hours) * 60 + int(minutes)


def test_the_minutes_of_rows_make_up_the_total(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [a_row(f"row {n}", 100.0) for n in range(71)]
    shown(an_answer(rows=rows, rest=None, total_seconds=7100.0))
    lines = capsys.readouterr().out.splitlines()
    table = lines[lines.index(next(line for line in lines if line.startswith("CATEGORY"))) + 1 :]
    assert sum(map(clock_of, table[:-1])) == clock_of(table[-1]) == 118


def test_changes_are_the_difference_of_the_minutes_shown(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        a_row(f"row {n}", 262 * 60 + 20.0, before_seconds=261 * 60 + 40.0, change_seconds=40.0)
        for n in range(3)
    ]
    past = {
        "range": "2026-03-01..2026-03-01",
        "started_at": "2026-02-28T23:00:00Z",
        "ended_at": "2026-03-01T23:00:00Z",
        "total_seconds": 3 * (261 * 60 + 40.0),
        "away_seconds": 0,
        "cut": False,
    }
    shown(an_answer(rows=rows, rest=None, total_seconds=3 * (262 * 60 + 20.0), compared_with=past))
    for line in capsys.readouterr().out.splitlines()[-4:]:
        now, before, *change = (int(h) * 60 + int(m) for h, m in re.findall(r"(\d+):(\d\d)", line))
        assert abs(now - before) == sum(change)


def test_a_long_series_is_folded() -> None:
    assert len(folded([1.0] * 365, 62)) == 53
    assert len(folded([1.0] * 31, 24)) == 16
    assert folded([1.0, 3.0, 5.0], 2) == [2.0, 5.0]
    assert folded([1.0, 3.0], 8) == [1.0, 3.0]


def test_control_characters_of_names_reach_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    shown(an_answer())
    assert "\033" not in capsys.readouterr().out


@pytest.mark.parametrize("width", [20, 34, 50, 80, 120])
def test_a_narrow_terminal_gets_whole_lines(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    shown(an_answer(), Paper(width, unicode=True, color=True))
    plain = re.sub(r"\033\[[0-9;]*m", "", capsys.readouterr().out)
    assert "CATEGORY" in plain or width < 30
    assert all(width_of(line) <= width for line in plain.splitlines())


def test_drawing_falls_back_to_plain_characters() -> None:
    plain, fine = Paper(None, unicode=False, color=False), Paper(80, unicode=True, color=True)
    assert (plain.bar(0.5, 10), plain.sparkline([0, 1, 8]), plain.arrow(1)) == ("#####", "_:@", "+")
    assert (fine.bar(0.55, 10), fine.sparkline([0, 1, 8]), fine.arrow(-1)) == ("█████▌", "·▂█", "▼")
    assert plain.painted("x", "slot1") == "x"
    assert "\033[38;5;" in fine.painted("x", "#ff0000") or "\033[38;2;" in fine.painted("x", "#ff0000")
    assert fitted("日本語", 4) == "日…" + " "
    assert fitted("abc", 5) == "abc  "
