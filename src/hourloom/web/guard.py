"""What holds for every answer, whoever makes it: security headers, and slow answers to those who guess."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec

from hourloom.core.errors import HourloomError
from hourloom.core.requests import REQUEST_ID, begin_request, this_request
from hourloom.web.always import completed
from hourloom.web.editors import KEY_IN_ADDRESS
from hourloom.web.limits import Limits
from hourloom.web.problems import problem_of, retry_after, status_of
from hourloom.web.prompt import Prompts
from hourloom.web.router import Router

Message = MutableMapping[str, Any]  # ASGI's own
Lifespan = Callable[[], AbstractAsyncContextManager[None]]
_STARTS = ("http.response.start", "websocket.http.response.start")
_PATIENT = "/api/0"


class Guarded:
    """The whole application: each request and each answer passes here."""

    def __init__(
        self,
        router: Router,
        lifespan: Lifespan,
        limits: Limits,
        *,
        prompts: Prompts,
        secret_paths: frozenset[str],
    ) -> None:
        self.prompts = prompts
        """The addresses that a server may answer without a task."""
        self._router, self._lifespan, self._limits = router, lifespan, limits
        self._secret_paths = secret_paths
        """Where codes are exchanged by anyone: a 401 there is a wrong guess, as it is to a wrong token."""

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:  # ASGI's own
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        begin_request()

        async def send_guarded(message: Message) -> None:
            if message["type"] in _STARTS:
                if message["status"] == 401 and self._showed_secret(scope):
                    await self._limits.slow_down(scope)
                message["headers"] = completed(message["headers"])
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
        return (
            scope["path"] in self._secret_paths
            or any(name == b"authorization" for name, _ in scope["headers"])
            or KEY_IN_ADDRESS in scope.get("query_string", b"")
        )


async def _refuse(scope: Message, send: Any, error: HourloomError) -> None:  # ASGI's own
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4429, "reason": error.code})
        return
    body = msgspec.json.encode(problem_of(error))
    fields = {
        "content-type": "application/problem+json",
        "content-length": str(len(body)),
        REQUEST_ID: this_request(),
    }
    headers = [(name.encode(), value.encode()) for name, value in (fields | retry_after(error)).items()]
    await send({"type": "http.response.start", "status": status_of(error), "headers": headers})
    await send({"type": "http.response.body", "body": body})
