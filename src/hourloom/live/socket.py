"""The live WebSocket: Changes out as they are committed, commands in."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from hourloom.core.actors import Actor
from hourloom.core.errors import HourloomError
from hourloom.live import messages
from hourloom.live.admission import Door
from hourloom.live.commands import Commands, failed
from hourloom.live.feed import Feed
from hourloom.live.follow import Follower
from hourloom.live.hub import Hub
from hourloom.live.model import ChangesMissed
from hourloom.live.pace import Pace
from hourloom.live.query import since_in
from hourloom.live.scopes import may_see
from hourloom.web.caller import Caller, Scope, caller_of
from hourloom.web.endpoint import Context
from hourloom.web.problems import known
from hourloom.web.wire import Receive, Send

SECONDS_FOR_THE_TICKET = 5.0
MOST_IN_FLIGHT = 8
MESSAGES_PER_SECOND, BURST = 100.0, 200

NORMAL = 1000
NOT_TEXT = 1003
TOO_LARGE = 1009
STOPPING = 1012
TRY_LATER = 1013
NOT_UNDERSTOOD = 4400
NOT_LET_IN = 4401
NO_TICKET = 4408


class Ended(Exception):
    """The socket is over."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code)
        self.code, self.reason = code, reason


class LiveSocket:
    """The ASGI application behind `/api/v1/live`."""

    def __init__(self, context: Context, feed: Feed, hub: Hub, door: Door, commands: Commands) -> None:
        self.context, self.feed, self.hub, self.commands = context, feed, hub, commands
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = caller_of(scope)
        try:
            self.door.require_place(caller)
            since = since_in(scope)
            actor = None if caller.is_browser else self.door.by_token(caller)
            self.hub.require_room()
        except HourloomError as error:
            await _refuse(scope, send, error)
            return
        await receive()
        await send({"type": "websocket.accept"})
        await Conversation(self, caller, receive, send).hold(actor, since)


class Conversation:
    """One open socket."""

    def __init__(self, home: LiveSocket, caller: Caller, receive: Receive, send: Send) -> None:
        self._home, self._caller, self._receive, self._send = home, caller, receive, send
        self._free = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._in_flight: set[asyncio.Task[None]] = set()
        self._pace = Pace(MESSAGES_PER_SECOND, BURST)

    async def hold(self, actor: Actor | None, since: int | None) -> None:
        """Talk until either end has had enough."""
        try:
            if actor is None:
                actor, since = await self._introduced()
            await self._talk(actor, since)
        except Ended as end:
            await self._close(end)

    async def _introduced(self) -> tuple[Actor, int | None]:
        """Read the ticket that must be a browser's first message."""
        try:
            text = await asyncio.wait_for(self._text(), SECONDS_FOR_THE_TICKET)
        except TimeoutError:
            raise Ended(NO_TICKET, "the first message must be a ticket") from None
        try:
            opening = messages.opening_of(text)
        except HourloomError as error:
            raise Ended(NOT_UNDERSTOOD, error.code) from None
        try:
            return await self._home.door.by_ticket(opening.ticket), opening.since
        except HourloomError as error:
            raise Ended(NOT_LET_IN, error.code) from None

    async def _talk(self, actor: Actor, since: int | None) -> None:
        with self._home.hub.subscribe(actor.workspace_id) as subscription:
            follower = Follower(self._home.context.database, self._home.feed, subscription)
            await self._tell(messages.hello(await follower.begin(since)))
            await self._first_to_end(self._telling(actor, follower), self._listening(actor))

    async def _first_to_end(self, *parts: Coroutine[Any, Any, None]) -> None:
        running = {asyncio.ensure_future(part) for part in parts}
        try:
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            everything = running | self._in_flight
            for each in everything:
                each.cancel()
            await asyncio.gather(*everything, return_exceptions=True)

    async def _telling(self, actor: Actor, follower: Follower) -> None:
        async for told in follower.told():
            if isinstance(told, ChangesMissed):
                await self._tell(messages.resync(told))
                continue
            if not self._home.door.still_holds(actor):
                raise Ended(NOT_LET_IN, "the token is no longer valid")
            for change in told:
                if may_see(actor, change):
                    await self._tell(messages.change(change))
        raise Ended(STOPPING, "the server is stopping")

    async def _listening(self, actor: Actor) -> None:
        while True:
            text = await self._text()
            await self._pace.permit()
            await self._free.acquire()
            task = asyncio.ensure_future(self._answer(actor, text))
            self._in_flight.add(task)
            task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._free.release()
        if not task.cancelled():
            # Whatever it was, such as a socket that is gone, the parts that listen and tell learn of it too.
            task.exception()

    async def _answer(self, actor: Actor, text: str) -> None:
        try:
            self._home.door.require_current(actor)
            command = messages.command_of(text)
        except HourloomError as error:
            await self._tell(messages.answer(messages.id_in(text), *failed(error)))
            return
        answer = await self._home.commands.perform(
            command.name, actor, self._caller, command.parameters, command.idempotency_key
        )
        await self._tell(messages.answer(command.id, *answer))

    async def _text(self) -> str:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            raise Ended(NORMAL)
        text = message.get("text")
        if not isinstance(text, str):
            raise Ended(NOT_TEXT, "messages are text")
        if len(text) > messages.MOST_BYTES:
            raise Ended(TOO_LARGE, "a message has at most 1 MiB")
        return text

    async def _tell(self, message: bytes) -> None:
        await self._send({"type": "websocket.send", "text": message.decode()})

    async def _close(self, end: Ended) -> None:
        if end.code != NORMAL:
            await self._send({"type": "websocket.close", "code": end.code, "reason": end.reason})


async def _refuse(scope: Scope, send: Send, error: HourloomError) -> None:
    """Answer the upgrade with an error, where the server lets an application do that."""
    status, body = failed(known(error))
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": NOT_LET_IN, "reason": error.code})
        return
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
