"""How fast callers may ask: permits that fill evenly; whoever has none waits for one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.errors import TooMany
from hourloom.web.caller import Caller
from hourloom.web.editors import KEY_IN_ADDRESS

LONGEST_WAIT = 10.0
"""Seconds after which `/api/v1` says no instead of letting a caller wait longer."""
MOST_CALLERS = 10_000
Scope = Mapping[str, Any]  # ASGI's own


class TooFast(TooMany):
    """Too many requests; try again in {seconds:.0f} s."""


class TooManyGuesses(TooMany):
    """Too many wrong tokens or codes came from this address; try again in {seconds:.0f} s."""


class Rate(msgspec.Struct, frozen=True):
    """So many at once, and so many a second after that."""

    burst: int
    per_second: float


REQUESTS = Rate(burst=5_000, per_second=500)
"""Of one token, or of one address without a token: for browsers and for the network."""
GUESSES = Rate(burst=100, per_second=20)
"""Of wrong tokens and codes, from one address."""


class Permits:
    """The permits of many callers, each with a supply of its own that refills."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._left: dict[Hashable, tuple[float, float]] = {}

    @property
    def has_callers(self) -> bool:
        """Return whether anybody took a permit."""
        return bool(self._left)

    def wait(self, caller: Hashable, now: float) -> float:
        """Return the seconds until a permit is there; 0 when one is."""
        return max(0.0, (1 - self._present(caller, now)) / self.rate.per_second)

    def take(self, caller: Hashable, now: float) -> float:
        """Take a permit, on credit where there is none; return the seconds until it is paid for."""
        if len(self._left) >= MOST_CALLERS:
            self._forget_idle(now)
        left = self._present(caller, now) - 1
        self._left[caller] = (left, now)
        return max(0.0, -left / self.rate.per_second)

    def _present(self, caller: Hashable, now: float) -> float:
        left, counted = self._left.get(caller, (float(self.rate.burst), now))
        return min(float(self.rate.burst), left + (now - counted) * self.rate.per_second)

    def _forget_idle(self, now: float) -> None:
        busy = {caller for caller in self._left if self._present(caller, now) < self.rate.burst}
        self._left = {caller: kept for caller, kept in self._left.items() if caller in busy}


class Limits:
    """What callers are held to; programs on this computer are held only to guessing slowly."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._now, self._sleep = now, sleep
        self._requests, self._guesses = Permits(REQUESTS), Permits(GUESSES)

    async def admit(self, caller: Caller, actor: Actor | None, *, patient: bool) -> None:
        """Wait until the caller may go on; whoever is not patient is refused rather than kept long."""
        if not is_limited(caller):
            return
        token = None if actor is None else actor.token_id
        key = caller.address if token is None else token
        if not patient and (seconds := self._requests.wait(key, self._now())) > LONGEST_WAIT:
            raise TooFast(seconds=seconds)
        if seconds := self._requests.take(key, self._now()):
            await self._sleep(seconds)

    @property
    def has_guessers(self) -> bool:
        """Return whether anybody guessed at all, which is seldom."""
        return self._guesses.has_callers

    async def require_no_guesser(self, scope: Scope, *, patient: bool) -> None:
        """Refuse an address of the network that guessed too often; this computer is never locked out."""
        peer = scope.get("hourloom.peer")
        if peer is not None and peer.loopback:
            return
        seconds = self._guesses.wait(guesser_of(scope), self._now())
        if seconds and not patient:
            raise TooManyGuesses(seconds=max(1.0, seconds))
        if seconds:
            await self._sleep(seconds)

    async def slow_down(self, scope: Scope) -> None:
        """Count a wrong token or code; the answer to one who guesses much comes late."""
        if seconds := self._guesses.take(guesser_of(scope), self._now()):
            await self._sleep(min(seconds, LONGEST_WAIT))


def address_of(scope: Scope) -> str:
    """Return where a request comes from; all of the local socket is one place."""
    client = scope.get("client")
    return str(client[0]) if client else "local"


def guesser_of(scope: Scope) -> str:
    """Return who a guess counts for: an address, and apart from it what any page can send from there.

    Else a page of another site could lock out the computer on which somebody looks at it.
    """
    headers = dict(scope["headers"])
    origin, host = headers.get(b"origin"), headers.get(b"host", b"")
    is_foreign = origin is not None and origin not in (b"http://" + host, b"https://" + host)
    by_page = is_foreign or KEY_IN_ADDRESS in scope.get("query_string", b"")
    return address_of(scope) + (" by a page" if by_page else "")


def is_limited(caller: Caller) -> bool:
    """Return whether a caller may ask only so fast: browsers, and whoever is not on this computer."""
    return caller.is_browser or caller.peer is None or not caller.peer.loopback
