"""Fill a new database with what can be read of a damaged one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from hourloom.db.salvage.pages import Pages
from hourloom.db.salvage.record import Values
from hourloom.db.salvage.report import Loss, Report, runs
from hourloom.db.salvage.schema import SEQUENCES, Index, Schema, Table
from hourloom.db.salvage.survey import ALL, Range, Survey, Tree, counted_cells, is_sane, records_of

if TYPE_CHECKING:
    from sqlite3 import Connection

_AT_ONCE = 5_000
_INSTANTS = ("started_at", "at", "raised_at", "requested_at", "created_at")

Share = Callable[[float], None]
Parts = dict[int, dict[int, object]]
"""What entries of indexes say of rows by number: values by their place in the table."""


@dataclass
class Filling:
    """A new database that is being filled."""

    connection: Connection
    pages: Pages
    schema: Schema
    survey: Survey
    report: Report
    authenticated: bool
    """Whether a page that reads well is one that was written; without encryption nobody knows."""
    known: dict[str, Parts] = field(default_factory=dict)
    """By table, what is known of rows that are lost."""

    def fill(self, share: Share) -> None:
        """Copy all rows: each table from its own pages, then from its indexes what those lack."""
        leaves = sum(len(each.leaves) for each in self.survey.trees.values()) or 1
        done = 0
        for table in self.schema.tables:
            if table is SEQUENCES:
                continue
            own = self.survey.trees[table.name]
            self.insert(table, self._rows(own))
            done += len(own.leaves)
            share(done / leaves)
            if own.holes or not self.authenticated:
                self._fill_from_indexes(table, own)

    def insert(self, table: Table, rows: Iterable[tuple[int, Values]]) -> int:
        """Insert rows; one whose number or key is taken already is left out. Return how many came."""
        before = self.connection.total_changes
        waiting = iter(rows)
        while batch := list(islice(waiting, _AT_ONCE)):
            for length in {len(values) for _, values in batch}:
                self.connection.executemany(
                    _insert(table, length),
                    [_parameters(table, row, values) for row, values in batch if len(values) == length],
                )
        return self.connection.total_changes - before

    def is_there(self, table: Table, row: int) -> bool:
        """Tell whether a row came back."""
        found = self.connection.execute(f'SELECT 1 FROM "{table.name}" WHERE rowid = ?', (row,))  # noqa: S608 - a name of our schema
        return found.fetchone() is not None

    def note_losses(self) -> None:
        """Report the rows that are known to be lost, or the numbers that they may have had."""
        for table in self.schema.tables:
            own = self.survey.trees[table.name]
            if table is SEQUENCES or not own.holes:
                continue
            lost = {row for row in self.known.get(table.name, {}) if not self.is_there(table, row)}
            if self._is_listed(table):
                self._note(table, runs(lost), len(lost))
            else:
                self._note(table, self._possible(own, table), None)

    def _rows(self, own: Tree) -> Iterator[tuple[int, Values]]:
        assert isinstance(own.of, Table)
        for number, within in own.leaves:
            page = self.pages.page(number)
            assert page is not None
            found = [row for row in records_of(self.pages, page, number, own.of) if row[0] in within]
            if len(found) != counted_cells(page, number):
                own.damaged.append(number)
                own.holes.append(within)
            yield from found

    def _fill_from_indexes(self, table: Table, own: Tree) -> None:
        holes = own.holes if self.authenticated else [ALL]
        known = self.known.setdefault(table.name, {})
        came = 0
        for index in self.schema.indexes_of(table):
            entries = self._entries(index, holes)
            if index.is_whole:
                came += self.insert(table, (_whole(index, row, values) for row, values in entries))
            for row, values in self._entries(index, own.holes):
                if not index.is_whole and not self.is_there(table, row):
                    known.setdefault(row, {}).update(index.parts(values))
        if came:
            self.report.from_indexes[table.name] = came

    def _entries(self, index: Index, holes: list[Range]) -> Iterator[tuple[int, Values]]:
        tree = self.survey.trees[index.name]
        for number, _ in tree.leaves:
            page = self.pages.page(number)
            assert page is not None
            found = list(records_of(self.pages, page, number, index))
            if len(found) != counted_cells(page, number) and not tree.holes:
                tree.holes.append(ALL)
            for row, values in found:
                if any(row in hole for hole in holes) and is_sane(index, values):
                    yield row, values

    def _is_listed(self, table: Table) -> bool:
        """Tell whether some index that is whole has an entry for each row."""
        return any(
            not index.is_partial and not self.survey.trees[index.name].holes
            for index in self.schema.indexes_of(table)
        )

    def _possible(self, own: Tree, table: Table) -> tuple[tuple[int, int], ...]:
        """Return which numbers the rows in the holes may have had."""
        (found,) = self.connection.execute(f'SELECT max(rowid) FROM "{table.name}"').fetchone()  # noqa: S608 - as above
        last = max(found or 0, sequences(self).get(table.name, 0))
        clipped = ((max(hole.after, 0) + 1, min(hole.until, last)) for hole in own.holes)
        return tuple(sorted((first, until) for first, until in clipped if first <= until))

    def _note(self, table: Table, ids: tuple[tuple[int, int], ...], rows: int | None) -> None:
        if rows == 0:
            return
        began, ended = self._span(table, ids)
        shown = ids if table.number is not None else ()
        self.report.losses.append(Loss(table.name, rows, shown, began, ended))

    def _span(self, table: Table, ids: tuple[tuple[int, int], ...]) -> tuple[int | None, int | None]:
        """Return the instants of the rows next to those that are lost."""
        names = {column.name for column in table.columns}
        instant = next((name for name in _INSTANTS if name in names), None)
        if instant is None or not ids:
            return None, None
        ask = f'SELECT "{instant}" FROM "{table.name}" WHERE rowid'  # noqa: S608 - as above
        before = self.connection.execute(f"{ask} < ? ORDER BY rowid DESC LIMIT 1", (ids[0][0],)).fetchone()
        after = self.connection.execute(f"{ask} > ? ORDER BY rowid LIMIT 1", (ids[-1][1],)).fetchone()
        return before and before[0], after and after[0]


def sequences(filling: Filling) -> dict[str, int]:
    """Return the largest row numbers that were ever given, as far as they can be read."""
    tree, found = filling.survey.trees[SEQUENCES.name], dict[str, int]()
    for number, _ in tree.leaves:
        page = filling.pages.page(number)
        assert page is not None
        for _, (name, most) in records_of(filling.pages, page, number, SEQUENCES):
            if isinstance(most, int):
                found[str(name)] = most
    return found


def _insert(table: Table, length: int) -> str:
    names = [f'"{column.name}"' for column in table.columns[:length]]
    if table.number is None:
        names.insert(0, "rowid")
    places = ", ".join("?" * len(names))
    return f'INSERT OR IGNORE INTO "{table.name}" ({", ".join(names)}) VALUES ({places})'  # noqa: S608 - names of our schema


def _parameters(table: Table, row: int, values: Values) -> Values:
    return (row, *values) if table.number is None else table.row(row, values)


def _whole(index: Index, row: int, values: Values) -> tuple[int, Values]:
    """Return a row of the table from an entry that has all of it."""
    said = index.parts(values)
    return row, tuple(said[place] for place in range(len(index.table.columns)))  # type: ignore[misc]
