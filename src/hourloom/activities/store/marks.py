"""The SQL of marks."""

from __future__ import annotations

from collections.abc import Collection

from hourloom.activities.model.mark import LONGEST, Mark
from hourloom.activities.model.rule import Outcome
from hourloom.activities.store.corrections import text_of_outcome
from hourloom.core.clock import Instant
from hourloom.core.decoding import decode
from hourloom.db.transaction import Rows, Transaction, whole


def marks_between(tx: Transaction, workspace: int, user: int, start: int, end: int) -> list[Mark]:
    """Return the marks of a person that meet a period."""
    # None is longer, so that the index finds those that began before.
    return _marks(
        tx.rows(
            """
            SELECT id, started_at, ended_at, presence, outcome, note, at FROM marks
            WHERE workspace_id = :workspace AND user_id = :user
              AND started_at > :earliest AND started_at < :end AND ended_at > :start
            ORDER BY started_at, id
            """,
            workspace=workspace,
            user=user,
            earliest=start - LONGEST - 1,
            start=start,
            end=end,
        )
    )


def extent_of_marks(tx: Transaction, workspace: int, user: int) -> tuple[int, int] | None:
    """Return from when to when there are marks of a person."""
    ((first, last),) = tx.rows(
        """
        SELECT min(started_at), max(ended_at) FROM marks WHERE workspace_id = :workspace AND user_id = :user
        """,
        workspace=workspace,
        user=user,
    )
    return None if first is None else (whole(first), whole(last))


def newest_marks(
    tx: Transaction, workspace: int, user: int, *, start: int, end: int, before: int, limit: int
) -> list[Mark]:
    """Return the marks of a person that meet a period and have lower numbers, the highest first."""
    return _marks(
        tx.rows(
            """
            SELECT id, started_at, ended_at, presence, outcome, note, at FROM marks
            WHERE workspace_id = :workspace AND user_id = :user AND id < :before
              AND started_at < :end AND ended_at > :start
            ORDER BY id DESC LIMIT :limit
            """,
            workspace=workspace,
            user=user,
            before=before,
            start=start,
            end=end,
            limit=limit,
        )
    )


def marks_of_all(tx: Transaction, workspace: int) -> list[tuple[int, Mark]]:
    """Return all marks of a workspace, each with whose it is, in the order of their numbers."""
    rows = tx.rows(
        """
        SELECT user_id, id, started_at, ended_at, presence, outcome, note, at FROM marks
        WHERE workspace_id = :workspace ORDER BY id
        """,
        workspace=workspace,
    )
    return [(whole(row[0]), mark) for row in rows for mark in _marks([row[1:]])]


def old_marks(
    tx: Transaction, workspace: int, before: int, *, notes: bool, limit: int
) -> list[tuple[int, Mark]]:
    """Return marks that begin before an instant, or end by then and have notes; each with whose it is."""
    rows = tx.rows(
        """
        SELECT user_id, id, started_at, ended_at, presence, outcome, note, at FROM marks
        WHERE workspace_id = :workspace AND started_at < :before
          AND (:notes = 0 OR (ended_at <= :before AND note <> '')) ORDER BY id LIMIT :limit
        """,
        workspace=workspace,
        before=before,
        notes=int(notes),
        limit=limit,
    )
    return [(whole(row[0]), mark) for row in rows for mark in _marks([row[1:]])]


def marks_by_number(tx: Transaction, workspace: int, user: int, numbers: Collection[int]) -> list[Mark]:
    """Return those of some marks of a person that there are."""
    found = []
    for number in sorted(set(numbers)):
        found += tx.rows(
            """
            SELECT id, started_at, ended_at, presence, outcome, note, at FROM marks
            WHERE id = :number AND workspace_id = :workspace AND user_id = :user
            """,
            number=number,
            workspace=workspace,
            user=user,
        )
    return _marks(found)


