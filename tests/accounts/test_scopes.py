"""Each route with each scope too little, and what a scope implies."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest

from hourloom.accounts.model import FEATURES, SCOPES
from hourloom.assembly import all_routes
from hourloom.core.actors import Actor
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.testing import Answer, Client, ServerInMemory
from hourloom.web.routes import Access, Route
from tests.accounts.requests import body_of, target_of

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
RECORDING = frozenset({"heartbeats:write", "tracking:write", "heartbeats:write:mine"})
EVERY_BUCKET = RECORDING - {"heartbeats:write:mine"}
ANY = SCOPES | {"heartbeats:write:mine", "heartbeats:write:other"}
OWN_CHECK: dict[str, frozenset[str]] = {
    "info": ANY,
    "show_info": ANY,
    "metrics": ANY,
    "sign_out": ANY,
    "send_heartbeat": RECORDING,
    "create_aw_bucket": RECORDING,
    "send_heartbeats": RECORDING,
    "send_editor_heartbeats": EVERY_BUCKET,
    "send_editor_heartbeats_here": EVERY_BUCKET,
    "send_external_durations": EVERY_BUCKET,
    "send_plugin_error": ANY,
    "create_bucket": RECORDING,
    "list_privacy_rules": RECORDING | {"heartbeats:write:other", "tracking:read"},
    "report_health": EVERY_BUCKET,
    "announce_return": EVERY_BUCKET,
    "undo_operation": frozenset({"tracking:write"}),
    "advance_undo": frozenset({"tracking:write"}),
}
"""Routes without a scope of their own ask themselves; these tokens are enough for them."""
HELD = [*sorted(SCOPES), "heartbeats:write:mine", "heartbeats:write:other"]
ALSO_NEEDED = {"create_pairing_code": "heartbeats:write", "create_token": "tracking:read"}
"""Nobody hands out what they do not have."""


def enough_for(route: Route) -> frozenset[str]:
    """Return the scopes each of which alone opens a route."""
    if route.access is Access.ANYONE:
        return frozenset(HELD)
    if route.scope is None:
        return OWN_CHECK[route.name] | {"admin"}
    if route.name in ALSO_NEEDED:
        return frozenset({"admin"})
    implied = {route.scope.replace(":read", ":write")} if route.scope.endswith(":read") else set()
    return frozenset({"admin", route.scope, *implied})


def an_own_world(client: Client) -> dict[str, object]:
    """Make one of each thing; return their ids."""
    client.post("/api/v1/buckets", {"name": "mine", "type": "t", "client": "c", "hostname": "h"})
    event = client.post(
        "/api/v1/buckets/mine/events", [{"started_at": "2026-03-02T08:00:00Z", "duration": 60, "data": {}}]
    ).json()["ids"][0]
    gone = client.post(
        "/api/v1/buckets/mine/events", [{"started_at": "2026-03-02T08:00:00Z", "data": {}}]
    ).json()["ids"][0]
    operation = client.delete(f"/api/v1/events/{gone}").json()["operation_id"]
    return {
        "bucket": "mine",
        "event": event,
        "operation": operation,
        "token": 1,
        "job": 1,
        "name": "x",
        "key": "x",
        "wrap": "0000",
        "user": "current",
    }


@on_sqlite
@pytest.mark.parametrize("held", HELD)
def test_a_token_opens_only_what_its_scope_says(server: ServerInMemory, held: str) -> None:
    ids = an_own_world(server.client_with("admin"))
    client = server.client_with(held)
    wrong = []
    # Signing out makes the token useless for the others, so it comes last.
    for route in sorted(all_routes(), key=lambda route: route.name == "sign_out"):
        answer = client.request(
            route.method,
            target_of(route, ids),
            json=body_of(route, ids) if takes_body(route) else msgspec.UNSET,
        )
        if route.access is not Access.ANYONE and lacks_scope(answer) is (held in enough_for(route)):
            wrong.append(f"{route.method} {route.path}: {answer.status}")
        if answer.status == 401 and route.access is not Access.ANYONE:
            wrong.append(f"{route.method} {route.path}: not signed in")
    assert wrong == []


def lacks_scope(answer: Answer) -> bool:
    """Return whether an answer says that the token does not allow this, and not that more is to be shown."""
    return answer.status == 403 and not str(answer.json()["code"]).startswith("step_up_")


def takes_body(route: Route) -> bool:
    return route.decoder is not None or route.name == "import_export"


def test_each_route_without_a_scope_says_who_may_use_it() -> None:
    unscoped = {r.name for r in all_routes() if r.scope is None and r.access is not Access.ANYONE}
    assert unscoped == set(OWN_CHECK)


def test_each_scope_of_a_route_exists() -> None:
    assert {route.scope for route in all_routes()} - {None} <= SCOPES


def test_write_implies_read_of_the_same_feature_admin_all_and_nothing_else() -> None:
    implied = {
        (held, wanted)
        for held, wanted in product(SCOPES, SCOPES)
        if held != wanted and Actor(WorkspaceId(1), UserId(1), frozenset({held})).may(wanted)
    }
    assert implied == {("admin", wanted) for wanted in SCOPES - {"admin"}} | {
        (f"{feature}:write", f"{feature}:read") for feature in FEATURES
    }


@pytest.mark.parametrize("scope", ["heartbeats:write:mine", "heartbeats:write:*", "tracking:write:mine", ""])
def test_a_scope_for_one_bucket_implies_nothing(scope: str) -> None:
    actor = Actor(WorkspaceId(1), UserId(1), frozenset({scope}))
    assert not [wanted for wanted in SCOPES if actor.may(wanted)]
    assert not actor.may_record_in("other")
    assert not actor.may_record_in("*") or scope.endswith("*")
