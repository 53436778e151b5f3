"""Saved reports go into an archive and come out of it, with the numbers that things have there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.archive.a_home import Home, a_sqlite_home, lines_of

SAVED = "/api/v1/reports/saved"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with a_sqlite_home(tmp_path, "home") as home:
        yield home


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Home]:
    with a_sqlite_home(tmp_path, "other") as home:
        yield home


def save(home: Home, name: str, by: str = "app", **where: str) -> int:
    made = home.ask("POST", SAVED, {"name": name, "definition": {"by": by, "where": where}})
    return int(made["report"]["id"])


def saved(home: Home) -> dict[str, Any]:
    return {each["name"]: each["definition"] for each in home.ask("GET", SAVED)["reports"]}


def project(home: Home, name: str) -> str:
    return str(home.ask("POST", "/api/v1/projects", {"name": name})["project"]["id"])


def test_an_empty_database_gets_them_as_they_were(home: Home, other: Home) -> None:
    save(home, "Mine", title="report", hour="9")
    save(home, "On one project", project=project(home, "Bridge"))
    archive = home.export()
    other.read_in(archive)
    assert saved(other) == saved(home)
    assert other.export() == archive


def test_where_there_is_a_record_numbers_become_those_that_things_have_there(home: Home, other: Home) -> None:
    bridge = project(home, "Bridge")
    save(home, "On one project", project=f"{bridge},none", tag="99")
    save(home, "Same")
    save(home, "Different", by="day")
    project(other, "Other")
    save(other, "Same")
    save(other, "Different", by="title")
    facts = other.read_in(home.export())
    there = {each["name"]: each["id"] for each in other.ask("GET", "/api/v1/projects")["projects"]}
    found = saved(other)
    assert found["On one project"]["where"] == {"project": f"{there['Bridge']},none", "tag": "0"}
    assert found["Different"]["by"] == "title"
    counted = next(each for each in facts.tables if each.name == "saved_reports")
    assert (counted.new, counted.same, counted.conflicting) == (1, 1, 1)


@pytest.mark.parametrize("on_conflict", ["replace", "both"])
def test_of_two_with_one_name_the_policy_decides_and_undo_takes_it_back(
    home: Home, other: Home, on_conflict: Any
) -> None:
    save(home, "Different", by="day")
    save(other, "Different", by="title")
    before = saved(other)
    facts = other.read_in(home.export(), on_conflict)
    found = saved(other)
    if on_conflict == "replace":
        assert found["Different"]["by"] == "day"
    else:
        assert (found["Different"]["by"], found["Different (2)"]["by"]) == ("title", "day")
    other.undo(facts.operation_id)
    assert saved(other) == before


def test_no_name_or_filter_leaves_in_an_operation(home: Home) -> None:
    save(home, "A secret name", title="a secret title")
    lines = lines_of(home.export(), "operations")
    assert "secret" not in json.dumps(lines)
