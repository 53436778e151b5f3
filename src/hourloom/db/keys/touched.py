"""Which rows change while a database is copied, noted by triggers that only the writer's connection has.

    writer   ─ watch ── commit ── commit ── take ── commit ── take ─
    noted         │      a b       b c       │        d        │
    copied        └── snapshot ──────────── a b c ──────────── d

The notes are keys of rows, kept in memory: nothing of them is on disk, and a program that is killed leaves
no trigger behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from hourloom.db.keys.copying import quoted

if TYPE_CHECKING:
    from sqlite3 import Connection

Key = tuple[int | float | str | bytes | None, ...]
Taken = dict[str, list[Key]]
"""The rows of each table that changed, by their keys."""


class Table(msgspec.Struct, frozen=True):
    """A table, and the columns that name its rows; without any it is copied whole."""

    name: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def quoted(self) -> str:
        """Return the name for a statement."""
        return quoted(self.name)

    def where(self, one: str) -> str:
        """Return the condition that a row has this key; `one` is what each column is held against."""
        return " AND ".join(f"{quoted(key)} IS {one.format(quoted(key))}" for key in self.keys)


def tables_of(connection: Connection) -> list[Table]:
    """Return the tables whose rows can be told apart by triggers, in the order in which they were made."""
    found = connection.execute(
        """
        SELECT name FROM main.sqlite_master
        WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'
        ORDER BY rowid
        """
    ).fetchall()
    return [_table(connection, name) for (name,) in found]


def _table(connection: Connection, name: str) -> Table:
    described = connection.execute("SELECT name, pk FROM pragma_table_info(?)", (name,)).fetchall()
    keys = sorted((place, column) for column, place in described if place)
    return Table(name, tuple(column for _, column in keys), tuple(column for column, _ in described))


class Touched:
    """The notes of one connection that writes."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables

    def watch(self, connection: Connection) -> None:
        """Begin to note what changes."""
        self.stop(connection)
        # Rows that an upsert replaces count as deleted only so.
        connection.execute("PRAGMA recursive_triggers = ON")
        connection.execute("BEGIN")
        for number, table in enumerate(self.tables):
            for statement in _watching(f"touched_{number}", table):
                connection.execute(statement)
        connection.execute("COMMIT")

    def take(self, connection: Connection) -> Taken:
        """Return what changed since it was asked last."""
        taken: Taken = {}
        for number, table in enumerate(self.tables):
            # Our own names, as in all statements here.
            rows = connection.execute(f"SELECT DISTINCT * FROM temp.touched_{number}").fetchall()  # noqa: S608
            if rows:
                taken[table.name] = rows
                connection.execute(f"DELETE FROM temp.touched_{number}")  # noqa: S608
        return taken

    def stop(self, connection: Connection) -> None:
        """Note nothing any more."""
        made = connection.execute(
            "SELECT type, name FROM temp.sqlite_master WHERE name LIKE 'touched%' ORDER BY type DESC"
        ).fetchall()
        for kind, name in made:
            if kind in ("trigger", "table"):
                connection.execute(f"DROP {kind} temp.{name}")
        connection.execute("PRAGMA recursive_triggers = OFF")


def _watching(log: str, table: Table) -> Iterator[str]:
    columns = [f"k{place}" for place in range(len(table.keys))] or ["whole"]
    old, new = _named("OLD", table), _named("NEW", table)
    note = f"INSERT INTO {log}"
    made = f"CREATE TEMP TRIGGER {log}"
    on = f"ON main.{table.quoted} BEGIN"
    yield f"CREATE TEMP TABLE {log} ({', '.join(columns)})"
    yield f"{made}_a AFTER INSERT {on} {note} VALUES ({new}); END"  # noqa: S608 - not run by itself
    yield f"{made}_b AFTER DELETE {on} {note} VALUES ({old}); END"
    moved = f"{note} SELECT {old} WHERE ({old}) IS NOT ({new})"
    yield f"{made}_c AFTER UPDATE {on} {note} VALUES ({new}); {moved}; END"


def _named(row: str, table: Table) -> str:
    return ", ".join(f"{row}.{quoted(key)}" for key in table.keys) or "1"


def bring_in(connection: Connection, tables: Sequence[Table], taken: Taken) -> None:
    """Make rows in `copy` what they are in `main`: all of them go first, so that none is in the way."""
    touched = [table for table in tables if table.name in taken]
    for table in touched:
        if table.keys:
            condition = table.where("?")
            gone = f"DELETE FROM copy.{table.quoted} WHERE {condition}"  # noqa: S608
            connection.executemany(gone, taken[table.name])
        else:
            connection.execute(f"DELETE FROM copy.{table.quoted}")  # noqa: S608
    for table in touched:
        whole = f"INSERT INTO copy.{table.quoted} SELECT * FROM main.{table.quoted}"  # noqa: S608
        if table.keys:
            connection.executemany(f"{whole} WHERE {table.where('?')}", taken[table.name])
        else:
            connection.execute(whole)
    _bring_in_counters(connection)


def _bring_in_counters(connection: Connection) -> None:
    """Copy what SQLite itself keeps of tables, for which there are no triggers."""
    for name in ("sqlite_sequence", "sqlite_stat1"):
        known = "SELECT count(*) FROM {}.sqlite_master WHERE name = ?"
        places = [
            connection.execute(known.format(place), (name,)).fetchone()[0] for place in ("main", "copy")
        ]
        if all(places):
            connection.execute(f"DELETE FROM copy.{name}")  # noqa: S608
            connection.execute(f"INSERT INTO copy.{name} SELECT * FROM main.{name}")  # noqa: S608


def is_same(connection: Connection, table: Table) -> bool:
    """Tell whether a table has the same rows in `copy` as in `main`, each with the same values."""
    here, there = (
        connection.execute(f"SELECT count(*) FROM {place}.{table.quoted}").fetchone()[0]  # noqa: S608
        for place in ("main", "copy")
    )
    if here != there or not table.keys:
        return bool(here == there)
    mine, theirs = (", ".join(f"{row}.{quoted(column)}" for column in table.columns) for row in ("a", "b"))
    on = " AND ".join(f"a.{quoted(key)} IS b.{quoted(key)}" for key in table.keys)
    pairs = f"main.{table.quoted} AS a CROSS JOIN copy.{table.quoted} AS b ON {on}"
    alike = f"SELECT count(*) FROM {pairs} WHERE ({mine}) IS ({theirs})"  # noqa: S608
    return bool(connection.execute(alike).fetchone()[0] == here)
