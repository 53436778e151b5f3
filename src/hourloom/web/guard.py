"""What holds for every answer, whoever makes it: security headers, and slow answers to those who guess."""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from typing import Any

import msgspec
from starlette.routing import Router

from hourloom.core.errors import HourloomError
from hourloom.web.limits import Limits
from hourloom.web.problems import problem_of, status_of

ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
]
NOT_KEPT = (b"cache-control", b"no-store")
"""Whatever does not say otherwise may hold somebody's record, so that no cache keeps it."""
Message = MutableMapping[str, Any]  # ASGI's own
_STARTS = ("http.response.start", "websocket.http.response.start")
_PATIENT = "/api/0"


class Guarded(Router):
    """All routes, each answer of which passes here."""

    limits: Limits
    secret_paths: frozenset[str] = frozenset()
    """Where codes are exchanged by anyone: a 401 there is a wrong guess, as it is to a wrong token."""

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:  # as above
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] in _STARTS:
                if message["status"] == 401 and self._showed_secret(scope):
                    await self.limits.slow_down(scope)
                message["headers"] = _completed(message["headers"])
            await send(message)

        try:
            await self.limits.require_no_guesser(scope, patient=scope["path"].startswith(_PATIENT))
        except HourloomError as error:
            await _refuse(scope, send_guarded, error)
            return
        await super().__call__(scope, receive, send_guarded)

    def _showed_secret(self, scope: Message) -> bool:
        return scope["path"] in self.secret_paths or any(
            name == b"authorization" for name, _ in scope["headers"]
        )


def retry_after(error: HourloomError) -> dict[str, str]:
    """Return the header that says when to come again."""
    seconds = error.fields.get("seconds", 10)
    return {"retry-after": str(math.ceil(seconds) if isinstance(seconds, int | float) else 10)}


def _completed(headers: Any) -> list[tuple[bytes, bytes]]:  # whatever iterable ASGI was given
    completed = [*headers, *ALWAYS]
    if not any(name == NOT_KEPT[0] for name, _ in completed):
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
