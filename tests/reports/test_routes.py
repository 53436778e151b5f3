"""Reports over the whole server: from events to rows, tags of content, saved reports, undo and Changes."""

from __future__ import annotations

import json
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest

from hourloom.core.changes import RecordedChange
from hourloom.core.clock import MINUTE, Instant, parse_instant
from hourloom.testing import Client, ServerInMemory
from hourloom.tracking.model import BucketDraft, EventDraft
from hourloom.tracking.service import Buckets, Events

WINDOW, AFK = "aw-watcher-window_desk", "aw-watcher-afk_desk"
SUMMARY, SAVED = "/api/v1/reports/summary", "/api/v1/reports/saved"
MONDAY = "2026-02-23"
"""A week before the day on which the clock of tests stands."""


def record(server: ServerInMemory, bucket: str, kind: str, start: str, *stretches: tuple[int, Any]) -> None:
    """Store events one after another, each of so many minutes."""
    buckets = server.service(Buckets)
    if bucket not in [each.bucket.name for each in buckets.all(server.owner)]:
        draft = BucketDraft(bucket, kind, "test", "desk")
        server.write(partial(buckets.create, server.owner, draft))
    at, drafts = parse_instant(start), []
    for minutes, data in stretches:
        ends = Instant(at + minutes * MINUTE)
        drafts.append(EventDraft(at, ends, json.dumps(data).encode()))
        at = ends
    server.write(lambda: server.service(Events).append(server.owner, bucket, drafts))


def a_morning(server: ServerInMemory, day: str = MONDAY) -> None:
    """Record three hours from 9:00 on, of which 30 minutes were spent away."""
    record(
        server,
        WINDOW,
        "currentwindow",
        f"{day}T09:00:00Z",
        (90, {"app": "Code", "title": "report.py"}),
        (30, {"app": "Firefox", "title": "Inbox"}),
        (60, {"app": "zoom", "title": "Meeting"}),
    )
    record(
        server,
        AFK,
        "afkstatus",
        f"{day}T09:00:00Z",
        (90, {"status": "not-afk"}),
        (30, {"status": "afk"}),
        (60, {"status": "not-afk"}),
    )


on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    a_morning(server)
    client = server.client_with("reports:write", "operations:write", "settings:write")
    assert client.put("/api/v1/settings/time_zone", {"value": "UTC"}).status == 200
    return client


def asked(client: Client, **parameters: Any) -> Any:
    answer = client.get(f"{SUMMARY}?{urlencode({'range': MONDAY, **parameters})}")
    assert answer.status == 200, answer.body
    return answer.json()


def test_events_become_rows_with_what_is_behind_them(client: Client) -> None:
    found = asked(client, by="app")
    assert (found["total_seconds"], found["away_seconds"]) == (9000.0, 1800.0)
    assert [(row["key"], row["seconds"], row["share"]) for row in found["rows"]] == [
        ("Code", 5400.0, 0.6),
        ("zoom", 3600.0, 0.4),
    ]
    assert found["range"] == f"{MONDAY}..{MONDAY}"
    assert found["facts"]["first_activity_at"] == f"{MONDAY}T09:00:00Z"
    assert found["facts"]["last_activity_at"] == f"{MONDAY}T12:00:00Z"
    assert found["facts"]["longest"]["seconds"] == 5400.0
    assert sum(part["seconds"] for part in found["series"]["parts"]) == 9000.0
    for by in ("category", "app", "hour", "title", "tag", "device", "source", "score", "week"):
        rows = asked(client, by=by, then="day" if by != "week" else "app")["rows"]
        assert sum(row["seconds"] for row in rows) == 9000.0
        for row in rows:
            assert asked(client, by="title", **row["where"])["total_seconds"] == row["seconds"]


@on_sqlite
def test_the_activities_behind_each_number_make_up_that_number(server: ServerInMemory) -> None:
    a_morning(server)
    client = server.client_with("reports:read", "activities:read", "settings:write")
    assert client.put("/api/v1/settings/time_zone", {"value": "UTC"}).status == 200
    report = asked(client, range="2026-02-20..2026-02-28", by="day", then="category")
    whole = {"start": report["started_at"], "end": report["ended_at"]}
    looked = 0
    for row in [*report["rows"], *report["rows"][0]["rows"], *asked(client, by="app")["rows"]]:
        bounds = {"start": row["started_at"], "end": row["ended_at"]} if "started_at" in row else whole
        where = {name: text for name, text in row["where"].items() if name != "range"}
        answer = client.get(f"/api/v1/activities?{urlencode({**bounds, **where})}")
        assert answer.status == 200, answer.body
        found = sum(each["duration_seconds"] for each in answer.json()["activities"])
        assert found == row["seconds"] > 0
        looked += 1
    assert looked >= 4


