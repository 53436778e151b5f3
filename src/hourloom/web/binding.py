"""From the parts of a request to the arguments of a route's function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.decoding import convert
from hourloom.core.errors import Invalid
from hourloom.web.caller import Caller, Scope
from hourloom.web.routes import Parameter, Route, Upload
from hourloom.web.wire import Receive, pieces

MOST_PARAMETERS = 50
REMEMBERED, LONGEST_REMEMBERED = 64, 200

Binder = Callable[["Request"], Any]


class Request:
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


def binders_of(route: Route, services: Mapping[type, object]) -> list[Binder]:
    """Return what makes the arguments of a route's function, one by one."""
    return [_binder(parameter, route, services) for parameter in route.parameters]


def _binder(parameter: Parameter, route: Route, services: Mapping[type, object]) -> Binder:
    match parameter.source:
        case "path":
            return _from_path(parameter)
        case "query":
            return _from_query(parameter)
        case "service":
            service = services[parameter.type]
            return lambda request: service
        case "actor":
            return lambda request: request.actor
        case "caller":
            return lambda request: request.caller
        case "upload":
            limit = route.limit
            return lambda request: Upload(pieces(request.receive, limit), request.caller.content_type)
        case _:
            return lambda request: request.body


class InvalidParameter(Invalid):
    """The parameter {name} is not valid: {reason}."""


class AddressRefused(Invalid):
    """The address is not valid: {reason}."""


class MissingParameter(Invalid):
    """The parameter {name} is missing."""


def _from_path(parameter: Parameter) -> Callable[[Request], Any]:
    name, converted = parameter.name, _converter(parameter)

    def bind(request: Request) -> Any:
        return converted(request.scope["path_params"][name])

    return bind


def require_plain(path: str, raw_path: bytes) -> None:
    """Refuse an address that would not mean the same to everyone who decodes it."""
    if b"%" not in raw_path and path.isprintable():
        return
    if any(character < " " or character in "\x7f\ufffd" for character in path):
        raise AddressRefused(reason="control characters, and what is not UTF-8, cannot be part of a name")
    if b"%2f" in raw_path.lower():
        raise AddressRefused(reason="a name cannot hold a slash")


def _from_query(parameter: Parameter) -> Callable[[Request], Any]:
    name, converted = parameter.name, _converter(parameter)

    def bind(request: Request) -> Any:
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
            return convert(text, parameter.type, strict=False)
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
