"""The real aw-server, read over HTTP, as an export and as a database file: all three must say the same."""

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hourloom.imports.activitywatch.asking import Kind
from hourloom.imports.activitywatch.detect import detect
from hourloom.imports.activitywatch.opening import open_source
from hourloom.imports.activitywatch.server import RunningServer
from hourloom.imports.ports import Source

PYTHON = os.environ.get("HOURLOOM_PEERS_PYTHON")
pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not PYTHON, reason="HOURLOOM_PEERS_PYTHON names no Python that has aw-server"),
]
BUCKETS = ["aw-watcher-window_desk", "odd 'name' \u00fc 100%", "empty"]


@dataclass
class Peer:
    url: str
    data: Path

    def call(self, path: str, body: object = None) -> bytes:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: bytes = answer.read()
        return found


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    home = tmp_path_factory.mktemp("peer")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("DATA", "CONFIG", "CACHE")}
    command = [str(PYTHON), "-m", "aw_server", "--testing", "--port", str(port)]
    with subprocess.Popen(
        command, env={"PATH": os.environ["PATH"], "HOME": str(home), **places}, stderr=subprocess.DEVNULL
    ) as process:
        server = Peer(f"http://127.0.0.1:{port}", home / "DATA")
        wait_for(server, process)
        fill(server)
        yield server
        process.terminate()


def wait_for(server: Peer, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None
        try:
            server.call("/api/0/info")
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("aw-server did not start")


def fill(server: Peer) -> None:
    """Write dense events: shared starts, events across others, zero lengths, odd text."""
    for bucket in BUCKETS:
        path = f"/api/0/buckets/{urllib.request.quote(bucket, safe='')}"  # type: ignore[attr-defined]
        server.call(path, {"client": "test", "type": "currentwindow", "hostname": "desk"})
        if bucket != "empty":
            server.call(f"{path}/events", [event(number) for number in range(400)])


def event(number: int) -> dict[str, object]:
    millisecond = number // 4 * 3
    return {
        "timestamp": f"2024-03-04T10:00:{millisecond // 1000:02}.{millisecond % 1000:03}+01:00",
        "duration": (number % 7) * 0.002 + (number % 3) * 0.000001,
        "data": {"title": f'caf\u00e9 \ud83d\ude00 "{number}"', "app": ["Code", None, 1.0][number % 3]},
    }


def everything(source: Source) -> dict[str, list[tuple[int, int, bytes]]]:
    found = {}
    for bucket in source.buckets():
        batches = list(source.events(bucket.id))
        assert not [fault for batch in batches for fault in batch.faulty]
        events = [event for batch in batches for event in batch.events]
        assert len(events) == bucket.event_count
        found[bucket.id] = sorted((e.started_at, e.ended_at, e.data_json) for e in events)
    source.close()
    return found


@pytest.mark.parametrize("page", [7, 10_000])
def test_address_export_and_database_say_the_same(peer: Peer, tmp_path: Path, page: int) -> None:
    (tmp_path / "export.json").write_bytes(peer.call("/api/0/export"))
    (database,) = peer.data.rglob("*.db")
    assert detect(database) is Kind.PYTHON_DATABASE
    by_file = everything(open_source(str(tmp_path / "export.json")))
    assert {bucket: len(events) for bucket, events in by_file.items()} == dict(
        zip(BUCKETS, [400, 400, 0], strict=True)
    )
    assert everything(open_source(str(database))) == by_file
    assert everything(RunningServer(peer.url, page=page)) == by_file


def test_a_single_buckets_export_is_read(peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_bytes(peer.call(f"/api/0/buckets/{BUCKETS[0]}/export"))
    found = everything(open_source(str(tmp_path / "one.json")))
    assert [(bucket, len(events)) for bucket, events in found.items()] == [(BUCKETS[0], 400)]