@on_sqlite
def test_hours_of_weekdays_and_the_timeline_hold_the_same_time(client: Client) -> None:
    heat = client.get(f"/api/v1/reports/heat?range=week&date={MONDAY}").json()
    assert heat["weekdays"][0] == "monday"
    assert heat["seconds"][0][8:13] == [0.0, 3600.0, 1800.0, 3600.0, 0.0]
    assert heat["possible_seconds"][0][9] == 3600.0
    line = client.get(f"/api/v1/reports/timeline?range={MONDAY}&by=app").json()
    assert (line["keys"], line["durations"]) == (["Code", "zoom"], [90 * MINUTE, 60 * MINUTE])
    assert line["steps"] == [540 * MINUTE, 30 * MINUTE]
    assert line["away_durations"] == [30 * MINUTE]
    for wrong in ("range=year&by=app", "range=today&by=hour"):
        assert client.get(f"/api/v1/reports/timeline?{wrong}").status == 400


@on_sqlite
def test_filters_take_names_and_say_what_there_is_not(client: Client) -> None:
    assert asked(client, by="app", app="code")["total_seconds"] == 5400.0
    named = asked(client, by="app", category="Work")
    assert named["where_in_words"] == "category Work"
    assert 0 < named["total_seconds"] <= 9000.0
    assert asked(client, by="app", title="meeting")["total_seconds"] == 3600.0
    assert asked(client, by="app", hour="9,10", weekday="monday")["total_seconds"] == 5400.0
    answer = client.get(f"{SUMMARY}?category=No+such")
    assert (answer.status, answer.json()["detail"]) == (
        400,
        "There is no category 'No such'; `hourloom category list` shows those there are.",
    )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("range=2026-03-08..2026-03-02", "range_reversed"),
        ("range=1970-01-02..2080-01-01", "range_too_long"),
        ("range=soon", "range_not_known"),
        ("date=tomorrow", "date_not_known"),
        ("zone=Mars/Olympus", "no_such_zone"),
        ("by=colour", "key_not_known"),
        ("by=app&then=app", "key_twice"),
        ("by=app,title&then=day", "too_many_levels"),
        ("hour=25", "part_not_known"),
        ("score=high", "filter_not_valid"),
        ("saved=nothing", "no_such_saved_report"),
        ("limit=1000001", "invalid_parameter"),
    ],
)
@on_sqlite
def test_what_cannot_be_asked_is_refused_in_a_sentence(client: Client, query: str, code: str) -> None:
    answer = client.get(f"{SUMMARY}?{query}")
    assert answer.json()["code"] == code
    assert answer.status in (400, 404, 422)
    assert answer.json()["detail"].endswith(".")


@on_sqlite
def test_a_settled_report_is_known_by_its_tag_until_something_in_it_changes(
    server: ServerInMemory, client: Client
) -> None:
    query = f"{SUMMARY}?range={MONDAY}&by=app"
    answer = client.get(query)
    known = {"if-none-match": answer.headers["etag"]}
    assert answer.headers["cache-control"] == "no-store"
    assert client.request("GET", query, headers=known).status == 304
    assert client.request("GET", query + "&limit=1", headers=known).status == 200
    record(server, WINDOW, "currentwindow", f"{MONDAY}T11:00:00Z", (5, {"app": "late", "title": ""}))
    assert client.request("GET", query, headers=known).status == 200
    assert client.request("GET", query + "&zone=Asia/Tokyo", headers=known).status == 200
    week = f"{SUMMARY}?range=2026-02-22..2026-02-28"
    weekly = {"if-none-match": client.get(week).headers["etag"]}
    assert client.request("GET", week, headers=weekly).status == 304
    record(server, WINDOW, "currentwindow", "2026-02-26T11:00:00Z", (5, {"app": "late", "title": ""}))
    assert client.request("GET", week, headers=weekly).status == 200
    assert client.put("/api/v1/settings/day_starts_at", {"value": 240}).status == 200
    assert client.request("GET", query, headers={"if-none-match": known["if-none-match"]}).status == 200
    today = client.get(f"{SUMMARY}?range=today").headers["etag"]
    assert client.request("GET", f"{SUMMARY}?range=today", headers={"if-none-match": today}).status == 304


@on_sqlite
def test_the_week_before_is_compared(server: ServerInMemory, client: Client) -> None:
    a_morning(server, "2026-02-16")
    found = asked(client, range="week", date=MONDAY, by="app", compare="true")
    assert found["compared_with"]["range"] == "2026-02-16..2026-02-22"
    assert found["compared_with"]["total_seconds"] == 9000.0
    assert [(row["before_seconds"], row["change_seconds"]) for row in found["rows"]] == [
        (5400.0, 0.0),
        (3600.0, 0.0),
    ]


