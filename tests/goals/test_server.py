"""Goals within a whole server: bad input, the job that looks, archives, WakaTime's shape."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hourloom.notices.service import Notices
from hourloom.testing import Client, FixedClock, ServerInMemory, a_server, new_sqlite_file, open_sqlite
from tests.archive.a_home import Home
from tests.goals.made import terms_as_sent
from tests.jobs.running import let_time_pass

GOALS = "/api/v1/goals"


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def data_key() -> None:
    """Leave encryption out: nothing here depends on it."""


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    return server.client_with("goals:write")


BAD: list[tuple[dict[str, Any], int]] = [
    (terms_as_sent(target="many"), 422),
    (terms_as_sent(target=-1), 422),
    (terms_as_sent(target=1e300), 422),
    (terms_as_sent(period="decade"), 422),
    (terms_as_sent(direction="about"), 422),
    (terms_as_sent(weekdays=[0]), 422),
    (terms_as_sent(weekdays=[]), 422),
    (terms_as_sent(weekdays=[1] * 8), 422),
    (terms_as_sent(name=""), 422),
    (terms_as_sent(name="x" * 300), 422),
    (terms_as_sent(starts_on="2026-02-30"), 422),
    (terms_as_sent(starts_on="0001-01-01"), 422),
    (terms_as_sent(days_off=[{"first_day": "2026-03-05", "last_day": "2026-03-04"}]), 422),
    (terms_as_sent(where={"categories": [0]}), 422),
    (terms_as_sent(where={"categories": ["No > Such"]}), 404),
    (terms_as_sent(where={"categories": [2**62]}), 404),
    (terms_as_sent(where={"apps": ["x"] * 51}), 422),
    (terms_as_sent(where={"scores": [3]}), 422),
    (terms_as_sent(where={"titles": ["x"]}), 422),
    (terms_as_sent(unknown=1), 422),
]


def test_what_makes_no_goal_is_refused_with_a_sentence_and_nothing_is_kept(client: Client) -> None:
    statuses = []
    for body, status in BAD:
        answer = client.post(GOALS, body)
        assert answer.json()["detail"]
        statuses.append((answer.status in (400, 422) if status == 422 else answer.status == status, body))
    assert [body for fine, body in statuses if not fine] == []
    assert client.get(f"{GOALS}?state=all").json()["goals"] == []
    for path in (f"{GOALS}/7", f"{GOALS}/7/history"):
        assert client.get(path).status == 404
    assert client.get(f"{GOALS}/0").status in (400, 404, 422)
    assert client.post(f"{GOALS}/7/end", {}).status == 404
    off = {"first_day": "2026-01-01", "last_day": "2026-01-01"}
    assert client.post(f"{GOALS}/days_off", off | {"goals": [7]}).status == 404


def test_goals_that_contradict_are_a_conflict_that_names_the_other(client: Client) -> None:
    number = client.post(GOALS, terms_as_sent(name="Much", target=6 * 3600)).json()["goal"]["id"]
    answer = client.post(
        GOALS, terms_as_sent(name="Little", direction="at_most", target=20 * 3600, period="week")
    )
    assert (answer.status, answer.json()["code"]) == (409, "goals_contradict")
    assert answer.json()["detail"] == (
        'This cannot be met together with the goal "Much": at least 6 h a day is more than at most 20 h '
        "a week allows. Change or end one of them."
    )
    assert [each["goal"]["id"] for each in client.get(GOALS).json()["goals"]] == [number]


def test_scopes_open_what_they_say(server: ServerInMemory) -> None:
    assert server.client_with("goals:read").get(GOALS).status == 200
    assert server.client_with("goals:read").post(GOALS, terms_as_sent()).status == 403
    assert server.client_with("tracking:write").get(GOALS).status == 403


def an_hour(server: ServerInMemory) -> None:
    """Spend the last hour in one window."""
    aw = server.client
    for name, kind in (("w", "currentwindow"), ("a", "afkstatus")):
        aw.post(f"/api/0/buckets/{name}", {"client": "t", "type": kind, "hostname": "h"})
    spent = {"timestamp": "2026-03-02T08:00:00Z", "duration": 3600}
    aw.post("/api/0/buckets/w/events", [spent | {"data": {"app": "editor", "title": "A private title"}}])
    aw.post("/api/0/buckets/a/events", [spent | {"data": {"status": "not-afk"}}])


def test_the_job_tells_of_a_goal_that_is_reached(server: ServerInMemory, client: Client) -> None:
    an_hour(server)
    client.post(GOALS, terms_as_sent(name="One hour", target=3600))
    notices, home = server.service(Notices), server.owner.workspace_id

    async def until_told() -> None:
        async with asyncio.timeout(30):
            while not notices.slots(home, "goal_reached"):
                await let_time_pass(server.server.jobs, server.clock)

    server.run(until_told())
    standing = server.client_with("notices:read").get("/api/v1/notices").json()["notices"]
    (notice,) = (each for each in standing if each["kind"] == "goal_reached")
    assert notice["sentence"] == "The goal One hour is reached for the day of 2026-03-02."
    told = [change for change in server.changes if change.kind == "GoalReached"]
    assert [json.loads(change.body) for change in told] == [
        {"user_id": 1, "id": 1, "first_day": "2026-03-02", "last_day": "2026-03-02"}
    ]
    said = b"".join(change.body for change in server.changes if change.kind.startswith(("Goal", "Notice")))
    assert b"private" not in said


def test_an_archive_brings_goals_along_and_what_they_look_at(server: ServerInMemory, tmp_path: Path) -> None:
    home = Home(server)
    maker = server.client_with("goals:write", "projects:write")
    gone = maker.post("/api/v1/tags", {"name": "gone"}).json()["tag"]["id"]
    maker.post("/api/v1/tags", {"name": "kept"})
    maker.post(GOALS, terms_as_sent(name="One", where={"tags": ["kept", "gone"], "apps": ["mutt"]}))
    maker.post(GOALS, terms_as_sent(name="Two", where={"categories": ["Work > Programming"]}))
    maker.delete(f"/api/v1/tags/{gone}")
    archive = home.export()
    path = new_sqlite_file(tmp_path / "other.db", None)
    (tmp_path / "other").mkdir()
    with a_server(lambda r, p: open_sqlite(path, None, r, p), tmp_path / "other", FixedClock()) as other:
        reader = other.client_with("goals:write", "projects:write", "operations:write")
        reader.post("/api/v1/tags", {"name": "another"})
        reader.post(GOALS, terms_as_sent(name="Mine"))
        facts = Home(other).read_in(archive)
        found = {each["goal"]["name"]: each["goal"] for each in reader.get(GOALS).json()["goals"]}
        assert list(found) == ["Mine", "One", "Two"]
        assert [each["name"] for each in found["One"]["where"]["tags"]] == ["kept", None]
        assert [each["name"] for each in found["Two"]["where"]["categories"]] == ["Work > Programming"]
        Home(other).undo(facts.operation_id)
        assert [each["goal"]["name"] for each in reader.get(GOALS).json()["goals"]] == ["Mine"]


def test_wakatimes_clients_find_all_that_the_sample_has(server: ServerInMemory, client: Client) -> None:
    an_hour(server)
    client.post(GOALS, terms_as_sent(name="One hour", target=3600, starts_on="2026-02-20"))
    client.post(GOALS, terms_as_sent(name="No time", measure="pulse", target=50))
    editor = server.client_with("heartbeats:write", "tracking:read")
    found = editor.get("/api/v1/users/current/goals").json()
    assert (found["total"], len(found["data"][0]["chart_data"])) == (1, 7)
    shown = editor.get(f"/api/v1/users/current/goals/{found['data'][0]['id']}").json()
    assert shown["cached_at"]
    last = shown["data"]["chart_data"][-1]
    assert (last["actual_seconds_text"], last["goal_seconds_text"], last["range_status"]) == (
        "1 hr",
        "1 hr",
        "success",
    )
    assert last["range"]["text"] == "Today"
    assert shown["data"]["chart_data"][0]["range_status"] == "fail"
    assert editor.get("/api/v1/users/current/goals/2").status == 404


def test_a_goal_looks_at_what_takes_the_place_of_its_category_and_back(server: ServerInMemory) -> None:
    admin = server.client_with("admin")
    old, new = (
        admin.post("/api/v1/categories", {"name": name}).json()["category"]["id"] for name in ("Old", "New")
    )
    made = admin.post(GOALS, terms_as_sent(where={"categories": [old]}))
    assert made.status == 201, made.body

    def looks_at() -> list[int]:
        (goal,) = admin.get(GOALS).json()["goals"]
        return [each["id"] for each in goal["goal"]["where"]["categories"]]

    gone = admin.request("DELETE", f"/api/v1/categories/{old}?reassign_to={new}").json()
    assert looks_at() == [new]
    assert admin.post(f"/api/v1/operations/{gone['operation_id']}/undo", {}).status == 200
    assert looks_at() == [old]
