"""Real servers in processes of their own, and requests written header by header."""

from __future__ import annotations

import ctypes
import http.client
import inspect
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

from hourloom.web.routes import PATH_PARAMETER, Route
from tests.rigs.warm import Running, start_into

PATIENCE = 60.0
NOBODY = 65534
PROGRAM = "from hourloom.app import main; raise SystemExit(main())"
NETWORK_ADDRESS = "10.99.99.1"
Headers = Sequence[tuple[str, str]]
_READY = re.compile(r"listens on http://[^\s;]+:(\d+)")
_PLACES = {"user": "current", "event": "999999", "token": "999999", "operation": "999999", "job": "999999"}


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # any JSON value
        return json.loads(self.body)


class RealServer:
    """`hourloom serve` as a process."""

    def __init__(
        self,
        directory: Path,
        *,
        network: bool = False,
        port: int = 0,
        program: str = PROGRAM,
        **environment: str,
    ) -> None:
        self.directory, self.data_dir = directory, directory / "data"
        directory.mkdir(parents=True, exist_ok=True)
        self.output = directory / "output"
        own = {
            "HOURLOOM_KEYCHAIN": "false",
            "HOURLOOM_CONFIG_DIR": str(directory / "config"),
            "HOURLOOM_HOST": "0.0.0.0" if network else "127.0.0.1",
        }
        words = ["serve", "--testing", "--port", str(port), "--data-dir", str(self.data_dir)]
        told = os.environ | own | environment
        self.output.write_bytes(b"")
        self.process: Running
        if program == PROGRAM and not network:
            self.process = start_into(self.output, words, told)
        else:
            self.process = self._by_its_name(program, words, told, network=network)
        self.port = 0

    def _by_its_name(
        self, program: str, words: list[str], told: dict[str, str], *, network: bool
    ) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", program, *words]
        if network:
            in_network = f'ip link set lo up && ip addr add {NETWORK_ADDRESS}/32 dev lo && exec "$@"'
            command = ["unshare", "-n", "sh", "-c", in_network, "sh", *command]
        with self.output.open("wb") as output:
            return subprocess.Popen(command, env=told, stdout=output, stderr=output)

    @property
    def unix_path(self) -> Path:
        return self.data_dir / "run" / "server.sock"

    def wait(self) -> None:
        """Wait until it listens."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if found := _READY.search(self.output.read_text()):
                self.port = int(found[1])
                return
            assert self.process.poll() is None, (self.process.poll(), self.output.read_text())
            time.sleep(0.01)
        raise AssertionError(self.output.read_text())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    @property
    def host(self) -> tuple[str, str]:
        """Return the Host header that a well-behaved client sends."""
        return ("Host", f"localhost:{self.port}")

    def connect(self, *, unix: bool = False, uid: int | None = None, network: bool = False) -> Connection:
        """Connect over loopback, as another user, over the network, or through the local socket."""
        if unix:
            connected = socket.socket(socket.AF_UNIX)
            connected.connect(str(self.unix_path))
        elif network:
            connected = self._from_its_network()
        else:
            with acting_as(uid):
                connected = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        return Connection(connected, self.host)

    def owner(self, method: str, path: str, body: object = None) -> Any:  # any JSON value
        """Ask as the owner, through the local socket."""
        with self.connect(unix=True) as connection:
            content = None if body is None else json.dumps(body)
            answer = connection.ask(method, path, content=content)
            assert answer.status < 300, answer
            return answer.json()

    def token(self, *scopes: str) -> str:
        made = self.owner("POST", "/api/v1/tokens", {"name": "test", "scopes": list(scopes)})
        return str(made["secret"])

    def _from_its_network(self) -> socket.socket:
        """Connect from an address of the server's network that is not loopback."""
        made: list[socket.socket] = []

        def connect() -> None:
            with open(f"/proc/{self.process.pid}/ns/net", encoding="ascii") as namespace:
                assert ctypes.CDLL(None).setns(namespace.fileno(), 0x40000000) == 0
            made.append(socket.create_connection((NETWORK_ADDRESS, self.port), timeout=PATIENCE))

        thread = threading.Thread(target=connect)
        thread.start()
        thread.join()
        return made[0]


class Asking:
    """Requests of one caller, on connections that are kept as long as the server keeps them."""

    def __init__(self, server: RealServer, **way: Any) -> None:  # as `connect` takes them
        self._server, self._way = server, way
        self._kept: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def connection(self) -> Connection:
        """Return the connection for the next request."""
        if self._kept is not None and self._kept.is_over:
            self.close()
        if self._kept is None:
            self._kept = self._server.connect(**self._way)
        return self._kept


class Connection(http.client.HTTPConnection):
    """One connection; it sends exactly the headers it is given."""

    def __init__(self, connected: socket.socket, host: tuple[str, str]) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self.is_over = False
        self.sock, self._host_header = connected, host
        self.sock.settimeout(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(
        self, method: str, target: str, headers: Headers = (), content: str | bytes | None = None
    ) -> Answer:
        """Send one request; a Host is added unless one is given."""
        sent = list(headers)
        if not any(name == "Host" for name, _ in sent):
            sent.append(self._host_header)
        raw = content.encode() if isinstance(content, str) else content
        if raw is not None:
            sent.append(("Content-Length", str(len(raw))))
            if not any(name == "Content-Type" for name, _ in sent):
                sent.append(("Content-Type", "application/json"))
        head = "".join(f"{name}: {value}\r\n" for name, value in sent if value)
        assert self.sock is not None
        self.sock.sendall(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + (raw or b""))
        answer = http.client.HTTPResponse(self.sock, method=method)
        answer.begin()
        self.is_over = answer.will_close
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())


@contextmanager
def acting_as(uid: int | None) -> Iterator[None]:
    """Make sockets as another user, as a program of theirs would."""
    if uid is None:
        yield
        return
    own = os.geteuid()
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(own)


def target_of(route: Route) -> str:
    """Return an address of a route at which there is nothing, with what its query must have."""
    path = PATH_PARAMETER.sub(lambda found: _PLACES.get(found[1], "nothing"), route.path)
    needed = [
        p.name for p in route.parameters if p.source == "query" and p.default is inspect.Parameter.empty
    ]
    return path + ("?" + "&".join(f"{name}=1" for name in needed) if needed else "")


def content_of(route: Route) -> str | None:
    """Return an empty body where the method has one."""
    return "{}" if route.method in ("POST", "PUT", "PATCH") else None
