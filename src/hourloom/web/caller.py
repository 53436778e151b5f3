"""What is known of whoever sends a request, read from its headers and its connection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.errors import Forbidden, Invalid

Scope = dict[str, Any]  # ASGI's own

_FIELDS = {
    b"host": "host",
    b"content-type": "content_type",
    b"content-length": "content_length",
    b"authorization": "authorization",
    b"origin": "origin",
    b"sec-fetch-site": "fetch_site",
    b"idempotency-key": "idempotency_key",
    b"hourloom-step-up": "step_up",
    b"if-none-match": "if_none_match",
    b"accept-encoding": "accept_encoding",
    b"user-agent": "user_agent",
    b"x-machine-name": "machine",
    b"timezone": "time_zone",
}
_FORWARDED = {b"forwarded", b"via", b"x-real-ip"}
_EXTENSIONS = ("moz-extension://", "chrome-extension://", "safari-web-extension://")


class HostNotAllowed(Invalid):
    """The Host header does not name this server; add it to allowed_hosts in the configuration."""


class CrossSite(Forbidden):
    """Requests from other web sites are refused."""


class Peer(Protocol):
    """The other end of a connection."""

    @property
    def loopback(self) -> bool:
        """Return whether it is on this computer."""
        ...

    @property
    def kind(self) -> str:
        """Return "tcp" or "unix"."""
        ...

    @property
    def uid(self) -> int | None:
        """Return the user who owns it, or None where that cannot be known."""
        ...


class Caller(msgspec.Struct):
    """The facts of one request that trust depends on."""

    peer: Peer | None = None
    address: str = "local"
    host: str | None = None
    hosts: int = 0
    origin: str | None = None
    fetch_site: str | None = None
    forwarded: bool = False
    authorization: str | None = None
    content_type: str = ""
    content_length: str = ""
    idempotency_key: str | None = None
    step_up: str | None = None
    """The ticket that says: it was confirmed just now that this is the owner."""
    if_none_match: str = ""
    accept_encoding: str = ""
    user_agent: str = ""
    machine: str = ""
    time_zone: str = ""

    @property
    def is_browser(self) -> bool:
        """Return whether a browser sent this: only browsers send these headers."""
        return self.origin is not None or self.fetch_site is not None

    @property
    def is_extension(self) -> bool:
        """Return whether a browser's extension sent this."""
        return self.origin is not None and self.origin.startswith(_EXTENSIONS)


class Authenticator(Protocol):
    """Turns a caller into an actor; `app` fills it from `accounts`."""

    def by_token(self, token: str) -> Actor:
        """Return whom a token belongs to, or raise Unauthenticated."""
        ...

    def by_peer(self, caller: Caller, *, ingests: bool) -> Actor:
        """Return whom a caller without a token may act as on ActivityWatch's routes, or raise."""
        ...

    def by_socket(self, caller: Caller) -> Actor | None:
        """Return the owner's actor for a same-user connection through the local socket, else None."""
        ...

    def require_step_up(self, caller: Caller, who: Actor) -> None:
        """Raise unless the caller has confirmed just now to be the owner; called where one may read."""
        ...


def caller_of(scope: Scope) -> Caller:
    """Read the facts from an ASGI scope in one pass over the headers."""
    caller = Caller(peer=scope.get("hourloom.peer"))
    client = scope.get("client")
    if client:
        caller.address = client[0]
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for name, value in headers:
        field = _FIELDS.get(name)
        if field is not None:
            setattr(caller, field, value.decode("latin-1"))
        if name == b"host":
            caller.hosts += 1
        elif name in _FORWARDED or name.startswith(b"x-forwarded"):
            caller.forwarded = True
    return caller


def require_host(caller: Caller, allowed: frozenset[str]) -> None:
    """Refuse a request that was not addressed to this server by a name it knows."""
    if caller.peer is not None and caller.peer.kind == "unix":
        return
    if caller.hosts != 1 or caller.host is None or caller.host.lower() not in allowed:
        raise HostNotAllowed


def require_own_site(caller: Caller, *, ingests: bool, allowed_origins: frozenset[str]) -> None:
    """Refuse what a foreign web page sends; extensions may reach the ingest routes."""
    if not caller.is_browser or caller.origin in allowed_origins:
        return
    if ingests and caller.is_extension:
        return
    if caller.fetch_site not in (None, "same-origin", "none"):
        raise CrossSite
    if caller.origin is not None and not _is_own_origin(caller):
        raise CrossSite


def _is_own_origin(caller: Caller) -> bool:
    return caller.origin in (f"http://{caller.host}", f"https://{caller.host}")
