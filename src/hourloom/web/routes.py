"""Typed routes: a plain function's signature says what is read from the request and what is answered.

A parameter named in the path is a path parameter, `body` is the JSON body, an `Actor` is whoever
asks, a `Caller` the facts of the request, a class the application provides is that service, and
everything else is a query parameter.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple, get_type_hints

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.decoding import decoder_of
from hourloom.db.transaction import Lane
from hourloom.web.caller import Caller

PATH_PARAMETER = re.compile(r"{(\w+)}")


class Mode(Enum):
    """Where a route's function runs."""

    READ = "read"
    """On a reading thread, in one snapshot."""
    WRITE = "write"
    """On the writer; the answer goes out once it is on disk."""
    PLAIN = "plain"
    """On the server's loop, at once: it touches no database."""
    AWAITED = "awaited"
    """A coroutine on the server's loop, which awaits the database itself."""
    QUEUED = "queued"
    """On the server's loop, at once: it says what is to be put on a lane of the writer."""


class Access(Enum):
    """Who may call a route."""

    TOKEN = "token"  # noqa: S105 - not a secret
    """A token with the route's scope, or the owner on the local socket."""
    LOCAL = "local"
    """As TOKEN, and without one whoever the trust rules of `/api/0` let in."""
    INGEST = "ingest"
    """As LOCAL, and browser extensions too."""
    EDITOR = "editor"
    """A token in one of the forms in which editors' plug-ins show theirs, from any page or extension."""
    ANYONE = "anyone"


class Answer(NamedTuple):
    """An answer that is more than a value: a status, headers, or bytes that are not JSON."""

    value: object = None
    status: int = 200
    headers: Mapping[str, str] = {}


class Queued(NamedTuple):
    """What a request puts on a lane of the writer, and what is answered once that is on disk."""

    lane: Lane
    item: object
    shown: Callable[[Any], object]
    """From the lane's answer to what the route answers."""


class Streamed(NamedTuple):
    """An answer sent in pieces, each made on a reading thread."""

    pieces: Callable[[], Any]
    """Returns an iterator of bytes."""
    headers: Mapping[str, str] = {}


class Parameter(NamedTuple):
    """One parameter of a route's function."""

    name: str
    source: str
    """"path", "query", "body", "actor", "caller", "upload" or "service"."""
    type: Any
    default: Any


class Upload(NamedTuple):
    """A body that is too large to hold: its pieces as they arrive."""

    pieces: Any
    content_type: str


class Route:
    """One operation of the API; its signature is read when it is first asked, for most never are."""

    def __init__(  # noqa: PLR0913 - each is a fact of the route's own line
        self,
        method: str,
        path: str,
        function: Callable[..., Any],
        *,
        mode: Mode,
        scope: str | None,
        access: Access,
        status: int,
        limit: int,
        tag: str,
        also: Mapping[int, str],
        extensions: bool,
        shows: Any,
        compressed: bool,
        step_up: bool,
    ) -> None:
        self.also, self.compressed, self.step_up = also, compressed, step_up
        self.takes_extensions = extensions or access is Access.INGEST
        self.method, self.path, self.function = method, path, function
        self.mode, self.scope, self.access, self.status, self.limit = mode, scope, access, status, limit
        self.tag = tag
        self.name = function.__name__
        self._shows = shows

    @property
    def summary(self) -> str:
        """Return what the function says of itself in one line."""
        return (inspect.getdoc(self.function) or "").split("\n")[0]

    @cached_property
    def parameters(self) -> list[Parameter]:
        """The parameters of the function."""
        in_path, hints = set(PATH_PARAMETER.findall(self.path)), self._hints
        return [
            Parameter(p.name, _source_of(p.name, hints[p.name], in_path), hints[p.name], p.default)
            for p in inspect.signature(self.function).parameters.values()
        ]

    @property
    def returns(self) -> Any:
        """Return the type of what the function returns."""
        return self._hints.get("return")

    @property
    def shows(self) -> Any:
        """Return what the answer holds."""
        return self.returns if self._shows is None else self._shows

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[Any] | None:
        """What reads the body, if it takes one."""
        return decoder_of(self._body.type) if self._body else None

    @property
    def body_is_optional(self) -> bool:
        """Return whether it can be asked without a body."""
        return bool(self._body and self._body.default is not inspect.Parameter.empty)

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.function, include_extras=True)

    @property
    def _body(self) -> Parameter | None:
        return next((p for p in self.parameters if p.source == "body"), None)

    @cached_property
    def refuses_body(self) -> bool:
        """Whether a body would be a mistake: nothing reads it, and no client of others sends one anyway."""
        return (
            self.path.startswith("/api/v1/")
            and not self.is_for_editors
            and self.method != "GET"
            and not any(p.source in ("body", "upload") for p in self.parameters)
        )

    @property
    def tells_secret(self) -> bool:
        """Return whether the answer holds a secret, which must not be kept for a second request."""
        secret = ("token", "sign-in", "pairing", "ticket", "step-up", "/keys")
        return any(word in self.path for word in secret)

    @property
    def is_activitywatch(self) -> bool:
        """Return whether errors take ActivityWatch's shape."""
        return self.path.startswith("/api/0")

    @property
    def is_for_editors(self) -> bool:
        """Return whether it takes what editors' plug-ins send: keys, media types and errors of their own."""
        return self.access is Access.EDITOR


def _source_of(name: str, hint: Any, in_path: set[str]) -> str:
    if name in in_path:
        return "path"
    named = {"body": "body"}.get(name)
    if named:
        return named
    if hint is Actor:
        return "actor"
    if hint is Caller:
        return "caller"
    if hint is Upload:
        return "upload"
    return "service" if inspect.isclass(hint) and getattr(hint, "is_service", False) else "query"


KIB = 1024
MIB = 1024 * KIB
ORDINARY_BODY = 1 * MIB
EVENTS_BODY = 16 * MIB
IMPORT_BODY = 2048 * MIB


class Routes:
    """The routes of one module, collected by decorators."""

    def __init__(self, prefix: str, tag: str) -> None:
        self._prefix, self._tag = prefix, tag
        self.all: list[Route] = []

    def on(  # noqa: PLR0913 - as above
        self,
        method: str,
        *paths: str,
        scope: str | None = None,
        mode: Mode = Mode.READ,
        access: Access = Access.TOKEN,
        status: int = 200,
        limit: int = ORDINARY_BODY,
        also: Mapping[int, str] = {},
        extensions: bool = False,
        shows: Any = None,
        compressed: bool = False,
        step_up: bool = False,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a function as the answer to a method and its paths.

        `extensions` lets the extensions of browsers in, as on the routes that record. `also` describes the
        statuses besides `status`. `shows` is what the answer holds where the function does not return
        just that: a type, or the media type of text. `compressed` answers are gzip for whoever takes it.
        `step_up` routes want the caller to have confirmed just now to be the owner.
        """

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            self.all.extend(
                Route(
                    method,
                    self._prefix + path,
                    function,
                    mode=mode,
                    scope=scope,
                    access=access,
                    status=status,
                    limit=limit,
                    tag=self._tag,
                    also=also,
                    extensions=extensions,
                    shows=shows,
                    compressed=compressed,
                    step_up=step_up,
                )
                for path in paths
            )
            return function

        return declare
