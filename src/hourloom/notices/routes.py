"""Notices over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hourloom.core.actors import Actor
from hourloom.core.clock import datetime_of
from hourloom.core.ids import NoticeId
from hourloom.notices.kinds import KINDS
from hourloom.notices.model import Notice, NoticeFact, NoticeSeverity
from hourloom.notices.service import Notices
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "notices")

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
PageSize = Annotated[int, Meta(ge=1, le=500)]
State = Literal["standing", "all"]


class NoticeView(msgspec.Struct):
    """Something that you should know."""

    id: int
    kind: str
    slot: str
    """Which of several of one kind, such as the bucket that is silent."""
    severity: NoticeSeverity
    sentence: str
    advice: str
    facts: dict[str, NoticeFact]
    raised_at: datetime
    read_at: datetime | None
    cleared_at: datetime | None


class NoticePage(msgspec.Struct):
    """Notices from the newest on."""

    notices: list[NoticeView]
    next_cursor: int | None


class NoticesRead(msgspec.Struct):
    """How many notices had not been read before."""

    read: int


@routes.on("GET", "/notices", scope="notices:read")
def list_notices(
    notices: Notices, who: Actor, cursor: Number = 2**63 - 1, limit: PageSize = 100, state: State = "standing"
) -> NoticePage:
    """List what you should know, the newest first; with `state=all` also what is over, for 30 days."""
    return page_of(notices.list(who, cursor, limit, over=state == "all"), limit)


@routes.on("POST", "/notices/{notice}/read", scope="notices:write", mode=Mode.WRITE)
def read_notice(notices: Notices, who: Actor, notice: Number) -> NoticeView:
    """Note that you read a notice; it stays until it is over, unless it tells of a moment."""
    return _view(notices.read(who, NoticeId(notice)))


@routes.on("POST", "/notices/read", scope="notices:write", mode=Mode.WRITE)
def read_notices(notices: Notices, who: Actor) -> NoticesRead:
    """Note that you read all notices that stand."""
    return NoticesRead(notices.read_all(who))


def page_of(found: Sequence[Notice], limit: int) -> NoticePage:
    """Return notices as they are told; where there are as many as the limit there may be more."""
    return NoticePage([_view(n) for n in found], found[-1].id if len(found) == limit else None)


def _view(notice: Notice) -> NoticeView:
    kind, facts = KINDS.get(notice.kind), notice.facts
    return NoticeView(
        id=notice.id,
        kind=notice.kind,
        slot=notice.slot,
        # A kind that only another version of the program knows.
        severity=kind.severity if kind else "note",
        sentence=kind.in_words(facts) if kind else f"There is something to look at ({notice.kind}).",
        advice=kind.advice if kind else "",
        facts=facts,
        raised_at=datetime_of(notice.raised_at),
        read_at=None if notice.read_at is None else datetime_of(notice.read_at),
        cleared_at=None if notice.cleared_at is None else datetime_of(notice.cleared_at),
    )
