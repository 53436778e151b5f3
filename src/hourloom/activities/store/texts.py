"""The SQL of what subjects are about: payloads, and the names of devices."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Rows, Transaction


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


def device_names(tx: Transaction, workspace: int) -> Rows:
    """Return number and name of the devices of a workspace."""
    return tx.rows("SELECT id, name FROM devices WHERE workspace_id = :workspace", workspace=workspace)


def listed(tx: Transaction, numbers: Sequence[int]) -> str | list[int]:
    """Return numbers as the database takes a list of them."""
    if tx.dialect == "postgresql":
        return list(numbers)
    return msgspec.json.encode(numbers).decode()
