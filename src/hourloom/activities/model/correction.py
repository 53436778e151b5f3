"""Corrections: what a person said about one window or page, one app or one site; it wins over every rule."""

from __future__ import annotations

from typing import Literal

import msgspec

from hourloom.activities.model.rule import Outcome
from hourloom.core.clock import Instant
from hourloom.core.errors import Invalid, NotFound, TooLarge

MOST_CORRECTIONS = 20_000
LONGEST_SUBJECT = 253

Kind = Literal["payload", "app", "domain"]


class NoSuchCorrection(NotFound):
    """There is no correction {id}."""


class CorrectionNotValid(Invalid):
    """The correction cannot be used: {reason}."""


class NoSuchPayload(NotFound):
    """Nothing that was recorded has the number {id}."""


class TooManyCorrections(TooLarge):
    """There are {most} corrections already; make a rule of some."""


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person said about something; said again it replaces what was said before."""

    id: int
    kind: Kind
    subject: str
    """The digest of the payload, the identity of the app, or the site."""
    outcome: Outcome
    payload_id: int | None = None
    at: Instant = Instant(0)
