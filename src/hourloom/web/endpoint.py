"""From a request to an answer: body, trust, binding, the right thread, JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar, cast

import msgspec

from hourloom.core import strict_json
from hourloom.core.actors import Actor, NotInDemo
from hourloom.core.errors import HourloomError, Unauthenticated
from hourloom.core.requests import REQUEST_ID, this_request
from hourloom.db.transaction import Database
from hourloom.db.writer import QueueFull
from hourloom.web.binding import Binder, Request, binders_of, require_plain
from hourloom.web.caller import (
    Authenticator,
    Caller,
    Scope,
    caller_of,
    require_host,
    require_own_site,
)
from hourloom.web.cors import answer_headers
from hourloom.web.counting import Answered, Counts, monotonic
from hourloom.web.editors import key_of
from hourloom.web.idempotency import Idempotency, Outcome
from hourloom.web.limits import Limits
from hourloom.web.problems import NotThatType, known, problem_of, retry_after, status_of
from hourloom.web.routes import KIB, Access, Answer, Mode, Queued, Route, Streamed
from hourloom.web.wire import (
    Receive,
    Send,
    compressed,
    read_body,
    require_no_body,
    send_answer,
    send_pieces,
)

PARSED_ASIDE = 256 * KIB
"""Bodies larger than this are parsed on another thread, so that nobody else waits."""
SECONDS_BETWEEN_TRIES = 0.01
SECONDS_BEFORE_REFUSAL = 10.0

Result = TypeVar("Result")

_encode = msgspec.json.Encoder().encode


class Context:
    """What all endpoints share."""

    def __init__(  # noqa: PLR0913 - each is shared by all
        self,
        database: Database,
        authenticator: Authenticator,
        services: Mapping[type, object],
        *,
        allowed_hosts: frozenset[str],
        allowed_origins: frozenset[str] = frozenset(),
        idempotency: Idempotency,
        limits: Limits | None = None,
        counts: Counts | None = None,
    ) -> None:
        self.database = database
        self.authenticator = authenticator
        self.services = services
        self.allowed_hosts = allowed_hosts
        self.allowed_origins = allowed_origins
        self.idempotency = idempotency
        self.limits = limits or Limits()
        self.counts = counts or Counts()


class Endpoint:
    """One route as an ASGI application."""

    def __init__(self, route: Route, context: Context) -> None:
        self.route, self.context = route, context

    @cached_property
    def answered(self) -> Answered:
        """Where its answers are counted."""
        return self.context.counts.of(self.route.method, self.route.path)

    @cached_property
    def binders(self) -> list[Binder]:
        """What makes the arguments of the function; made when it is first called, for most never are."""
        return binders_of(self.route, self.context.services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = monotonic()
        caller = caller_of(scope)
        try:
            answer = await self._answer(scope, caller, receive)
        except Exception as error:  # noqa: BLE001 - the one place where errors become answers
            answer = self.failure(known(error))
            self.answered.count(answer[0], begun)
            await send_answer(send, *answer, self._cors(caller))
            return
        if isinstance(answer, Streamed):
            await send_pieces(send, answer, self._cors(caller))
            self.answered.count(200, begun)
        else:
            self.answered.count(answer[0], begun)
            if self.route.compressed:
                answer = await compressed(answer, caller)
            await send_answer(send, *answer, self._cors(caller))

    async def _answer(self, scope: Scope, caller: Caller, receive: Receive) -> Outcome | Streamed:
        route = self.route
        require_plain(scope["path"], scope["raw_path"])
        actor = self.admitted(caller, scope)
        await self.context.limits.admit(caller, actor, patient=route.is_activitywatch)
        if route.step_up:
            await self._require_step_up(caller, actor)
        body: Any = None
        raw = b""
        if route.decoder is not None:
            raw = await read_body(receive, caller, route.limit)
            body = await self._decoded(raw, caller)
        elif route.refuses_body:
            await require_no_body(receive, caller)
        request = Request(scope, caller, actor, body, receive)
        arguments = [bind(request) for bind in self.binders]
        if caller.idempotency_key is not None:
            # The same words sent elsewhere are another request.
            raw = b"\0".join((scope["path"].encode(), scope["query_string"], raw))
        return await self._run(arguments, caller, actor, raw)

    def admitted(self, caller: Caller, scope: Scope) -> Actor | None:
        """Return who asks, if they may; nobody is asked on routes that are for anyone."""
        route = self.route
        require_host(caller, self.context.allowed_hosts)
        if route.is_for_editors:
            return self._admitted_editor(caller, scope)
        require_own_site(
            caller,
            ingests=route.takes_extensions,
            allowed_origins=self.context.allowed_origins,
        )
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
        if route.is_activitywatch and actor.is_demo:
            raise NotInDemo
        if route.scope is not None:
            actor.require(route.scope)
        return actor

    def _admitted_editor(self, caller: Caller, scope: Scope) -> Actor:
        """Return whose key an editor shows; programs of the same user may come by the local socket."""
        authenticator = self.context.authenticator
        key = key_of(caller, scope["query_string"])
        actor = authenticator.by_token(key) if key is not None else authenticator.by_socket(caller)
        if actor is None:
            raise Unauthenticated
        if actor.is_demo:
            raise NotInDemo
        if self.route.scope is not None:
            actor.require(self.route.scope)
        return actor

    async def _require_step_up(self, caller: Caller, actor: Actor | None) -> None:
        if actor is None:
            raise Unauthenticated
        confirmed = self.context.authenticator.require_step_up
        await self.context.database.run_read(lambda: confirmed(caller, actor), who=actor)

    async def _decoded(self, raw: bytes, caller: Caller) -> Any:
        if len(raw) > PARSED_ASIDE:
            return await asyncio.get_running_loop().run_in_executor(None, self.read, raw, caller)
        return self.read(raw, caller)

    def read(self, raw: bytes, caller: Caller) -> Any:
        """Return a body as the route takes it."""
        if not raw and self.route.body_is_optional:
            return None
        kind = "application/json" if self.route.is_for_editors else caller.content_type
        if kind != "application/json" and kind.partition(";")[0].strip().lower() != "application/json":
            raise NotThatType(wanted="application/json", found=kind[:60])
        return self.parsed(raw)

    def parsed(self, raw: bytes) -> Any:
        """Parse JSON into what the route takes."""
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
        if not self.route.is_activitywatch and not self.route.is_for_editors:
            raise strict_json.LoneSurrogate
        # Watchers send what a window calls itself, and would drop what is refused.
        return decoder.decode(strict_json.mended(raw))

    async def _run(
        self, arguments: list[Any], caller: Caller, actor: Actor | None, raw: bytes
    ) -> Outcome | Streamed:
        route, database = self.route, self.context.database

        def work() -> Outcome | Streamed:
            return self.finished(route.function(*arguments))

        if route.mode is Mode.READ:
            return await database.run_read(work, who=actor)
        if route.mode is Mode.WRITE:
            if caller.idempotency_key is not None and actor is not None and not route.tells_secret:
                keeper = self.context.idempotency
                key = keeper.keyed(caller.idempotency_key, actor, route.name, raw)
                return await self._written(lambda: keeper.once(key, lambda: cast("Outcome", work())), actor)
            return await self._written(work, actor)
        if route.mode is Mode.AWAITED:
            return self.finished(await route.function(*arguments))
        if route.mode is Mode.QUEUED:
            queued = route.function(*arguments)
            answer = await self._when_there_is_room(lambda: database.run_item(queued.lane, queued.item))
            return self.finished(queued.shown(answer))
        return work()

    async def _written(
        self, work: Callable[[], Outcome | Streamed], actor: Actor | None
    ) -> Outcome | Streamed:
        return await self._when_there_is_room(lambda: self.context.database.run_write(work, who=actor))

    async def _when_there_is_room(self, queue: Callable[[], Awaitable[Result]]) -> Result:
        waited = 0.0
        while True:
            try:
                return await queue()
            except QueueFull:
                # ActivityWatch's clients drop what is refused, so they wait for as long as it takes.
                if waited >= SECONDS_BEFORE_REFUSAL and not self.route.is_activitywatch:
                    raise
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)
                waited += SECONDS_BETWEEN_TRIES

    def finished(self, result: Any) -> Outcome | Streamed:
        """Return what a route's function gave back as an answer."""
        if isinstance(result, Streamed):
            return result
        if isinstance(result, HourloomError):
            # An error given back rather than raised: what was written before it stays.
            return self.failure(result)
        if not isinstance(result, Answer):
            result = Answer(result, self.route.status)
        value = result.value
        body = value if isinstance(value, bytes) else _encode(value)
        return result.status, body, result.headers

    def settled(self, queued: Queued, value: object, error: Exception | None) -> Outcome:
        """Return the answer to a request that was queued, from what became of it."""
        try:
            if error is not None:
                raise error
            return cast("Outcome", self.finished(queued.shown(value)))
        except Exception as failed:  # noqa: BLE001 - errors become answers
            return self.failure(known(failed))

    def failure(self, error: HourloomError) -> Outcome:
        """Return the answer that an error makes, in the form of the API that was asked."""
        status = status_of(error)
        headers = {REQUEST_ID: this_request()}
        if status == 429:
            headers |= retry_after(error)
        if self.route.is_activitywatch:
            described = {"message": error.message, "code": error.code}
            if kind := getattr(error, "aw_type", None):
                described["type"] = kind
            return status, _encode(described), headers
        if self.route.is_for_editors:
            told = {"error": error.message, "errors": [error.message], "code": error.code}
            return status, _encode(told), headers
        return status, _encode(problem_of(error)), headers | {"content-type": "application/problem+json"}

    def _cors(self, caller: Caller) -> Mapping[str, str]:
        return answer_headers(caller, self.route, self.context.allowed_origins)


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token.strip()
