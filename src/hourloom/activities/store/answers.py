"""The SQL of what categorisers answered: about a page or file where there is one, else about its window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from hourloom.activities.model.subject import NOTHING
from hourloom.activities.store.texts import listed
from hourloom.db.statements import ByDialect, Value
from hourloom.db.transaction import Transaction, whole

THOUSANDTHS = 1_000


class StoredAnswer(NamedTuple):
    """What a categoriser answered."""

    window_id: int
    """`NOTHING` where it is about what was open in a window."""
    detail_id: int
    source: str
    """The name of the categoriser."""
    version: str
    category_id: int | None
    """None: it was asked and knew nothing."""
    confidence: float
    at: int

    @property
    def said_by(self) -> str:
        """Return name and version of the categoriser."""
        return f"{self.source} {self.version}"


def asked_about(window: int, detail: int) -> tuple[int, int]:
    """Return under which numbers an answer about a subject is stored: one serves all windows of a page."""
    return (NOTHING, detail) if detail else (window, NOTHING)


def has_answers(tx: Transaction, workspace: int) -> bool:
    """Return whether any categoriser answered."""
    found = tx.value(
        "SELECT 1 FROM categoriser_answers WHERE workspace_id = :workspace LIMIT 1", workspace=workspace
    )
    return found is not None


def answers_about(
    tx: Transaction, workspace: int, pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], StoredAnswer]:
    """Return what is stored about subjects, each given by its window and its detail."""
    stored = {pair: asked_about(*pair) for pair in pairs}
    windows = sorted({window for window, _ in stored.values() if window})
    details = sorted({detail for _, detail in stored.values() if detail})
    rows = tx.rows(
        ByDialect(
            sqlite="""
                SELECT window_id, detail_id, source, version, category_id, confidence, at
                FROM categoriser_answers
                WHERE workspace_id = :workspace AND window_id = 0
                  AND detail_id IN (SELECT value FROM json_each(:details))
                UNION ALL
                SELECT window_id, detail_id, source, version, category_id, confidence, at
                FROM categoriser_answers
                WHERE workspace_id = :workspace AND window_id IN (SELECT value FROM json_each(:windows))
                  AND detail_id = 0
            """,
            postgresql="""
                SELECT window_id, detail_id, source, version, category_id, confidence, at
                FROM categoriser_answers
                WHERE workspace_id = :workspace AND window_id = 0 AND detail_id = ANY(:details)
                UNION ALL
                SELECT window_id, detail_id, source, version, category_id, confidence, at
                FROM categoriser_answers
                WHERE workspace_id = :workspace AND window_id = ANY(:windows) AND detail_id = 0
            """,
        ),
        workspace=workspace,
        windows=listed(tx, windows),
        details=listed(tx, details),
    )
    found = {(answer.window_id, answer.detail_id): answer for answer in map(_answer, rows)}
    return {pair: found[place] for pair, place in stored.items() if place in found}


def count_answers(tx: Transaction, workspace: int, categories: Iterable[int]) -> int:
    """Return how many answers name one of some categories."""
    found = tx.value(
        ByDialect(
            sqlite="""
                SELECT count(*) FROM categoriser_answers WHERE workspace_id = :workspace
                  AND category_id IN (SELECT value FROM json_each(:categories))
            """,
            postgresql="""
                SELECT count(*) FROM categoriser_answers
                WHERE workspace_id = :workspace AND category_id = ANY(:categories)
            """,
        ),
        workspace=workspace,
        categories=listed(tx, sorted(categories)),
    )
    return whole(found)


def answers_naming(tx: Transaction, workspace: int, category: int) -> list[tuple[int, int]]:
    """Return what the answers are about that name a category: window and detail."""
    rows = tx.rows(
        """
        SELECT window_id, detail_id FROM categoriser_answers
        WHERE workspace_id = :workspace AND category_id = :category ORDER BY window_id, detail_id
        """,
        workspace=workspace,
        category=category,
    )
    return [(whole(window), whole(detail)) for window, detail in rows]


def rename_answers(tx: Transaction, workspace: int, category: int, by: int) -> int:
    """Let all answers that name a category name another one."""
    return tx.execute(
        """
        UPDATE categoriser_answers SET category_id = :by
        WHERE workspace_id = :workspace AND category_id = :category
        """,
        workspace=workspace,
        category=category,
        by=by,
    )


def rename_answers_about(
    tx: Transaction, workspace: int, pairs: Sequence[tuple[int, int]], category: int, by: int
) -> int:
    """Let those of some answers that name a category name another one."""
    return tx.execute(
        ByDialect(
            sqlite="""
                UPDATE categoriser_answers SET category_id = :by
                WHERE workspace_id = :workspace AND category_id = :category AND (window_id, detail_id) IN
                    (SELECT value ->> 0, value ->> 1 FROM json_each(:pairs))
            """,
            postgresql="""
                UPDATE categoriser_answers SET category_id = :by
                WHERE workspace_id = :workspace AND category_id = :category AND (window_id, detail_id) IN
                    (SELECT (value ->> 0)::bigint, (value ->> 1)::bigint
                     FROM json_array_elements(:pairs::json))
            """,
        ),
        workspace=workspace,
        pairs=msgspec.json.encode(pairs).decode(),
        category=category,
        by=by,
    )


def put_answers(tx: Transaction, workspace: int, answers: Iterable[StoredAnswer]) -> int:
    """Store answers, in the place of older ones about the same."""
    given = [(*each[:5], round(each.confidence * THOUSANDTHS), each.at) for each in answers]
    return tx.execute(
        ByDialect(
            sqlite="""
                INSERT INTO categoriser_answers
                    (workspace_id, window_id, detail_id, source, version, category_id, confidence, at)
                SELECT :workspace, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
                       value ->> 5, value ->> 6
                FROM json_each(:answers) WHERE true
                ON CONFLICT (workspace_id, window_id, detail_id) DO UPDATE
                SET source = excluded.source, version = excluded.version, category_id = excluded.category_id,
                    confidence = excluded.confidence, at = excluded.at
            """,
            postgresql="""
                INSERT INTO categoriser_answers
                    (workspace_id, window_id, detail_id, source, version, category_id, confidence, at)
                SELECT :workspace, (value ->> 0)::bigint, (value ->> 1)::bigint, value ->> 2, value ->> 3,
                       (value ->> 4)::bigint, (value ->> 5)::bigint, (value ->> 6)::bigint
                FROM json_array_elements(:answers::json)
                ON CONFLICT (workspace_id, window_id, detail_id) DO UPDATE
                SET source = excluded.source, version = excluded.version, category_id = excluded.category_id,
                    confidence = excluded.confidence, at = excluded.at
            """,
        ),
        workspace=workspace,
        answers=msgspec.json.encode(given).decode(),
    )


def drop_orphaned_answers(tx: Transaction, workspace: int) -> int:
    """Delete the answers about what is not recorded any more."""
    return tx.execute(
        """
        DELETE FROM categoriser_answers WHERE workspace_id = :workspace AND NOT EXISTS (
            SELECT 1 FROM payloads
            WHERE payloads.id = categoriser_answers.window_id + categoriser_answers.detail_id
        )
        """,
        workspace=workspace,
    )


def payloads_after(tx: Transaction, workspace: int, after: int, limit: int) -> list[tuple[int, bool]]:
    """Return the numbers of payloads behind one, and whether each is about a page or a file in an editor."""
    rows = tx.rows(
        """
        SELECT id, CASE WHEN app = '' OR domain <> '' THEN 1 ELSE 0 END FROM payloads
        WHERE id > :after AND workspace_id = :workspace ORDER BY id LIMIT :limit
        """,
        workspace=workspace,
        after=after,
        limit=limit,
    )
    return [(whole(number), detail == 1) for number, detail in rows]


def _answer(row: Sequence[Value]) -> StoredAnswer:
    window, detail, source, version, category, confidence, at = row
    return StoredAnswer(
        whole(window),
        whole(detail),
        str(source),
        str(version),
        None if category is None else whole(category),
        whole(confidence) / THOUSANDTHS,
        whole(at),
    )