def notes_of(tx: Transaction, workspace: int, numbers: Collection[int]) -> dict[int, str]:
    """Return the notes of marks."""
    found: dict[int, str] = {}
    for number in numbers:
        note = tx.value(
            "SELECT note FROM marks WHERE id = :number AND workspace_id = :workspace",
            number=number,
            workspace=workspace,
        )
        if isinstance(note, str):
            found[number] = note
    return found


def count_marks(tx: Transaction, workspace: int) -> int:
    """Return how many marks there are."""
    return tx.number("SELECT count(*) FROM marks WHERE workspace_id = :workspace", workspace=workspace)


def count_marks_giving(tx: Transaction, workspace: int, categories: Collection[int]) -> int:
    """Return how many marks give one of some categories."""
    return sum(mark.outcome.category_id in categories for _, mark in marks_of_all(tx, workspace))


def last_marked(tx: Transaction, workspace: int) -> int:
    """Return when the newest mark was made; 0 where there is none."""
    return tx.number(
        "SELECT coalesce(max(at), 0) FROM marks WHERE workspace_id = :workspace", workspace=workspace
    )


def has_marks(tx: Transaction, first: int, last: int) -> bool:
    """Return whether some workspace has marks with these numbers."""
    return (
        tx.value("SELECT 1 FROM marks WHERE id BETWEEN :first AND :last LIMIT 1", first=first, last=last) == 1
    )


def add_mark(tx: Transaction, workspace: int, user: int, mark: Mark) -> int:
    """Add a mark under a new number, which is returned."""
    return tx.number(
        """
        INSERT INTO marks (workspace_id, user_id, started_at, ended_at, presence, outcome, note, at)
        VALUES (:workspace, :user, :start, :end, :presence, :outcome, :note, :at) RETURNING id
        """,
        workspace=workspace,
        user=user,
        start=mark.start,
        end=mark.end,
        presence=mark.presence,
        outcome=text_of_outcome(mark.outcome),
        note=mark.note,
        at=mark.at,
    )


def put_mark(tx: Transaction, workspace: int, user: int, mark: Mark) -> None:
    """Add a mark with the number that it has."""
    tx.execute(
        """
        INSERT INTO marks (id, workspace_id, user_id, started_at, ended_at, presence, outcome, note, at)
        VALUES (:id, :workspace, :user, :start, :end, :presence, :outcome, :note, :at)
        """,
        id=mark.id,
        workspace=workspace,
        user=user,
        start=mark.start,
        end=mark.end,
        presence=mark.presence,
        outcome=text_of_outcome(mark.outcome),
        note=mark.note,
        at=mark.at,
    )


def drop_mark(tx: Transaction, workspace: int, number: int) -> None:
    """Delete a mark."""
    tx.execute(
        "DELETE FROM marks WHERE id = :number AND workspace_id = :workspace",
        number=number,
        workspace=workspace,
    )


def note_days_marked(tx: Transaction, workspace: int, user: int, first: int, last: int) -> None:
    """Count a change of what is said about some days; what was derived of them from events stays."""
    tx.execute(
        """
        INSERT INTO lane_days (workspace_id, user_id, day, version)
        WITH RECURSIVE changed (day) AS (
            SELECT CAST(:first AS BIGINT) UNION ALL SELECT day + 1 FROM changed WHERE day < :last
        )
        SELECT :workspace, :user, day, 1 FROM changed WHERE TRUE
        ON CONFLICT (workspace_id, user_id, day) DO UPDATE SET version = lane_days.version + 1
        """,
        workspace=workspace,
        user=user,
        first=first,
        last=last,
    )


def _marks(rows: Rows) -> list[Mark]:
    return [
        Mark(
            whole(number),
            Instant(whole(start)),
            Instant(whole(end)),
            presence,  # type: ignore[arg-type]  # one of its words, or nothing
            decode(str(outcome), Outcome),
            str(note),
            Instant(whole(at)),
        )
        for number, start, end, presence, outcome, note, at in rows
    ]
