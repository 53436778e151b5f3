"""The SQL of rules."""

from __future__ import annotations

import msgspec

from hourloom.activities.model.rule import Rule
from hourloom.db.transaction import Transaction, whole

_decode = msgspec.json.Decoder(Rule).decode


def rules(tx: Transaction, workspace: int) -> list[Rule]:
    """Return all rules."""
    rows = tx.rows(
        """
        SELECT id, position, enabled, rule FROM rules WHERE workspace_id = :workspace ORDER BY position, id
        """,
        workspace=workspace,
    )
    return [
        msgspec.structs.replace(
            _decode(str(rule)), id=whole(number), position=whole(position), enabled=bool(enabled)
        )
        for number, position, enabled, rule in rows
    ]


def add_rule(tx: Transaction, workspace: int, rule: Rule) -> int:
    """Add a rule under a new number, which is returned."""
    return tx.number(
        """
        INSERT INTO rules (workspace_id, position, enabled, rule)
        VALUES (:workspace, :position, :enabled, :rule) RETURNING id
        """,
        workspace=workspace,
        position=rule.position,
        enabled=int(rule.enabled),
        rule=text_of_rule(rule),
    )


def put_rule(tx: Transaction, workspace: int, rule: Rule) -> None:
    """Add a rule with the number that it has, or put it in the place of the one that has it."""
    tx.execute(
        """
        INSERT INTO rules (id, workspace_id, position, enabled, rule)
        VALUES (:id, :workspace, :position, :enabled, :rule)
        ON CONFLICT (id) DO UPDATE SET
            position = excluded.position, enabled = excluded.enabled, rule = excluded.rule
        WHERE rules.workspace_id = excluded.workspace_id
        """,
        id=rule.id,
        workspace=workspace,
        position=rule.position,
        enabled=int(rule.enabled),
        rule=text_of_rule(rule),
    )


def drop_rule(tx: Transaction, workspace: int, number: int) -> None:
    tx.execute(
        "DELETE FROM rules WHERE id = :number AND workspace_id = :workspace",
        number=number,
        workspace=workspace,
    )


def has_rules(tx: Transaction, first: int, last: int) -> bool:
    """Return whether some workspace has rules with these numbers."""
    return (
        tx.value("SELECT 1 FROM rules WHERE id BETWEEN :first AND :last LIMIT 1", first=first, last=last) == 1
    )


def text_of_rule(rule: Rule) -> str:
    """Return a rule as it is stored: number, place and switch have columns of their own."""
    return msgspec.json.encode(msgspec.structs.replace(rule, id=0, position=0, enabled=True)).decode()
