"""Archives over HTTP: made and read in by jobs, fetched by a ticket, sealed with the keys of the database."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.sealing import by_passphrase
from hourloom.sealing.stream import open_by, seal, sealed_header, unseal
from hourloom.testing import Client, FixedClock, ServerInMemory
from tests.accounts.a_keyed_server import PASSPHRASE, SOCKET, Keyed, a_keyed_server
from tests.archive.a_home import TITLE, Home, a_record, a_sqlite_home

EXPORTS, IMPORTS = "/api/v1/archive/exports", "/api/v1/archive/imports"
BINARY = {"content-type": "application/octet-stream"}


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[Keyed]:
    """A server whose database is encrypted, with something in it."""
    (tmp_path / "keyed").mkdir()
    with a_keyed_server(tmp_path / "keyed") as keyed:
        a_record(Home(keyed.server))
        yield keyed


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Keyed]:
    """As `keyed`, with a passphrase."""
    (tmp_path / "guarded").mkdir()
    with a_keyed_server(tmp_path / "guarded", passphrase=True) as guarded:
        a_record(Home(guarded.server))
        yield guarded


class Local:
    """The owner's own program, over the local socket."""

    def __init__(self, server: ServerInMemory) -> None:
        self.server = server

    def ask(self, method: str, path: str, *, status: int = 200, **options: object) -> object:
        answer = self.server.client.request(method, path, peer=SOCKET, **options)  # type: ignore[arg-type]
        assert answer.status == status, (answer.status, answer.body)
        return answer.json()


def done(server: ServerInMemory, job: int) -> str:
    """Let the server work until a job has ended; return its state."""
    client = server.client_with("jobs:read")

    async def wait() -> str:
        async with asyncio.timeout(30):
            while True:
                state = (await client.ask("GET", f"/api/v1/jobs/{job}")).json()["state"]
                if state != "open":
                    return str(state)
                await asyncio.sleep(0.01)

    return server.run(wait())


def exported(server: ServerInMemory, *, plain: bool) -> str:
    """Let an archive be made; return its id."""
    begun = Local(server).ask("POST", EXPORTS, status=202, json={"plain": plain})
    assert isinstance(begun, dict)
    assert done(server, begun["job"]) == "finished"
    return str(begun["id"])


def fetched(server: ServerInMemory, id: str) -> bytes:
    ticket = Local(server).ask("POST", f"{EXPORTS}/{id}/tickets", status=201)
    assert isinstance(ticket, dict)
    answer = server.client.get(ticket["path"])
    assert answer.status == 200
    assert int(answer.headers["content-length"]) == len(answer.body)
    return answer.body


def handed_in(client: Client, archive: bytes) -> dict[str, object]:
    answer = client.request("POST", IMPORTS, content=archive, headers=BINARY)
    assert answer.status == 201, answer.body
    return dict(answer.json())


def test_an_archive_is_made_fetched_handed_in_looked_at_and_read_in(keyed: Keyed, tmp_path: Path) -> None:
    archive = fetched(keyed.server, exported(keyed.server, plain=True))

    with a_sqlite_home(tmp_path) as other:
        client = other.server.client_with("admin")
        facts = handed_in(client, archive)
        assert (facts["state"], facts["sealed"], facts["bytes"]) == ("uploaded", False, len(archive))
        path = f"{IMPORTS}/{facts['id']}"
        assert client.post(f"{path}/commit").status == 409
        begun = client.post(f"{path}/preview", json={"on_conflict": "both"})
        assert begun.status == 202
        assert done(other.server, begun.json()["job"]) == "finished"
        looked_at = client.get(path).json()
        assert (looked_at["state"], looked_at["keeps_numbers"]) == ("ready", True)
        assert {t["name"]: t["new"] for t in looked_at["tables"]}["events"] == 23
        assert other.count("events") == 0
        begun = client.post(f"{path}/commit")
        assert done(other.server, begun.json()["job"]) == "finished"
        read_in = client.get(path).json()
        assert read_in["state"] == "done"
        assert other.export() == archive
        undone = client.post(f"/api/v1/operations/{read_in['operation_id']}/undo")
        assert undone.status == 200
        jobs = client.get("/api/v1/jobs").json()["jobs"]
        undoing = [job["id"] for job in jobs if job["kind"] == "archive.undo"]
        assert [done(other.server, job) for job in undoing] == ["finished"]
        assert other.count("events") == other.count("buckets") == 0
        assert client.delete(path).json() == {"done": True}
        assert client.get(path).status == 404


