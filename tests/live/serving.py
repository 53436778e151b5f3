"""A real server with the live addresses, and programs and pages that talk to it."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from websockets.sync.client import ClientConnection, connect, unix_connect

from hourloom.accounts.service import IssuedToken
from hourloom.assembly import Live, Server
from hourloom.configuration import Configuration
from hourloom.core.clock import DAY, Duration
from hourloom.core.ids import TokenId
from hourloom.testing import FixedClock, OpenDatabase
from hourloom.web.server.listening import listen_tcp
from hourloom.web.server.run import Running, serve

LIVE = "/api/v1/live"
STREAM = "/api/v1/live/events"
PATIENCE = 30


class Serving:
    """A server that is running, with a clock to set."""

    def __init__(self, server: Server, running: Running, unix_path: Path, clock: FixedClock) -> None:
        self.server, self.running, self.unix_path, self.clock = server, running, unix_path, clock
        self.port = running.addresses[0][1]
        self.origin = f"http://localhost:{self.port}"

    def token(self, *scopes: str, lives: Duration | None = None) -> IssuedToken:
        """Issue a token, with all rights unless scopes are given."""
        server = self.server
        wanted = list(scopes) or ["admin"]
        return server.database.write(
            lambda: server.accounts.issue_token(server.owner, "test", wanted, lives=lives or Duration(DAY))
        )

    def revoke(self, token: TokenId) -> None:
        server = self.server
        server.database.write(lambda: server.accounts.revoke_token(server.owner, token))

    def ticket(self, token: IssuedToken) -> str:
        """Ask for a ticket as a page does."""
        _, answer = self.ask("POST", "/api/v1/live-tickets", token.secret)
        return str(answer["code"])

    def ask(
        self, method: str, path: str, token: str, body: object = None, headers: Mapping[str, str] = {}
    ) -> tuple[int, Any]:
        """Send one request and return status and JSON."""
        with closing(http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)) as connection:
            fields = {"authorization": f"Bearer {token}", "content-type": "application/json", **headers}
            content = None if body is None else msgspec.json.encode(body)
            connection.request(method, path, content, fields)
            answer = connection.getresponse()
            return answer.status, msgspec.json.decode(answer.read())

    def make_bucket(self, token: IssuedToken, name: str) -> None:
        """Cause a Change: a bucket was created."""
        status, _ = self.ask("POST", "/api/v1/buckets", token.secret, a_bucket(name))
        assert status == 201

    def program(
        self, token: IssuedToken | None = None, query: str = "", host: str = "localhost", **headers: str
    ) -> ClientConnection:
        """Open the socket as a program does."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token.secret}"
        return connect(
            f"ws://{host}:{self.port}{LIVE}{query}",
            sock=socket.create_connection(("localhost", self.port), timeout=PATIENCE),
            additional_headers=headers,
            max_size=None,
        )

    def owner(self) -> ClientConnection:
        """Open the socket through the local socket file."""
        return unix_connect(str(self.unix_path), f"ws://localhost{LIVE}")

    @contextmanager
    def page(self, *first: object) -> Iterator[ClientConnection]:
        """Open the socket as a page does, sending its first messages."""
        with self.program(Origin=self.origin) as page:
            for message in first:
                send(page, message)
            yield page

    def stream(
        self, token: IssuedToken | None, query: str = "", method: str = "GET", **headers: str
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Open the stream of events."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)
        if token is not None:
            headers["Authorization"] = f"Bearer {token.secret}"
        connection.request(method, STREAM + query, headers=headers)
        return connection, connection.getresponse()


def a_bucket(name: str) -> dict[str, object]:
    return {"name": name, "type": "currentwindow", "client": "test", "hostname": "here"}


def send(to: ClientConnection, message: object) -> None:
    to.send(msgspec.json.encode(message), text=True)


def told(to: ClientConnection) -> Any:  # any message
    """Return the next message."""
    return msgspec.json.decode(to.recv(timeout=PATIENCE))


def perform(to: ClientConnection, name: str, /, **parameters: object) -> Any:  # any answer
    """Perform a command and return its answer, passing over Changes."""
    send(to, {"type": "command", "id": "1", "name": name, "parameters": parameters})
    while True:
        message = told(to)
        if message["type"] == "answer":
            return message


@contextmanager
def a_running_server(open_database: OpenDatabase, directory: Path, clock: FixedClock) -> Iterator[Serving]:
    """Run a server in a thread, stop it in the end."""
    live = Live(clock)
    database = open_database(live.feed.record, live.hub.publish)
    listener = listen_tcp("127.0.0.1", 0)
    port = listener.getsockname()[1]
    unix_path = directory / "run" / "server.sock"
    unix_path.parent.mkdir(mode=0o700)
    configuration = Configuration(data_dir=directory, config_dir=directory / "config", port=port)
    server = Server(configuration, database, clock, live)
    ready, running = threading.Event(), list[Running]()

    def on_ready(now: Running) -> None:
        running.append(now)
        ready.set()

    def run() -> None:
        serve(
            server.application(port),
            tcp=[listener],
            unix_path=unix_path,
            on_ready=on_ready,
            on_stopping=live.hub.stop,
        )

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield Serving(server, running[0], unix_path, clock)
    finally:
        running[0].stop()
        thread.join(PATIENCE)
        database.close()
        assert not thread.is_alive()
