"""One HTTP connection: uvicorn's, with facts about the peer, limits, and safety from malformed requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hourloom.web.caller import Caller, caller_of
from hourloom.web.peers import Peer, is_loopback, uid_of_loopback_peer, uid_of_unix_peer
from hourloom.web.server.corked import Corked
from hourloom.web.server.lean import without_command_line
from hourloom.web.server.prompt_cycle import PromptCycle

without_command_line()

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol  # noqa: E402

if TYPE_CHECKING:
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    from hourloom.web.prompt import Prompts

HEADER_LIMIT = 64 * 1024
TARGET_LIMIT = 16 * 1024
BODY_LIMIT = 2 * 1024**3
HEADERS_WITHIN = 30.0
"""Seconds that a request's headers may take to arrive, counted from the latest piece."""
LAST_REQUEST_WITHIN = 1.0
"""Seconds that a connection which has not asked anything yet is given when the server stops."""
REFUSED_WITHIN = 1.0
"""Seconds that the sender of a refused request may go on sending, unheard, so that it reads the answer."""
LINGER = 0.05
"""Seconds that a connection between two requests is given: the next may be on its way."""

_SENTENCES = {
    400: "The request is not valid HTTP.",
    413: "The body is larger than 2 GiB.",
    414: "The address is longer than 16 KiB.",
    431: "The headers are larger than 64 KiB.",
    505: "Only HTTP/1.0 and 1.1 are spoken here.",
}


class RefusedByProtocol(Exception):
    """The parser must stop: the request is answered with a status and nothing else."""


