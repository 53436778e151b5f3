"""A client that speaks to an ASGI application without a network."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec

from hourloom.core.decoding import decode
from hourloom.web.peers.peer import Kind, Peer

Body = TypeVar("Body")
Run = Callable[[Coroutine[Any, Any, Any]], Any]  # answers whatever the coroutine does
Application = Callable[..., Coroutine[Any, Any, None]]


class Answer(msgspec.Struct, frozen=True):
    """What the application answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # any JSON value
        """Return the body as JSON."""
        return decode(self.body)


def a_peer(kind: Kind = "tcp", *, uid: int | None = None, loopback: bool = True) -> Peer:
    """Return the other end of a connection: by default this very user on this computer."""
    own = os.getuid() if hasattr(os, "getuid") else 0
    return Peer(kind, own if uid is None else uid, loopback=loopback)


class Client:
    """Sends requests to an ASGI application, as this user on this computer unless told otherwise."""

    def __init__(self, application: Application, run: Run, *, port: int, token: str | None = None) -> None:
        self._application, self._run, self._port = application, run, port
        self.headers = {"host": f"localhost:{port}"}
        """What every request carries; a request's own headers win."""
        if token is not None:
            self.headers["authorization"] = f"Bearer {token}"

    def with_token(self, token: str) -> Client:
        """Return a client that shows a token."""
        return Client(self._application, self._run, port=self._port, token=token)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = msgspec.UNSET,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        peer: Peer | None = None,
    ) -> Answer:
        """Send a request and wait for the whole answer; a header given as "" is left out."""
        asked = self.ask(method, path, json=json, content=content, headers=headers, peer=peer)
        answer: Answer = self._run(asked)
        return answer

    async def ask(
        self,
        method: str,
        path: str,
        *,
        json: object = msgspec.UNSET,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        peer: Peer | None = None,
    ) -> Answer:
        """Do the same within a coroutine, for requests that overlap."""
        own = dict(self.headers)
        if json is not msgspec.UNSET:
            content = msgspec.json.encode(json)
            own["content-type"] = "application/json"
        sent = own | {name.lower(): value for name, value in (headers or {}).items()}
        exchange = _Exchange(content)
        scope = _scope(method, path, {n: v for n, v in sent.items() if v}, peer or a_peer(), self._port)
        await self._application(scope, exchange.receive, exchange.send)
        return exchange.answer()

    def get(self, path: str, **options: Any) -> Answer:  # those of `request`
        """Send a GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, json: object = msgspec.UNSET, **options: Any) -> Answer:  # as above
        """Send a POST."""
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, json: object = msgspec.UNSET, **options: Any) -> Answer:  # as above
        """Send a PUT."""
        return self.request("PUT", path, json=json, **options)

    def patch(self, path: str, json: object = msgspec.UNSET, **options: Any) -> Answer:  # as above
        """Send a PATCH."""
        return self.request("PATCH", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> Answer:  # as above
        """Send a DELETE."""
        return self.request("DELETE", path, **options)


class _Exchange:
    """One request's body and the pieces of its answer."""

    def __init__(self, content: bytes) -> None:
        self._content: bytes | None = content
        self._start: dict[str, Any] = {}  # ASGI's own
        self._pieces: list[bytes] = []

    async def receive(self) -> dict[str, Any]:  # ASGI's own
        content, self._content = self._content, None
        if content is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(self, message: Mapping[str, Any]) -> None:  # ASGI's own
        if message["type"] == "http.response.start":
            self._start = dict(message)
        else:
            self._pieces.append(message.get("body", b""))

    def answer(self) -> Answer:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self._start["headers"]
        }
        return Answer(self._start["status"], headers, b"".join(self._pieces))


def _scope(
    method: str, target: str, headers: Mapping[str, str], peer: Peer, port: int
) -> dict[str, Any]:  # ASGI's own
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", port),
        "state": {},
        "hourloom.peer": peer,
    }
