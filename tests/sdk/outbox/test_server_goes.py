"""The real server is killed, or its answers are lost, while beats come: none is lost, none is there twice."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from hourloom.core.clock import SECOND, format_instant
from hourloom.sdk.connection import connect, connect_to
from hourloom.sdk.outbox import Outbox
from tests.rigs.serving.a_home import Home
from tests.rigs.serving.heartbeats import ask
from tests.sdk.outbox.post_office import NOW, beat, until

COUNT = 300


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("home"))
    made.server.start()
    yield made
    made.server.kill()


def events(home: Home, bucket: str) -> list[tuple[str, object]]:
    """Return the beginnings and titles of a bucket's events, the oldest first."""
    status, body = ask(home.port, "GET", f"/api/0/buckets/{bucket}/events?limit=10000")[:2]
    assert status == 200
    found = msgspec.json.decode(body)
    return [(str(each["timestamp"])[:19], each["data"]["title"]) for each in reversed(found)]


def expected() -> list[tuple[str, object]]:
    return [(format_instant(NOW + number * SECOND)[:19], f"{number}") for number in range(COUNT)]


def test_a_server_killed_under_traffic_loses_nothing(home: Home, tmp_path: Path) -> None:
    with Outbox(
        tmp_path / "outbox",
        lambda: connect(home.data_dir, home.port, timeout=5),
        key_file=tmp_path / "key",
        pause=lambda failures: 0.02,
    ) as box:
        box.declare("killed", type="currentwindow", client="test", hostname="here")
        for number in range(COUNT):
            box.put(beat(number, f"{number}", "killed"))
            if number == COUNT // 3:
                home.server.kill()
        until(lambda: box.state().trouble == "server_not_running")
        home.server.start()
        until(lambda: box.state().waiting == 0)
        assert box.state().letters == 0
    assert events(home, "killed") == expected()


class Cutting:
    """Passes requests on to a server, and of every other answer nothing comes back."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.cut = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                with near, socket.create_connection(("127.0.0.1", self._to)) as far, suppress(OSError):
                    while request := whole(near):
                        # The server looks at the address that it was asked by.
                        far.sendall(request.replace(b":%d\r\n" % self.port, b":%d\r\n" % self._to, 1))
                        answered = whole(far)
                        number += 1
                        if number % 2:
                            self.cut += 1
                            break
                        near.sendall(answered)


def whole(end: socket.socket) -> bytes:
    """Return a message with its body."""
    held = b""
    while b"\r\n\r\n" not in held:
        if not (more := end.recv(65536)):
            return b""
        held += more
    head, _, body = held.partition(b"\r\n\r\n")
    lines = [line.lower() for line in head.split(b"\r\n")]
    size = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
    while len(body) < size:
        if not (more := end.recv(65536)):
            return b""
        body += more
    return head + b"\r\n\r\n" + body


def test_answers_lost_after_the_server_stored_change_nothing(home: Home, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(token_of(home))
    proxy = Cutting(home.port)
    try:
        with Outbox(
            tmp_path / "outbox",
            lambda: connect_to(f"http://127.0.0.1:{proxy.port}", token, timeout=5),
            key_file=tmp_path / "key",
            pause=lambda failures: 0.01,
        ) as box:
            box.declare("cut", type="currentwindow", client="test", hostname="here")
            for number in range(COUNT):
                box.put(beat(number, f"{number}", "cut"))
                if number % 50 == 0:
                    until(lambda: box.state().waiting == 0)
            until(lambda: box.state().waiting == 0)
            assert box.state().letters == 0
    finally:
        proxy.close()
    assert proxy.cut > 2
    assert events(home, "cut") == expected()


def token_of(home: Home) -> str:
    reached = connect(home.data_dir, home.port)
    answered = reached.request(
        "POST",
        "/api/v1/tokens",
        b'{"name":"test","scopes":["heartbeats:write"]}',
        {"Content-Type": "application/json"},
    )
    reached.close()
    assert answered.status == 201, answered.body
    return str(msgspec.json.decode(answered.body)["secret"])
