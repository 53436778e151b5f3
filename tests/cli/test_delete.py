"""`hourloom delete` and `hourloom retention`, with a server and without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import Program, an_export

EVENTS = 1_200


@pytest.fixture
def bucket(served: Program, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a bucket of this test's own, filled by an import."""
    name = request.function.__name__
    served("import", "activitywatch", str(an_export(tmp_path / "in.json", EVENTS, name)))
    return str(name)


def events(program: Program, bucket: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(program("export", "--bucket", bucket).stdout)["buckets"][bucket][
        "events"
    ]
    return found


def test_a_match_is_looked_at_deleted_undone_and_erased(served: Program, bucket: str) -> None:
    match = ["delete", "match", "--pattern=^1[05]", "--bucket", bucket]
    before = events(served, bucket)
    seen = served.json(*match, "--preview")
    assert (seen["events"], seen["seconds"], seen["payloads"]) == (48, 48, 2)
    made = served.json(*match)
    assert (made["state"], made["events"], made["can_be_undone"]) == ("waiting", 48, True)
    served("undo", str(made["operation_id"]))
    assert events(served, bucket) == before
    again = str(served.json(*match)["id"])
    assert "found nowhere any more" in served("delete", "erase", again).stderr
    assert len(events(served, bucket)) == EVENTS - 48
    assert [each["state"] for each in served.json("delete", "list")] == ["done", "undone"]
    assert "database file" in served("delete", "proof", again).stdout
    assert "erasure" in served.refused("delete", "erase", again)


def test_a_range_is_of_days(served: Program, bucket: str) -> None:
    period = ["delete", "range", "2026-09-21..2026-09-22", "--bucket", bucket]
    assert f"{bucket}  1,200   20.0 min" in served(*period, "--preview").stdout
    assert served.json(*period, "--now")["state"] == "done"
    assert events(served, bucket) == []
    assert "no period" in served.refused("delete", "range", "yesterday")


def test_a_bucket_goes_into_the_trash_and_comes_out(served: Program, bucket: str) -> None:
    served("delete", "bucket", bucket)
    (number,) = (each["id"] for each in served.json("delete", "trash") if each["name"] == bucket)
    served("delete", "restore", str(number))
    assert len(events(served, bucket)) == EVENTS
    assert served.json("delete", "bucket", bucket, "--now")["events"] == EVENTS
    assert bucket not in served("delete", "trash").stdout


def test_a_person_is_asked_before_it_is_final(served: Program, bucket: str) -> None:
    seen = served.in_terminal("delete", "match", "--app", "Code", "--now", answers=["n"])
    assert "for good" in seen
    assert "nothing was changed" in seen
    assert len(events(served, bucket)) == EVENTS


def test_without_a_server_everything_is_done_here(hourloom: Program, tmp_path: Path) -> None:
    hourloom("import", "activitywatch", str(an_export(tmp_path / "in.json", EVENTS)))
    rules = hourloom.json("retention", "set", "--titles", "30", "--events", "ever", "--no-totals")
    assert (rules["titles_days"], rules["events_days"], rules["totals"]) == (30, None, False)
    assert "no number of days" in hourloom.refused("retention", "set", "--events", "soon")
    assert hourloom.json("retention", "run").keys() == {"deleted", "reduced", "totals", "marks"}
    assert "30 days" in hourloom("retention", "show").stdout
    made = hourloom.json("delete", "everything")
    hourloom("undo", str(made["operation_id"]))
    made = hourloom.json("delete", "everything", "--now")
    assert made["state"] == "done"
    assert {each["found"] for each in made["proof"]} == {0}
    assert json.loads(hourloom("export").stdout) == {"buckets": {}}
