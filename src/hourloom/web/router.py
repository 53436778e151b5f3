"""Find what answers a path by its segments: one look-up for each shape, however many routes there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Literal, NamedTuple

Message = MutableMapping[str, Any]  # ASGI's own
Application = Callable[[Any, Any, Any], Awaitable[None]]  # an ASGI application: scope, receive, send

Kind = Literal["http", "websocket"]


class Mount(NamedTuple):
    """An application and the path that it answers; `{name}` stands for one segment."""

    path: str
    application: Application
    kind: Kind = "http"


class Shape(NamedTuple):
    """Which segments of a path are parameters, and their names."""

    holes: tuple[int, ...]
    names: tuple[str, ...]


class Router:
    """Sends each request to the application of its path; literal paths win over patterns."""

    def __init__(self, mounts: Sequence[Mount], default: Application) -> None:
        self._default = default
        self._exact: dict[tuple[str, str], Application] = {}
        self._shapes: dict[int, list[tuple[int, ...]]] = {}
        self._patterns: dict[tuple[str, tuple[str, ...]], tuple[Application, Shape]] = {}
        for mount in mounts:
            self._add(mount)

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        await self.found(scope)(scope, receive, send)

    def found(self, scope: Message) -> Application:
        """Return the application for a request, its parameters put into the scope."""
        kind, path = scope["type"], scope["path"]
        scope["path_params"] = {}
        exact = self._exact.get((kind, path))
        if exact is not None:
            return exact
        segments = path.split("/")
        for holes in self._shapes.get(len(segments), ()):
            found = self._patterns.get((kind, _with_holes(segments, holes)))
            if found is not None and all(segments[hole] for hole in holes):
                application, shape = found
                scope["path_params"] = {
                    name: segments[hole] for name, hole in zip(shape.names, shape.holes, strict=True)
                }
                return application
        return self._default

    def _add(self, mount: Mount) -> None:
        segments = mount.path.split("/")
        holes = tuple(n for n, segment in enumerate(segments) if segment.startswith("{"))
        if not holes:
            self._exact[mount.kind, mount.path] = mount.application
            return
        shapes = self._shapes.setdefault(len(segments), [])
        if holes not in shapes:
            # The fewer parameters, the more a pattern says: /events/{event}/split before /{a}/{b}/{c}.
            shapes.append(holes)
            shapes.sort(key=len)
        shape = Shape(holes, tuple(segments[hole][1:-1] for hole in holes))
        self._patterns[mount.kind, _with_holes(segments, holes)] = (mount.application, shape)


def _with_holes(segments: Sequence[str], holes: tuple[int, ...]) -> tuple[str, ...]:
    key = list(segments)
    for hole in holes:
        key[hole] = ""
    return tuple(key)
