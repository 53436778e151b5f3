"""Saved reports that name categories, projects and tags which are deleted, merged and brought back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hourloom.core.changes import RecordedChange
from hourloom.testing import Client, ServerInMemory
from tests.accounts.test_workspaces import another_person, client_of

SAVED = "/api/v1/reports/saved"


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    return server.client_with("reports:write", "activities:write", "projects:write", "operations:write")


def category(client: Client, name: str) -> int:
    return int(client.post("/api/v1/categories", {"name": name}).json()["category"]["id"])


def tag(client: Client, name: str) -> int:
    return int(client.post("/api/v1/tags", {"name": name}).json()["tag"]["id"])


def save(client: Client, name: str, **where: str) -> int:
    answer = client.post(SAVED, {"name": name, "definition": {"where": where}})
    assert answer.status == 201, answer.body
    return int(answer.json()["report"]["id"])


def state(client: Client) -> dict[int, Any]:
    return {each["id"]: each["definition"].get("where", {}) for each in client.get(SAVED).json()["reports"]}


def apply(before: dict[int, Any], change: RecordedChange) -> dict[int, Any]:
    told = msgspec.json.decode(change.body)
    return {**before, told["id"]: told["definition"]["where"]} if change.kind == "ReportSaved" else before


def test_filters_follow_to_what_takes_the_place_and_back(server: ServerInMemory, client: Client) -> None:
    weaving, knitting = category(client, "Weaving"), category(client, "Knitting")
    one, two = tag(client, "one"), tag(client, "two")
    both = save(client, "Both", category=f"{weaving},{knitting},none", tag="one", title="1,2")
    save(client, "Other", category=str(knitting), project="none")
    before = client.get(SAVED).json()
    made: list[int] = []

    def act(method: str, path: str, body: object = msgspec.UNSET) -> None:
        answer = client.request(method, path, json=body)
        assert answer.status == 200, answer.body
        made.append(answer.json().get("operation_id", 0))

    server.verify_changes(
        lambda: act("DELETE", f"/api/v1/categories/{weaving}?reassign_to={knitting}"),
        lambda: state(client),
        apply,
    )
    assert state(client)[both]["category"] == f"{knitting},none"
    server.verify_changes(
        lambda: act("POST", f"/api/v1/tags/{one}/merge", {"into": two}), lambda: state(client), apply
    )
    assert state(client)[both]["tag"] == str(two)
    for operation in reversed(list(made)):
        undo = f"/api/v1/operations/{operation}/undo"
        server.verify_changes(lambda undo=undo: act("POST", undo), lambda: state(client), apply)  # type: ignore[misc]
    assert client.get(SAVED).json() == before


def test_what_was_changed_since_is_left_alone(server: ServerInMemory, client: Client) -> None:
    weaving, knitting = category(client, "Weaving"), category(client, "Knitting")
    number = save(client, "Mine", category=str(weaving))
    goal = {"name": "Weave", "target": 3600, "where": {"categories": [weaving]}}
    goals = server.client_with("goals:write", "activities:write")
    goal_id = goals.post("/api/v1/goals", goal).json()["goal"]["id"]
    made = client.delete(f"/api/v1/categories/{weaving}?reassign_to={knitting}").json()["operation_id"]
    changed = {"name": "Mine", "definition": {"by": "app", "where": {"category": str(knitting)}}}
    assert client.put(f"{SAVED}/{number}", changed).status == 200
    longer = {**goal, "target": 7200, "where": {"categories": [knitting]}}
    assert goals.put(f"/api/v1/goals/{goal_id}", longer).status == 200
    undo = f"/api/v1/operations/{made}/undo"
    assert server.client_with("admin").post(undo).status == 200
    assert client.get(f"{SAVED}/{number}").json()["definition"] == changed["definition"]
    found = goals.get(f"/api/v1/goals/{goal_id}").json()["goal"]
    assert (found["target"], found["where"]["categories"][0]["id"]) == (7200, knitting)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_what_is_gone_is_said_until_it_comes_back(client: Client) -> None:
    weaving, one = category(client, "Weaving"), tag(client, "one")
    project = client.post("/api/v1/projects", {"name": "Loom"}).json()["project"]["id"]
    save(client, "Mine", category=str(weaving), tag="one", project="Loom", hour="9")
    before = client.get(SAVED).json()
    assert before["reports"][0]["where_in_words"] == "category Weaving; tag one; project Loom; hour 9"
    assert client.get(f"/api/v1/tags/{one}/uses").json()["uses"][0]["name"] == "Mine"
    paths = (f"categories/{weaving}?uncategorise=true", f"tags/{one}", f"projects/{project}")
    made = [client.delete(f"/api/v1/{path}").json()["operation_id"] for path in paths]
    (said,) = client.get(SAVED).json()["reports"]
    gone = [f"category deleted ({weaving})", f"tag deleted ({one})", f"project deleted ({project})", "hour 9"]
    assert said["where_in_words"] == "; ".join(gone)
    assert said["definition"] == before["reports"][0]["definition"]
    shown = client.get("/api/v1/reports/summary?saved=Mine&range=2026-02-23").json()
    assert shown["total_seconds"] == 0
    assert gone[0] in shown["where_in_words"]
    for operation in made:
        assert client.post(f"/api/v1/operations/{operation}/undo").status == 200
    assert client.get(SAVED).json() == before


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_what_colleagues_saved_follows_and_is_told_to_them_alone(
    server: ServerInMemory, client: Client
) -> None:
    colleague = msgspec.structs.replace(server.owner, user_id=another_person(server).user_id)
    theirs = client_of(server, colleague)
    weaving, knitting, one = category(client, "Weaving"), category(client, "Knitting"), tag(client, "one")
    number = save(theirs, "Secret", category=str(weaving), tag="one")
    goal = {"name": "Secret", "target": 3600, "where": {"tags": [one]}}
    assert theirs.post("/api/v1/goals", goal).status == 201
    uses = client.get(f"/api/v1/tags/{one}/uses").json()["uses"]
    assert sorted(uses, key=str) == [{"kind": kind, "id": 0, "name": ""} for kind in ("goal", "report")]
    announced = len(server.changes)
    assert client.delete(f"/api/v1/categories/{weaving}?reassign_to={knitting}").status == 200
    told = [
        msgspec.json.decode(each.body) for each in server.changes[announced:] if each.kind == "ReportSaved"
    ]
    assert [(each["user_id"], each["id"]) for each in told] == [(colleague.user_id, number)]
    assert state(theirs)[number]["category"] == str(knitting)
