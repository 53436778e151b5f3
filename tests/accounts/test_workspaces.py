"""Two people on one server: no route shows or changes what belongs to the other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from hourloom.assembly import all_routes
from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.testing import Answer, Client, ServerInMemory
from hourloom.web.routes import PATH_PARAMETER
from tests.accounts.requests import BUCKET, body_of, target_of
from tests.accounts.test_scopes import on_sqlite, takes_body
from tests.polling import until

CANARY = "their-secret-7d1f"
NAME = "a-name-of-theirs"
"""What a request may say itself, so that an answer may repeat it."""


def another_person(server: ServerInMemory) -> Actor:
    """Make a second user with a workspace of their own, as teams will have."""

    def make() -> Actor:
        with server.database.begin() as tx:
            user = tx.number("INSERT INTO users (name, created_at) VALUES (:n, 0) RETURNING id", n=CANARY)
            workspace = tx.number(
                "INSERT INTO workspaces (name, payload_key, created_at) VALUES (:n, :k, 0) RETURNING id",
                n=CANARY,
                k=bytes(32),
            )
            tx.execute(
                "INSERT INTO members (workspace_id, user_id, role, created_at) VALUES (:w, :u, 'owner', 0)",
                w=workspace,
                u=user,
            )
        return Actor(WorkspaceId(workspace), UserId(user), EVERYTHING)

    return server.write(make)


def client_of(server: ServerInMemory, who: Actor) -> Client:
    accounts = server.server.accounts
    return server.client.with_token(server.write(lambda: accounts.issue_token(who, CANARY, ["admin"])).secret)


def world_of(server: ServerInMemory, client: Client, who: Actor) -> dict[str, object]:
    """Make one of each kind of thing; return their ids."""
    bucket = {"name": NAME, "type": CANARY, "client": CANARY, "hostname": CANARY}
    assert client.post("/api/v1/buckets", bucket).status == 201
    events = [{"started_at": "2026-03-02T08:00:00Z", "duration": 60, "data": {"title": CANARY}}] * 2
    kept, gone = client.post(f"/api/v1/buckets/{NAME}/events", events).json()["ids"]
    operation = client.delete(f"/api/v1/events/{gone}").json()["operation_id"]
    imported = client.post("/api/v1/imports", {"source": CANARY}).json()["operation_id"]
    assert client.post(f"/api/0/settings/{NAME}", CANARY).status == 200
    token = server.write(lambda: server.server.accounts.issue_token(who, CANARY, ["tracking:read"])).id
    with server.database.read() as tx:
        payload = tx.value("SELECT max(id) FROM payloads WHERE workspace_id = :w", w=who.workspace_id)
    return {
        "payload": payload,
        **understood_by(client),
        "bucket": NAME,
        "event": kept,
        "gone": gone,
        "operation": operation,
        "import": imported,
        "token": token,
        "job": 1,
        "key": NAME,
        "name": "start_of_day",
    }


def understood_by(client: Client) -> dict[str, object]:
    """Make one of each thing that says what the record means; return their ids."""

    def made(path: str, body: object, *where: str) -> int:
        answer = client.post(f"/api/v1/{path}", body)
        assert answer.status in (201, 202), answer.body
        found = answer.json()
        for name in where:
            found = found[name]
        return int(found["id"])

    category = made("categories", {"name": CANARY}, "category")
    tag = made("tags", {"name": CANARY}, "tag")
    words = [{"field": "title", "form": "words", "text": CANARY}]
    rule = {"name": CANARY, "conditions": words, "outcome": {"category_id": category}}
    definition = {"by": "app", "where": {"title": CANARY}}
    ids: dict[str, object] = {
        "category": category,
        "tag": tag,
        "project": made("projects", {"name": CANARY}, "project"),
        "rule": made("rules", rule, "rule"),
        "correction": made("corrections", {"app": CANARY, "outcome": {"tag_ids": [tag]}}),
        "report": made("reports/saved", {"name": CANARY, "definition": definition}, "report"),
        "goal": made("goals", {"name": CANARY, "target": 3600}, "goal"),
        "export": made("exports", {"kind": "events", "to": "download"}),
    }
    made_export = client.get(f"/api/v1/exports/{ids['export']}").json()
    path = f"/api/v1/jobs/{made_export['job']}"
    state = until(lambda: client.get(path).json()["state"], lambda state: state != "open")
    assert state != "open"
    return ids


def rows_of(server: ServerInMemory, workspace: int) -> dict[str, list[str]]:
    """Return all rows of a workspace, but for when its tokens were last used and what was announced."""
    found = {}
    with server.database.read() as tx:
        for table in tables(server):
            rows = tx.rows(f"SELECT * FROM {table} WHERE workspace_id = :w", w=workspace)
            found[table] = sorted(map(repr, rows))
    return found


def tables(server: ServerInMemory) -> list[str]:
    """Return the tables whose rows belong to a workspace."""
    listing = {
        "sqlite": "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c "
        "WHERE m.type = 'table' AND c.name = 'workspace_id' ORDER BY 1",
        "postgresql": "SELECT table_name FROM information_schema.columns c JOIN information_schema.tables t "
        "USING (table_schema, table_name) WHERE t.table_type = 'BASE TABLE' "
        "AND column_name = 'workspace_id' AND table_schema = 'public' ORDER BY 1",
    }[server.database.dialect]
    with server.database.read() as tx:
        return [str(row[0]) for row in tx.rows(listing)]


def test_rows_of_several_tables_are_compared(server: ServerInMemory) -> None:
    assert {"buckets", "events", "payloads", "tokens", "operations", "tickets"} <= set(tables(server))


@pytest.mark.parametrize("variant", ["their ids", "their import", "their deleted event"])
def test_no_route_reaches_what_belongs_to_another(server: ServerInMemory, variant: str) -> None:
    them = another_person(server)
    theirs = world_of(server, client_of(server, them), them)
    if variant == "their import":
        theirs |= {"operation": theirs["import"]}
    if variant == "their deleted event":
        theirs |= {"event": theirs["gone"]}
    before = rows_of(server, them.workspace_id)
    mine = server.client_with("admin")
    (server.server.configuration.data_dir / "run").mkdir(parents=True)
    leaks = []
    for route in sorted(all_routes(), key=lambda route: route.name == "sign_out"):
        body: Any = body_of(route, theirs) if takes_body(route) else msgspec.UNSET
        answer = mine.request(route.method, target_of(route, theirs), json=body)
        told = answer.body.decode("utf-8", "replace")
        if CANARY in told:
            leaks.append(f"{route.method} {route.path} tells: {told[:200]}")
        if rows_of(server, them.workspace_id) != before:
            leaks.append(f"{route.method} {route.path} changes their rows")
            before = rows_of(server, them.workspace_id)
    assert leaks == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/events/{event}",
        "/api/v1/buckets/{bucket}",
        "/api/v1/buckets/{bucket}/events",
        "/api/0/buckets/{bucket}",
        "/api/0/buckets/{bucket}/events",
        "/api/0/buckets/{bucket}/events/{event}",
        "/api/0/buckets/{bucket}/export",
        "/api/v1/imports/{import}",
    ],
)
def test_what_belongs_to_another_does_not_exist(server: ServerInMemory, path: str) -> None:
    them = another_person(server)
    own = client_of(server, them)
    theirs = world_of(server, own, them)
    assert own.get(path.format(**theirs)).status == 200
    assert server.client_with("admin").get(path.format(**theirs)).status == 404


OWNED = ("project", "tag", "category", "rule", "correction", "report", "goal", "export")
PERSONAL = ("report", "goal", "export")
NOBODYS = {name: 999_900 + place for place, name in enumerate((*OWNED, "payload"))}
"""Ids that nothing has."""
TABLES = ("projects", "tags", "categories", "rules", "corrections", "saved_reports", "goals", "exports")
IN_QUESTIONS = [
    "/api/v1/reports/summary?saved={report}",
    "/api/v1/reports/summary?range=2026-03-02&category={category}",
    "/api/v1/reports/summary?range=2026-03-02&project={project}&tag={tag}",
    "/api/v1/reports/timeline?range=2026-03-02&category={category}",
    "/api/v1/activities?start=2026-03-02T00:00:00Z&end=2026-03-03T00:00:00Z&tag={tag}&project={project}",
]
WITHIN: list[tuple[str, str, object]] = [
    ("DELETE", "/api/v1/categories/{mine.category}?reassign_to={category}", msgspec.UNSET),
    ("PATCH", "/api/v1/categories/{mine.category}", {"parent_id": "{category}"}),
    ("POST", "/api/v1/categories", {"name": "x", "parent_id": "{category}"}),
    ("POST", "/api/v1/tags/{mine.tag}/merge", {"into": "{tag}"}),
    ("PUT", "/api/v1/rules", {"ids": ["{mine.rule}", "{rule}"]}),
    ("POST", "/api/v1/corrections", {"app": "x", "outcome": {"category_id": "{category}"}}),
    ("POST", "/api/v1/corrections", {"app": "x", "outcome": {"project_id": "{project}"}}),
    ("POST", "/api/v1/corrections", {"app": "x", "outcome": {"tag_ids": ["{tag}"]}}),
    ("POST", "/api/v1/corrections", {"payload_id": "{payload}", "outcome": {"tag_ids": ["{mine.tag}"]}}),
    ("POST", "/api/v1/rules/test", {"window_id": "{payload}"}),
    ("POST", "/api/v1/rules/preview", {"remove": "{rule}"}),
    ("POST", "/api/v1/rules/preview", {"remove_category": "{category}", "uncategorise": True}),
    ("POST", "/api/v1/goals", {"name": "x", "target": 60, "where": {"categories": ["{category}"]}}),
    ("POST", "/api/v1/goals", {"name": "x", "target": 60, "where": {"projects": ["{project}"]}}),
    ("POST", "/api/v1/goals", {"name": "x", "target": 60, "where": {"tags": ["{tag}"]}}),
    (
        "POST",
        "/api/v1/goals/days_off",
        {"first_day": "2026-04-06", "last_day": "2026-04-06", "goals": ["{goal}"]},
    ),
]
"""Requests about one's own that name what belongs to another, in their address or body."""


