"""`hourloom privacy`, with a server and without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import Program, an_export


def a_history(program: Program, directory: Path, bucket: str) -> list[dict[str, Any]]:
    program("import", "activitywatch", str(an_export(directory / "in.json", 100, bucket)))
    return events(program, bucket)


def events(program: Program, bucket: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(program("export", "--bucket", bucket).stdout)["buckets"][bucket][
        "events"
    ]
    return found


def test_rules_are_added_tried_applied_and_removed(served: Program, tmp_path: Path) -> None:
    before = a_history(served, tmp_path, "one")
    text = next(value for value in before[0]["data"].values() if isinstance(value, str))
    same = [event for event in before if text in event["data"].values()]
    rule = ["privacy", "add", "--any", text, "--is"]
    seen = served.json(*rule, "--preview")
    assert served.json("privacy", "list")["rules"] == []
    made = served.json(*rule)
    number = str(made["rule"]["id"])
    assert text in served("privacy", "list").stdout
    assert "Nothing would be stored" in served("privacy", "try", json.dumps({"app": text})).stderr
    done = served.json("privacy", "apply", "--rule", number)
    assert (done["finished"], done["dropped"]) == (True, len(same))
    assert seen["events"] in (0, len(same))
    assert len(events(served, "one")) == len(before) - len(same)
    served("undo", str(done["operation_id"]))
    assert events(served, "one") == before
    assert "takes it back" in served("privacy", "add", "--private").stderr
    for each in served.json("privacy", "list")["rules"]:
        served("privacy", "remove", str(each["id"]))
    assert "no privacy rules" in served("privacy", "list").stderr
    assert "no privacy rule" in served.refused("privacy", "remove", number).lower()


def test_rules_work_without_a_server_too(hourloom: Program, tmp_path: Path) -> None:
    before = a_history(hourloom, tmp_path, "two")
    filters = tmp_path / "filters.json"
    filters.write_text(
        json.dumps([{"type": "app", "pattern": "^KeePass"}, {"type": "x", "pattern": "y"}]), "utf-8"
    )
    said = hourloom("privacy", "import", str(filters)).stderr
    assert "Taken over: 1 rules." in said
    assert "number 2: its type is none of app, url and title" in said
    hourloom("privacy", "add", "--type", "currentwindow", "--type", "web.tab.current", "--redact")
    done = hourloom.json("privacy", "apply")
    assert done["finished"]
    assert len(events(hourloom, "two")) == len(before)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--app", "a", "--title", "b"], "only one of"),
        (["--title", "x", "--times", "22:00-06:00", "--days", "8"], "no days of the week"),
        (["--title", "(", "--re2"], "cannot be used"),
    ],
)
def test_what_makes_no_rule_is_said(served: Program, words: list[str], said: str) -> None:
    assert said in served.refused("privacy", "add", *words)
