"""The live addresses, ready to be mounted beside the typed routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

from hourloom.live.feed import Feed
from hourloom.live.hub import Hub
from hourloom.live.ports import Admissions
from hourloom.web.caller import Scope
from hourloom.web.endpoint import Context
from hourloom.web.router import Mount
from hourloom.web.routes import Route
from hourloom.web.wire import Receive, Send

Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def live_routes(
    routes: Sequence[Route], context: Context, feed: Feed, hub: Hub, admissions: Admissions
) -> Iterator[Mount]:
    """Return the socket, with the typed routes as its commands, and the stream for scripts."""

    # Nobody listens while the server starts, so what listening needs is imported by the first who does.
    def socket() -> Application:
        from hourloom.live.admission import Door  # noqa: PLC0415
        from hourloom.live.commands import Commands  # noqa: PLC0415
        from hourloom.live.socket import LiveSocket  # noqa: PLC0415

        return LiveSocket(context, feed, hub, Door(context, admissions), Commands(routes, context))

    def stream() -> Application:
        from hourloom.live.admission import Door  # noqa: PLC0415
        from hourloom.live.stream import LiveEvents  # noqa: PLC0415

        return LiveEvents(context, feed, hub, Door(context, admissions))

    yield Mount("/api/v1/live", OnceAsked(socket), "websocket")
    yield Mount("/api/v1/live/events", OnceAsked(stream))


class OnceAsked:
    """An application that is made by its first request."""

    def __init__(self, make: Callable[[], Application]) -> None:
        self._make = make
        self._made: Application | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._made is None:
            self._made = self._make()
        await self._made(scope, receive, send)