def told_of(answer: Answer, other: Mapping[str, object]) -> tuple[int, str]:
    """Return what an answer says, with ids in the place of those that nothing has."""
    text = answer.body.decode()
    for name, number in NOBODYS.items():
        text = text.replace(str(number), str(other[name]))
    return answer.status, text


def filled(body: Any, ids: Mapping[str, object]) -> Any:
    """Return a body with ids in the place of their names."""
    if isinstance(body, dict):
        return {name: filled(value, ids) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, ids) for value in body]
    return ids[body.strip("{}")] if isinstance(body, str) and body.startswith("{") else body


@on_sqlite
@pytest.mark.parametrize("whose", ["another workspace", "a colleague"])
def test_what_is_anothers_is_told_of_as_what_there_is_not(server: ServerInMemory, whose: str) -> None:
    them = another_person(server)
    if whose == "a colleague":
        them = msgspec.structs.replace(server.owner, user_id=them.user_id)
    theirs = world_of(server, client_of(server, them), them)
    mine = server.client_with("admin")
    owned = PERSONAL if whose == "a colleague" else OWNED
    unknown = theirs | {name: NOBODYS[name] for name in owned}
    # Without operations beside it, for the one refused may not be written down.
    before = {table: rows_of(server, them.workspace_id)[table] for table in TABLES}
    wrong, looked_at = [], 0
    for route in all_routes():
        named = [name for name in PATH_PARAMETER.findall(route.path) if name in owned]
        if not named or route.path.startswith("/api/v1/privacy/"):
            continue
        looked_at += 1
        body: Any = body_of(route, theirs) if takes_body(route) else msgspec.UNSET
        found = [mine.request(route.method, target_of(route, ids), json=body) for ids in (theirs, unknown)]
        here, there = (told_of(each, theirs) for each in found)
        if here != there or here[0] != 404:
            wrong.append(f"{route.method} {route.path}: {here} and not {there}")
    assert wrong == []
    assert looked_at >= 3 * len(owned)
    assert {table: rows_of(server, them.workspace_id)[table] for table in TABLES} == before


