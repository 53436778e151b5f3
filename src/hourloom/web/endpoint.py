"""From a request to an answer: body, trust, binding, the right thread, JSON."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any, cast

import msgspec

from hourloom.core import strict_json
from hourloom.core.actors import Actor
from hourloom.core.errors import HourloomError, Invalid, TooLarge, Unauthenticated
from hourloom.db.transaction import Database
from hourloom.db.writer import QueueFull
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
from hourloom.web.routes import KIB, Access, Answer, Mode, Parameter, Route, Streamed, Upload

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

MOST_PARAMETERS = 50
REMEMBERED, LONGEST_REMEMBERED = 64, 200
PARSED_ASIDE = 256 * KIB
"""Bodies larger than this are parsed on another thread, so that nobody else waits."""
SECONDS_BETWEEN_TRIES = 0.01
SECONDS_BEFORE_REFUSAL = 10.0

JSON = b"application/json"
_encode = msgspec.json.Encoder().encode


class BodyTooLarge(TooLarge):
    """The body is larger than the {limit} bytes allowed here."""


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
        self._binders = [self._binder(parameter) for parameter in route.parameters]
        self._reads_body = route.decoder is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = caller_of(scope)
        try:
            answer = await self._answer(scope, caller, receive)
        except Exception as error:  # noqa: BLE001 - the one place where errors become answers
            await _send(send, *self._failure(known(error)), self._cors(caller))
            return
        if isinstance(answer, Streamed):
            await _send_pieces(send, answer, self._cors(caller))
        else:
            if self.route.compressed:
                answer = await _compressed(answer, caller)
            await _send(send, *answer, self._cors(caller))

    async def _answer(self, scope: Scope, caller: Caller, receive: Receive) -> Outcome | Streamed:
        route = self.route
        require_host(caller, self.context.allowed_hosts)
        _require_plain(scope["path"], scope["raw_path"])
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
            raw = await _read(receive, caller, route.limit)
            body = await self._decoded(raw, caller)
        request = _Request(scope, caller, actor, body, receive)
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

    def _binder(self, parameter: Parameter) -> Callable[[_Request], Any]:
        match parameter.source:
            case "path":
                return _from_path(parameter)
            case "query":
                return _from_query(parameter)
            case "service":
                service = self.context.services[parameter.type]
                return lambda request: service
            case "actor":
                return lambda request: request.actor
            case "caller":
                return lambda request: request.caller
            case "upload":
                limit = self.route.limit
                return lambda request: Upload(_pieces(request.receive, limit), request.caller.content_type)
            case _:
                return lambda request: request.body


class _Request:
    """What binders read from."""

    __slots__ = ("actor", "body", "caller", "queries", "receive", "scope")

    def __init__(
        self, scope: Scope, caller: Caller, actor: Actor | None, body: Any, receive: Receive
    ) -> None:
        self.scope, self.caller, self.actor, self.body, self.receive = scope, caller, actor, body, receive
        self.queries: Mapping[str, str] | None = None

    def query(self, name: str) -> str | None:
        if self.queries is None:
            self.queries = _parsed_query(self.scope["query_string"])
        return self.queries.get(name)


class InvalidParameter(Invalid):
    """The parameter {name} is not valid: {reason}."""


class AddressRefused(Invalid):
    """The address is not valid: {reason}."""


class MissingParameter(Invalid):
    """The parameter {name} is missing."""


def _from_path(parameter: Parameter) -> Callable[[_Request], Any]:
    name, converted = parameter.name, _converter(parameter)

    def bind(request: _Request) -> Any:
        return converted(request.scope["path_params"][name])

    return bind


def _require_plain(path: str, raw_path: bytes) -> None:
    """Refuse an address that would not mean the same to everyone who decodes it."""
    if b"%" not in raw_path and path.isprintable():
        return
    if any(character < " " or character in "\x7f\ufffd" for character in path):
        raise AddressRefused(reason="control characters, and what is not UTF-8, cannot be part of a name")
    if b"%2f" in raw_path.lower():
        raise AddressRefused(reason="a name cannot hold a slash")


def _from_query(parameter: Parameter) -> Callable[[_Request], Any]:
    name, converted = parameter.name, _converter(parameter)

    def bind(request: _Request) -> Any:
        text = request.query(name)
        if text is not None:
            return converted(text)
        if parameter.default is inspect.Parameter.empty:
            raise MissingParameter(name=name)
        return parameter.default

    return bind


def _converter(parameter: Parameter) -> Callable[[str], Any]:
    """Return what reads a parameter; watchers send the same few values with every heartbeat."""

    @lru_cache(maxsize=REMEMBERED)
    def converted(text: str) -> Any:
        try:
            return msgspec.convert(text, parameter.type, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidParameter(name=parameter.name, reason=str(error)) from None

    return lambda text: (converted if len(text) <= LONGEST_REMEMBERED else converted.__wrapped__)(text)


@lru_cache(maxsize=REMEMBERED)
def _parsed_query(raw: bytes) -> Mapping[str, str]:
    if not raw:
        return {}
    if b"%" not in raw and b"+" not in raw and raw.isascii():
        return dict(_name_and_value(field) for field in raw.decode().split("&")[:MOST_PARAMETERS])
    from urllib.parse import parse_qsl  # noqa: PLC0415 - most requests have no query

    try:
        return dict(
            parse_qsl(
                raw.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict"
            )
        )
    except ValueError as error:
        raise InvalidParameter(name="query", reason=str(error)[:80]) from None


def _name_and_value(field: str) -> tuple[str, str]:
    name, _, value = field.partition("=")
    return name, value


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token.strip()


async def _read(receive: Receive, caller: Caller, limit: int) -> bytes:
    if caller.content_length.isdigit() and int(caller.content_length[:20]) > limit:
        raise BodyTooLarge(limit=limit)
    message = await receive()
    if not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise BodyTooLarge(limit=limit)
        return body
    parts = [message.get("body", b"")]
    parts += [part async for part in _pieces(receive, limit - len(parts[0]))]
    return b"".join(parts)


async def _pieces(receive: Receive, limit: int) -> AsyncIterator[bytes]:
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Invalid(reason="the connection was closed within the body")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit=limit)
        yield part
        if not message.get("more_body"):
            return


async def _compressed(answer: Outcome, caller: Caller) -> Outcome:
    """Return an answer as gzip where that is wanted and worth it."""
    status, body, headers = answer
    headers = {**headers, "vary": "Accept-Encoding"}
    if len(body) < KIB or "gzip" not in caller.accept_encoding:
        return status, body, headers
    import gzip  # noqa: PLC0415 - few answers need it

    packed = await asyncio.get_running_loop().run_in_executor(None, lambda: gzip.compress(body, 5, mtime=0))
    return status, packed, {**headers, "content-encoding": "gzip"}


async def _send(
    send: Send, status: int, body: bytes, headers: Mapping[str, str], more: Mapping[str, str]
) -> None:
    fields = [(b"content-length", str(len(body)).encode())]
    if "content-type" not in headers and status != 304:
        fields.append((b"content-type", JSON))
    for name, value in (*headers.items(), *more.items()):
        fields.append((name.encode(), value.encode("latin-1", "replace")))
    if status in (204, 304):
        fields, body = fields[1:], b""
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


async def _send_pieces(send: Send, answer: Streamed, more: Mapping[str, str]) -> None:
    fields = (*answer.headers.items(), *more.items())
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in fields]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async for piece in answer.pieces():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
