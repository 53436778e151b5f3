"""The SQL of categories."""

from __future__ import annotations

from hourloom.activities.model.category import Category
from hourloom.db.statements import Value
from hourloom.db.transaction import Transaction, whole


def categories(tx: Transaction, workspace: int) -> list[Category]:
    """Return all categories."""
    rows = tx.rows(
        """
        SELECT id, name, parent_id, color, icon, score, focus, interrupts, position, shipped
        FROM categories WHERE workspace_id = :workspace ORDER BY id
        """,
        workspace=workspace,
    )
    return [
        Category(
            whole(number),
            str(name),
            _whole(parent),
            _text(color),
            _text(icon),
            _whole(score),
            None if focus is None else bool(focus),
            None if interrupts is None else bool(interrupts),
            whole(position),
            _text(shipped),
        )
        for number, name, parent, color, icon, score, focus, interrupts, position, shipped in rows
    ]


def add_category(tx: Transaction, workspace: int, category: Category) -> int:
    """Add a category under a new number, which is returned."""
    return tx.number(
        """
        INSERT INTO categories
            (workspace_id, parent_id, name, color, icon, score, focus, interrupts, shipped, position)
        VALUES (:workspace, :parent, :name, :color, :icon, :score, :focus, :interrupts, :shipped, :position)
        RETURNING id
        """,
        workspace=workspace,
        parent=category.parent_id,
        name=category.name,
        color=category.color,
        icon=category.icon,
        score=category.score,
        focus=_number(category.focus),
        interrupts=_number(category.interrupts),
        shipped=category.shipped,
        position=category.position,
    )


def put_category(tx: Transaction, workspace: int, category: Category) -> None:
    """Add a category with the number that it has, or put it in the place of the one that has it."""
    tx.execute(
        """
        INSERT INTO categories
            (id, workspace_id, parent_id, name, color, icon, score, focus, interrupts, shipped, position)
        VALUES (
            :id, :workspace, :parent, :name, :color, :icon, :score, :focus, :interrupts, :shipped, :position
        )
        ON CONFLICT (id) DO UPDATE SET
            parent_id = excluded.parent_id, name = excluded.name, color = excluded.color,
            icon = excluded.icon, score = excluded.score, focus = excluded.focus,
            interrupts = excluded.interrupts, shipped = excluded.shipped, position = excluded.position
        WHERE categories.workspace_id = excluded.workspace_id
        """,
        id=category.id,
        workspace=workspace,
        parent=category.parent_id,
        name=category.name,
        color=category.color,
        icon=category.icon,
        score=category.score,
        focus=_number(category.focus),
        interrupts=_number(category.interrupts),
        shipped=category.shipped,
        position=category.position,
    )


def drop_category(tx: Transaction, workspace: int, number: int) -> None:
    tx.execute(
        "DELETE FROM categories WHERE id = :number AND workspace_id = :workspace",
        number=number,
        workspace=workspace,
    )


def has_categories_elsewhere(tx: Transaction, workspace: int, first: int, last: int) -> bool:
    """Return whether some other workspace has categories with these numbers."""
    found = tx.value(
        "SELECT 1 FROM categories WHERE id BETWEEN :first AND :last AND workspace_id <> :workspace LIMIT 1",
        first=first,
        last=last,
        workspace=workspace,
    )
    return found == 1


def _whole(value: Value) -> int | None:
    return None if value is None else whole(value)


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _number(flag: bool | None) -> int | None:  # noqa: FBT001 - it is what is written
    return None if flag is None else int(flag)
