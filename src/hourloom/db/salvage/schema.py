"""The tables and indexes that a database of a revision has, and what a record of each looks like."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hourloom.db.salvage.record import Decoder, Kind, Values

if TYPE_CHECKING:
    from sqlite3 import Connection

_KINDS: dict[str, Kind] = {"INTEGER": int, "TEXT": str, "BLOB": bytes, "REAL": float}


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    kind: Kind
    """None where anything may stand."""
    may_lack: bool


@dataclass(frozen=True)
class Table:
    """A table, as its records are stored."""

    name: str
    columns: tuple[Column, ...]
    number: int | None
    """The place of the column that is the row number itself and is stored as nothing."""

    @cached_property
    def decoder(self) -> Decoder:
        """Return what reads its records; rows written before a column was added lack it."""
        kinds = [
            (None,) if place == self.number else _allowed(column) for place, column in enumerate(self.columns)
        ]
        return Decoder(kinds, may_be_short=True)

    def row(self, number: int, values: Values) -> Values:
        """Return a row's values, the row number among them."""
        if self.number is None:
            return values
        return (*values[: self.number], number, *values[self.number + 1 :])


@dataclass(frozen=True)
class Index:
    """An index: some columns of a table in an order of their own, and the row's number."""

    name: str
    table: Table
    places: tuple[int, ...]
    """Where its columns are in the table."""

    is_partial: bool
    """Whether some rows have no entry."""

    @cached_property
    def decoder(self) -> Decoder:
        """Return what reads its entries."""
        kinds = [*(_allowed(self.table.columns[place]) for place in self.places), (int,)]
        return Decoder(kinds, may_be_short=False)

    @property
    def is_whole(self) -> bool:
        """Tell whether a row can be told from its entry alone."""
        return {*self.places, self.table.number} >= set(range(len(self.table.columns)))

    def parts(self, values: Values) -> dict[int, object]:
        """Return what an entry says of its row: values by their place in the table."""
        said: dict[int, object] = dict(zip(self.places, values, strict=False))
        if self.table.number is not None:
            said[self.table.number] = values[-1]
        return said


@dataclass(frozen=True)
class Schema:
    """Everything that a database of this revision has."""

    tables: tuple[Table, ...]
    indexes: tuple[Index, ...]

    def indexes_of(self, table: Table) -> list[Index]:
        """Return a table's indexes, those that tell most first."""
        own = [index for index in self.indexes if index.table is table]
        return sorted(own, key=lambda index: -len(index.places))


CATALOGUE = Table(
    "sqlite_master",
    tuple(
        Column(name, kind, lacking)
        for name, kind, lacking in (
            ("type", str, False),
            ("name", str, False),
            ("tbl_name", str, False),
            ("rootpage", int, False),
            ("sql", str, True),
        )
    ),
    None,
)
"""The table of tables, which begins on the first page."""

SEQUENCES = Table("sqlite_sequence", (Column("name", str, False), Column("seq", int, False)), None)
"""The largest number that each table has given to a row."""


def schema_of(connection: Connection) -> Schema:
    """Return the schema of a database that is sound."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    ).fetchall()
    tables = [_table(connection, str(name)) for (name,) in names]
    indexes = [index for table in tables for index in _indexes(connection, table)]
    return Schema((*tables, SEQUENCES), tuple(indexes))


def _table(connection: Connection, name: str) -> Table:
    rows = connection.execute('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', (name,))
    columns, keys = [], []
    for place, (column, kind, required, key) in enumerate(rows.fetchall()):
        columns.append(Column(column, _KINDS.get(kind, str), not required and not key))
        if key:
            keys.append((place, kind))
    alone = keys[0][0] if len(keys) == 1 and keys[0][1] == "INTEGER" else None
    return Table(name, tuple(columns), alone)


def _indexes(connection: Connection, table: Table) -> list[Index]:
    names = connection.execute("SELECT name, partial FROM pragma_index_list(?)", (table.name,)).fetchall()
    return [Index(name, table, _places(connection, name), bool(partial)) for name, partial in names]


def _places(connection: Connection, index: str) -> tuple[int, ...]:
    rows = connection.execute("SELECT cid FROM pragma_index_info(?) ORDER BY seqno", (index,)).fetchall()
    return tuple(place for (place,) in rows)


def _allowed(column: Column) -> tuple[Kind, ...]:
    return (column.kind, None) if column.may_lack else (column.kind,)
