"""The SQL of the version of all that decides about categories."""

from __future__ import annotations

from secrets import randbelow

from hourloom.db.transaction import Transaction

STRIDE = 1 << 20


def version(tx: Transaction, workspace: int) -> int:
    """Return the version; 0 where nothing was ever said."""
    found = tx.value("SELECT version FROM rule_versions WHERE workspace_id = :workspace", workspace=workspace)
    return found if isinstance(found, int) else 0


def grow_version(tx: Transaction, workspace: int) -> int:
    """Let the version grow, and return it.

    By how much is left to chance: a version that a rollback took back is not given again, for readers may
    have kept what they made of it.
    """
    return tx.number(
        """
        INSERT INTO rule_versions (workspace_id, version, tree) VALUES (:workspace, :step, 0)
        ON CONFLICT (workspace_id) DO UPDATE SET version = rule_versions.version + :step
        RETURNING version
        """,
        workspace=workspace,
        step=1 + randbelow(STRIDE),
    )
