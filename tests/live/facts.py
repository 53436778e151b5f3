"""Changes to write in tests, and a way to write them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom.core.changes import Change, PersonalChange
from hourloom.core.clock import SECOND, Duration, Instant
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.live.feed import Feed
from hourloom.live.model import ChangePage

HOME = WorkspaceId(7)
ELSEWHERE = WorkspaceId(8)


class LampLit(Change, frozen=True):
    """A lamp was lit."""

    lamp: int


class LetterReceived(PersonalChange, frozen=True):
    """Somebody received a letter."""

    text: str


class VerseRecited(Change, frozen=True):
    """Something long was said."""

    verse: str


class Wick(msgspec.Struct, frozen=True):
    """What burns."""

    trimmed_at: Instant
    lasts: Duration


class LampFilled(Change, frozen=True):
    """A lamp was filled."""

    at: Instant
    wick: Wick
    earlier: list[Instant]
    until: Instant | None = None


def light(database: Database, *lamps: int, workspace: WorkspaceId = HOME) -> None:
    """Commit one write that announces a Change for each lamp."""
    announce(database, [LampLit(lamp) for lamp in lamps], workspace)


def recite(database: Database, verses: int, workspace: WorkspaceId = HOME) -> None:
    """Commit one write that announces long Changes."""
    announce(database, [VerseRecited("la " * 3_000)] * verses, workspace)


def announce(database: Database, changes: Sequence[Change], workspace: WorkspaceId) -> None:
    def work() -> None:
        with database.begin() as tx:
            for change in changes:
                tx.changed(workspace, change)

    database.write(work)


def a_filling() -> LampFilled:
    return LampFilled(
        Instant(SECOND), Wick(Instant(2 * SECOND), Duration(SECOND // 2)), [Instant(3 * SECOND + 1)]
    )


def page_since(
    database: Database, feed: Feed, sequence: int, workspace: WorkspaceId = HOME, limit: int = 1_000
) -> ChangePage:
    with database.read() as tx:
        return feed.since(tx, workspace, sequence, limit)


def lamps_in(page: ChangePage) -> list[int]:
    return [msgspec.json.decode(change.body)["lamp"] for change in page.changes]


def sequences_in(page: ChangePage) -> Sequence[int]:
    return [change.sequence for change in page.changes]


def prune(database: Database, feed: Feed) -> int:
    """Prune a portion within a write."""

    def work() -> int:
        with database.begin() as tx:
            return feed.prune(tx)

    return database.write(work)


def fill(database: Database, count: int, at: Instant, workspace: WorkspaceId = HOME) -> None:
    """Put Changes into the feed that carry a time of their own."""

    def work() -> None:
        with database.begin() as tx:
            _insert(tx, count, at, workspace)

    database.write(work)


def _insert(tx: Transaction, count: int, at: Instant, workspace: WorkspaceId) -> None:
    first = tx.number(
        "SELECT coalesce(max(sequence), 0) + 1 FROM changes WHERE workspace_id = :workspace",
        workspace=workspace,
    )
    tx.many(
        """
        INSERT INTO changes (workspace_id, sequence, at, kind, body)
        VALUES (:workspace, :n, :at, 'LampLit', '{}')
        """,
        [{"workspace": workspace, "n": n, "at": at} for n in range(first, first + count)],
    )
