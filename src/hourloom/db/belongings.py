"""Everything that one workspace has, in whatever tables there are: found by the schema, deleted in steps."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import NamedTuple

from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Transaction

_OWN = ByDialect(
    sqlite="""
        SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.name = 'workspace_id' ORDER BY m.name
    """,
    postgresql="""
        SELECT table_name::text FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND column_name = 'workspace_id'
        ORDER BY 1
    """,
)
_REFERENCES = ByDialect(
    sqlite="""
        SELECT m.name, f."from", f."table" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
        WHERE m.type = 'table' ORDER BY m.name, f."from"
    """,
    postgresql="""
        SELECT c.conrelid::regclass::text, a.attname::text, c.confrelid::regclass::text
        FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace ORDER BY 1, 2
    """,
)
_MEMBERS, _WORKSPACES = "members", "workspaces"


class Belonging(NamedTuple):
    """A table that has rows of workspaces."""

    table: str
    condition: str
    """Which of its rows are one workspace's."""
    is_referred_to: bool
    """Whether rows elsewhere name its rows: then each deletion looks there, perhaps without an index."""


def belongings(tx: Transaction) -> list[Belonging]:
    """Return the tables in the order in which they can be emptied: those that refer to others come first."""
    own = {str(name): "workspace_id = :workspace" for (name,) in tx.rows(_OWN)}
    references = [(str(table), str(column), str(other)) for table, column, other in tx.rows(_REFERENCES)]
    for table, column, other in references:
        if table not in own and other in own:
            # A part of something that belongs to a workspace, such as a step of an operation.
            own[table] = f"{column} IN (SELECT id FROM {other} WHERE workspace_id = :workspace)"  # noqa: S608 - names of the schema
    order: TopologicalSorter[str] = TopologicalSorter({table: set() for table in sorted(own)})
    # As long as anything is left, somebody is in it: that says what it is.
    order.add(_MEMBERS, *(table for table in own if table != _MEMBERS))
    own[_WORKSPACES] = "id = :workspace"
    for table, _, other in references:
        if table in own and other in own and table != other:
            order.add(other, table)
    named = {other for _, _, other in references}
    return [Belonging(table, own[table], table in named) for table in order.static_order()]


def delete_some(tx: Transaction, workspace: int, limit: int) -> int:
    """Delete up to so many rows of a workspace, its own row last of all; return how many they were."""
    place = "rowid" if tx.dialect == "sqlite" else "ctid"
    deleted = 0
    for table, condition, is_referred_to in belongings(tx):
        most = 1 if is_referred_to else limit - deleted
        deleted += tx.execute(
            f"DELETE FROM {table} WHERE {place} IN "  # noqa: S608 - names of the schema
            f"(SELECT {place} FROM {table} WHERE {condition} LIMIT :most)",
            workspace=workspace,
            most=most,
        )
        if deleted and (is_referred_to or deleted >= limit):
            break
    return deleted