@on_sqlite
def test_what_is_anothers_cannot_be_named(server: ServerInMemory) -> None:
    them = another_person(server)
    theirs = world_of(server, client_of(server, them), them)
    mine = server.client_with("admin")
    own = {f"mine.{name}": number for name, number in understood_by(mine).items()}
    everybody = [rows_of(server, who.workspace_id) for who in (them, server.owner)]
    before = [{table: rows[table] for table in TABLES} for rows in everybody]
    wrong = []
    for method, path, body in [*(("GET", path, msgspec.UNSET) for path in IN_QUESTIONS), *WITHIN]:
        found = []
        for ids in (theirs, NOBODYS):
            address = re.sub(r"\{([a-z.]+)\}", lambda name, ids=ids: str((own | ids)[name[1]]), path)  # type: ignore[misc]
            answer = mine.request(method, address, json=filled(body, own | ids))
            found.append(told_of(answer, theirs))
        if found[0] != found[1] or (method != "GET" and found[0][0] not in (400, 404, 409)):
            wrong.append(f"{method} {path} {body}: {found}")
    assert wrong == []
    everybody = [rows_of(server, who.workspace_id) for who in (them, server.owner)]
    assert [{table: rows[table] for table in TABLES} for rows in everybody] == before


def test_lists_hold_only_ones_own(server: ServerInMemory) -> None:
    them = another_person(server)
    world_of(server, client_of(server, them), them)
    mine = server.client_with("admin")
    lists = ["/api/v1/buckets", "/api/v1/devices", "/api/v1/operations", "/api/v1/tokens", "/api/v1/settings"]
    for path in [*lists, "/api/v1/jobs", "/api/0/buckets", "/api/0/settings", "/api/0/export", "/metrics"]:
        answer = mine.get(path)
        assert answer.status == 200
        assert CANARY not in answer.body.decode(), path


