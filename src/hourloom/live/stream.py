"""Changes as server-sent events, for scripts: `curl -N` is enough to follow what happens."""

from __future__ import annotations

import asyncio
import contextlib

from hourloom.core.actors import Actor
from hourloom.core.errors import HourloomError
from hourloom.live import messages
from hourloom.live.admission import Door
from hourloom.live.commands import failed
from hourloom.live.feed import Feed
from hourloom.live.follow import Follower
from hourloom.live.hub import Hub
from hourloom.live.model import ChangesMissed
from hourloom.live.query import place_in, since_in
from hourloom.live.scopes import may_see
from hourloom.web.caller import Scope, caller_of
from hourloom.web.endpoint import Context
from hourloom.web.problems import MethodNotAllowed
from hourloom.web.wire import Receive, Send

SECONDS_BETWEEN_SIGNS_OF_LIFE = 15.0
SIGN_OF_LIFE = b": still here\n\n"
STREAM = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]


class LiveEvents:
    """The ASGI application behind `/api/v1/live/events`."""

    def __init__(self, context: Context, feed: Feed, hub: Hub, door: Door) -> None:
        self._context, self._feed, self._hub, self._door = context, feed, hub, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = caller_of(scope)
        try:
            self._door.require_place(caller)
            if scope["method"] != "GET":
                raise MethodNotAllowed(method=scope["method"][:20])
            actor = self._door.by_token(caller)
            since = _place(scope)
            self._hub.require_room()
        except HourloomError as error:
            await _refuse(send, error)
            return
        await send({"type": "http.response.start", "status": 200, "headers": STREAM})
        writing = asyncio.ensure_future(self._write(actor, since, send))
        leaving = asyncio.ensure_future(_left(receive))
        await _first_of(writing, leaving)
        await send({"type": "http.response.body", "body": b""})

    async def _write(self, actor: Actor, since: int | None, send: Send) -> None:
        with self._hub.subscribe(actor.workspace_id) as subscription:
            follower = Follower(self._context.database, self._feed, subscription)
            newest = await follower.begin(since)
            await _send(send, _event("hello", messages.hello(newest)))
            alive = asyncio.ensure_future(_keep_alive(send))
            try:
                await self._tell(actor, follower, send)
            finally:
                alive.cancel()

    async def _tell(self, actor: Actor, follower: Follower, send: Send) -> None:
        async for told in follower.told():
            if isinstance(told, ChangesMissed):
                await _send(send, _event("resync", messages.resync(told), told.newest))
                continue
            if not self._door.still_holds(actor):
                return
            seen = [change for change in told if may_see(actor, change)]
            if seen:
                await _send(send, b"".join(_event("change", messages.change(c), c.sequence) for c in seen))


async def _first_of(*running: asyncio.Task[None]) -> None:
    try:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    for each in done:
        each.result()


async def _left(receive: Receive) -> None:
    """Wait until the other end is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _keep_alive(send: Send) -> None:
    """Say something now and then, so that nothing on the way takes the silence for the end."""
    with contextlib.suppress(OSError):
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_SIGNS_OF_LIFE)
            await _send(send, SIGN_OF_LIFE)


def _event(name: str, body: bytes, sequence: int | None = None) -> bytes:
    number = b"" if sequence is None else b"id: %d\n" % sequence
    return number + b"event: %s\ndata: %s\n\n" % (name.encode(), body)


def _place(scope: Scope) -> int | None:
    """Return where to go on: a browser that comes back says so in a header, a script in the query."""
    for name, value in scope["headers"]:
        if name == b"last-event-id":
            return place_in(value.decode("latin-1"))
    return since_in(scope)


async def _send(send: Send, piece: bytes) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _refuse(send: Send, error: HourloomError) -> None:
    status, body = failed(error)
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
