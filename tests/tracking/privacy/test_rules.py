"""Rules are kept, ordered, tried, previewed, applied to history, taken over from others, and taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hourloom.core.clock import DAY, MINUTE, SECOND, format_instant
from hourloom.testing import Client, ServerInMemory
from hourloom.tracking.service.enriching import enrich_some
from tests.tracking.recorded import WEB, WINDOW, a_minute_each, add, make_buckets, rows, until_jobs_end

RULES = "/api/v1/privacy/rules"
BANK = {"where": "domain", "form": "domain", "pattern": "bank.example"}


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    make_buckets(server)
    return server.client_with("tracking:write", "settings:write", "jobs:read", "operations:write")


def add_rule(client: Client, **rule: Any) -> int:
    answer = client.post(RULES, rule)
    assert answer.status == 201, answer.body
    return int(answer.json()["rule"]["id"])


def ids(client: Client) -> list[int]:
    return [rule["id"] for rule in client.get(RULES).json()["rules"]]


def undo(client: Client, operation: int) -> int:
    return client.post(f"/api/v1/operations/{operation}/undo").status


def test_rules_are_kept_ordered_changed_and_taken_back(server: ServerInMemory, client: Client) -> None:
    first, second = add_rule(client, **BANK), add_rule(client, where="title", pattern="private")
    assert ids(client) == [first, second]
    ordered = client.put(RULES, {"ids": [second, first]})
    assert (ordered.status, ids(client)) == (200, [second, first])
    assert client.put(RULES, {"ids": [second]}).json()["code"] == "not_the_same_rules"
    changed = client.put(f"{RULES}/{first}", {**BANK, "enabled": False})
    assert changed.json()["rule"]["enabled"] is False
    assert ids(client) == [second, first]
    removed = client.delete(f"{RULES}/{second}").json()["operation_id"]
    assert ids(client) == [first]
    assert undo(client, changed.json()["operation_id"]) == 409
    assert undo(client, removed) == 200
    assert undo(client, changed.json()["operation_id"]) == 200
    assert undo(client, ordered.json()["operation_id"]) == 200
    assert ids(client) == [first, second]
    assert client.get(RULES).json()["rules"][0]["enabled"] is True
    assert client.delete(f"{RULES}/999").status == 404


def test_changes_tell_of_rules_without_what_they_look_for(server: ServerInMemory, client: Client) -> None:
    announced = len(server.changes)
    add_rule(client, where="title", pattern="my secret project")
    changes = server.changes[announced:]
    assert [change.kind for change in changes] == ["PrivacyRulesChanged"]
    assert json.loads(changes[0].body)["count"] == 1
    assert b"secret" not in changes[0].body
    with server.database.read() as tx:
        assert "secret" not in str(tx.rows("SELECT subject FROM operations"))


def test_devices_fetch_rules_once_for_each_version(server: ServerInMemory, client: Client) -> None:
    add_rule(client, **BANK)
    device = server.client_with("heartbeats:write:some-bucket")
    answer = device.get(RULES)
    assert (answer.status, answer.json()["rules"][0]["pattern"]) == (200, "bank.example")
    # A browser would keep in its files what somebody hides.
    assert answer.headers["cache-control"] == "no-store"
    known = {"if-none-match": answer.headers["etag"]}
    assert device.request("GET", RULES, headers=known).status == 304
    add_rule(client, where="title", pattern="x")
    assert device.request("GET", RULES, headers=known).status == 200
    assert client.put("/api/v1/settings/time_zone", {"value": "Asia/Tokyo"}).status == 200
    zoned = device.get(RULES)
    assert zoned.json()["zone"] == "Asia/Tokyo"
    assert zoned.headers["etag"] != answer.headers["etag"]
    assert server.client_with("operations:read").get(RULES).status == 403
    assert device.post(RULES, BANK).status == 403


def test_trying_says_what_would_be_stored_and_why(server: ServerInMemory, client: Client) -> None:
    drop = add_rule(client, **BANK)
    redact = add_rule(client, where="title", pattern="salary", action="redact")
    night = add_rule(client, where="app", pattern="games", times={"starts": "22:00", "ends": "06:00"})

    def tried(data: dict[str, Any], **more: Any) -> Any:
        return client.post(
            "/api/v1/privacy/try", {"bucket_type": "currentwindow", "data": data, **more}
        ).json()

    assert tried({"url": "https://a.bank.example/x"}) == {"data": None, "rules": [drop]}
    assert tried({"app": "a", "title": "Salary"}) == {
        "data": {"app": "a", "title": "hidden"},
        "rules": [redact],
    }
    assert client.put("/api/v1/settings/time_zone", {"value": "UTC"}).status == 200
    assert tried({"app": "games"}, at="2026-01-05T05:59:59Z")["rules"] == [night]
    assert tried({"app": "games"}, at="2026-01-05T06:00:00Z")["rules"] == []
    assert tried({"app": "b"}) == {"data": {"app": "b"}, "rules": []}
    assert rows(server, WINDOW) == []


@pytest.mark.parametrize("data", [[1], 5, None, "x"])
def test_what_is_no_data_of_an_event_is_not_tried(client: Client, data: object) -> None:
    asked = {"bucket_type": "currentwindow", "data": data}
    assert client.post("/api/v1/privacy/try", asked).status == 400


def a_history(server: ServerInMemory, count: int = 5) -> int:
    begin = int(server.clock.now() - DAY)
    titles = [f"private {n}" if n % 2 else f"work {n}" for n in range(count)]
    add(server, WINDOW, *a_minute_each(begin, *titles))
    add(
        server,
        WEB,
        (begin, begin + MINUTE, {"url": "https://bank.example/a", "title": "A"}),
        (begin + MINUTE, begin + 2 * MINUTE, {"url": "https://news.example/a", "title": "B"}),
    )
    return begin


def test_applying_does_what_the_preview_says_and_is_undone(server: ServerInMemory, client: Client) -> None:
    begin = a_history(server)
    before = rows(server, WINDOW), rows(server, WEB)
    rule = {"where": "title", "pattern": "private", "action": "redact"}
    shown = client.post("/api/v1/privacy/preview", {"rule": rule}).json()
    assert (shown["events"], shown["redacted"], shown["seconds"]) == (2, 2, 120.0)
    assert shown["sample"][0] == {
        "bucket": WINDOW,
        "started_at": format_instant(begin + MINUTE),
        "duration": 60.0,
        "data": {"app": "firefox", "title": "private 1"},
        "becomes": {"app": "firefox", "title": "hidden"},
    }
    add_rule(client, **rule)
    add_rule(client, **BANK)
    shown = client.post("/api/v1/privacy/preview", {}).json()
    assert (shown["events"], shown["dropped"], shown["redacted"], shown["looked_at"]) == (3, 1, 2, 7)
    assert (rows(server, WINDOW), rows(server, WEB)) == before
    made = client.post("/api/v1/privacy/apply", {}).json()
    until_jobs_end(server)
    state = client.get(f"/api/v1/privacy/apply/{made['operation_id']}").json()
    assert state == {
        "operation_id": made["operation_id"],
        "finished": True,
        "dropped": 1,
        "redacted": 2,
        "seconds": shown["seconds"],
    }
    assert "private" not in str(rows(server, WINDOW))
    assert len(rows(server, WEB)) == 1
    assert client.post("/api/v1/privacy/preview", {}).json()["events"] == 0
    assert undo(client, made["operation_id"]) == 200
    until_jobs_end(server)
    assert (rows(server, WINDOW), rows(server, WEB)) == before


def test_a_long_history_is_hidden_and_brought_back_in_steps(server: ServerInMemory, client: Client) -> None:
    a_history(server, 2_500)
    before = rows(server, WINDOW)
    add_rule(client, where="title", pattern="private")
    made = client.post("/api/v1/privacy/apply", {}).json()
    until_jobs_end(server)
    assert len(rows(server, WINDOW)) == 1_250
    assert undo(client, made["operation_id"]) == 200
    until_jobs_end(server)
    assert rows(server, WINDOW) == before


def test_a_week_later_what_was_hidden_is_gone(server: ServerInMemory, client: Client) -> None:
    a_history(server)
    add_rule(client, where="title", pattern="private")
    made = client.post("/api/v1/privacy/apply", {}).json()
    until_jobs_end(server)
    server.clock.advance(8 * DAY / SECOND)
    assert undo(client, made["operation_id"]) in (409, 410)
    until_jobs_end(server)
    with server.database.read() as tx:
        assert "private" not in str(tx.rows("SELECT body FROM payloads"))
        assert tx.number("SELECT count(*) FROM operation_events") == 0


def test_applied_now_it_is_gone_at_once(server: ServerInMemory, client: Client) -> None:
    a_history(server)
    add_rule(client, where="title", pattern="private", action="redact")
    made = client.post("/api/v1/privacy/apply", {"now": True}).json()
    until_jobs_end(server)
    assert undo(client, made["operation_id"]) in (409, 410)
    with server.database.read() as tx:
        assert "private" not in str(tx.rows("SELECT body FROM payloads"))


def test_only_rules_that_are_there_and_on_are_applied(server: ServerInMemory, client: Client) -> None:
    off = add_rule(client, **BANK, enabled=False)
    apply = "/api/v1/privacy/apply"
    assert client.post(apply, {"rules": [off]}).json()["code"] == "nothing_to_hide"
    assert client.post(apply, {"rules": [off + 1]}).json()["code"] == "no_such_privacy_rule"
    assert client.post(apply, {}).json()["code"] == "nothing_to_hide"


AW_FILTERS = [
    {
        "enabled": True,
        "bucket_prefix": "aw-watcher-window",
        "field": "title",
        "pattern": "(?i)(private browsing|incognito)",
        "action": "drop",
        "replacement": None,
    },
    {
        "enabled": False,
        "field": "title",
        "pattern": "(?i)bank",
        "action": "redact",
        "replacement": "REDACTED",
    },
    {"enabled": True, "field": "data.path", "pattern": "^/home", "action": "redact", "replacement": "x"},
    {"enabled": True, "bucket_prefix": "nobody", "field": "title", "pattern": "x", "action": "drop"},
    {"enabled": True, "field": "title", "pattern": "(?=x)", "action": "drop"},
    {"enabled": True, "bucket_prefix": "aw-watcher-web", "pattern": "ignored", "action": "drop"},
    {"enabled": True, "field": "title", "pattern": "x", "action": "burn"},
    "nonsense",
]


def test_filters_of_activitywatch_are_taken_over(server: ServerInMemory, client: Client) -> None:
    taken = client.post("/api/v1/privacy/import", {"privacy_filters": AW_FILTERS}).json()
    shapes = [
        (r["where"], r["form"], r["pattern"], r["bucket_types"], r["action"], r["enabled"], r["fields"])
        for r in taken["rules"]
    ]
    assert shapes == [
        ("title", "re2", "(?i)(private browsing|incognito)", ["currentwindow"], "drop", True, {}),
        ("title", "re2", "(?i)bank", [], "redact", False, {"title": "replace"}),
        ("field", "re2", "^/home", [], "redact", True, {"data.path": "replace"}),
        ("any", "contains", "", ["web.tab.current"], "drop", True, {}),
    ]
    assert [each["place"] for each in taken["refused"]] == [4, 5, 7, 8]
    assert undo(client, taken["operation_id"]) == 200
    assert ids(client) == []


def test_exclusions_of_productivitypro_are_taken_over(server: ServerInMemory, client: Client) -> None:
    exclusions = [
        {"id": 1, "pattern": "^KeePass", "type": "app"},
        {"id": 2, "pattern": "bank\\.example", "type": "url"},
        {"id": 3, "pattern": "x", "type": "colour"},
    ]
    taken = client.post("/api/v1/privacy/import", exclusions).json()
    assert [(r["where"], r["action"]) for r in taken["rules"]] == [("app", "drop"), ("url", "drop")]
    assert [each["place"] for each in taken["refused"]] == [3]
    assert client.post("/api/v1/privacy/import", {"x": 1}).json()["code"] == "not_filters"


def test_traits_are_noted_with_each_new_payload_and_for_old_ones_later(server: ServerInMemory) -> None:
    make_buckets(server)
    page = {"url": "https://news.bbc.co.uk/x", "title": "x", "incognito": True}
    add(server, WINDOW, (0, SECOND, {"app": "Navigator.firefox", "title": "a"}))
    add(server, WEB, (0, SECOND, page))
    body = {"timestamp": "2026-01-05T09:00:00Z", "data": {"app": "Code.exe", "title": "b"}}
    assert server.client.post(f"/api/0/buckets/{WINDOW}/heartbeat?pulsetime=1", body).status == 200

    def traits() -> set[tuple[Any, ...]]:
        with server.database.read() as tx:
            return set(tx.rows("SELECT app, domain, private FROM payloads"))

    known = traits()
    assert known == {("firefox", "", 0), ("", "bbc.co.uk", 1), ("vscode", "", 0)}
    assert json.loads(rows(server, WEB)[0][2]) == page

    def age() -> None:
        with server.database.begin() as tx:
            tx.execute("UPDATE payloads SET app = NULL, domain = NULL, private = NULL")

    def enrich() -> bool:
        with server.database.begin() as tx:
            return enrich_some(tx)

    server.write(age)
    assert traits() == {(None, None, None)}
    assert server.write(enrich) is False
    assert traits() == known
