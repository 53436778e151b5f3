"""Categories, rules and corrections over HTTP: kept, told, undone, and never half."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hourloom.testing import Client, ServerInMemory

PYTHON = {"field": "title", "form": "words", "text": "python"}


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    return server.client_with("activities:write", "settings:write", "operations:read", "tracking:write")


def add_category(client: Client, name: str, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/categories", {"name": name, **more})
    assert answer.status == 201, answer.body
    return dict(answer.json())


def add_rule(client: Client, category: int | None, *conditions: Any, **more: Any) -> dict[str, Any]:
    body = {"conditions": conditions or [PYTHON], "outcome": {"category_id": category}, **more}
    answer = client.post("/api/v1/rules", body)
    assert answer.status == 201, answer.body
    return dict(answer.json())


def everything(client: Client) -> dict[str, Any]:
    """Return all that is kept, versions aside."""
    return {
        "categories": client.get("/api/v1/categories").json()["categories"],
        "rules": client.get("/api/v1/rules").json()["rules"],
        "corrections": client.get("/api/v1/corrections").json()["corrections"],
        "classes": client.get("/api/0/settings/classes").json(),
    }


def undo(client: Client, made: dict[str, Any]) -> int:
    return int(client.post(f"/api/v1/operations/{made['operation_id']}/undo", {}).status)


def explained(client: Client, **asked: Any) -> dict[str, Any]:
    return dict(client.post("/api/v1/rules/test", asked).json())


def test_a_category_is_added_changed_moved_and_removed(client: Client) -> None:
    work = add_category(client, "Handiwork", score=1, color="slot3")["category"]
    code = add_category(client, "Weaving", parent_id=work["id"])["category"]
    assert (code["path"], code["score"], code["score_in_force"]) == (["Handiwork", "Weaving"], None, 1)
    assert (code["color_in_force"], code["is_focus"]) == ("slot3", True)
    answer = client.patch(f"/api/v1/categories/{code['id']}", {"name": "Loom", "parent_id": None, "score": 0})
    changed = answer.json()["category"]
    assert (changed["path"], changed["score_in_force"], changed["color_in_force"]) == (["Loom"], 0, None)
    assert client.delete(f"/api/v1/categories/{work['id']}").status == 200
    paths = [each["path"] for each in everything(client)["categories"]]
    assert ["Loom"] in paths
    assert ["Handiwork"] not in paths


def test_every_edit_can_be_undone(client: Client) -> None:
    work = add_category(client, "Handiwork")["category"]["id"]
    code = add_category(client, "Weaving", parent_id=work)["category"]["id"]
    rule = add_rule(client, code)["rule"]["id"]
    other = add_rule(client, work, {"field": "app", "form": "equals", "text": "vim"})["rule"]["id"]
    said = client.post("/api/v1/corrections", {"app": "Emacs", "outcome": {"category_id": code}}).json()["id"]
    before = everything(client)
    edits: list[Callable[[], Any]] = [
        lambda: client.post("/api/v1/categories", {"name": "New", "position": 0}),
        lambda: client.patch(f"/api/v1/categories/{code}", {"name": "Loom", "parent_id": None}),
        lambda: client.delete(f"/api/v1/categories/{work}?uncategorise=true"),
        lambda: client.delete(f"/api/v1/categories/{code}?reassign_to={work}"),
        lambda: client.post("/api/v1/rules", {"conditions": [PYTHON], "outcome": {"category_id": code}}),
        lambda: client.put(
            f"/api/v1/rules/{rule}", {"conditions": [PYTHON], "outcome": {"category_id": work}}
        ),
        lambda: client.delete(f"/api/v1/rules/{rule}"),
        lambda: client.put("/api/v1/rules", {"ids": [other, rule]}),
        lambda: client.post(f"/api/v1/rules/{other}/move", {"position": 0}),
        lambda: client.post("/api/v1/corrections", {"app": "emacs.exe", "outcome": {"category_id": work}}),
        lambda: client.delete(f"/api/v1/corrections/{said}"),
    ]
    for edit in edits:
        answer = edit()
        assert answer.status in (200, 201), answer.body
        assert everything(client) != before
        assert undo(client, answer.json()) == 200
        assert everything(client) == before


def test_categories_that_ship_are_named_in_another_language_at_once(client: Client) -> None:
    by_name = {each["name"]: each["id"] for each in everything(client)["categories"]}
    client.patch(f"/api/v1/categories/{by_name['Travel']}", {"name": "Trips"})
    rule = add_rule(client, by_name["Games"])["rule"]["id"]
    client.post("/api/0/settings/classes", client.get("/api/0/settings/classes").json())
    before, otherwise = everything(client), client.get("/api/v1/categories/language").json()
    made = client.put("/api/v1/categories/language", {"language": "de"}).json()
    assert otherwise == {"named_otherwise": {"en": 0, "de": made["renamed"]}}
    after = {each["id"]: each["path"] for each in everything(client)["categories"]}
    assert after[by_name["Games"]] == ["Medien", "Spiele"]
    assert after[by_name["Travel"]] == ["Privates", "Trips"]
    assert ["Medien", "Spiele"] in [each["name"] for each in everything(client)["classes"]]
    assert client.get("/api/v1/rules").json()["rules"][0]["rule"]["id"] == rule
    again = client.put("/api/v1/categories/language", {"language": "de"}).json()
    assert again == {"renamed": 0, "operation_id": None}
    assert undo(client, made) == 200
    assert everything(client) == before
    assert client.put("/api/v1/categories/language", {"language": "fr"}).status == 422


def test_an_edit_that_was_changed_again_is_not_undone(client: Client) -> None:
    made = add_category(client, "Handiwork")
    number = made["category"]["id"]
    later = client.patch(f"/api/v1/categories/{number}", {"name": "Craft"}).json()
    answer = client.post(f"/api/v1/operations/{made['operation_id']}/undo", {})
    assert (answer.status, answer.json()["code"]) == (409, "changed_since")
    assert answer.json()["fields"]["ids"] == [number]
    assert undo(client, later) == 200
    assert undo(client, made) == 200


def test_removing_a_category_in_use_asks_and_nothing_is_half_done(client: Client) -> None:
    work = add_category(client, "Handiwork")["category"]["id"]
    code = add_category(client, "Weaving", parent_id=work)["category"]["id"]
    add_rule(client, code)
    before = everything(client)
    answer = client.delete(f"/api/v1/categories/{work}")
    assert (answer.status, answer.json()["code"]) == (409, "category_in_use")
    assert "uncategorise" in answer.json()["detail"]
    assert client.delete(f"/api/v1/categories/{work}?reassign_to={code}").status == 400
    assert client.delete(f"/api/v1/categories/{work}?reassign_to=99999").status == 404
    assert client.patch(f"/api/v1/categories/{work}", {"parent_id": code}).status == 409
    assert everything(client) == before


def test_what_only_the_shipped_table_gives_goes_where_the_user_says(client: Client) -> None:
    numbers = {tuple(each["path"]): each["id"] for each in everything(client)["categories"]}
    games, planning = numbers["Media", "Games"], numbers["Work", "Planning"]

    def steam() -> tuple[int | None, str]:
        found = explained(client, app="steam")
        return found["category_id"], found["source"]

    assert steam() == (games, "table")
    before = everything(client)
    answer = client.delete(f"/api/v1/categories/{games}")
    assert (answer.status, answer.json()["code"]) == (409, "category_in_use")
    assert answer.json()["fields"]["known"] > 10
    preview = client.post("/api/v1/rules/preview", {"remove_category": games})
    assert (preview.status, preview.json()["code"]) == (409, "category_in_use")
    assert everything(client) == before
    made = client.delete(f"/api/v1/categories/{games}?uncategorise=true").json()
    assert steam() == (None, "none")
    assert undo(client, made) == 200
    assert steam() == (games, "table")
    made = client.delete(f"/api/v1/categories/{games}?reassign_to={planning}").json()
    assert steam() == (planning, "table")
    made_again = client.delete(f"/api/v1/categories/{planning}?reassign_to={numbers['Learning',]}").json()
    assert steam() == (numbers["Learning",], "table")
    assert (undo(client, made_again), undo(client, made)) == (200, 200)
    assert everything(client) == before
    alone = add_category(client, "Unused")["category"]["id"]
    assert client.delete(f"/api/v1/categories/{alone}").status == 200


def test_faulty_rules_are_told_and_not_kept(client: Client) -> None:
    work = add_category(client, "Handiwork")["category"]["id"]
    before = everything(client)

    def refused(conditions: list[Any], **outcome: Any) -> dict[str, Any]:
        answer = client.post("/api/v1/rules", {"conditions": conditions, "outcome": outcome})
        assert answer.status in (400, 404), answer.body
        return dict(answer.json())

    pattern = {"field": "title", "form": "pattern", "text": "ab(?=c)"}
    told = refused([PYTHON, pattern], category_id=work)
    assert told["code"] == "pattern_not_usable"
    assert (told["fields"]["condition"], told["fields"]["position"]) == (2, 3)
    assert "look-ahead" in told["detail"]
    assert "at character 3" in told["detail"]
    assert refused([PYTHON], category_id=99999)["code"] == "no_such_category"
    assert refused([PYTHON], project_id=99999)["code"] == "rule_not_valid"
    assert refused([PYTHON], tag_ids=[99999])["code"] == "rule_not_valid"
    assert refused([], category_id=work)["code"] == "rule_not_valid"
    assert everything(client) == before


def test_what_is_decided_is_explained(client: Client) -> None:
    work = add_category(client, "Handiwork")["category"]["id"]
    rule = add_rule(client, work)["rule"]["id"]
    found = explained(client, app="vim", title="A python book")
    assert (found["path"], found["source"], found["rule_id"]) == (["Handiwork"], "rule", rule)
    assert (found["matched"], found["confidence"], found["depends_on_moment"]) == ([rule], 1.0, False)
    assert client.post("/api/v1/corrections", {"app": "vim", "outcome": {"category_id": work}}).status == 201
    assert explained(client, app="Vim", title="A python book")["source"] == "correction"
    assert explained(client, app="no such thing", title="zxcv")["source"] == "none"


def test_the_shipped_table_knows_what_nobody_said(client: Client) -> None:
    found = explained(client, url="https://github.com/", title="x", app="firefox")
    assert (found["path"], found["source"]) == (["Work", "Programming"], "table")


def test_a_page_is_corrected_by_its_number_and_listed_in_words(
    server: ServerInMemory, client: Client
) -> None:
    work = add_category(client, "Handiwork")["category"]["id"]
    client.post("/api/0/buckets/w", {"client": "c", "type": "currentwindow", "hostname": "h"})
    event = {
        "timestamp": "2026-03-02T10:00:00Z",
        "duration": 60,
        "data": {"app": "x-app", "title": "Secret plan"},
    }
    assert client.post("/api/0/buckets/w/events", [event]).status == 200
    with server.database.read() as tx:
        payload = tx.number("SELECT max(id) FROM payloads")
    assert explained(client, window_id=payload)["category_id"] is None
    made = client.post("/api/v1/corrections", {"payload_id": payload, "outcome": {"category_id": work}})
    assert made.status == 201
    assert explained(client, window_id=payload)["source"] == "correction"
    (listed,) = everything(client)["corrections"]
    assert (listed["about"], listed["app"], listed["kind"]) == ("Secret plan", "x-app", "payload")
    with server.database.read() as tx:
        assert "Secret" not in str(tx.rows("SELECT subject FROM operations"))
        assert "Secret" not in str(tx.rows("SELECT body FROM changes"))
    assert (
        client.post("/api/v1/corrections", {"payload_id": 10**9, "outcome": {"category_id": work}}).status
        == 404
    )
    assert client.post("/api/v1/corrections", {"outcome": {"category_id": work}}).status == 400


def test_an_edit_announces_what_to_read_again(server: ServerInMemory, client: Client) -> None:
    def last() -> dict[str, Any]:
        with server.database.read() as tx:
            sql = "SELECT body FROM changes WHERE kind = 'RulesChanged' ORDER BY sequence DESC LIMIT 1"
            return dict(json.loads(str(tx.value(sql))))

    work = add_category(client, "Handiwork")["category"]["id"]
    first = last()
    assert (first["categories"], first["rules"]) == (True, False)
    assert client.get("/api/v1/categories").json()["version"] == first["version"]
    add_rule(client, work)
    assert last()["rules"] is True
    assert last()["version"] > first["version"]


def test_scopes(server: ServerInMemory) -> None:
    reader, stranger = server.client_with("activities:read"), server.client_with("projects:read")
    assert reader.get("/api/v1/rules").status == 200
    assert reader.post("/api/v1/categories", {"name": "A"}).status == 403
    assert stranger.get("/api/v1/categories").status == 403


def record(client: Client, *events: tuple[str, int, str]) -> None:
    """Record windows on a Monday, each by when it begins and how many seconds it lasts."""
    client.post("/api/0/buckets/w", {"client": "c", "type": "currentwindow", "hostname": "h"})
    data = [
        {"timestamp": f"2026-03-02T{at}Z", "duration": lasts, "data": {"app": "x-app", "title": title}}
        for at, lasts, title in events
    ]
    assert client.post("/api/0/buckets/w/events", data).status == 200


def test_a_preview_tells_what_would_move_from_where_to_where(client: Client) -> None:
    work = add_category(client, "Handiwork")["category"]["id"]
    other = add_category(client, "Reading")["category"]["id"]
    rule = add_rule(client, other, {"field": "title", "text": "book"})["rule"]
    record(
        client,
        ("10:00:00", 3600, "zx python zx"),
        ("11:00:00", 1800, "zx book of python"),
        ("12:00:00", 60, "zx"),
    )
    period = {"started_at": "2026-03-02T00:00:00Z", "ended_at": "2026-03-03T00:00:00Z"}

    def preview(**edit: Any) -> list[tuple[Any, ...]]:
        answer = client.post("/api/v1/rules/preview", {**edit, **period})
        assert answer.status == 200, answer.body
        found = answer.json()
        assert found["seconds"] == sum(move["seconds"] for move in found["moves"])
        return [(m["from_path"], m["to_path"], m["activities"], m["seconds"]) for m in found["moves"]]

    assert client.put("/api/v1/settings/time_zone", {"value": "UTC"}).status == 200
    before = everything(client)
    new = {"conditions": [PYTHON], "outcome": {"category_id": work}}
    assert preview(add=new) == [(None, ["Handiwork"], 1, 3600.0)]
    assert preview(add={**new, "priority": 1}) == [
        (None, ["Handiwork"], 1, 3600.0),
        (["Reading"], ["Handiwork"], 1, 1800.0),
    ]
    assert preview(remove=rule["id"]) == [(["Reading"], None, 1, 1800.0)]
    assert preview(change={**rule, "enabled": False}) == [(["Reading"], None, 1, 1800.0)]
    assert preview(category=other, changes={"parent_id": work}) == [
        (["Reading"], ["Handiwork", "Reading"], 1, 1800.0)
    ]
    assert preview(remove_category=other, reassign_to=work) == [(["Reading"], ["Handiwork"], 1, 1800.0)]
    evening = {"field": "time", "times": {"starts": "11:15", "ends": "12:00"}}
    late = {**new, "conditions": [PYTHON, evening], "priority": 1}
    assert preview(add=late) == [(["Reading"], ["Handiwork"], 1, 900.0)]
    labels = client.post("/api/v1/rules/preview", {"add": {**new, "outcome": {"project_id": 4}}, **period})
    assert labels.status == 400
    assert preview() == []
    assert everything(client) == before
    reversed_ = {"started_at": period["ended_at"], "ended_at": period["started_at"]}
    assert client.post("/api/v1/rules/preview", {"add": new, **reversed_}).status == 400


def test_what_was_said_about_deleted_things_is_forgotten(server: ServerInMemory, client: Client) -> None:
    work = add_category(client, "Handiwork")["category"]["id"]
    record(client, ("10:00:00", 60, "gone tomorrow"))
    with server.database.read() as tx:
        payload = tx.number("SELECT max(id) FROM payloads")
    for about in ({"payload_id": payload}, {"app": "vim"}):
        assert client.post("/api/v1/corrections", {**about, "outcome": {"category_id": work}}).status == 201

    def forget() -> None:
        with server.database.begin() as tx:
            tx.execute("DELETE FROM events")
            tx.execute("DELETE FROM payloads WHERE id = :payload", payload=payload)
            server.server.understanding.deciding.corrections.forget_lost(tx)

    server.write(forget)
    assert [each["kind"] for each in everything(client)["corrections"]] == ["app"]


def test_rules_lose_a_project_that_is_deleted_and_get_it_back(server: ServerInMemory) -> None:
    client = server.client_with("activities:write", "projects:write", "settings:read", "operations:read")
    work = add_category(client, "Handiwork")["category"]["id"]
    project = client.post("/api/v1/projects", {"name": "Website"}).json()["project"]["id"]
    both = add_rule(client, None, outcome={"category_id": work, "project_id": project})["rule"]
    alone = add_rule(client, None, outcome={"project_id": project})["rule"]
    client.post("/api/v1/corrections", {"app": "vim", "outcome": {"project_id": project}})
    before = everything(client)
    uses = client.get(f"/api/v1/projects/{project}/uses").json()
    assert [each["kind"] for each in uses["uses"]] == ["rule", "rule", "correction"]
    deleted = client.delete(f"/api/v1/projects/{project}").json()
    assert [each["rule"]["id"] for each in everything(client)["rules"]] == [both["id"]]
    assert everything(client)["corrections"] == []
    assert explained(client, app="q", title="python")["project_id"] is None
    assert undo(client, deleted) == 200
    assert everything(client) == before
    assert alone["id"] in explained(client, app="q", title="python")["matched"]
