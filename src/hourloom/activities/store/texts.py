"""The SQL of what subjects are about: payloads, and the names of devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Rows, Transaction, whole

AT_ONCE = 2_000


def payload_texts(tx: Transaction, payloads: Sequence[int]) -> Rows:
    """Return number, app, domain, privacy and body of payloads."""
    return tx.rows(
        ByDialect(
            sqlite="""
                SELECT id, app, domain, private, body FROM payloads
                WHERE id IN (SELECT value FROM json_each(:payloads))
            """,
            postgresql="""
                SELECT id, app, domain, private, body FROM payloads WHERE id = ANY(:payloads)
            """,
        ),
        payloads=listed(tx, payloads),
    )


def payloads_of_app(tx: Transaction, workspace: int, app: str) -> Iterator[Sequence[int]]:
    """Go through payloads that may be of an app: of some it is not known yet."""
    return _some_at_a_time(lambda after: some_of_app(tx, workspace, app, after, AT_ONCE))


def some_of_app(tx: Transaction, workspace: int, app: str, after: int, limit: int) -> Rows:
    return tx.rows(
        """
        SELECT id FROM payloads
        WHERE workspace_id = :workspace AND id > :after AND (app = :name OR app IS NULL)
        ORDER BY id LIMIT :limit
        """,
        workspace=workspace,
        name=app,
        after=after,
        limit=limit,
    )


def payloads_of_domain(tx: Transaction, workspace: int, domain: str) -> Iterator[Sequence[int]]:
    """Go through payloads that may be of a domain or, where that is nobody's own, of one below it."""
    return _some_at_a_time(lambda after: some_of_domain(tx, workspace, domain, after, AT_ONCE))


def some_of_domain(tx: Transaction, workspace: int, domain: str, after: int, limit: int) -> Rows:
    return tx.rows(
        """
        SELECT id FROM payloads
        WHERE workspace_id = :workspace AND id > :after
          AND (domain = :name OR domain LIKE :below OR app IS NULL)
        ORDER BY id LIMIT :limit
        """,
        workspace=workspace,
        name=domain,
        below=f"%.{domain}",
        after=after,
        limit=limit,
    )


def _some_at_a_time(some: Callable[[int], Rows]) -> Iterator[Sequence[int]]:
    after = 0
    while rows := some(after):
        found = [whole(number) for (number,) in rows]
        yield found
        after = found[-1]


def device_names(tx: Transaction, workspace: int) -> Rows:
    """Return number and name of the devices of a workspace."""
    return tx.rows("SELECT id, name FROM devices WHERE workspace_id = :workspace", workspace=workspace)


def listed(tx: Transaction, numbers: Sequence[int]) -> str | list[int]:
    """Return numbers as the database takes a list of them."""
    if tx.dialect == "postgresql":
        return list(numbers)
    return msgspec.json.encode(numbers).decode()
