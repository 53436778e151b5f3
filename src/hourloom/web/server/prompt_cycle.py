"""A request that is answered without a task: what uvicorn's protocol knows of it, and its answer's bytes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hourloom.web.always import JSON, completed
from hourloom.web.server.lean import without_command_line

without_command_line()

from uvicorn.protocols.http.httptools_impl import STATUS_LINE  # noqa: E402

if TYPE_CHECKING:
    from hourloom.core.actors import Actor
    from hourloom.web.caller import Caller
    from hourloom.web.idempotency import Outcome
    from hourloom.web.prompt import Prompt
    from hourloom.web.server.protocol import Protocol

Headers = tuple[tuple[str, str], ...]


class Unheard:
    """An event for which nobody waits."""

    def set(self) -> None:
        """Wake nobody."""


class PromptCycle:
    """The request at hand; uvicorn's protocol fills its body and looks at whether it is answered.

    There is one for each connection: a request that comes before the last one's answer goes the ordinary way.
    """

    message_event = Unheard()

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self.body = b""
        self.more_body = self.response_started = self.disconnected = False
        self.response_complete = self.keep_alive = True

    def begin(self, prompt: Prompt, caller: Caller, actor: Actor) -> None:
        """Take up a request whose headers were read."""
        self._prompt, self._caller, self._actor = prompt, caller, actor
        self.body = b""
        self.more_body, self.response_complete, self.keep_alive = True, False, True

    def run(self) -> None:
        """Answer the request, whose body is whole."""
        self._prompt.begin(self._caller, self._actor, self.body, self._answer)

    def _answer(self, outcome: Outcome) -> None:
        status, body, headers = outcome
        self.response_complete = True
        transport = self._protocol.transport
        if transport.is_closing():
            return
        transport.write(_head(status, tuple(headers.items()), self.keep_alive) % len(body) + body)
        if not self.keep_alive:
            transport.close()
        self._protocol.on_response_complete()


@lru_cache(maxsize=64)
def _head(status: int, headers: Headers, keep_alive: bool) -> bytes:  # noqa: FBT001 - a key of the cache
    """Return the head of an answer, with a hole for its length."""
    fields = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers]
    if b"content-type" not in dict(fields):
        fields.append((b"content-type", JSON))
    if not keep_alive:
        fields.append((b"connection", b"close"))
    lines = b"".join(b"%s: %s\r\n" % field for field in completed(fields))
    return STATUS_LINE[status] + lines.replace(b"%", b"%%") + b"content-length: %d\r\n\r\n"