class Protocol(HttpToolsProtocol):
    """Serve one connection; `scope["hourloom.peer"]` tells the app who is at the other end."""

    peer: Peer
    _corked: Corked

    def __init__(self, *args: Any, **named: Any) -> None:  # uvicorn's own arguments, passed on unread
        super().__init__(*args, **named)
        self.ws_protocol_class = self._websocket  # type: ignore[assignment]
        self._header_bytes = 0
        self._in_headers = False
        self._stopping = False
        self._deaf = False
        self._refusal = 400
        self._prompts: Prompts | None = getattr(self.app, "prompts", None)
        self._prompt_cycle = PromptCycle(self)
        self._known_headers: list[tuple[bytes, bytes]] = []
        self._known_caller = Caller()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._corked = Corked(transport, self.loop)
        self.peer = peer_of(transport, self.client, self.server)
        self._close_after(self.timeout_keep_alive)

    def data_received(self, data: bytes) -> None:
        if self._deaf or self.transport.is_closing():
            return
        super().data_received(data)
        if self._in_headers and not self._deaf and not self.transport.is_closing():
            self._header_bytes += len(data)
            if self._header_bytes > HEADER_LIMIT:
                self._refusal = 431
                self.send_400_response("")
            self._close_after(HEADERS_WITHIN)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes = 0
        self._in_headers = True
        self.scope["hourloom.peer"] = self.peer  # type: ignore[typeddict-unknown-key]

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > TARGET_LIMIT:
            self._refuse(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value) + 4
        if self._header_bytes > HEADER_LIMIT:
            self._refuse(431)
        # Trailers after a chunked body must not pass for headers.
        if self._in_headers:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._header_bytes = 0
        self._check()
        if self._begin_prompt():
            return
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self.cycle.transport = self._corked  # type: ignore[assignment]
            if self._stopping or self.parser.should_upgrade():
                self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        super().on_message_complete()
        current: object = self.cycle
        if current is self._prompt_cycle:
            self._prompt_cycle.run()

    def _begin_prompt(self) -> bool:
        """Take a request up that can be answered without a task; any doubt leaves it to the ordinary way."""
        before, parser = self.cycle, self.parser
        if (
            self._prompts is None
            or (before is not None and not before.response_complete)
            or parser.get_method() != b"POST"
            or (prompt := self._prompts.of(self.url)) is None
            or parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
            or parser.should_upgrade()
            or self.expect_100_continue
            or self.flow.write_paused
            or self._stopping
        ):
            return False
        caller = self._caller()
        length = caller.content_length
        if not length.isdigit() or int(length[:20]) > prompt.most:
            return False
        actor = prompt.admitted(caller)
        if actor is None:
            return False
        self._prompt_cycle.begin(prompt, caller, actor)
        self.cycle = self._prompt_cycle  # type: ignore[assignment]
        return True

    def _caller(self) -> Caller:
        """Return who asks; a watcher sends the same headers again and again."""
        if self.headers != self._known_headers:
            self._known_headers = self.headers
            self._known_caller = caller_of(self.scope)  # type: ignore[arg-type]
        return self._known_caller

    def _check(self) -> None:
        """Refuse what two readers could understand differently."""
        if self.parser.get_http_version() not in ("1.0", "1.1"):
            self._refuse(505)
        if not self.url.startswith(b"/"):
            self._refuse(400)
        hosts = 0
        for name, value in self.headers:
            if name == b"host":
                hosts += 1
            elif name == b"content-length" and int(value) > BODY_LIMIT:
                self._refuse(413)
        if hosts != 1:
            self._refuse(400)

    def _refuse(self, status: int) -> None:
        self._refusal = status
        raise RefusedByProtocol

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Answer a request that was refused, but never in the middle of another answer."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._answer_refusal()
        elif not cycle.more_body:
            # The requests before this one were whole: they are answered, and nothing after them is read.
            self._deaf = True
            cycle.keep_alive = False
        else:
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started or self.pipeline:
                self.transport.close()
            else:
                self._answer_refusal()

    def _answer_refusal(self) -> None:
        self.transport.write(_refusal(self._refusal))
        # Closing with bytes unread would reset the connection and lose the answer on its way.
        self._deaf = True
        self.transport.write_eof()
        self._close_after(REFUSED_WITHIN)

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: the request is answered as if it had not asked, and the connection ends."""

    def _websocket(self, **named: Any) -> WebSocketsSansIOProtocol:
        """Make the protocol that takes over; websockets is imported by the first connection that needs it."""
        from hourloom.web.server.websocket import WebSocket  # noqa: PLC0415 - 3 MiB, only when used

        taking_over = WebSocket(**named)
        taking_over.peer = self.peer
        return taking_over

    def shutdown(self) -> None:
        """Answer what was asked, give a last chance to what is on its way, then close."""
        self._stopping = True
        if self.cycle is None or self._in_headers:
            self._close_after(LAST_REQUEST_WITHIN)
        elif self.cycle.response_complete:
            self._close_after(LINGER)
        else:
            self.cycle.keep_alive = False

    def _close_after(self, seconds: float) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)


def _refusal(status: int) -> bytes:
    sentence = _SENTENCES[status].encode()
    head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
    return STATUS_LINE[status] + head % len(sentence) + sentence


def peer_of(
    transport: asyncio.Transport,
    client: tuple[str, int] | None,
    server: tuple[str, int | None] | None,
) -> Peer:
    """Return the facts about a new connection's other end."""
    if client is None or server is None or server[1] is None:
        return Peer("unix", lambda: uid_of_unix_peer(transport.get_extra_info("socket")), loopback=True)
    if not is_loopback(client[0]):
        return Peer("tcp", None, loopback=False)
    return Peer("tcp", _tcp_lookup(transport, client, (server[0], server[1])), loopback=True)


def _tcp_lookup(
    transport: asyncio.Transport, client: tuple[str, int], server: tuple[str, int]
) -> Callable[[], int | None]:
    def look_up() -> int | None:
        uid = uid_of_loopback_peer(client, server)
        # While our own end lives, nobody else can have taken the client's port.
        try:
            still_ours = transport.get_extra_info("socket").getpeername()[:2] == client
        except OSError:
            still_ours = False
        return uid if still_ours and not transport.is_closing() else None

    return look_up