def definition(**said: Any) -> dict[str, Any]:
    return {"range": "week", "by": "app", "where": {"title": "report"}, **said}


def test_reports_are_saved_changed_shown_deleted_and_taken_back(
    server: ServerInMemory, client: Client
) -> None:
    def state() -> dict[int, str]:
        return {each["id"]: each["name"] for each in client.get(SAVED).json()["reports"]}

    def apply(before: dict[int, str], change: RecordedChange) -> dict[int, str]:
        told = json.loads(change.body)
        if change.kind == "ReportSaved":
            return {**before, told["id"]: told["name"]}
        if change.kind == "SavedReportDeleted":
            return {number: name for number, name in before.items() if number != told["id"]}
        return before

    made: list[Any] = []

    def note(answer: Any) -> None:
        assert answer.status < 300, answer.body
        made.append(answer.json())

    server.verify_changes(
        lambda: note(client.post(SAVED, {"name": " Mine ", "definition": definition()})), state, apply
    )
    number = made[0]["report"]["id"]
    assert made[0]["report"]["name"] == "Mine"
    assert asked(client, saved="Mine", range=MONDAY)["total_seconds"] == 5400.0
    assert asked(client, saved=str(number), range=MONDAY)["by"] == "app"
    path = f"{SAVED}/{number}"
    server.verify_changes(
        lambda: note(client.put(path, {"name": "Ours", "definition": definition(by="title")})), state, apply
    )
    server.verify_changes(lambda: note(client.delete(path)), state, apply)
    assert client.get(path).status == 404
    undo = [f"/api/v1/operations/{each['operation_id']}/undo" for each in made]
    assert client.post(undo[1]).status == 409
    for path_of_undo in reversed(undo[1:]):
        server.verify_changes(lambda path=path_of_undo: note(client.post(path)), state, apply)  # type: ignore[misc]
    assert client.get(path).json()["definition"]["by"] == "app"
    assert state() == {number: "Mine"}
    server.verify_changes(lambda: note(client.post(undo[0])), state, apply)
    assert state() == {}
    with server.database.read() as tx:
        assert "Mine" not in str(tx.rows("SELECT subject FROM operations"))


@on_sqlite
def test_a_saved_report_keeps_how_it_is_drawn(client: Client) -> None:
    for name, said, kept in (
        ("A", {}, None),
        ("B", {"shape": "sunburst"}, "sunburst"),
        ("C", {"shape": "table"}, None),
    ):
        made = client.post(SAVED, {"name": name, "definition": definition(**said)}).json()["report"]
        assert made["definition"].get("shape") == kept
        assert client.get(f"{SAVED}/{made['id']}").json() == made
    assert client.post(SAVED, {"name": "D", "definition": definition(shape="pie")}).status == 422
    assert asked(client, saved="B", range=MONDAY)["total_seconds"] == 5400.0


@on_sqlite
def test_what_makes_no_saved_report_is_refused(client: Client) -> None:
    assert client.post(SAVED, {"name": "A", "definition": definition()}).status == 201
    for body, code in (
        ({"name": "A", "definition": definition()}, "saved_report_name_taken"),
        ({"name": " ", "definition": definition()}, "saved_report_not_named"),
        ({"name": "B", "definition": definition(by="colour")}, "key_not_known"),
        ({"name": "B", "definition": definition(range="2026-03-08..2026-03-01")}, "range_reversed"),
        ({"name": "B", "definition": definition(zone="Mars/Olympus")}, "no_such_zone"),
        ({"name": "B", "definition": definition(where={"colour": "red"})}, "filter_not_known"),
        ({"name": "B", "definition": definition(where={"category": "Nothing"})}, "nothing_of_that_name"),
    ):
        answer = client.post(SAVED, body)
        assert answer.json()["code"] == code
        assert answer.status in (400, 409, 422)
    assert client.put(f"{SAVED}/999", {"name": "C", "definition": definition()}).status == 404
    assert client.delete(f"{SAVED}/999").status == 404


@on_sqlite
def test_scopes_are_asked_for(server: ServerInMemory, client: Client) -> None:
    reader = server.client_with("reports:read")
    assert reader.get(f"{SUMMARY}?range={MONDAY}").json()["total_seconds"] == 9000.0
    assert reader.post(SAVED, {"name": "A", "definition": definition()}).status == 403
    assert server.client_with("tracking:read").get(SUMMARY).status == 403
