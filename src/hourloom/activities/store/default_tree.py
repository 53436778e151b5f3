"""The SQL of how much of the default tree of categories a workspace was given."""

from __future__ import annotations

from hourloom.db.transaction import Transaction


def tree_version(tx: Transaction, workspace: int) -> int:
    """Return the version of the default tree that was laid out; 0 for none."""
    found = tx.value("SELECT tree FROM rule_versions WHERE workspace_id = :workspace", workspace=workspace)
    return found if isinstance(found, int) else 0


def set_tree_version(tx: Transaction, workspace: int, version: int) -> int:
    return tx.execute(
        "UPDATE rule_versions SET tree = :version WHERE workspace_id = :workspace",
        workspace=workspace,
        version=version,
    )
