"""Raise, list, read and clear notices."""

from __future__ import annotations

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.core.ids import NoticeId, WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.notices import store
from hourloom.notices.kinds import KINDS
from hourloom.notices.model import (
    KEPT_FOR,
    MOST_STANDING,
    NoSuchNotice,
    Notice,
    NoticeCleared,
    NoticeFact,
    NoticeRaised,
    NoticeRead,
    checked_facts,
)

_LAST = 2**63 - 1


class Notices:
    """What the server has to tell its user."""

    is_service = True

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def raised(self, workspace: WorkspaceId, kind: str, slot: str = "", **facts: NoticeFact) -> None:
        """Tell the user of something, within a write; once per kind and slot while it stands.

        The kinds are those of `notices/kinds.py`. Told again, only the facts are renewed.
        """
        if kind not in KINDS:
            raise LookupError(f"there is no kind of notice {kind}; add it to notices/kinds.py")
        subject = msgspec.json.encode(checked_facts(facts)).decode()
        with self._database.begin() as tx:
            found = store.standing_one(tx, workspace, kind, slot)
            if found is None:
                found = self._new(tx, workspace, kind, slot, subject)
            elif found.subject == subject:
                return
            else:
                store.set_subject(tx, found.id, subject)
                found = msgspec.structs.replace(found, subject=subject)
            if found is not None:
                tx.changed(workspace, _raised(found))

    def cleared(self, workspace: WorkspaceId, kind: str, slot: str = "") -> None:
        """Say, within a write, that it is over."""
        with self._database.begin() as tx:
            found = store.standing_one(tx, workspace, kind, slot)
            if found is not None:
                self._clear(tx, found)

    def slots(self, workspace: WorkspaceId, kind: str) -> list[str]:
        """Return the slots of a kind in which a notice stands, for other services: it asks for no scope."""
        with self._database.read() as tx:
            return [notice.slot for notice in store.standing_of_kind(tx, workspace, kind)]

    def list(self, who: Actor, before: int = _LAST, limit: int = 100, *, over: bool = False) -> list[Notice]:
        """Return the notices that stand, or with `over` all that are kept, the newest first."""
        who.require("notices:read")
        with self._database.read() as tx:
            found = store.newest if over else store.standing
            return found(tx, who.workspace_id, before, limit)

    def read(self, who: Actor, notice_id: NoticeId) -> Notice:
        """Note that a notice was read; one about a moment is over by that."""
        who.require("notices:write")
        with self._database.begin() as tx:
            found = store.by_id(tx, who.workspace_id, notice_id)
            if found is None:
                raise NoSuchNotice(id=notice_id)
            return self._read(tx, found)

    def read_all(self, who: Actor) -> int:
        """Note that all notices which stand were read; return how many had not been."""
        who.require("notices:write")
        with self._database.begin() as tx:
            unread = [
                notice
                for notice in store.standing(tx, who.workspace_id, _LAST, MOST_STANDING)
                if notice.read_at is None
            ]
            for notice in unread:
                self._read(tx, notice)
            return len(unread)

    def counted(self) -> dict[str, int]:
        """Return how many notices of each kind stand, for the figures of the server."""
        with self._database.read() as tx:
            return store.standing_by_kind(tx)

    def prune(self, limit: int = 500) -> bool:
        """Delete some of what has been over for long; return whether there may be more."""
        with self._database.begin() as tx:
            return store.prune(tx, self._clock.now() - KEPT_FOR, limit) == limit

    def _new(
        self, tx: Transaction, workspace: WorkspaceId, kind: str, slot: str, subject: str
    ) -> Notice | None:
        if store.count_standing(tx, workspace) >= MOST_STANDING:
            return None
        now = self._clock.now()
        notice = store.add(tx, workspace, kind, slot, subject, now)
        return Notice(notice, workspace, kind, slot, subject, now, None, None)

    def _read(self, tx: Transaction, notice: Notice) -> Notice:
        if notice.read_at is None:
            now = self._clock.now()
            store.set_read(tx, notice.id, now)
            tx.changed(notice.workspace_id, NoticeRead(notice.id, notice.kind, notice.slot, now))
            notice = msgspec.structs.replace(notice, read_at=now)
        if notice.cleared_at is None and notice.kind in KINDS and KINDS[notice.kind].momentary:
            return self._clear(tx, notice)
        return notice

    def _clear(self, tx: Transaction, notice: Notice) -> Notice:
        now = self._clock.now()
        store.set_cleared(tx, notice.id, now)
        tx.changed(notice.workspace_id, NoticeCleared(notice.id, notice.kind, notice.slot))
        return msgspec.structs.replace(notice, cleared_at=now)


def _raised(notice: Notice) -> NoticeRaised:
    kind, facts = KINDS[notice.kind], notice.facts
    return NoticeRaised(
        id=notice.id,
        notice_kind=notice.kind,
        slot=notice.slot,
        severity=kind.severity,
        sentence=kind.in_words(facts),
        advice=kind.advice,
        facts=facts,
        raised_at=notice.raised_at,
        read_at=notice.read_at,
    )
