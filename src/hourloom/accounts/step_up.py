"""Step-up: showing once more that it is you, before what cannot be taken back.

    token or page ── passphrase, or a code of `hourloom open --step-up` ── ticket for this token ── 5 minutes
    local socket  ── passphrase, where there is one ────────────────────── ticket for the socket ── 5 minutes

Where there is no passphrase, coming over the local socket as the same user is confirmation enough.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

import msgspec

from hourloom.accounts.model import (
    TICKET_LIVES,
    NoPassphrase,
    NotOnThisWay,
    ProofUnclear,
    StepUpNeeded,
    StepUpRefused,
    TicketRefused,
    TooManyProofs,
)
from hourloom.accounts.ports import Passphrase
from hourloom.accounts.service import Accounts
from hourloom.core.actors import Actor
from hourloom.core.clock import Clock, Instant, datetime_of
from hourloom.db.transaction import Database
from hourloom.web.caller import Caller
from hourloom.web.limits import Permits, Rate

SCOPE = "accounts:write"
WRONG_PROOFS = Rate(burst=5, per_second=0.1)
"""Of wrong passphrases and codes of one user, whoever sends them."""

HOW = {
    "passphrase": "the passphrase of the database",
    "code": "a code of `hourloom open --step-up`",
}


class StepUpTicket(msgspec.Struct, frozen=True):
    """What the header Hourloom-Step-Up carries, for as long as it holds."""

    ticket: str
    expires_at: datetime


class StepUp:
    """Confirms that a caller is the owner."""

    is_service = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        accounts: Accounts,
        passphrase: Passphrase,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._clock, self._accounts = database, clock, accounts
        self._passphrase, self._now = passphrase, now
        self._wrong = Permits(WRONG_PROOFS)
        self._one_at_a_time = asyncio.Lock()

    async def confirm(self, who: Actor, passphrase: str | None, code: str | None) -> StepUpTicket:
        """Return a ticket for the passphrase of the database, or for a code."""
        who.require(SCOPE)
        if (passphrase is None) is (code is None):
            raise ProofUnclear
        # One after another, so that many guesses at once are counted like as many in a row.
        async with self._one_at_a_time:
            self._require_patience(who)
            if not await self._is_right(who, passphrase, code):
                self._wrong.take(who.user_id, self._now())
                raise StepUpRefused(what="The passphrase" if code is None else "The code")
        return await self._database.run_write(lambda: self._ticket(who), who=who)

    def issue_code(self, who: Actor, caller: Caller) -> str:
        """Return a code that a page or a program confirms with, once and within a minute."""
        if not _is_local(caller, who):
            raise NotOnThisWay
        return self._accounts.issue_ticket(who, "step_up_code", str(who.user_id))

    def require(self, caller: Caller, who: Actor) -> None:
        """Raise unless the caller has confirmed within the last minutes; reads a file and the database."""
        if caller.step_up is not None:
            if self._accounts.holds("step_up", caller.step_up, _bound_to(who)):
                return
        elif _is_local(caller, who) and not self._passphrase.is_set():
            return
        raise StepUpNeeded(**self._ways(caller, who))

    def _ways(self, caller: Caller, who: Actor) -> dict[str, object]:
        words = ["passphrase"] if self._passphrase.is_set() else []
        ways = words if _is_local(caller, who) and words else [*words, "code"]
        return {"ways": ways, "how": " or ".join(HOW[way] for way in ways)}

    def _require_patience(self, who: Actor) -> None:
        if seconds := self._wrong.wait(who.user_id, self._now()):
            raise TooManyProofs(seconds=max(1.0, seconds))

    async def _is_right(self, who: Actor, passphrase: str | None, code: str | None) -> bool:
        if code is not None:
            return await self._is_good(who, code)
        if not await asyncio.to_thread(self._passphrase.is_set):
            raise NoPassphrase
        return await asyncio.to_thread(self._passphrase.is_right, passphrase or "")

    async def _is_good(self, who: Actor, code: str) -> bool:
        try:
            redeem = self._accounts.redeem
            ticket = await self._database.run_write(lambda: redeem("step_up_code", code), who=who)
        except TicketRefused:
            return False
        return (ticket.workspace_id, ticket.user_id) == (who.workspace_id, who.user_id)

    def _ticket(self, who: Actor) -> StepUpTicket:
        expires = Instant(self._clock.now() + TICKET_LIVES["step_up"])
        secret = self._accounts.issue_ticket(who, "step_up", _bound_to(who))
        return StepUpTicket(secret, datetime_of(expires))


def _bound_to(who: Actor) -> str:
    """Return what a ticket is good for: one token, or the local socket."""
    return f"{who.workspace_id} {who.user_id} {who.token_id or 'local'}"


def _is_local(caller: Caller, who: Actor) -> bool:
    """Return whether this came over the local socket and without a token."""
    return who.token_id is None and caller.peer is not None and caller.peer.kind == "unix"
