"""What holds for every answer, whoever makes it: security headers, and slow answers to those who guess."""

from __future__ import annotations

import math
from collections.abc import Callable, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec

from hourloom.core.errors import HourloomError
from hourloom.web.limits import Limits
from hourloom.web.problems import problem_of, status_of
from hourloom.web.router import Router

ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
]
NOT_KEPT = (b"cache-control", b"no-store")
"""Whatever does not say otherwise may hold somebody's record, so that no cache keeps it."""
Message = MutableMapping[str, Any]  # ASGI's own
Lifespan = Callable[[], AbstractAsyncContextManager[None]]
_STARTS = ("http.response.start", "websocket.http.response.start")
_PATIENT = "/api/0"


class Guarded:
    """The whole application: each request and each answer passes here."""

    def __init__(
        self, router: Router, lifespan: Lifespan, limits: Limits, *, secret_paths: frozenset[str]
    ) -> None:
        self._router, self._lifespan, self._limits = router, lifespan, limits
        self._secret_paths = secret_paths
        """Where codes are exchanged by anyone: a 401 there is a wrong guess, as it is to a wrong token."""

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:  # ASGI's own
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] in _STARTS:
                if message["status"] == 401 and self._showed_secret(scope):
                    await self._limits.slow_down(scope)
                message["headers"] = _completed(message["headers"])
            await send(message)

        if self._limits.has_guessers:
            try:
                await self._limits.require_no_guesser(scope, patient=scope["path"].startswith(_PATIENT))
            except HourloomError as error:
                await _refuse(scope, send_guarded, error)
                return
        await self._router(scope, receive, send_guarded)

    async def _live(self, receive: Any, send: Any) -> None:
        """Start and stop what the server does by itself, as ASGI's lifespan protocol asks."""
        await receive()
        async with self._lifespan():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def _showed_secret(self, scope: Message) -> bool:
        return scope["path"] in self._secret_paths or any(
            name == b"authorization" for name, _ in scope["headers"]
        )


def retry_after(error: HourloomError) -> dict[str, str]:
    """Return the header that says when to come again."""
    seconds = error.fields.get("seconds", 10)
    return {"retry-after": str(math.ceil(seconds) if isinstance(seconds, int | float) else 10)}


def _completed(headers: Any) -> list[tuple[bytes, bytes]]:  # whatever iterable ASGI was given
    completed = [*headers, *ALWAYS]
    if NOT_KEPT[0] not in [name for name, _ in completed]:
        completed.append(NOT_KEPT)
    return completed


async def _refuse(scope: Message, send: Any, error: HourloomError) -> None:  # ASGI's own
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4429, "reason": error.code})
        return
    body = msgspec.json.encode(problem_of(error))
    fields = {"content-type": "application/problem+json", "content-length": str(len(body))}
    headers = [(name.encode(), value.encode()) for name, value in (fields | retry_after(error)).items()]
    await send({"type": "http.response.start", "status": status_of(error), "headers": headers})
    await send({"type": "http.response.body", "body": body})
