"""From a request to an answer: body, trust, binding, the right thread, JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from hourloom.core import strict_json
from hourloom.core.actors import Actor
from hourloom.core.errors import HourloomError, Unauthenticated
from hourloom.db.transaction import Database
from hourloom.db.writer import QueueFull
from hourloom.web.binding import Request, binders_of, require_plain
from hourloom.web.caller import (
    Authenticator,
    Caller,
    Scope,
    caller_of,
    require_host,
    require_own_site,
)
from hourloom.web.cors import answer_headers
from hourloom.web.guard import retry_after
from hourloom.web.idempotency import Idempotency, Outcome
from hourloom.web.limits import Limits
from hourloom.web.problems import NotThatType, known, problem_of, status_of
from hourloom.web.routes import KIB, Access, Answer, Mode, Route, Streamed
from hourloom.web.wire import Receive, Send, compressed, read_body, send_answer, send_pieces

PARSED_ASIDE = 256 * KIB
"""Bodies larger than this are parsed on another thread, so that nobody else waits."""
SECONDS_BETWEEN_TRIES = 0.01
SECONDS_BEFORE_REFUSAL = 10.0

_encode = msgspec.json.Encoder().encode


class Context:
    """What all endpoints share."""

    def __init__(
        self,
        database: Database,
        authenticator: Authenticator,
        services: Mapping[type, object],
        *,
        allowed_hosts: frozenset[str],
        allowed_origins: frozenset[str] = frozenset(),
        idempotency: Idempotency,
        limits: Limits | None = None,
    ) -> None:
        self.database = database
        self.authenticator = authenticator
        self.services = services
        self.allowed_hosts = allowed_hosts
        self.allowed_origins = allowed_origins
        self.idempotency = idempotency
        self.limits = limits or Limits()


class Endpoint:
    """One route as an ASGI application."""

    def __init__(self, route: Route, context: Context) -> None:
        self.route, self.context = route, context
        self._binders = binders_of(route, context.services)
        self._reads_body = route.decoder is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = caller_of(scope)
        try:
            answer = await self._answer(scope, caller, receive)
        except Exception as error:  # noqa: BLE001 - the one place where errors become answers
            await send_answer(send, *self._failure(known(error)), self._cors(caller))
            return
        if isinstance(answer, Streamed):
            await send_pieces(send, answer, self._cors(caller))
        else:
            if self.route.compressed:
                answer = await compressed(answer, caller)
            await send_answer(send, *answer, self._cors(caller))

    async def _answer(self, scope: Scope, caller: Caller, receive: Receive) -> Outcome | Streamed:
        route = self.route
        require_host(caller, self.context.allowed_hosts)
        require_plain(scope["path"], scope["raw_path"])
        require_own_site(
            caller,
            ingests=route.takes_extensions,
            allowed_origins=self.context.allowed_origins,
        )
        actor = self._actor(caller)
        await self.context.limits.admit(caller, actor, patient=route.is_activitywatch)
        body: Any = None
        raw = b""
        if self._reads_body:
            raw = await read_body(receive, caller, route.limit)
            body = await self._decoded(raw, caller)
        request = Request(scope, caller, actor, body, receive)
        arguments = [bind(request) for bind in self._binders]
        if caller.idempotency_key is not None:
            # The same words sent elsewhere are another request.
            raw = b"\0".join((scope["path"].encode(), scope["query_string"], raw))
        return await self._run(arguments, caller, actor, raw)

    def _actor(self, caller: Caller) -> Actor | None:
        route = self.route
        if route.access is Access.ANYONE:
            return None
        authenticator = self.context.authenticator
        if caller.authorization is not None:
            actor = authenticator.by_token(_bearer(caller.authorization))
        elif route.access is Access.TOKEN:
            found = authenticator.by_socket(caller)
            if found is None:
                raise Unauthenticated
            actor = found
        else:
            actor = authenticator.by_peer(caller, ingests=route.access is Access.INGEST)
        if route.scope is not None:
            actor.require(route.scope)
        return actor

    async def _decoded(self, raw: bytes, caller: Caller) -> Any:
        if not raw and self.route.body_is_optional:
            return None
        if caller.content_type.partition(";")[0].strip().lower() != "application/json":
            raise NotThatType(wanted="application/json", found=caller.content_type[:60])
        if len(raw) > PARSED_ASIDE:
            return await asyncio.get_running_loop().run_in_executor(None, self._parse, raw)
        return self._parse(raw)

    def _parse(self, raw: bytes) -> Any:
        strict_json.refuse_duplicates(raw)
        decoder = self.route.decoder
        assert decoder is not None  # only called for routes with a body
        try:
            return decoder.decode(raw)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            if not strict_json.may_hold_surrogates(raw):
                raise
        if not self.route.is_activitywatch:
            raise strict_json.LoneSurrogate
        # Watchers send what a window calls itself, and would drop what is refused.
        return decoder.decode(strict_json.mended(raw))

    async def _run(
        self, arguments: list[Any], caller: Caller, actor: Actor | None, raw: bytes
    ) -> Outcome | Streamed:
        route, database = self.route, self.context.database

        def work() -> Outcome | Streamed:
            return self._finished(route.function(*arguments))

        if route.mode is Mode.READ:
            return await database.run_read(work, who=actor)
        if route.mode is Mode.WRITE:
            if caller.idempotency_key is not None and actor is not None and not route.tells_secret:
                keeper = self.context.idempotency
                key = keeper.keyed(caller.idempotency_key, actor, route.name, raw)
                return await self._written(lambda: keeper.once(key, lambda: cast("Outcome", work())), actor)
            return await self._written(work, actor)
        if route.mode is Mode.AWAITED:
            return self._finished(await route.function(*arguments))
        return work()

    async def _written(
        self, work: Callable[[], Outcome | Streamed], actor: Actor | None
    ) -> Outcome | Streamed:
        waited = 0.0
        while True:
            try:
                return await self.context.database.run_write(work, who=actor)
            except QueueFull:
                # ActivityWatch's clients drop what is refused, so they wait for as long as it takes.
                if waited >= SECONDS_BEFORE_REFUSAL and not self.route.is_activitywatch:
                    raise
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)
                waited += SECONDS_BETWEEN_TRIES

    def _finished(self, result: Any) -> Outcome | Streamed:
        if isinstance(result, Streamed):
            return result
        if isinstance(result, HourloomError):
            # An error given back rather than raised: what was written before it stays.
            return self._failure(result)
        if not isinstance(result, Answer):
            result = Answer(result, self.route.status)
        value = result.value
        body = value if isinstance(value, bytes) else _encode(value)
        return result.status, body, result.headers

    def _failure(self, error: HourloomError) -> Outcome:
        status = status_of(error)
        headers = retry_after(error) if status == 429 else {}
        if self.route.is_activitywatch:
            described = {"message": error.message, "code": error.code}
            if kind := getattr(error, "aw_type", None):
                described["type"] = kind
            return status, _encode(described), headers
        return status, _encode(problem_of(error)), headers | {"content-type": "application/problem+json"}

    def _cors(self, caller: Caller) -> Mapping[str, str]:
        return answer_headers(caller, self.route, self.context.allowed_origins)


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token.strip()
