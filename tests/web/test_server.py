"""The running server, by raw sockets: what malformed requests get, who is seen, how it stops."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hourloom.web.peers import own_uid
from hourloom.web.server import occupant
from hourloom.web.server.listening import (
    CannotListen,
    NotAListeningSocket,
    handed_over,
    inherited,
    listen_tcp,
    listen_unix,
)
from hourloom.web.server.run import Running, StartFailed, serve

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and socket files")

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class App:
    """Tell what arrived; `/slow` answers when released, `/stuck` never."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.asked: list[str] = []
        self.life: list[str] = []

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await getattr(self, scope["type"])(scope, receive, send)

    async def lifespan(self, _: dict[str, Any], receive: Receive, send: Send) -> None:
        for _each in range(2):
            kind = (await receive())["type"]
            self.life.append(kind)
            await send({"type": f"{kind}.complete"})

    async def http(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        while scope["path"] == "/stuck" or (scope["path"] == "/slow" and not self.release.is_set()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        peer = scope["hourloom.peer"]
        told = {
            "method": scope["method"],
            "path": scope["path"],
            "size": size,
            "headers": [name.decode() for name, _ in scope["headers"]],
            "kind": peer.kind,
            "loopback": peer.loopback,
            "uid": peer.uid,
        }
        body = json.dumps(told).encode()
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", b"%d" % len(body))],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def websocket(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send(
            {"type": "websocket.send", "text": f"{scope['hourloom.peer'].kind} {scope['hourloom.peer'].uid}"}
        )
        await receive()


class Served:
    """An app that is being served in a thread."""

    def __init__(self, app: App, running: Running, thread: threading.Thread) -> None:
        self.app, self.running, self.thread = app, running, thread
        self.port = running.addresses[0][1]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def ask(self, request: bytes) -> bytes:
        """Send bytes and return all that comes until the server closes."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while piece := connection.recv(65536):
            answer += piece
    except ConnectionResetError:
        pass
    return answer


@contextmanager
def serving(unix_path: Path | None = None, grace: float = 5.0) -> Iterator[Served]:
    app, ready, runs = App(), threading.Event(), list[Running]()

    def on_ready(running: Running) -> None:
        runs.append(running)
        ready.set()

    listener = listen_tcp("127.0.0.1", 0)
    thread = threading.Thread(
        target=lambda: serve(app, tcp=[listener], unix_path=unix_path, on_ready=on_ready, grace=grace)
    )
    thread.start()
    assert ready.wait(30)
    try:
        yield Served(app, runs[0], thread)
    finally:
        app.release.set()
        runs[0].stop()
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as made:
        yield made


LAST = b"Connection: close\r\n"


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def test_an_answer_has_no_headers_that_nobody_asked_for(served: Served) -> None:
    answer = served.ask(b"GET / HTTP/1.1\r\nHost: x\r\n" + LAST + b"\r\n")
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert status_of(answer) == 200
    assert b"server:" not in head
    assert b"date:" not in head


def told(answer: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


def test_the_app_is_told_who_asks(served: Served) -> None:
    facts = told(served.ask(b"GET / HTTP/1.1\r\nHost: x\r\n" + LAST + b"\r\n"))
    assert (facts["kind"], facts["loopback"], facts["uid"]) == ("tcp", True, own_uid())


def test_headers_of_proxies_do_not_change_who_asks(served: Served) -> None:
    forged = b"X-Forwarded-For: 8.8.8.8\r\nForwarded: for=8.8.8.8\r\n"
    facts = told(served.ask(b"GET / HTTP/1.1\r\nHost: x\r\n" + forged + LAST + b"\r\n"))
    assert (facts["loopback"], facts["uid"]) == (True, own_uid())


def test_a_websocket_is_told_who_asks(served: Served) -> None:
    upgrade = (
        b"GET /live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with served.connect() as connection:
        connection.sendall(upgrade)
        answer = b""
        while f"tcp {own_uid()}".encode() not in answer:
            piece = connection.recv(4096)
            assert piece
            answer += piece
        assert status_of(answer) == 101


REFUSED = {
    "both lengths": (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "two lengths": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", 400),
    "the same length twice": (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
        400,
    ),
    "a length with a sign": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd", 400),
    "a length that is a list": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nabcd", 400),
    "chunked that is not last": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a chunk size with rubbish": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4x\r\nabcd\r\n0\r\n\r\n",
        400,
    ),
    "a blank before the colon": (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\n", 400),
    "a folded header": (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400),
    "a header with NUL": (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 400),
    "a bare line feed": (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    "a bare carriage return": (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n", 400),
    "an absolute target": (b"GET http://evil/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a target with an authority": (b"CONNECT evil:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "an asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "HTTP/1.0 without a host": (b"GET / HTTP/1.0\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n\r\n", 505),
    "HTTP/2 with prior knowledge": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "another version": (b"GET / HTTP/3.1\r\nHost: x\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "3 GiB": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3221225472\r\n\r\n", 413),
    "a length beyond 64 bits": (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        400,
    ),
    "a long target": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "many headers": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: yyyyyyyyyy\r\n" * 6000 + b"\r\n", 431),
    "one header without an end": (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 70_000, 431),
    "many trailers": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        + b"X: yyyyyyyyyy\r\n" * 6000,
        431,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_that_could_be_understood_in_two_ways_is_refused(served: Served, name: str) -> None:
    request, status = REFUSED[name]
    answer = served.ask(request + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status_of(answer) == status
    assert answer.count(b"HTTP/1.1 ") == 1
    assert "/smuggled" not in served.app.asked


def test_the_same_requests_made_well_are_answered(served: Served) -> None:
    chunked = (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + LAST + b"\r\n4\r\nabcd\r\n0\r\n\r\n"
    )
    assert told(served.ask(chunked))["size"] == 4
    sized = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n" + LAST + b"\r\nabcd"
    assert told(served.ask(sized))["size"] == 4
    assert told(served.ask(b"GET /old HTTP/1.0\r\nHost: x\r\n\r\n"))["path"] == "/old"


def test_trailers_do_not_become_headers(served: Served) -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + LAST
    facts = told(served.ask(request + b"\r\n0\r\nAuthorization: Bearer x\r\n\r\n"))
    assert "authorization" not in facts["headers"]


def test_an_upgrade_to_something_else_is_answered_once_and_closed(served: Served) -> None:
    request = b"GET /h2 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    answer = served.ask(request + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
    assert told(answer)["path"] == "/h2"
    assert "/smuggled" not in served.app.asked


def get(path: str, more: bytes = b"") -> bytes:
    return b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (path.encode(), more)


def paths_answered(answer: bytes) -> list[str]:
    return [json.loads(part.partition(b"\r\n\r\n")[2])["path"] for part in answer.split(b"HTTP/1.1 200")[1:]]


def test_requests_sent_at_once_are_answered_in_order(served: Served) -> None:
    assert paths_answered(served.ask(get("/1") + get("/2") + get("/3", LAST))) == ["/1", "/2", "/3"]


def test_a_malformed_request_behind_good_ones_ends_the_connection_after_their_answers(served: Served) -> None:
    answer = served.ask(get("/1") + get("/2") + b"NONSENSE\r\n\r\n" + get("/4"))
    assert paths_answered(answer) == ["/1", "/2"]
    assert b" 400 " not in answer


def test_reading_stops_while_the_app_does_not_answer() -> None:
    with serving() as busy, busy.connect() as connection:
        connection.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        connection.settimeout(1)
        sized = b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 16384\r\n\r\n" + bytes(16384)
        with pytest.raises(TimeoutError):
            connection.sendall(sized * 4000)


def test_a_socket_file_is_served_and_goes_with_the_server(tmp_path: Path) -> None:
    path = tmp_path / "run" / "server.sock"
    with serving(path):
        assert path.parent.stat().st_mode & 0o777 == 0o700
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + LAST + b"\r\n")
            facts = told(read_all(connection))
        assert (facts["kind"], facts["uid"]) == ("unix", own_uid())
    assert not path.exists()


def test_a_socket_file_left_behind_is_replaced(tmp_path: Path) -> None:
    listen_unix(tmp_path / "run" / "server.sock").close()
    with serving(tmp_path / "run" / "server.sock"), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(tmp_path / "run" / "server.sock"))


def test_stopping_finishes_what_was_asked_and_refuses_the_rest() -> None:
    with serving() as server, server.connect() as slow:
        slow.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: "/slow" in server.app.asked)
        server.running.stop()
        wait_until(lambda: not can_connect(server.port))
        assert server.app.life == ["lifespan.startup"]
        server.app.release.set()
        answer = read_all(slow)
        assert status_of(answer) == 200
        assert b"connection: close" in answer
        server.thread.join(30)
        assert server.app.life == ["lifespan.startup", "lifespan.shutdown"]


def test_a_connection_that_has_not_asked_yet_is_still_answered_while_stopping() -> None:
    with serving() as server, server.connect() as new:
        time.sleep(0.05)
        server.running.stop()
        wait_until(lambda: not can_connect(server.port))
        new.sendall(b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
        assert told(read_all(new))["path"] == "/late"


def test_stopping_does_not_wait_for_ever() -> None:
    with serving(grace=0.2) as server, server.connect() as stuck:
        stuck.sendall(b"GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: "/stuck" in server.app.asked)
        server.running.stop()
        server.thread.join(30)
        assert not server.thread.is_alive()
        assert server.app.life[-1] == "lifespan.shutdown"


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_an_exception_of_the_apps_start_is_raised_to_the_caller() -> None:
    async def broken(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        raise LookupError("no key")

    with pytest.raises(LookupError, match="no key"):
        serve(broken)


def test_a_start_that_the_app_reports_as_failed_is_a_sentence() -> None:
    async def failing(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await send({"type": "lifespan.startup.failed", "message": "no key"})

    with pytest.raises(StartFailed, match="no key"):
        serve(failing)


PROGRAM = """
import sys, os
from hourloom.web.server.listening import inherited, handed_over, listen_tcp
from hourloom.web.server.run import serve
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for _ in range(2):
            await send({"type": (await receive())["type"] + ".complete"})
        return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})
