"""Confirming who one is, over HTTP."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.accounts.step_up import SCOPE, StepUp, StepUpTicket
from hourloom.core.actors import Actor
from hourloom.web.caller import Caller
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "accounts")

Words = Annotated[str, Meta(min_length=1, max_length=1024)]


class Proof(msgspec.Struct, forbid_unknown_fields=True):
    """The passphrase of the database, or a code of `hourloom open --step-up`."""

    passphrase: Words | None = None
    code: Annotated[str, Meta(min_length=1, max_length=120)] | None = None

    def __repr__(self) -> str:
        return "Proof(…)"


class StepUpCode(msgspec.Struct):
    """A single-use code, valid for a minute."""

    code: str


@routes.on("POST", "/step-up", scope=SCOPE, mode=Mode.AWAITED)
async def step_up(confirming: StepUp, who: Actor, body: Proof) -> StepUpTicket:
    """Confirm that it is you; the ticket holds for five minutes of this token, as header Hourloom-Step-Up."""
    return await confirming.confirm(who, body.passphrase, body.code)


@routes.on("POST", "/step-up-codes", scope="admin", mode=Mode.WRITE, status=201, step_up=True)
def create_step_up_code(confirming: StepUp, who: Actor, caller: Caller) -> StepUpCode:
    """Make the code that confirms a page or a program; only over the local socket."""
    return StepUpCode(confirming.issue_code(who, caller))
