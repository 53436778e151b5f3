"""Corrections over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.activities.model.correction import Correction, CorrectionNotValid, Kind
from hourloom.activities.model.rule import Outcome
from hourloom.activities.service.corrections import Corrections, Shown
from hourloom.core.actors import Actor
from hourloom.core.clock import datetime_of
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "corrections")

READ, WRITE = "activities:read", "activities:write"

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
PageSize = Annotated[int, Meta(ge=1, le=500)]


class ToCorrect(msgspec.Struct, forbid_unknown_fields=True):
    """What something is: a payload by its number, or an app or a site by its name."""

    outcome: Outcome
    payload_id: Number | None = None
    app: Annotated[str, Meta(max_length=253)] | None = None
    domain: Annotated[str, Meta(max_length=2_000)] | None = None


class CorrectionShape(msgspec.Struct):
    """What was said about something, and what that is in words."""

    id: int
    kind: Kind
    about: str
    """The title of a page or window, the identity of an app, or a site."""
    app: str
    payload_id: int | None
    outcome: Outcome
    at: datetime


class CorrectionMade(msgspec.Struct):
    """The number of a correction, and the operation with which this can be undone."""

    id: int
    operation_id: int


class CorrectionsChangeMade(msgspec.Struct):
    """The operation with which this can be undone."""

    operation_id: int


class CorrectionPage(msgspec.Struct):
    """Corrections from the newest on."""

    corrections: list[CorrectionShape]
    next_cursor: int | None


@routes.on("GET", "/corrections", scope=READ)
def list_corrections(
    corrections: Corrections, who: Actor, cursor: Number = 2**63 - 1, limit: PageSize = 100
) -> CorrectionPage:
    """List what was said about single things, the newest first."""
    found = corrections.list(who, cursor, limit)
    shown = [_shape(each) for each in found]
    return CorrectionPage(shown, shown[-1].id if len(found) == limit else None)


@routes.on("POST", "/corrections", scope=WRITE, mode=Mode.WRITE, status=201)
def correct(corrections: Corrections, who: Actor, body: ToCorrect) -> CorrectionMade:
    """Say what a payload, an app or a site is; said again it replaces what was said before."""
    made, operation = corrections.correct(who, *_named(body), body.outcome)
    return CorrectionMade(made.id, operation)


@routes.on("DELETE", "/corrections/{correction}", scope=WRITE, mode=Mode.WRITE)
def remove_correction(corrections: Corrections, who: Actor, correction: Number) -> CorrectionsChangeMade:
    """Forget what was said about something."""
    return CorrectionsChangeMade(corrections.remove(who, correction))


def _named(body: ToCorrect) -> tuple[Kind, int | str]:
    given: dict[Kind, int | str | None] = {
        "payload": body.payload_id,
        "app": body.app,
        "domain": body.domain,
    }
    named = [(kind, about) for kind, about in given.items() if about is not None]
    if len(named) != 1:
        raise CorrectionNotValid(reason="give just one of `payload_id`, `app` and `domain`")
    return named[0]


def _shape(shown: Shown) -> CorrectionShape:
    said: Correction = shown.correction
    about = shown.title if said.kind == "payload" else said.subject
    return CorrectionShape(
        said.id, said.kind, about, shown.app, said.payload_id, said.outcome, datetime_of(said.at)
    )
