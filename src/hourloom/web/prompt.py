"""Requests that are answered without a task of their own: heartbeats, of which there are thousands a second.

    headers    trusted at once, or left to the ordinary way, which says what is wrong
    body       parsed and put on a lane of the writer, in the same turn of the loop
    on disk    answered by the call that says so

Nothing here decides anew what a request may do or what it is answered: the endpoint does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import unquote

from hourloom.core.actors import Actor
from hourloom.core.errors import HourloomError
from hourloom.core.requests import begin_request
from hourloom.db.transaction import QueueFull, Take
from hourloom.web.binding import Request, require_plain
from hourloom.web.caller import Caller, Scope
from hourloom.web.counting import monotonic
from hourloom.web.endpoint import SECONDS_BETWEEN_TRIES, Endpoint
from hourloom.web.idempotency import Outcome
from hourloom.web.limits import is_limited
from hourloom.web.problems import known
from hourloom.web.routes import KIB, Mode, Queued

MOST_ADDRESSES, LONGEST_ADDRESS = 1_000, 500
LARGEST_BODY = 64 * KIB
"""Beyond this, reading pauses until somebody takes what has come, as an endpoint does."""

Answering = Callable[[Outcome], None]
"""Sends the answer to a request: status, body and headers."""


class Prompt:
    """One address of a route that queues."""

    def __init__(self, endpoint: Endpoint, scope: Scope) -> None:
        self._endpoint, self._scope = endpoint, scope
        self.most = min(endpoint.route.limit, LARGEST_BODY)
        """The bytes that a body may have; a larger one goes the ordinary way."""

    def admitted(self, caller: Caller) -> Actor | None:
        """Return who asks, or None where the ordinary way has to look closer."""
        if caller.idempotency_key is not None or is_limited(caller):
            return None
        try:
            return self._endpoint.admitted(caller, self._scope)
        except HourloomError:
            return None

    def begin(self, caller: Caller, actor: Actor, raw: bytes, answer: Answering) -> None:
        """Queue what a request says; it is answered now if it is faulty, else once it is on disk."""
        endpoint, begun = self._endpoint, monotonic()
        try:
            request = Request(self._scope, caller, actor, endpoint.read(raw, caller), _never)
            queued: Queued = endpoint.route.function(*[bind(request) for bind in endpoint.binders])
        except Exception as error:  # noqa: BLE001 - as in an endpoint, errors become answers here
            begin_request()
            failed = endpoint.failure(known(error))
            endpoint.answered.count(failed[0], begun)
            answer(failed)
        else:

            def take(value: object, error: Exception | None) -> None:
                if error is not None:
                    begin_request()
                outcome = endpoint.settled(queued, value, error)
                endpoint.answered.count(outcome[0], begun)
                answer(outcome)

            self._queue(queued, take)

    def _queue(self, queued: Queued, take: Take) -> None:
        try:
            self._endpoint.context.database.queue_item(queued.lane, queued.item, take)
        except QueueFull:
            # Clients drop what is refused; one that waits reads on when there is room.
            asyncio.get_running_loop().call_later(SECONDS_BETWEEN_TRIES, self._queue, queued, take)
        except HourloomError as error:
            take(None, error)


class Prompts:
    """Finds the prompt way of an address, if it has one; watchers ask the same few again and again."""

    def __init__(self, found: Callable[[Scope], Endpoint | None]) -> None:
        self._found = found
        self._known: dict[bytes, Prompt | None] = {}

    def of(self, address: bytes) -> Prompt | None:
        """Return the prompt way of a POST to an address as it was sent, path and query."""
        try:
            return self._known[address]
        except KeyError:
            if len(address) > LONGEST_ADDRESS or b"#" in address or not address.isascii():
                return None
        if len(self._known) >= MOST_ADDRESSES:
            self._known.clear()
        self._known[address] = prompt = self._of_new(address)
        return prompt

    @property
    def remembered(self) -> int:
        """Return how many addresses are known."""
        return len(self._known)

    def _of_new(self, address: bytes) -> Prompt | None:
        raw_path, _, query = address.partition(b"?")
        path = unquote(raw_path.decode("latin-1"))
        scope: Scope = {"type": "http", "method": "POST", "path": path, "query_string": query}
        try:
            require_plain(path, raw_path)
        except HourloomError:
            return None
        endpoint = self._found(scope)
        if endpoint is None or endpoint.route.mode is not Mode.QUEUED:
            return None
        return Prompt(endpoint, scope)


async def _never() -> dict[str, object]:
    """Receive nothing more: the body is whole."""
    raise AssertionError
