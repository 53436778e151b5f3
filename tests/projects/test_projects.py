"""Projects and tags are made, named, merged, deleted; what refers to them follows; all is undone."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hourloom.core.actors import Actor
from hourloom.core.changes import RecordedChange
from hourloom.core.clock import DAY, SECOND
from hourloom.db.transaction import Transaction
from hourloom.operations.service import Operations
from hourloom.projects.model import MOST
from hourloom.projects.ports import Labelling, Use
from hourloom.projects.service import Projects, Tags
from hourloom.testing import Client, ServerInMemory

PROJECTS, TAGS = "/api/v1/projects", "/api/v1/tags"


class Rules:
    """Stands for a feature above: rules that refer to projects and tags."""

    name = "rules"

    def __init__(self) -> None:
        self.held: dict[int, tuple[Labelling, int | None]] = {}

    def uses(self, _tx: Transaction, _who: Actor, kind: Labelling, number: int) -> list[Use]:
        return [Use("rule", id_, f"rule {id_}") for id_, held in self.held.items() if held == (kind, number)]

    def replace(
        self, _tx: Transaction, _who: Actor, kind: Labelling, number: int, by: int | None
    ) -> object | None:
        found = [id_ for id_, held in self.held.items() if held == (kind, number)]
        self.held |= dict.fromkeys(found, (kind, by))
        return {"kind": kind, "number": number, "rules": found} if found else None

    def take_back(self, _tx: Transaction, _who: Actor, was: bytes) -> None:
        step = msgspec.json.decode(was)
        self.held |= dict.fromkeys(step["rules"], (step["kind"], step["number"]))


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    return server.client_with("projects:write", "operations:write")


@pytest.fixture
def rules(server: ServerInMemory) -> Rules:
    rules = Rules()
    server.service(Projects).refer(rules)
    return rules


def made(client: Client, path: str, **fields: Any) -> dict[str, Any]:
    answer = client.post(path, fields)
    assert answer.status == 201, answer.body
    return dict(answer.json()["project" if path == PROJECTS else "tag"])


def names(client: Client, path: str, query: str = "") -> list[str]:
    found = client.get(path + query).json()
    return [each["name"] for each in found["projects" if path == PROJECTS else "tags"]]


def undo(client: Client, operation: int) -> int:
    return client.post(f"/api/v1/operations/{operation}/undo").status


def state(client: Client) -> dict[str, dict[int, dict[str, Any]]]:
    found = {"projects": client.get(PROJECTS).json()["projects"], "tags": client.get(TAGS).json()["tags"]}
    return {kind: {each["id"]: _plain(each) for each in listed} for kind, listed in found.items()}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out how instants are written, which is not the same in Changes."""
    return {"name": row["name"], "color": row.get("color"), "archived": row.get("archived_at") is not None}


def applied(
    before: dict[str, dict[int, dict[str, Any]]], change: RecordedChange
) -> dict[str, dict[int, dict[str, Any]]]:
    body = msgspec.json.decode(change.body)
    kind = "projects" if change.kind.startswith("Project") else "tags"
    rows = dict(before[kind])
    if change.kind.endswith("Deleted"):
        del rows[body["id"]]
    elif change.kind.startswith(("Project", "Tag")):
        row = body["project" if kind == "projects" else "tag"]
        rows[row["id"]] = _plain(row)
    return before | {kind: rows}


