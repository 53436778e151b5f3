"""The server's application called within this program, for commands while no server runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from hourloom.sdk.connection import Response
from hourloom.web.peers import own_uid
from hourloom.web.peers.peer import Peer

Application = Callable[[Any, Any, Any], Awaitable[None]]  # an ASGI application
Message = dict[str, Any]  # ASGI's own

_PIECES = 8
"""Pieces of a large answer that may wait for whoever takes them."""


class InMemory:
    """A way to an application in this program; it trusts us as it trusts a program of the same user."""

    def __init__(self, application: Application, host: str) -> None:
        self.where = "this program"
        self._application, self._host = application, host
        self._loop = asyncio.new_event_loop()

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Ask once and return the whole answer."""
        call = _Call(method, path, body or b"", {"host": self._host, **(headers or {})})
        self._loop.run_until_complete(self._application(call.scope, call.receive, call.send))
        parts = []
        while not call.answers.empty():
            parts.append(call.answers.get_nowait())
        return Response(call.status, call.headers, b"".join(filter(None, parts)))

    def pieces(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[Response, Iterator[bytes]]:
        """Ask for something large; the application goes on as its pieces are taken."""
        call = _Call("GET", path, b"", {"host": self._host, **(headers or {})}, _PIECES)
        running = self._loop.create_task(call.run(self._application))
        first = self._loop.run_until_complete(call.answers.get())
        begun = Response(call.status, call.headers, first or b"")
        return begun, self._rest(call, running, first)

    def send(self, path: str, pieces: Iterable[bytes], size: int, content_type: str) -> Response:
        """Tell something large; its pieces are taken as the application asks for them."""
        headers = {"host": self._host, "content-type": content_type, "content-length": str(size)}
        call = _Call("POST", path, b"", headers, pieces=iter(pieces))
        self._loop.run_until_complete(self._application(call.scope, call.receive, call.send))
        parts = []
        while not call.answers.empty():
            parts.append(call.answers.get_nowait())
        return Response(call.status, call.headers, b"".join(filter(None, parts)))

    def close(self) -> None:
        """End the loop that the application ran on."""
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _rest(self, call: _Call, running: asyncio.Task[None], piece: bytes | None) -> Iterator[bytes]:
        while piece is not None:
            yield piece
            piece = self._loop.run_until_complete(call.answers.get())
        self._loop.run_until_complete(running)


class _Call:
    """One request and what came back."""

    def __init__(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        waiting: int = 0,
        pieces: Iterator[bytes] | None = None,
    ) -> None:
        before, _, query = path.partition("?")
        self.scope: Message = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(before),
            "raw_path": before.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
            "client": None,
            "server": None,
            "state": {},
            "hourloom.peer": Peer("unix", own_uid(), loopback=True),
        }
        self.status = 0
        self.headers: dict[str, str] = {}
        self.answers: asyncio.Queue[bytes | None] = asyncio.Queue(waiting)
        self._body, self._pieces = body, pieces

    async def run(self, application: Application) -> None:
        """Run the application to its end, and say so to whoever waits for pieces."""
        try:
            await application(self.scope, self.receive, self.send)
        finally:
            await self.answers.put(None)

    async def receive(self) -> Message:
        """Give the body, whole or a piece of it."""
        if self._pieces is not None:
            piece = next(self._pieces, None)
            return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Take the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode().lower(): v.decode("latin-1") for k, v in message["headers"]}
        else:
            await self.answers.put(message.get("body", b""))