def test_where_the_database_is_encrypted_so_is_the_archive(keyed: Keyed) -> None:
    body = fetched(keyed.server, exported(keyed.server, plain=False))

    assert TITLE.encode() not in body
    source = io.BytesIO(body)
    header = sealed_header(source)
    assert header.kind == "archive"
    with unseal(source, header, open_by(header, recovery_code=keyed.code)) as content:
        assert content.read() == fetched(keyed.server, exported(keyed.server, plain=True))


def test_what_lies_on_disk_meanwhile_is_always_sealed(keyed: Keyed) -> None:
    exported(keyed.server, plain=True)
    plain = fetched(keyed.server, exported(keyed.server, plain=True))
    handed_in(keyed.server.client_with("admin"), plain)

    directory = keyed.means.places.directory / "archives"
    bodies = [path.read_bytes() for path in directory.iterdir()]
    assert len(bodies) == 6
    assert not any(b"PK\3\4" in body or TITLE.encode() in body for body in bodies)
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}
    assert list((keyed.means.places.directory / "run").glob("*")) == []


def test_a_ticket_works_once_and_for_a_minute(keyed: Keyed) -> None:
    id = exported(keyed.server, plain=False)
    local = Local(keyed.server)
    first, second = (local.ask("POST", f"{EXPORTS}/{id}/tickets", status=201) for _ in range(2))
    assert isinstance(first, dict)
    assert isinstance(second, dict)

    fetch = keyed.server.client.get
    assert [fetch(first["path"]).status for _ in range(2)] == [200, 404]
    keyed.server.clock.advance(61)
    assert fetch(second["path"]).status == 404
    assert fetch("/api/v1/downloads/nothing").status == 404


def test_exporting_everything_asks_for_the_passphrase_once_more(guarded: Keyed) -> None:
    server = guarded.server
    client = server.client_with("admin")
    for asking in (client.post(EXPORTS, json={}), client.post(f"{EXPORTS}/export-{'0' * 24}/tickets")):
        assert (asking.status, asking.json()["code"]) == (403, "step_up_needed")
    ticket = client.post("/api/v1/step-up", json={"passphrase": PASSPHRASE}).json()["ticket"]
    begun = client.post(EXPORTS, json={}, headers={"hourloom-step-up": ticket})
    assert begun.status == 202
    assert done(server, begun.json()["job"]) == "finished"


def test_an_archive_of_another_database_opens_by_its_words(guarded: Keyed, keyed: Keyed) -> None:
    _, body = Home(guarded.server).exported(plain=False)
    client = keyed.server.client_with("admin")

    facts = handed_in(client, body)
    path = f"{IMPORTS}/{facts['id']}"
    assert (facts["state"], facts["sealed"]) == ("locked", True)
    assert client.post(f"{path}/preview", json={}).status == 409
    wrong = client.post(f"{path}/key", json={"passphrase": "wrong horse battery"})
    assert (wrong.status, wrong.json()["code"]) == (400, "wrong_passphrase_of_file")
    wrong = client.post(f"{path}/key", json={"recovery_code": keyed.code})
    assert (wrong.status, wrong.json()["code"]) == (400, "wrong_recovery_code_of_file")
    assert client.post(f"{path}/key", json={}).status == 400

    opened = client.post(f"{path}/key", json={"recovery_code": guarded.code})
    assert (opened.status, opened.json()["state"]) == (200, "uploaded")
    begun = client.post(f"{path}/preview", json={})
    assert done(keyed.server, begun.json()["job"]) == "finished"
    assert client.get(path).json()["state"] == "ready"
    assert (
        b"PK\3\4" not in (keyed.means.places.directory / "archives" / f"{facts['id']}.archive").read_bytes()
    )