@pytest.mark.parametrize("dialect", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_the_whole_story_is_told_on_the_feed_and_undone(server: ServerInMemory, client: Client) -> None:
    def story() -> None:
        first = made(client, PROJECTS, name="  Web   site ", color="slot3")["id"]
        other = made(client, PROJECTS, name="App")["id"]
        renamed = client.patch(f"{PROJECTS}/{first}", {"name": "Website", "color": None}).json()
        assert (renamed["project"]["name"], renamed["project"]["color"]) == ("Website", None)
        archived = client.patch(f"{PROJECTS}/{first}", {"archived": True}).json()
        assert archived["project"]["archived_at"] == "2026-03-02T09:00:00Z"
        assert names(client, PROJECTS) == ["App", "Website"]
        assert names(client, PROJECTS, "?archived=false") == ["App"]
        assert undo(client, archived["operation_id"]) == 200
        assert undo(client, renamed["operation_id"]) == 200
        gone = client.delete(f"{PROJECTS}/{other}").json()
        assert (names(client, PROJECTS), names(client, PROJECTS, "?trash=true")) == (["Web site"], ["App"])
        assert undo(client, gone["operation_id"]) == 200
        client.delete(f"{PROJECTS}/{other}")
        back = client.post(f"{PROJECTS}/{other}/restore").json()
        assert undo(client, back["operation_id"]) == 200
        assert names(client, PROJECTS) == ["Web site"]
        one, two = made(client, TAGS, name="paid")["id"], made(client, TAGS, name="Billed")["id"]
        assert client.patch(f"{TAGS}/{two}", {"name": "billed"}).status == 200
        merged = client.post(f"{TAGS}/{one}/merge", {"into": two}).json()
        assert (merged["tag"]["id"], names(client, TAGS)) == (two, ["billed"])
        assert undo(client, merged["operation_id"]) == 200
        assert names(client, TAGS) == ["billed", "paid"]
        client.delete(f"{TAGS}/{one}")
        assert client.post(f"{TAGS}/{one}/restore").status == 200

    changes = server.verify_changes(story, lambda: state(client), applied)
    kinds = {change.kind for change in changes}
    assert {
        "ProjectCreated",
        "ProjectEdited",
        "ProjectDeleted",
        "TagCreated",
        "TagEdited",
        "TagDeleted",
    } < kinds


def test_what_refers_to_a_project_or_tag_is_told_dropped_and_brought_back(
    server: ServerInMemory, client: Client, rules: Rules
) -> None:
    project = made(client, PROJECTS, name="Website")["id"]
    one, two = made(client, TAGS, name="one")["id"], made(client, TAGS, name="two")["id"]
    rules.held = {1: ("project", project), 2: ("tag", one), 3: ("tag", two), 4: ("project", 99)}
    before = dict(rules.held)
    use = {"kind": "rule", "id": 1, "name": "rule 1"}
    assert client.get(f"{PROJECTS}/{project}/uses").json() == {"uses": [use]}
    gone = client.delete(f"{PROJECTS}/{project}").json()
    assert (gone["uses"], rules.held[1]) == ([use], ("project", None))
    merged = client.post(f"{TAGS}/{one}/merge", {"into": two}).json()
    assert rules.held[2] == rules.held[3] == ("tag", two)
    assert client.get(f"{TAGS}/{two}/uses").json()["uses"] == [
        {"kind": "rule", "id": number, "name": f"rule {number}"} for number in (2, 3)
    ]
    assert undo(client, merged["operation_id"]) == undo(client, gone["operation_id"]) == 200
    assert rules.held == before
    # Undoing what made a tag lets go of it too.
    operation = client.post(TAGS, {"name": "three"}).json()
    rules.held[5] = ("tag", operation["tag"]["id"])
    assert undo(client, operation["operation_id"]) == 200
    assert rules.held[5] == ("tag", None)


def test_names_are_unique_in_any_case_and_bounded(client: Client) -> None:
    number = made(client, PROJECTS, name="Straße")["id"]
    for name, status, code in [
        ("STRASSE", 409, "project_name_taken"),
        (" ", 400, "name_not_valid"),
        ("a\x07b", 400, "name_not_valid"),
        ("", 422, None),
        ("x" * 101, 422, None),
    ]:
        answer = client.post(PROJECTS, {"name": name})
        assert answer.status == status, name
        assert code is None or answer.json()["code"] == code
    assert client.post(PROJECTS, {"name": "x", "color": "red"}).status == 422
    assert client.patch(f"{PROJECTS}/{number}", {"name": "STRASSE"}).status == 200
    assert client.post(TAGS, {"name": "a,b"}).json()["code"] == "name_not_valid"
    tag = made(client, TAGS, name="Strasse")["id"]
    assert client.post(TAGS, {"name": "straße"}).json()["code"] == "tag_name_taken"
    assert client.post(f"{TAGS}/{tag}/merge", {"into": tag}).json()["code"] == "tag_into_itself"
    assert client.post(f"{TAGS}/{tag}/merge", {"into": 99}).json()["code"] == "no_such_tag"
    assert client.get(f"{PROJECTS}/99").json()["code"] == "no_such_project"
    assert client.post(f"{PROJECTS}/{number}/restore").json()["code"] == "no_such_project"


def test_there_is_a_bound_of_projects_and_tags(server: ServerInMemory, client: Client) -> None:
    def fill() -> None:
        with server.database.begin() as tx:
            for table in ("projects", "tags"):
                tx.execute(
                    f"""
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most)
                    INSERT INTO {table} (workspace_id, name, created_at) SELECT :workspace, 'p' || i, 0 FROM n
                    """,
                    most=MOST,
                    workspace=server.owner.workspace_id,
                )

    server.write(fill)
    assert client.post(PROJECTS, {"name": "one more"}).json()["code"] == "too_many_projects"
    assert client.post(TAGS, {"name": "one more"}).json()["code"] == "too_many_tags"
    assert len(names(client, PROJECTS)) == MOST


def test_undo_over_later_edits_says_so_and_changes_nothing(client: Client) -> None:
    first = client.post(PROJECTS, {"name": "Website"}).json()
    number = first["project"]["id"]
    renamed = client.patch(f"{PROJECTS}/{number}", {"name": "Shop"}).json()
    assert undo(client, first["operation_id"]) == 409
    made(client, PROJECTS, name="Website")
    assert undo(client, renamed["operation_id"]) == 409
    assert names(client, PROJECTS) == ["Shop", "Website"]
    tag = client.post(TAGS, {"name": "one"}).json()
    gone = client.delete(f"{TAGS}/{tag['tag']['id']}").json()
    made(client, TAGS, name="One")
    assert undo(client, gone["operation_id"]) == 409
    assert client.post(f"{TAGS}/{tag['tag']['id']}/restore").json()["code"] == "tag_name_taken"
    assert names(client, TAGS) == ["One"]


def test_the_trash_is_emptied_after_30_days_and_undo_ends_after_7(
    server: ServerInMemory, client: Client
) -> None:
    projects, tags = server.service(Projects), server.service(Tags)
    gone = client.delete(f"{PROJECTS}/{made(client, PROJECTS, name='Website')['id']}").json()
    client.delete(f"{TAGS}/{made(client, TAGS, name='one')['id']}")

    def empty() -> None:
        with server.database.begin() as tx:
            projects.empty_trash(tx)
            tags.empty_trash(tx)

    server.clock.advance(8 * DAY / SECOND)
    server.write(empty)
    assert undo(client, gone["operation_id"]) == 410
    while server.write(lambda: server.service(Operations).purge_some()):
        pass
    with server.database.read() as tx:
        assert tx.rows("SELECT was FROM operation_steps") == []
    assert (names(client, PROJECTS, "?trash=true"), names(client, TAGS, "?trash=true")) == (
        ["Website"],
        ["one"],
    )
    server.clock.advance(23 * DAY / SECOND)
    server.write(empty)
    assert names(client, PROJECTS, "?trash=true") == names(client, TAGS, "?trash=true") == []


def test_reading_and_writing_need_their_scopes(server: ServerInMemory, client: Client) -> None:
    reader = server.client_with("projects:read")
    assert reader.get(PROJECTS).status == reader.get(TAGS).status == 200
    assert reader.post(PROJECTS, {"name": "x"}).status == reader.post(TAGS, {"name": "x"}).status == 403
    assert server.client_with("tracking:read").get(PROJECTS).status == 403


def test_other_services_ask_for_names(server: ServerInMemory, client: Client) -> None:
    project, tag = made(client, PROJECTS, name="Website")["id"], made(client, TAGS, name="one")["id"]
    home = server.owner.workspace_id
    with server.database.read() as tx:
        projects, tags = server.service(Projects), server.service(Tags)
        assert (projects.names(tx, home), tags.names(tx, home)) == ({project: "Website"}, {tag: "one"})
        assert projects.known(tx, home, [project, 99]) == {project}
        assert tags.known(tx, home, [99]) == tags.known(tx, home, []) == frozenset()
