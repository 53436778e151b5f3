"""`/api/v1/devices/{device}/returns`: that somebody is back at a device."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import instant_of
from hourloom.tracking.model import WhyAway
from hourloom.tracking.routes.devices import DeviceName
from hourloom.tracking.service import Returns
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "tracking")


class NewReturn(msgspec.Struct, forbid_unknown_fields=True):
    """For how long somebody was away, and why that began."""

    away_from: datetime
    """The last input, or when the screen was locked or the computer fell asleep."""
    back_at: datetime
    why: WhyAway


class ReturnTaken(msgspec.Struct):
    """The return is announced."""


@routes.on("POST", "/devices/{device}/returns", mode=Mode.WRITE)
def announce_return(returns: Returns, who: Actor, device: DeviceName, body: NewReturn) -> ReturnTaken:
    """Say that somebody is back at a device; its program does that. The feed tells it as PersonReturned."""
    returns.announce(who, device, instant_of(body.away_from), instant_of(body.back_at), body.why)
    return ReturnTaken()