def test_an_archive_that_was_encrypted_as_a_file_opens_by_that_passphrase(keyed: Keyed) -> None:
    _, plain = Home(keyed.server).exported()
    sealed = io.BytesIO()
    by_passphrase.encrypt(io.BytesIO(plain), sealed, PASSPHRASE)
    client = keyed.server.client_with("admin")

    facts = handed_in(client, sealed.getvalue())
    opened = client.post(f"{IMPORTS}/{facts['id']}/key", json={"passphrase": PASSPHRASE})

    assert (facts["state"], opened.json()["state"]) == ("locked", "uploaded")
    backup = io.BytesIO()
    with seal(backup, "backup", *by_passphrase.new_keys(PASSPHRASE)) as file:
        file.write(plain)
    refused = client.request("POST", IMPORTS, content=backup.getvalue(), headers=BINARY)
    assert (refused.status, refused.json()["code"]) == (400, "other_kind")


def test_what_is_damaged_or_no_archive_is_refused_when_it_is_handed_in(keyed: Keyed) -> None:
    client = keyed.server.client_with("admin")
    _, sealed = Home(keyed.server).exported(plain=False)

    def refused(body: bytes, kind: str = "application/zip") -> tuple[int, str]:
        answer = client.request("POST", IMPORTS, content=body, headers={"content-type": kind})
        return answer.status, answer.json()["code"]

    assert refused(b"") == (400, "not_an_archive")
    assert refused(sealed[:500]) == (400, "cut_short")
    assert refused(sealed[:600] + b"\0" + sealed[601:]) == (400, "tampered")
    assert refused(sealed, "text/html") == (415, "not_that_type")
    assert list((keyed.means.places.directory / "archives").glob("*")) == []
    facts = handed_in(client, sealed[:-40] + bytes(40))
    begun = client.post(f"{IMPORTS}/{facts['id']}/preview", json={})
    assert done(keyed.server, begun.json()["job"]) == "finished"
    looked_at = client.get(f"{IMPORTS}/{facts['id']}").json()
    assert (looked_at["state"], looked_at["code"]) == ("refused", "tampered")


def test_only_the_owner_has_to_do_with_archives(keyed: Keyed) -> None:
    id = exported(keyed.server, plain=False)
    client = keyed.server.client_with("tracking:write", "backups:write", "jobs:write")
    for method, path in [
        ("POST", EXPORTS),
        ("GET", EXPORTS),
        ("GET", f"{EXPORTS}/{id}"),
        ("POST", f"{EXPORTS}/{id}/tickets"),
        ("DELETE", f"{EXPORTS}/{id}"),
        ("GET", IMPORTS),
    ]:
        assert client.request(method, path).status == 403, path
    assert client.request("POST", IMPORTS, content=b"PK", headers=BINARY).status == 403
    owner = keyed.server.client_with("admin")
    assert [each["id"] for each in owner.get(EXPORTS).json()] == [id]
    for path in ("../../hourloom", "export-1", "import-" + "0" * 24):
        assert owner.get(f"{EXPORTS}/{path}").status in (400, 404)
    assert owner.delete(f"{EXPORTS}/{id}").status == 200
    assert owner.get(EXPORTS).json() == []


def test_files_are_removed_after_a_day(keyed: Keyed, clock: FixedClock) -> None:
    exports, imports = keyed.server.server.archive_exports, keyed.server.server.archive_imports
    id = exported(keyed.server, plain=True)
    handed_in(keyed.server.client_with("admin"), fetched(keyed.server, id))
    directory = keyed.means.places.directory / "archives"
    (directory / ".export-0.archive.0000.new").write_bytes(b"left by a kill")

    imports._tidy(None, None)  # type: ignore[arg-type]  # it looks at neither
    assert len(list(directory.iterdir())) == 5
    keyed.server.clock.advance(25 * 3600)
    imports._tidy(None, None)  # type: ignore[arg-type]  # as above
    assert [path.name for path in directory.iterdir()] == [".export-0.archive.0000.new"]
    imports.discard_leftovers()
    assert list(directory.iterdir()) == []
    assert exports.all(keyed.server.owner) == []


def test_an_erasure_leaves_no_archive_behind(keyed: Keyed) -> None:
    exported(keyed.server, plain=False)
    client = keyed.server.client_with("admin")

    erasure = client.post("/api/v1/erasures", json={"title": TITLE, "now": True})
    assert erasure.status < 300, erasure.body
    while client.get(f"/api/v1/erasures/{erasure.json()['id']}").json()["state"] != "done":
        client.post(f"/api/v1/erasures/{erasure.json()['id']}/advance")

    assert list((keyed.means.places.directory / "archives").iterdir()) == []
