"""What browsers are told about pages and extensions of other origins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from hourloom.web.caller import Caller
from hourloom.web.routes import Route

ASKED_FOR = "authorization, content-type, hourloom-step-up, idempotency-key"
ASKED_FOR_BY_EDITORS = "authorization, content-type, timezone, x-machine-name"
SECONDS_REMEMBERED = "600"


def is_welcome(caller: Caller, route: Route, allowed_origins: Collection[str]) -> bool:
    """Return whether a page or extension of another origin may read a route's answers."""
    if route.is_for_editors:
        # Nothing comes of a browser's request here unless it shows a key, and no cookie stands for one.
        return caller.origin is not None
    return caller.origin in allowed_origins or (route.takes_extensions and caller.is_extension)


def answer_headers(caller: Caller, route: Route, allowed_origins: Collection[str]) -> Mapping[str, str]:
    """Return what lets the caller's origin read an answer; cookies are never part of it."""
    if caller.origin is None or not is_welcome(caller, route, allowed_origins):
        return {}
    return {"access-control-allow-origin": caller.origin, "vary": "Origin"}


def preflight_headers(
    caller: Caller, routes: Iterable[Route], allowed_origins: Collection[str]
) -> Mapping[str, str]:
    """Return what a browser learns when it asks before a request to a path with these routes."""
    welcome = [route for route in routes if is_welcome(caller, route, allowed_origins)]
    if caller.origin is None or not welcome:
        return {}
    methods = [route.method for route in welcome]
    return {
        "access-control-allow-origin": caller.origin,
        "access-control-allow-methods": ", ".join(sorted(methods)),
        "access-control-allow-headers": ASKED_FOR_BY_EDITORS if welcome[0].is_for_editors else ASKED_FOR,
        "access-control-max-age": SECONDS_REMEMBERED,
        "vary": "Origin",
    }