def ready(running):
    unwanted = {"click", "yaml", "dotenv", "watchfiles", "h11", "websockets", "ctypes"} & sys.modules.keys()
    memory = open("/proc/self/statm").read().split()[1] if os.path.exists("/proc/self/statm") else "0"
    print(running.addresses[0][1], int(memory) * 4 // 1024, *unwanted, flush=True)
word = sys.argv[1]
if word == "systemd":
    sockets = handed_over(os.environ)
else:
    sockets = [listen_tcp("127.0.0.1", 0) if word == "own" else inherited(int(word))]
serve(app, tcp=sockets, on_ready=ready)
print("stopped", flush=True)
"""


@contextmanager
def program(word: str, fds: tuple[int, ...] = (), **more: Any) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, word], stdout=subprocess.PIPE, text=True, pass_fds=fds, **more
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_program_well(number: signal.Signals) -> None:
    with program("own") as server:
        assert server.stdout is not None
        server.stdout.readline()
        server.send_signal(number)
        assert server.communicate(timeout=30)[0] == "stopped\n"
        assert server.returncode == 0


def test_the_server_is_small_and_imports_no_more_than_it_needs() -> None:
    with program("own") as server:
        assert server.stdout is not None
        _, mebibytes, *unwanted = server.stdout.readline().split()
        assert not unwanted
        assert int(mebibytes) < 34


def test_an_inherited_socket_outlives_the_program() -> None:
    with listen_tcp("127.0.0.1", 0) as listener:
        for _ in range(2):
            with program(str(listener.fileno()), (listener.fileno(),)) as server:
                assert server.stdout is not None
                port = int(server.stdout.readline().split()[0])
                assert port == listener.getsockname()[1]
                server.terminate()
                server.communicate(timeout=30)
            with socket.create_connection(("127.0.0.1", port)):
                listener.accept()[0].close()


def test_systemd_hands_its_sockets_over() -> None:
    with listen_tcp("127.0.0.1", 0) as listener:
        fd = listener.fileno()
        script = f'exec 3<&{fd}; LISTEN_PID=$$ LISTEN_FDS=1 exec {sys.executable} -c "$PROGRAM" systemd'
        environment = {**os.environ, "PROGRAM": PROGRAM}
        server = subprocess.Popen(
            ["/bin/bash", "-c", script], stdout=subprocess.PIPE, text=True, pass_fds=(fd,), env=environment
        )
        assert server.stdout is not None
        assert int(server.stdout.readline().split()[0]) == listener.getsockname()[1]
        server.terminate()
        server.communicate(timeout=30)


def test_sockets_meant_for_another_process_are_left_alone() -> None:
    environment = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "x", "HOME": "/"}
    assert handed_over(environment) == []
    assert environment == {"HOME": "/"}


def test_only_a_listening_socket_can_be_inherited() -> None:
    with socket.socket() as idle, pytest.raises(NotAListeningSocket, match="not a listening TCP socket"):
        inherited(idle.fileno())
    with pytest.raises(NotAListeningSocket):
        inherited(9999)


def test_an_address_that_is_not_ours_is_one_sentence() -> None:
    with pytest.raises(CannotListen, match=r"192.0.2.1, port 5600, cannot be listened on: "):
        listen_tcp("192.0.2.1", 5600)


@contextmanager
def answering(body: bytes | None) -> Iterator[int]:
    """Listen and answer each connection with a body, or with silence."""
    listener = listen_tcp("127.0.0.1", 0)
    done = threading.Event()

    def answer() -> None:
        while not done.is_set():
            connection = listener.accept()[0]
            with connection:
                connection.recv(4096)
                if body is not None:
                    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
                    connection.sendall(head.encode() + body)
                else:
                    time.sleep(0.4)

    thread = threading.Thread(target=answer)
    thread.start()
    port = listener.getsockname()[1]
    try:
        yield port
    finally:
        done.set()
        socket.create_connection(("127.0.0.1", port)).close()
        thread.join()
        listener.close()


def info(version: str) -> bytes:
    return json.dumps({"hostname": "h", "version": version, "testing": False, "device_id": "d"}).encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (info("v0.13.2"), "used by ActivityWatch (aw-server 0.13); quit it or run `hourloom serve --port "),
        (info("v0.14.0 (rust)"), "used by ActivityWatch (aw-server-rust 0.14); quit it"),
        (info("v0.13.2 (hourloom 0.1)"), "used by Hourloom; use the one that runs"),
        (b"<html>", "used by another program ("),
        (None, "used by another program (process PID, user UID); stop it or run"),
    ],
)
def test_a_taken_port_is_explained(body: bytes | None, words: str) -> None:
    with answering(body) as port, pytest.raises(occupant.PortTaken) as refusal:
        listen_tcp("127.0.0.1", port)
    words = words.replace("PID", str(os.getpid())).replace("UID", str(own_uid()))
    assert f"Port {port} is {words}" in refusal.value.message


def test_asking_a_silent_program_takes_no_more_than_a_moment() -> None:
    with answering(None) as port:
        began = time.monotonic()
        found = occupant.who_listens("127.0.0.1", port)
        assert found is not None
        assert found.kind == "other"
        assert time.monotonic() - began < 30


def test_nobody_listens_on_a_free_port() -> None:
    with listen_tcp("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    assert occupant.who_listens("127.0.0.1", port) is None
