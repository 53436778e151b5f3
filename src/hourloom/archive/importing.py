"""Read an archive in: first all of it only looked at, then row by row in small writes that can be undone.

examine   |== worker reads, rows are judged, nothing is written ==|
import                                                            |= batch = batch = … = batch =|-- told
                                                                    each with how far it came
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from hourloom.archive.model import (
    HIGHEST_NUMBER,
    KIND,
    ArchiveAltered,
    ArchiveBomb,
    ArchiveByNewer,
    ArchiveImport,
    ArchiveImported,
    ArchiveManifest,
    ArchivePlace,
    ArchiveTally,
    ImportedArchive,
    Progress,
    RowRefused,
)
from hourloom.archive.ports import AnyTable, Tables
from hourloom.core.actors import Actor
from hourloom.core.archiving import Incoming, Judged
from hourloom.core.decoding import decode
from hourloom.core.ids import OperationId, WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.operations.model import AlreadyUndone, Operation
from hourloom.operations.service import Operations

if TYPE_CHECKING:
    from hourloom.archive.apart import ArchiveApart

Rows = list[Any]  # each table knows its own
STEPS_AT_ONCE = 10


class Examined(msgspec.Struct, frozen=True):
    """What came of looking through an archive."""

    rows: int
    tables: list[ArchiveTally]
    keeps_numbers: bool


class Importing:
    """Judges the rows of archives, stores them, and takes them back."""

    def __init__(
        self,
        database: Database,
        operations: Operations,
        tables: Tables,
        last_payload: Callable[[Transaction], int],
    ) -> None:
        self._database, self._operations = database, operations
        self._make_tables, self._last_payload = tables, last_payload

    @cached_property
    def _tables(self) -> list[AnyTable]:
        return self._make_tables()

    def examine(self, archive: ArchiveApart, facts: ArchiveImport, progress: Progress) -> Examined:
        """Look through a whole archive, row by row, and compare it with what is here; write nothing."""
        manifest = archive.manifest
        self._require_known(manifest)
        with self._database.read() as tx:
            keeps = self._may_keep_numbers(tx, facts.workspace_id, manifest)
        into = _incoming(facts, keeps_numbers=keeps)
        tallies, done = [], 0
        for table in self._tables:
            tally, last = ArchiveTally(table.name), 0
            for first, rows in archive.rows(table):
                _require_sound(table, into, first, rows)
                last = rows[-1].id if table.numbered else 0
                with self._database.read() as tx:
                    judged = table.judge(tx, into, rows)
                _note(table, into, rows, [each.number for each in judged])
                tally.add(judged)
                done += len(rows)
                progress(done, manifest.rows)
            _require_last(manifest, table, last)
            tallies.append(tally)
        return Examined(manifest.rows, tallies, keeps)

    def begin(self, who: Actor, facts: ArchiveImport, manifest: ArchiveManifest) -> Operation:
        """Return the operation of an import, begun within a write unless it was before."""
        with self._database.begin() as tx:
            if facts.operation_id is not None:
                self._require_wanted(who, facts.operation_id)
            for known in self._operations.unfinished(tx, KIND):
                done = _done(known)
                if done.archive == facts.id and known.workspace_id == facts.workspace_id:
                    return known
            keeps = self._may_keep_numbers(tx, facts.workspace_id, manifest)
            if keeps:
                last = {table.name: table.last for table in manifest.tables}
                for table in self._tables:
                    if table.numbered and last.get(table.name):
                        table.reserve(tx, last[table.name])
            subject = ImportedArchive(
                facts.id, facts.on_conflict, keeps, first_payload=self._last_payload(tx)
            )
            number = self._operations.record(who, KIND, subject)
            return self._operations.get(who, number, KIND)

    def go_on(
        self, archive: ArchiveApart, facts: ArchiveImport, who: Actor, begun: Operation, progress: Progress
    ) -> ImportedArchive:
        """Store what is not stored yet, from where the import had come to; return what it did."""
        state = _done(begun)
        into = _incoming(facts, keeps_numbers=state.keeps_numbers, operation=begun.id)
        into.keep = lambda name, was: self._operations.keep_step(begun.id, name, was)
        total, done = archive.manifest.rows, 0
        for index, table in enumerate(self._tables):
            past = index < state.at.table
            if past and not table.referred:
                done += _rows_of(archive.manifest, table)
                continue
            # What others refer to is read again, for its numbers.
            skipped = state.at.rows if index == state.at.table and not table.referred else 0
            done += skipped
            for first, rows in archive.rows(table, skipped):
                _require_sound(table, into, first, rows)
                if past or (index, first) < (state.at.table, state.at.rows):
                    self._remember(table, into, rows)
                else:
                    place = ArchivePlace(index, first + len(rows))
                    state = self._store(who, begun.id, state, table, into, rows, place)
                done += len(rows)
                progress(done, max(total, 1))
        return self._database.write(lambda: self._finish(who, begun.id, state, into), who=who)

    def take_back_some(self, tx: Transaction, workspace: WorkspaceId, operation: OperationId) -> bool:
        """Take back a part of what an import did, the last first; return whether more remains."""
        by_name = {table.name: table for table in self._tables}
        for table in reversed(self._tables):
            if table.take_back_some(tx, workspace, operation):
                return True

        def take_back(tx: Transaction, name: str, was: bytes) -> None:
            by_name[name].take_back(tx, workspace, was)

        return self._operations.take_steps_back(operation, STEPS_AT_ONCE, take_back)

    def changed_since(self, tx: Transaction, workspace: WorkspaceId, operation: OperationId) -> list[int]:
        """Return what an import stored and somebody changed later."""
        return [row for table in self._tables for row in table.changed_since(tx, workspace, operation)]

    def forget_some(self, tx: Transaction, operation: OperationId, limit: int) -> bool:
        """Forget a part of what undo would need; return whether more remains."""
        if any(table.forget_some(tx, operation, limit) for table in self._tables):
            return True
        return self._operations.forget_steps(operation, limit)

    def _store(
        self,
        who: Actor,
        operation: OperationId,
        state: ImportedArchive,
        table: AnyTable,
        into: Incoming,
        rows: Rows,
        place: ArchivePlace,
    ) -> ImportedArchive:
        def work() -> tuple[ImportedArchive, Sequence[int]]:
            with self._database.begin() as tx:
                self._require_wanted(who, operation)
                judged = table.judge(tx, into, rows)
                numbers = table.take_in(tx, into, rows, judged)
                after = _advanced(state, table.name, judged, place)
                self._operations.describe(operation, after)
                return after, numbers

        # Noted only when it is on disk: a write may be undone and run again.
        after, numbers = self._database.write(work, who=who)
        _note(table, into, rows, numbers)
        return after

    def _remember(self, table: AnyTable, into: Incoming, rows: Rows) -> None:
        """Find the numbers again of rows that came in before this program was started."""
        with self._database.read() as tx:
            judged = table.judge(tx, into, rows)
        kept = into.keeps_numbers and table.numbered
        _note(
            table, into, rows, [e.number or (r.id if kept else 0) for r, e in zip(rows, judged, strict=True)]
        )

    def _finish(
        self, who: Actor, operation: OperationId, state: ImportedArchive, into: Incoming
    ) -> ImportedArchive:
        with self._database.begin() as tx:
            self._require_wanted(who, operation)
            for table in self._tables:
                table.finish(tx, into)
            after = msgspec.structs.replace(state, finished=True, at=ArchivePlace(len(self._tables), 0))
            self._operations.describe(operation, after)
            tx.changed(into.workspace_id, ArchiveImported(state.archive, operation))
            return after

    def _require_wanted(self, who: Actor, operation: OperationId) -> None:
        if self._operations.get(who, operation, KIND).undone_at is not None:
            raise AlreadyUndone(id=operation)

    def _require_known(self, manifest: ArchiveManifest) -> None:
        known = {table.name for table in self._tables}
        for table in manifest.tables:
            if table.name not in known:
                raise ArchiveByNewer(what=f"it holds {table.name}")

    def _may_keep_numbers(self, tx: Transaction, workspace: WorkspaceId, manifest: ArchiveManifest) -> bool:
        last = {table.name: table.last for table in manifest.tables}
        return max(last.values(), default=0) <= HIGHEST_NUMBER and not any(
            table.hinders(tx, workspace, 1, last.get(table.name, 0)) for table in self._tables
        )


def _incoming(facts: ArchiveImport, *, keeps_numbers: bool, operation: OperationId | None = None) -> Incoming:
    return Incoming(
        facts.workspace_id,
        facts.user_id,
        keeps_numbers=keeps_numbers,
        on_conflict=facts.on_conflict,
        operation=operation,
    )


def _require_sound(table: AnyTable, into: Incoming, first: int, rows: Rows) -> None:
    if first + len(rows) > table.most:
        raise ArchiveBomb(reason=f"over {table.most} rows of {table.name}")
    for line, row in enumerate(rows, first + 1):
        if (fault := table.fault(row, into)) is not None:
            raise RowRefused(line=line, table=table.name, reason=fault)
        if table.referred:
            table.meet(row, into)


def _note(table: AnyTable, into: Incoming, rows: Rows, numbers: Sequence[int]) -> None:
    """Note which numbers rows have here, for those that refer to them."""
    if table.referred and table.numbered:
        for row, number in zip(rows, numbers, strict=True):
            into.numbers(table.name).set(row.id, number)


def _require_last(manifest: ArchiveManifest, table: AnyTable, last: int) -> None:
    """Raise unless the highest number of a table is the one that its manifest names."""
    for facts in manifest.tables:
        if facts.name == table.name and facts.last != (last if table.numbered else 0):
            raise ArchiveAltered(reason=f"{table.name} has other numbers than its manifest says")


def _advanced(
    state: ImportedArchive, table: str, judged: list[Judged], place: ArchivePlace
) -> ImportedArchive:
    tallies = [msgspec.structs.replace(tally) for tally in state.tables]
    if not tallies or tallies[-1].name != table:
        tallies.append(ArchiveTally(table))
    tallies[-1].add(judged)
    return msgspec.structs.replace(state, tables=tallies, at=place)


def _done(operation: Operation) -> ImportedArchive:
    return decode(operation.subject, ImportedArchive)


def _rows_of(manifest: ArchiveManifest, table: AnyTable) -> int:
    return next((facts.rows for facts in manifest.tables if facts.name == table.name), 0)