def test_a_bucket_of_the_same_name_is_another_bucket(server: ServerInMemory) -> None:
    them = another_person(server)
    world_of(server, client_of(server, them), them)
    mine = server.client_with("admin")
    assert mine.post("/api/v1/buckets", BUCKET | {"name": NAME}).status == 201
    assert mine.get(f"/api/v1/buckets/{NAME}/events").json()["events"] == []
    beat = {"timestamp": "2026-03-02T08:00:30Z", "data": {"title": CANARY}}
    made = mine.post(f"/api/0/buckets/{NAME}/heartbeat?pulsetime=100", beat).json()
    assert made["duration"] == 0


def test_no_token_of_another_can_be_revoked(server: ServerInMemory) -> None:
    them = another_person(server)
    theirs = client_of(server, them)
    token = theirs.get("/api/v1/tokens").json()[0]["id"]
    assert server.client_with("admin").delete(f"/api/v1/tokens/{token}").status == 404
    assert theirs.get("/api/v1/buckets").status == 200


def test_a_member_of_the_same_workspace_keeps_tokens_to_themselves(server: ServerInMemory) -> None:
    colleague = msgspec.structs.replace(server.owner, user_id=another_person(server).user_id)
    theirs = client_of(server, colleague)
    token = theirs.get("/api/v1/tokens").json()[0]["id"]
    mine = server.client_with("admin")
    assert CANARY not in mine.get("/api/v1/tokens").body.decode()
    assert mine.delete(f"/api/v1/tokens/{token}").status == 404
    assert theirs.get("/api/v1/buckets").status == 200
