"""Nothing that a person did can be read from any file: while the server runs, after it, and after a kill.

What is planted goes in by every door; then every byte is searched of the data, configuration, home and
temporary directories, and of what the process has open without a name. tests/web/test_canary.py looks at
answers, logs and command lines.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.sdk.connection import connect
from tests.rigs.serving.a_home import Home
from tests.rigs.serving.heartbeats import ask
from tests.rigs.serving.watchers import Watchers

CANARY = "canary-91c4b7e2"
URL = f"https://bank.example/{CANARY}/account?token={CANARY}"
DATA = {"app": f"app {CANARY}", "title": f"{CANARY} \u2013 title", "url": URL}
THEN = "2026-03-02T08:00:00Z"
EVENT = {"timestamp": THEN, "duration": 1, "data": DATA}
WRITTEN = [
    CANARY.encode(),
    CANARY.encode("utf-16-le"),
    CANARY.encode().hex().encode(),
    *(base64.b64encode(b"x" * shift + CANARY.encode())[4:-4] for shift in range(3)),
]
"""How it could stand in a file: as text of two encodings, in hexadecimal, in base64 at any offset."""
ENCRYPTED, PLAIN = "file", "off"


class Planted(Home):
    """A home in whose record something was planted, with a temporary directory of its own."""

    def __init__(self, root: Path, encryption: str) -> None:
        self.temporary = root / "temporary"
        self.temporary.mkdir(parents=True)
        own = {"TMPDIR": str(self.temporary), "SQLITE_TMPDIR": str(self.temporary)}
        super().__init__(root, own | {"HOURLOOM_ENCRYPTION": encryption, "HOURLOOM_LOG_LEVEL": "debug"})
        self.secrets: list[bytes] = []

    def owner(self, method: str, path: str, body: object = None) -> object:
        """Ask as the owner, through the local socket."""
        content = None if body is None else json.dumps(body).encode()
        key = hashlib.sha256(f"{method} {path}".encode() + (content or b"")).hexdigest()
        headers = {"content-type": "application/json", "idempotency-key": key}
        connection = connect(self.data_dir, 0)
        try:
            answer = connection.request(method, path, content, headers if method != "GET" else {})
            assert answer.status < 300, (method, path, answer.status, answer.body)
            return json.loads(answer.body) if answer.body else None
        finally:
            connection.close()

    def plant(self) -> None:
        """Record it in every way that there is."""
        bucket = {"type": "currentwindow", "client": CANARY, "hostname": CANARY}
        name = f"/api/0/buckets/{CANARY}"
        self.owner("POST", name, bucket)
        self.owner("POST", f"{name}/heartbeat?pulsetime=5", EVENT)
        self.owner("POST", f"{name}/events", [EVENT] * 50)
        self.owner("POST", "/api/0/import", {"buckets": {CANARY: bucket | {"id": CANARY, "events": [EVENT]}}})
        self.owner("POST", f"/api/0/settings/{CANARY}", {"rule": DATA})
        new = {"started_at": THEN, "data": DATA}
        made = self.owner("POST", f"/api/v1/buckets/{CANARY}/events", [new, new])
        assert isinstance(made, dict)
        first, second = made["ids"]
        self.owner("PATCH", f"/api/v1/events/{first}", {"data": DATA | {"title": CANARY * 2}})
        self.owner("DELETE", f"/api/v1/events/{second}")
        token = self.owner("POST", "/api/v1/tokens", {"name": CANARY, "scopes": ["tracking:read"]})
        assert isinstance(token, dict)
        self.secrets = [str(token["secret"]).encode(), str(token["secret"]).encode("utf-16-le")]
        self.owner("GET", "/api/0/export")
        query = {"query": [f'RETURN = query_bucket("{CANARY}");'], "timeperiods": ["2026-03-02/2026-03-03"]}
        self.owner("POST", "/api/0/query", query)

    def make_a_backup(self) -> None:
        """Let a backup be made, and wait until there is one."""
        self.owner("POST", "/api/v1/backups", {})
        with Watchers(self.port, 1, name="pace") as pace:
            for _ in range(2_000):
                listed = self.owner("GET", "/api/v1/backups")
                assert isinstance(listed, dict)
                if any(each["verified"] for each in listed["backups"]):
                    return
                pace.get_through(5)
        raise AssertionError("no backup was made")

    def make_an_archive(self) -> None:
        """Let everything be written into an archive, and wait until it is there."""
        begun = self.owner("POST", "/api/v1/archive/exports", {})
        assert isinstance(begun, dict)
        with Watchers(self.port, 1, name="pace") as pace:
            for _ in range(2_000):
                shown = self.owner("GET", f"/api/v1/archive/exports/{begun['id']}")
                assert isinstance(shown, dict)
                assert self.telling() == set(), "neither while it is written"
                if shown["state"] == "ready":
                    return
                pace.get_through(5)
        raise AssertionError("no archive was made")

    def telling(self) -> set[str]:
        """Return the files that tell something: those with a name, and those that the server has open."""
        wanted = [*WRITTEN, *self.secrets]
        named = [file for file in self.root.rglob("*") if file.is_file()]
        told = {file.name for file in named if tells(file, wanted)}
        process = self.server._process
        if process is not None:
            opened = [file for file in Path(f"/proc/{process.pid}/fd").iterdir() if file.is_file()]
            told |= {str(file.readlink()) for file in opened if tells(file, wanted)}
        return told


def tells(file: Path, wanted: list[bytes]) -> bool:
    """Tell whether one of these stands in a file; one that is gone meanwhile tells nothing."""
    try:
        content = file.read_bytes()
    except OSError:
        return False
    return any(each in content for each in wanted)


def planted(root: Path, encryption: str) -> Iterator[Planted]:
    home = Planted(root, encryption)
    home.server.start()
    try:
        home.plant()
        yield home
    finally:
        home.server.kill()


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    """Run one server for these tests; whoever kills it starts it again."""
    yield from planted(tmp_path_factory.mktemp("encrypted"), ENCRYPTED)


def test_the_search_finds_what_is_not_encrypted(tmp_path: Path) -> None:
    for plain in planted(tmp_path, PLAIN):
        assert plain.telling() >= {"hourloom.db-wal"}
        plain.server.stop()
        assert plain.telling() >= {"hourloom.db"}


def test_no_file_tells_anything_while_the_server_runs_and_after_it(encrypted: Planted) -> None:
    names = {file.name for file in encrypted.root.rglob("*")}
    assert {"hourloom.db", "hourloom.db-wal", "hourloom.db-shm", "hourloom.log"} <= names
    assert encrypted.telling() == set()
    encrypted.server.stop()
    assert encrypted.telling() == set()
    assert list(encrypted.temporary.iterdir()) == []
    encrypted.server.start()


def test_no_file_tells_anything_after_a_kill_and_a_new_start(encrypted: Planted) -> None:
    encrypted.owner("POST", f"/api/0/buckets/{CANARY}/events", [EVENT])
    encrypted.server.kill()
    assert encrypted.telling() == set()
    encrypted.server.start()
    assert ask(encrypted.port, "GET", f"/api/0/buckets/{CANARY}")[0] == 200
    assert encrypted.telling() == set()


UPLOAD = b'{"buckets":{"w":{"id":"w","events":[' + json.dumps(EVENT).encode() * 5_000
FORM = b'--x\r\nContent-Disposition: form-data; name="f"; filename="e.json"\r\n\r\n'


@pytest.mark.parametrize(
    ("kind", "content"),
    [("application/json", UPLOAD), ("multipart/form-data; boundary=x", FORM + UPLOAD)],
    ids=["a body", "a form"],
)
def test_an_upload_under_way_tells_nothing_neither_does_one_that_was_killed(
    encrypted: Planted, kind: str, content: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", encrypted.port)) as half:
        said = (
            f"POST /api/0/import HTTP/1.1\r\nHost: localhost:{encrypted.port}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {2 * len(content)}\r\n\r\n"
        )
        half.sendall(said.encode() + content)
        with Watchers(encrypted.port, 1, name="pace") as pace:
            pace.get_through(100)
        assert encrypted.telling() == set()
        encrypted.server.kill()
    assert encrypted.telling() == set()
    encrypted.server.start()


def test_an_upload_that_is_refused_leaves_nothing(encrypted: Planted) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", encrypted.port, timeout=30)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/api/0/import", f'{{"buckets":{{"{CANARY}', headers)
    assert connection.getresponse().status == 400
    connection.close()
    assert encrypted.telling() == set()
    assert [file.name for file in (encrypted.data_dir / "run").iterdir()] == ["server.sock"]


def test_a_backup_tells_nothing(encrypted: Planted) -> None:
    encrypted.make_a_backup()
    made = (encrypted.data_dir / "backups").rglob("*")
    assert any(file.stat().st_size > 50_000 for file in made if file.is_file())
    assert encrypted.telling() == set()


def test_an_archive_tells_nothing(encrypted: Planted) -> None:
    encrypted.make_an_archive()
    assert encrypted.telling() == set()
