"""The keys of a running server's database, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hourloom.accounts.keys import KIND, Keys
from hourloom.accounts.model import WrapsChanged
from hourloom.core.changes import RecordedChange
from hourloom.core.clock import HOUR, Instant
from hourloom.db.embedded import EmbeddedDatabase
from hourloom.db.keys import header, successor, unlock
from hourloom.db.keys.copying import copy_of
from hourloom.db.keys.errors import WrongRecoveryCode
from hourloom.db.keys.places import read_keys
from hourloom.testing import Answer, ServerInMemory
from tests.accounts.a_keyed_server import PASSPHRASE, SOCKET, Keyed, a_keyed_server, means_in

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
NEW_WORDS = "a staple of another kind"
EVENT = {"timestamp": "2026-03-02T08:00:00Z", "duration": 1, "data": {"app": "editor"}}


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[Keyed]:
    with a_keyed_server(tmp_path) as keyed:
        yield keyed


def ask(server: ServerInMemory, method: str, path: str, json: object = msgspec.UNSET) -> Answer:
    return server.client.request(method, f"/api/v1/keys{path}", json=json, peer=SOCKET)


def wraps(server: ServerInMemory) -> list[dict[str, Any]]:
    return list(ask(server, "GET", "").json()["wraps"])


def id_of(server: ServerInMemory, method: str) -> str:
    return next(str(wrap["id"]) for wrap in wraps(server) if wrap["method"] == method)


def finished(server: ServerInMemory, job: int) -> dict[str, Any]:
    """Let the server work until a job has ended."""
    import asyncio

    deadline = time.monotonic() + 30
    while True:
        found: dict[str, Any] = server.client.get(f"/api/v1/jobs/{job}", peer=SOCKET).json()
        if found["state"] != "open":
            return found
        assert time.monotonic() < deadline, found
        server.run(asyncio.sleep(0.02))


def test_the_ways_are_listed_without_secrets(keyed: Keyed) -> None:
    listed = ask(keyed.server, "GET", "")
    shown = listed.json()
    assert [wrap["method"] for wrap in shown["wraps"]] == ["key_file", "recovery"]
    assert (shown["encrypted"], shown["recovery_pending"], shown["exchanging"]) == (True, True, False)
    document = read_keys(keyed.means.places)
    assert document is not None
    for wrap in document.wraps:
        assert msgspec.json.encode(wrap.sealed) not in listed.body


def test_a_passphrase_is_added_changed_and_removed(keyed: Keyed) -> None:
    server = keyed.server
    added = ask(server, "POST", "/wraps", {"method": "passphrase", "passphrase": PASSPHRASE})
    assert added.status == 201
    # From now on even the local socket must know it.
    assert ask(server, "DELETE", f"/wraps/{added.json()['id']}").json()["code"] == "step_up_needed"
    proof = server.client.post("/api/v1/step-up", {"passphrase": PASSPHRASE}, peer=SOCKET)
    server.client.headers["hourloom-step-up"] = proof.json()["ticket"]
    path = f"/wraps/{added.json()['id']}/rotation"
    assert ask(server, "POST", path, {}).json()["code"] == "words_needed"
    assert ask(server, "POST", path, {"passphrase": "short"}).json()["code"] == "passphrase_too_short"
    changed = ask(server, "POST", path, {"passphrase": NEW_WORDS})
    assert changed.status == 200
    keys = server.service(Keys)
    assert not keys.is_right(PASSPHRASE)
    assert keys.is_right(NEW_WORDS)
    assert ask(server, "DELETE", f"/wraps/{changed.json()['id']}").status == 200
    assert [wrap["method"] for wrap in wraps(server)] == ["key_file", "recovery"]


def test_what_cannot_be_done_is_said(keyed: Keyed) -> None:
    server = keyed.server
    assert ask(server, "DELETE", f"/wraps/{id_of(server, 'key_file')}").json()["code"] == "last_wrap"
    assert ask(server, "DELETE", f"/wraps/{id_of(server, 'recovery')}").json()["code"] == "last_recovery"
    assert ask(server, "DELETE", "/wraps/0000").status == 404
    assert ask(server, "DELETE", "/wraps/..").status == 400
    assert ask(server, "POST", "/wraps", {"method": "key_file"}).json()["code"] == "wrap_exists"
    no_keychain = ask(server, "POST", "/wraps", {"method": "keychain"})
    assert (no_keychain.status, no_keychain.json()["code"]) == (409, "cannot_change_keys")
    assert ask(server, "POST", "/wraps", {"method": "fingerprint"}).status == 422


def test_a_key_file_is_renewed(keyed: Keyed) -> None:
    before = next(keyed.means.places.copies.glob("*.key")).read_bytes()
    path = f"/wraps/{id_of(keyed.server, 'key_file')}/rotation"
    assert ask(keyed.server, "POST", path, {}).status == 200
    assert next(keyed.means.places.copies.glob("*.key")).read_bytes() != before
    assert unlock.unlock(keyed.means, "file").data_key


def test_a_recovery_code_is_told_once_and_acknowledged(keyed: Keyed) -> None:
    server = keyed.server
    code = ask(server, "POST", "/recovery").json()["recovery_code"]
    assert unlock.recover(keyed.means, keyed.code).data_key == unlock.recover(keyed.means, code).data_key
    assert ask(server, "POST", "/recovery/acknowledgement").status == 200
    assert ask(server, "GET", "").json()["recovery_pending"] is False
    with pytest.raises(WrongRecoveryCode):
        unlock.recover(keyed.means, keyed.code)
    with server.database.read() as tx:
        kept = [repr(tx.rows(f"SELECT * FROM {table}")) for table in ("changes", "idempotency_keys", "jobs")]
    assert code not in "".join(kept)


def test_each_change_is_told_whole(keyed: Keyed) -> None:
    server = keyed.server

    def apply(state: object, change: RecordedChange) -> object:
        if change.kind != "WrapsChanged":
            return state
        told = msgspec.json.decode(change.body, type=WrapsChanged)
        return [msgspec.structs.asdict(wrap) for wrap in told.wraps]

    for action in (
        lambda: ask(server, "POST", f"/wraps/{id_of(server, 'key_file')}/rotation", {}),
        lambda: ask(server, "POST", "/recovery"),
        lambda: ask(server, "POST", "/recovery/acknowledgement"),
        lambda: finished(server, ask(server, "POST", "/rotation").json()["job_id"]),
    ):
        server.verify_changes(action, lambda: wraps(server), apply)


def test_the_data_key_is_exchanged_while_heartbeats_come(keyed: Keyed) -> None:
    server, database = keyed.server, keyed.server.database
    assert isinstance(database, EmbeddedDatabase)
    old = database.key
    server.client.post("/api/0/buckets/b", {"type": "t", "client": "c", "hostname": "h"})
    begun = ask(server, "POST", "/rotation")
    assert begun.status == 202
    sent = 0
    while server.client.get(f"/api/v1/jobs/{begun.json()['job_id']}", peer=SOCKET).json()["state"] == "open":
        beat = EVENT | {"data": {"app": f"editor {sent}"}}
        assert server.client.post("/api/0/buckets/b/heartbeat?pulsetime=0", beat).status == 200
        sent += 1
    assert finished(server, begun.json()["job_id"])["state"] == "finished"
    assert database.key != old
    assert len(server.client.get("/api/0/buckets/b/events?limit=-1").json()) == sent
    listed = ask(server, "GET", "").json()
    assert (listed["exchanging"], listed["recovery_pending"]) == (False, True)
    assert [wrap["method"] for wrap in listed["wraps"]] == ["key_file", "recovery"]
    assert unlock.unlock(keyed.means, "file").data_key == database.key
    code = begun.json()["recovery_code"]
    assert unlock.recover(keyed.means, code).data_key == database.key
    with pytest.raises(WrongRecoveryCode):
        unlock.recover(keyed.means, keyed.code)


def test_an_exchange_keeps_the_passphrase_and_needs_it(tmp_path: Path) -> None:
    with a_keyed_server(tmp_path, passphrase=True) as keyed:
        server = keyed.server
        proof = server.client.post("/api/v1/step-up", {"passphrase": PASSPHRASE}, peer=SOCKET)
        server.client.headers["hourloom-step-up"] = proof.json()["ticket"]
        assert ask(server, "POST", "/rotation").json()["code"] == "words_needed"
        assert ask(server, "POST", "/rotation", {"passphrase": "wrong words"}).json()["code"] == (
            "wrong_passphrase"
        )
        begun = ask(server, "POST", "/rotation", {"passphrase": PASSPHRASE})
        assert finished(server, begun.json()["job_id"])["state"] == "finished"
        assert server.service(Keys).is_right(PASSPHRASE)


def test_a_cancelled_exchange_leaves_the_key_that_was(keyed: Keyed) -> None:
    server, database = keyed.server, keyed.server.database
    assert isinstance(database, EmbeddedDatabase)
    old = database.key
    # Somebody who has the file open keeps the exchange from its end.
    from hourloom.db.sqlite import connect

    elsewhere = connect(database.path, old, readonly=True)
    begun = ask(server, "POST", "/rotation").json()
    assert ask(server, "POST", "/rotation").json()["code"] == "keys_changing"
    assert ask(server, "POST", "/recovery").json()["code"] == "keys_changing"
    assert ask(server, "GET", "").json()["exchanging"] is True
    server.client.post(f"/api/v1/jobs/{begun['job_id']}/cancel", peer=SOCKET)
    settled = wait_until_settled(keyed)
    elsewhere.close()
    assert settled
    assert database.key == old
    assert not copy_of(database.path).exists()
    assert unlock.recover(keyed.means, begun["recovery_code"]).data_key == old


def wait_until_settled(keyed: Keyed) -> bool:
    import asyncio

    for _ in range(500):
        document = read_keys(keyed.means.places)
        if document is not None and len(document.key_ids) == 1:
            return True
        keyed.server.run(asyncio.sleep(0.02))
    return False


def test_an_exchange_that_was_killed_goes_on_at_the_next_start(tmp_path: Path) -> None:
    with a_keyed_server(tmp_path) as keyed:
        made = successor.make(keyed.means, unlock.unlock(keyed.means, "file"))
        jobs, owner = keyed.server.server.jobs, keyed.server.owner
        later = Instant(keyed.server.clock.now() + HOUR)
        job = keyed.server.write(
            lambda: jobs.enqueue(owner.workspace_id, KIND, made.key.id, slot="data key", run_at=later)
        )
    with a_restarted_server(tmp_path) as keyed:
        keyed.server.clock.advance(7200)
        keyed.server.server.jobs._runner.wake()
        assert finished(keyed.server, job)["state"] == "finished"
        database = keyed.server.database
        assert isinstance(database, EmbeddedDatabase)
        assert database.key == made.key.key
        assert unlock.recover(keyed.means, made.recovery_code).data_key == made.key.key


def test_what_no_job_works_on_is_dropped_at_the_start(tmp_path: Path) -> None:
    with a_keyed_server(tmp_path) as keyed:
        successor.make(keyed.means, unlock.unlock(keyed.means, "file"))
    with a_restarted_server(tmp_path) as keyed:
        assert wait_until_settled(keyed)
        assert ask(keyed.server, "GET", "").json()["exchanging"] is False


def a_restarted_server(home: Path) -> Any:
    """Open the database as the next start does."""
    from contextlib import contextmanager

    from hourloom.testing import FixedClock, a_server, open_sqlite

    @contextmanager
    def restarted() -> Iterator[Keyed]:
        means = means_in(home)
        unlocked = unlock.unlock(means, "file")
        path = means.places.database
        with a_server(
            lambda record, publish: open_sqlite(path, unlocked.data_key, record, publish),
            home,
            FixedClock(),
            keychain=False,
        ) as server:
            server.server.keys.successor = unlocked.successor
            yield Keyed(server, means, "")

    return restarted()


def test_a_database_that_is_not_encrypted_has_no_keys(server: ServerInMemory) -> None:
    listed = ask(server, "GET", "").json()
    assert (listed["encrypted"], listed["wraps"]) == (False, [])
    for method, path, body in (
        ("POST", "/wraps", {"method": "key_file"}),
        ("DELETE", "/wraps/00", msgspec.UNSET),
        ("POST", "/wraps/00/rotation", {}),
        ("POST", "/rotation", {}),
        ("POST", "/recovery", msgspec.UNSET),
        ("POST", "/recovery/acknowledgement", msgspec.UNSET),
    ):
        answer = ask(server, method, path, body)
        assert (answer.status, answer.json()["code"]) == (409, "not_encrypted"), path


@on_sqlite
def test_no_secret_is_in_a_log(keyed: Keyed, caplog: pytest.LogCaptureFixture, dialect: str) -> None:
    caplog.set_level("DEBUG")
    begun = ask(keyed.server, "POST", "/rotation").json()
    finished(keyed.server, begun["job_id"])
    database = keyed.server.database
    assert isinstance(database, EmbeddedDatabase)
    assert database.key is not None
    assert header.state_of(database.path) not in (header.PLAIN, header.ABSENT)
    for secret in (begun["recovery_code"], database.key.hex(), repr(database.key)):
        assert secret not in caplog.text
