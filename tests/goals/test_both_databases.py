"""Goals over HTTP on both databases: kept, changed, undone, told of, and carried over in an archive."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hourloom.core.changes import RecordedChange
from hourloom.testing import Client, ServerInMemory
from tests.goals.made import terms_as_sent

GOALS = "/api/v1/goals"
Terms = dict[int, dict[str, Any]]


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    return server.client_with(
        "goals:write", "operations:write", "settings:write", "projects:write", "tracking:write"
    )


def added(client: Client, **given: Any) -> dict[str, Any]:
    answer = client.post(GOALS, terms_as_sent(**given))
    assert answer.status == 201, answer.json()
    made: dict[str, Any] = answer.json()
    return made


def state_of(client: Client) -> Terms:
    """Return what a program that shows goals would show, by number."""
    found = client.get(f"{GOALS}?state=all").json()["goals"]
    return {each["goal"]["id"]: _told(each["goal"]) for each in found}


def _told(goal: dict[str, Any]) -> dict[str, Any]:
    return {name: goal[name] for name in ("name", "target", "period", "ends_on", "days_off", "weekdays")}


def apply(state: Terms, change: RecordedChange) -> Terms:
    body = msgspec.json.decode(change.body)
    if change.kind in ("GoalAdded", "GoalChanged"):
        return dict(sorted((state | {body["id"]: _told(body["terms"])}).items()))
    if change.kind == "GoalDeleted":
        return {number: terms for number, terms in state.items() if number != body["id"]}
    return state


def test_every_change_of_a_goal_is_announced_and_can_be_undone(
    server: ServerInMemory, client: Client
) -> None:
    first = added(client)["goal"]["id"]
    second = added(client, name="Second", period="week", target=36000)["goal"]["id"]
    body = terms_as_sent(name="Renamed", target=7200)
    deeds = [
        lambda: client.post(GOALS, terms_as_sent(name="Third")),
        lambda: client.put(f"{GOALS}/{first}", body),
        lambda: client.post(f"{GOALS}/{first}/end", {"ends_on": "2026-03-31"}),
        lambda: client.post(f"{GOALS}/days_off", {"first_day": "2026-04-06", "last_day": "2026-04-06"}),
        lambda: client.delete(f"{GOALS}/{second}"),
    ]
    operations, states = [], []
    for deed in deeds:
        states.append(state_of(client))

        def act(deed: Any = deed) -> None:
            answer = deed()
            assert answer.status in (200, 201), answer.json()
            operations.append(answer.json()["operation_id"])

        server.verify_changes(act, lambda: state_of(client), apply)
    for operation, before in zip(reversed(operations), reversed(states), strict=True):
        undo = f"/api/v1/operations/{operation}/undo"
        server.verify_changes(lambda undo=undo: client.post(undo), lambda: state_of(client), apply)  # type: ignore[misc]
        assert state_of(client) == before


def test_what_was_recorded_is_progress(server: ServerInMemory, client: Client) -> None:
    """Three hours in one window, until now."""
    server.clock.set("2026-03-02T12:00:00Z")
    client.put("/api/v1/settings/time_zone", {"value": "Europe/Berlin"})
    aw = server.client
    aw.post("/api/0/buckets/w", {"client": "t", "type": "currentwindow", "hostname": "h"})
    aw.post("/api/0/buckets/a", {"client": "t", "type": "afkstatus", "hostname": "h"})
    spent = {"timestamp": "2026-03-02T09:00:00Z", "duration": 10800}
    aw.post("/api/0/buckets/w/events", [spent | {"data": {"app": "editor", "title": "x"}}])
    aw.post("/api/0/buckets/a/events", [spent | {"data": {"status": "not-afk"}}])
    goal = added(client, where={"apps": ["Editor"]})["goal"]
    other = added(client, name="Nothing", where={"apps": ["other"]}, direction="at_most")["goal"]
    found = {each["goal"]["id"]: each["progress"] for each in client.get(GOALS).json()["goals"]}
    assert (found[goal["id"]]["done"], found[goal["id"]]["left"]) == (10800, 3600)
    assert found[goal["id"]]["share"] == 0.75
    assert (found[other["id"]]["done"], found[other["id"]]["state"]) == (0, "open")
    history = client.get(f"{GOALS}/{goal['id']}/history").json()
    assert history["periods"] == [found[goal["id"]]]
    assert (history["unit"], history["next_before"]) == ("seconds", None)
    editor = server.client_with("heartbeats:write", "tracking:read")
    for path in ("goals", f"goals/{goal['id']}"):
        data = editor.get(f"/api/v1/users/current/{path}").json()["data"]
        shown = data[0] if path == "goals" else data
        assert shown["chart_data"][-1]["actual_seconds_text"] == "3 hrs"
        assert shown["chart_data"][-1]["range_status"] == "pending"


def test_a_merged_tag_is_looked_at_and_a_deleted_one_is_not_forgotten(
    server: ServerInMemory, client: Client
) -> None:
    one, two = (client.post("/api/v1/tags", {"name": name}).json()["tag"]["id"] for name in ("one", "two"))
    goal = added(client, where={"tags": ["one"]})["goal"]["id"]
    assert client.delete(f"/api/v1/tags/{one}").status == 200
    tags = client.get(f"{GOALS}/{goal}").json()["goal"]["where"]["tags"]
    assert tags == [{"id": one, "name": None}]
    assert client.get(f"{GOALS}/{goal}").json()["progress"]["done"] == 0
    assert two != one
