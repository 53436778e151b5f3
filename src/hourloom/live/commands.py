"""Commands: the operations of the typed routes, performed by name over the live socket.

A command's parameters are one JSON object: the parameters of the route's path and query by their
names, and under `body` what a request would carry as its body.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.decoding import decode
from hourloom.core.errors import Invalid, NotFound
from hourloom.web.binding import InvalidParameter, MissingParameter
from hourloom.web.caller import Caller
from hourloom.web.endpoint import Context, Endpoint
from hourloom.web.problems import known, problem_of, status_of
from hourloom.web.routes import Parameter, Route, Streamed

PREFIX = "/api/v1/"
Parameters = Mapping[str, msgspec.Raw]
_GIVEN = ("path", "query", "body")
_NAME = re.compile("[^/\x00-\x1f\x7f\ufffd]+")
"""What one part of an address can hold, so that commands reach nothing that requests cannot."""


class NoSuchCommand(NotFound):
    """There is no command named '{name}'."""


class UnknownParameter(Invalid):
    """The command has no parameter {name}; it has: {known}."""


class AnswerIsNotJson(Invalid):
    """The answer of this operation is not JSON; ask for it over HTTP."""


class Operation(Endpoint):
    """One route, performed for an actor who is known already."""

    def __init__(self, route: Route, context: Context) -> None:
        super().__init__(route, context)
        self._given = {p.name: p for p in route.parameters if p.source in _GIVEN}

    async def perform(self, actor: Actor, caller: Caller, parameters: Parameters) -> tuple[int, bytes]:
        """Return the status and the JSON that the same request would get over HTTP."""
        try:
            return await self._performed(actor, caller, parameters)
        except Exception as error:  # noqa: BLE001 - as in a request, errors become answers here
            return failed(error)

    async def _performed(self, actor: Actor, caller: Caller, parameters: Parameters) -> tuple[int, bytes]:
        if self.route.scope is not None:
            actor.require(self.route.scope)
        for name in parameters:
            if name not in self._given:
                raise UnknownParameter(name=name[:60], known=", ".join(self._given) or "none")
        arguments = [self._argument(p, actor, caller, parameters) for p in self.route.parameters]
        raw = msgspec.json.encode(parameters, order="sorted")
        answer = await self._run(arguments, caller, actor, raw)
        if isinstance(answer, Streamed) or not _is_json(answer[2]):
            raise AnswerIsNotJson
        return answer[0], answer[1]

    def _argument(self, parameter: Parameter, actor: Actor, caller: Caller, parameters: Parameters) -> Any:
        match parameter.source:
            case "actor":
                return actor
            case "caller":
                return caller
            case "service":
                return self.context.services[parameter.type]
            case _:
                return self._given_argument(parameter, parameters)

    def _given_argument(self, parameter: Parameter, parameters: Parameters) -> Any:
        raw = parameters.get(parameter.name)
        if raw is None:
            if parameter.default is inspect.Parameter.empty:
                raise MissingParameter(name=parameter.name)
            return parameter.default
        if parameter.source == "body":
            return self.parsed(bytes(raw))
        value = _converted(bytes(raw), parameter)
        if parameter.source == "path" and isinstance(value, str) and not _NAME.fullmatch(value):
            raise InvalidParameter(name=parameter.name, reason="it could not stand in an address")
        return value


class Commands:
    """All operations that can be performed by name."""

    def __init__(self, routes: Iterable[Route], context: Context) -> None:
        self._context = context
        self._routes = {route.name: route for route in routes if _may_be_command(route)}
        self._operations: dict[str, Operation] = {}

    async def perform(
        self,
        name: str,
        actor: Actor,
        caller: Caller,
        parameters: Parameters,
        idempotency_key: str | None = None,
    ) -> tuple[int, bytes]:
        """Perform a command; an unknown name is answered as an unknown address is."""
        operation = self._operation(name)
        if operation is None:
            return failed(NoSuchCommand(name=name))
        asking = msgspec.structs.replace(caller, idempotency_key=idempotency_key)
        return await operation.perform(actor, asking, parameters)

    def _operation(self, name: str) -> Operation | None:
        """Return a command; each is made when it is first asked for."""
        made = self._operations.get(name)
        route = self._routes.get(name)
        if made is None and route is not None and is_command(route):
            made = self._operations[name] = Operation(route, self._context)
        return made


def is_command(route: Route) -> bool:
    """Return whether a route is an operation of our own API that takes and answers JSON."""
    if not _may_be_command(route):
        return False
    return route.returns is not Streamed and all(p.source != "upload" for p in route.parameters)


def _may_be_command(route: Route) -> bool:
    """Return whether a route is a command as far as can be told without reading its signature."""
    # What asks to confirm who one is needs a header of its own, so it is asked over HTTP.
    return route.path.startswith(PREFIX) and not route.is_for_editors and not route.step_up


def failed(error: Exception) -> tuple[int, bytes]:
    """Return the answer that an error makes."""
    described = known(error)
    return status_of(described), msgspec.json.encode(problem_of(described))


def _is_json(headers: Mapping[str, str]) -> bool:
    kind = headers.get("content-type", "application/json")
    return kind.startswith(("application/json", "application/problem+json")) and (
        "content-encoding" not in headers
    )


def _converted(raw: bytes, parameter: Parameter) -> Any:
    try:
        return decode(raw, parameter.type, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidParameter(name=parameter.name, reason=str(error)) from None
