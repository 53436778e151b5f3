"""How much is in a database and where: rows, bytes, space that deleted rows left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlite3 import Connection

SAMPLED = 200
"""Rows from each end of a table whose size stands for that of all its rows."""


class TableSize(NamedTuple):
    """One table with its indexes."""

    name: str
    rows: int
    size: int
    dead_rows: int = 0
    """Rows that were deleted or replaced and still take space; PostgreSQL alone keeps such."""


class Stored(NamedTuple):
    """What is in a database."""

    tables: list[TableSize]
    estimated: bool
    """Whether sizes are worked out from some rows of each table, since the engine does not tell them."""
    size: int
    """Bytes of the file, its log left out."""
    free: int
    """Bytes within the file that nothing uses."""
    gives_back: bool
    """Whether space that becomes free is given back to the disk by and by."""


class _Tree(NamedTuple):
    """A table or an index, with the number of its entries and the bytes of one."""

    table: str
    entries: int
    width: float


def sqlite_stored(connection: Connection) -> Stored:
    """Count and size all tables of the embedded database; reads every table's smallest index once.

    The widths of sampled rows share out the pages that are in use, so that the sum is exact.
    """
    page, pages, free, vacuum = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_size", "page_count", "freelist_count", "auto_vacuum")
    )
    trees = [tree for name in _tables(connection) for tree in _trees(connection, name)]
    used, weight = (pages - free) * page, sum(tree.entries * tree.width for tree in trees) or 1.0
    tables: dict[str, TableSize] = {}
    for tree in trees:
        before = tables.get(tree.table, TableSize(tree.table, tree.entries, 0))
        share = int(used * tree.entries * tree.width / weight)
        tables[tree.table] = before._replace(size=before.size + share)
    return Stored(
        list(tables.values()),
        estimated=True,
        size=pages * page,
        free=free * page,
        gives_back=vacuum == 2,
    )


def _tables(connection: Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    )
    return [str(name) for (name,) in rows]


def _trees(connection: Connection, table: str) -> list[_Tree]:
    # A table's name cannot be a parameter; these come from the schema itself.
    name = '"' + table.replace('"', '""') + '"'
    (entries,) = connection.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608 - as above
    columns = [str(row[1]) for row in connection.execute(f"PRAGMA table_info({name})")]
    rows = []
    for end in ("", "DESC"):
        rows += connection.execute(
            f"SELECT * FROM {name} ORDER BY rowid {end} LIMIT {SAMPLED}"  # noqa: S608 - as above
        ).fetchall()
    widths = [sum(map(_width, column)) / len(rows) for column in zip(*rows, strict=True)] if rows else []
    by_column = dict(zip(columns, widths, strict=False))
    trees = [_Tree(table, entries, sum(widths) + 3)]
    for _, index, *_ in connection.execute(f"PRAGMA index_list({name})"):
        named = [str(row[2]) for row in connection.execute("SELECT * FROM pragma_index_info(?)", (index,))]
        trees.append(_Tree(table, _entries(connection, str(index), entries), _index_width(by_column, named)))
    return trees


def _entries(connection: Connection, index: str, rows: int) -> int:
    """Return the entries of an index: one for each row, or few where it is a partial one."""
    found = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (index,)).fetchone()
    return rows // 20 if found and found[0] and " WHERE " in found[0].replace("\n", " ") else rows


def _index_width(by_column: dict[str, float], named: Sequence[str]) -> float:
    return sum(by_column.get(name, 1.0) for name in named) + 7


def _width(value: object) -> int:
    """Return the bytes that a value takes in a record, the byte of its type with it."""
    if isinstance(value, int):
        return 1 + next(
            (size for size in (1, 2, 3, 4, 6) if -(1 << (8 * size - 1)) <= value < 1 << (8 * size - 1)), 8
        )
    if isinstance(value, str):
        return 2 + len(value.encode())
    return 2 + len(value) if isinstance(value, bytes) else 1 + 8 * (value is not None)
