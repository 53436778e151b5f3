"""The ASGI application: routes, what answers everything else, start and stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hourloom.core.errors import HourloomError, NotFound
from hourloom.core.requests import REQUEST_ID, this_request
from hourloom.web.caller import Scope, caller_of, require_host
from hourloom.web.cors import preflight_headers
from hourloom.web.counting import monotonic
from hourloom.web.endpoint import Context, Endpoint
from hourloom.web.guard import Guarded, Lifespan
from hourloom.web.pages import LostPage
from hourloom.web.problems import MethodNotAllowed, known, problem_of, status_of
from hourloom.web.prompt import Prompts
from hourloom.web.router import Application, Mount, Router
from hourloom.web.routes import Access, Route
from hourloom.web.wire import Receive, Send


class NoSuchPage(NotFound):
    """There is nothing at this address."""


def application(
    routes: Sequence[Route],
    context: Context,
    others: Sequence[Mount],
    lifespan: Lifespan,
    *,
    lost: LostPage | None = None,
) -> Guarded:
    """Assemble the routes; `others` are pages and sockets that are not typed routes.

    `lost` is what a browser shows where there is no page.
    """
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, {})[route.method] = route
    typed = [Mount(path, Methods(on, context)) for path, on in by_path.items()]
    # Some plug-ins post to the very address that they were given, where a browser finds the page.
    beside = [
        Mount(o.path, Beside(by_path[o.path], context, o.application), o.kind)
        if o.kind == "http" and o.path in by_path
        else o
        for o in others
    ]
    router = Router([*typed, *beside], NothingHere(context, lost))

    def endpoint_of(scope: Scope) -> Endpoint | None:
        methods = router.found(scope)
        return methods.endpoint(scope["method"]) if isinstance(methods, Methods) else None

    return Guarded(
        router,
        lifespan,
        context.limits,
        prompts=Prompts(endpoint_of),
        secret_paths=frozenset(route.path for route in routes if route.access is Access.ANYONE),
    )


class Methods:
    """The endpoints of one path, by method."""

    def __init__(self, on: Mapping[str, Route], context: Context) -> None:
        self._context = context
        self._endpoints = {method: Endpoint(route, context) for method, route in on.items()}
        if "GET" in self._endpoints:
            self._endpoints["HEAD"] = self._endpoints["GET"]
        self._routes = list(on.values())

    def endpoint(self, method: str) -> Endpoint | None:
        """Return what answers a method."""
        return self._endpoints.get(method)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoints.get(scope["method"])
        if endpoint is not None:
            await endpoint(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await self._preflight(scope, send)
        else:
            allowed = {"allow": ", ".join(sorted(self._endpoints))}
            await refuse(scope, send, self._context, MethodNotAllowed(method=scope["method"][:20]), allowed)

    async def _preflight(self, scope: Scope, send: Send) -> None:
        """Tell a browser what it may ask on this path from another origin: mostly nothing."""
        caller, context = caller_of(scope), self._context
        try:
            require_host(caller, context.allowed_hosts)
        except HourloomError as error:
            await refuse(scope, send, context, error, {})
            return
        told = preflight_headers(caller, self._routes, context.allowed_origins)
        await _answer(send, 200, b"", {"allow": ", ".join(sorted(self._endpoints)), **told})


class Beside(Methods):
    """The endpoints of a path that something else answers to all other methods."""

    def __init__(self, on: Mapping[str, Route], context: Context, other: Application) -> None:
        super().__init__(on, context)
        self._other = other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS" or self.endpoint(scope["method"]) is not None:
            await super().__call__(scope, receive, send)
        else:
            await self._other(scope, receive, send)


class NothingHere:
    """Answers every address that no route has."""

    def __init__(self, context: Context, lost: LostPage | None = None) -> None:
        self._context, self._lost = context, lost

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4404})
        elif scope["type"] == "http" and self._lost is not None and self._lost.is_wanted(scope):
            self._context.counts.elsewhere.count(self._lost.status, monotonic())
            await self._lost(scope, receive, send)
        elif scope["type"] == "http":
            await refuse(scope, send, self._context, NoSuchPage(), {})


async def refuse(
    scope: Scope, send: Send, context: Context, error: HourloomError, headers: Mapping[str, str]
) -> None:
    """Answer with an error in the shape of the API that was asked."""
    try:
        require_host(caller_of(scope), context.allowed_hosts)
    except HourloomError as wrong_host:
        error = known(wrong_host)
    body: Any = problem_of(error)
    kind = "application/problem+json"
    if scope["path"].startswith("/api/0"):
        body, kind = {"message": error.message, "code": error.code}, "application/json"
    status = status_of(error)
    context.counts.elsewhere.count(status, monotonic())
    told = {"content-type": kind, REQUEST_ID: this_request(), **headers}
    await _answer(send, status, msgspec.json.encode(body), told)


async def _answer(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    fields = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    fields.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
