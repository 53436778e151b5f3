"""Keep reports by a name, and take that back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.core.ids import OperationId, UserId, WorkspaceId
from hourloom.core.periods import Calendar
from hourloom.db.transaction import Database, Transaction
from hourloom.operations.model import ChangedSince, Operation
from hourloom.operations.service import Operations
from hourloom.reports import store
from hourloom.reports.model.asked import ReportAsked, ReportDefinition, question_of
from hourloom.reports.model.ranges import range_named
from hourloom.reports.model.saved import (
    MOST_SAVED,
    NoSuchSavedReport,
    ReportSaved,
    SavedReport,
    SavedReportDeleted,
    SavedReportNameTaken,
    TooManySavedReports,
    name_of,
)
from hourloom.reports.service.naming import Namer

READ, WRITE = "reports:read", "reports:write"
KIND = "change_saved_report"
_STEP = "saved_report"


class SavedReportChange(msgspec.Struct, frozen=True):
    """What an operation on a saved report is about: its number, and a digest of what became of it."""

    id: int
    after: str | None


class _Was(msgspec.Struct, frozen=True):
    report: SavedReport | None


_decode_change = msgspec.json.Decoder(SavedReportChange).decode
_decode_was = msgspec.json.Decoder(_Was).decode


class SavedReports:
    """The reports that users keep by a name."""

    is_service = True

    def __init__(self, database: Database, clock: Clock, operations: Operations, namer: Namer) -> None:
        self._database, self._clock, self._operations = database, clock, operations
        self._namer = namer
        operations.register(KIND, WRITE, self._undo, self._purge)

    def all(self, who: Actor) -> list[SavedReport]:
        """Return the user's saved reports, by name."""
        who.require(READ)
        with self._database.read() as tx:
            found = store.saved_reports(tx, who.workspace_id, who.user_id)
        return sorted(found, key=lambda each: (each.name.casefold(), each.id))

    def get(self, who: Actor, named: str | int) -> SavedReport:
        """Return one saved report by its number or its name."""
        found = self.all(who)
        for report in found:
            if named == report.name:
                return report
        for report in found:
            if str(named).strip().casefold() == report.name.casefold():
                return report
        for report in found:
            if str(named) == str(report.id):
                return report
        raise NoSuchSavedReport(id=str(named)[:60])

    def add(self, who: Actor, name: str, definition: ReportDefinition) -> tuple[SavedReport, OperationId]:
        """Save a report."""
        who.require(WRITE)
        name = name_of(name)
        definition = self._answerable(who, definition)
        with self._database.begin() as tx:
            kept = store.saved_reports(tx, who.workspace_id, who.user_id)
            if len(kept) >= MOST_SAVED:
                raise TooManySavedReports(most=MOST_SAVED)
            _require_free(kept, name)
            now = self._clock.now()
            number = store.add_saved_report(
                tx, who.workspace_id, who.user_id, name, _text(definition), now, now
            )
            made = SavedReport(number, name, definition, now, now)
            return made, self._told(tx, who, None, made)

    def change(
        self, who: Actor, number: int, name: str, definition: ReportDefinition
    ) -> tuple[SavedReport, OperationId]:
        """Give a saved report another name or another definition."""
        who.require(WRITE)
        name = name_of(name)
        definition = self._answerable(who, definition)
        with self._database.begin() as tx:
            kept = store.saved_reports(tx, who.workspace_id, who.user_id)
            was = _found(kept, number)
            _require_free([each for each in kept if each.id != number], name)
            now = self._clock.now()
            store.set_saved_report(tx, who.workspace_id, number, name, _text(definition), now)
            made = SavedReport(number, name, definition, was.created_at, now)
            return made, self._told(tx, who, was, made)

    def delete(self, who: Actor, number: int) -> OperationId:
        """Delete a saved report."""
        who.require(WRITE)
        with self._database.begin() as tx:
            was = _found(store.saved_reports(tx, who.workspace_id, who.user_id), number)
            store.drop_saved_report(tx, who.workspace_id, number)
            return self._told(tx, who, was, None)

    def described(self, who: Actor, found: Sequence[SavedReport]) -> list[str]:
        """Return the filters of saved reports in words, for people."""
        naming = self._namer.of(who)
        return [naming.described(each.definition.where) for each in found]

    def _answerable(self, who: Actor, definition: ReportDefinition) -> ReportDefinition:
        """Return a definition with numbers for names; raise unless it can be asked at any time."""
        where = self._namer.of(who).numbered(definition.where)
        definition = msgspec.structs.replace(definition, where=where)
        question = question_of(ReportAsked(), definition)
        range_named(question.range, None, self._clock.now(), Calendar(definition.zone or "UTC"))
        return definition

    def _told(
        self, tx: Transaction, who: Actor, was: SavedReport | None, made: SavedReport | None
    ) -> OperationId:
        number = (was or made).id  # type: ignore[union-attr]  # there is one of them
        operation = self._operations.record(who, KIND, SavedReportChange(number, _digest(made)))
        self._operations.keep_step(operation, _STEP, _Was(was))
        _tell(tx, who.workspace_id, who.user_id, number, made)
        return operation

    def _undo(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        change = _decode_change(operation.subject)
        kept = store.saved_reports(tx, who.workspace_id, operation.user_id)
        here = next((each for each in kept if each.id == change.id), None)
        if _digest(here) != change.after:
            raise ChangedSince("the saved report", [change.id])

        def take_back(tx: Transaction, _name: str, was: bytes) -> None:
            report = _decode_was(was).report
            if here is not None:
                store.drop_saved_report(tx, who.workspace_id, here.id)
            if report is not None:
                others = [each for each in kept if each.id != change.id]
                if any(each.name == report.name for each in others):
                    raise ChangedSince("the saved reports", [each.id for each in others])
                _put(tx, who.workspace_id, operation.user_id, report)
            _tell(tx, who.workspace_id, operation.user_id, change.id, report)

        self._operations.take_steps_back(operation.id, 1, take_back)

    def _purge(self, _tx: Transaction, operation: Operation) -> bool:
        return self._operations.forget_steps(operation.id, 1)


def _put(tx: Transaction, workspace: int, user: int, report: SavedReport) -> None:
    store.put_saved_report(
        tx,
        workspace,
        user,
        report.id,
        report.name,
        _text(report.definition),
        report.created_at,
        report.updated_at,
    )


def _tell(
    tx: Transaction, workspace: WorkspaceId, user: UserId, number: int, made: SavedReport | None
) -> None:
    """Tell a user what became of a saved report."""
    if made is None:
        tx.changed(workspace, SavedReportDeleted(user, number))
    else:
        tx.changed(workspace, ReportSaved(user, made.id, made.name, made.definition))


def _found(kept: list[SavedReport], number: int) -> SavedReport:
    for report in kept:
        if report.id == number:
            return report
    raise NoSuchSavedReport(id=number)


def _require_free(kept: list[SavedReport], name: str) -> None:
    if any(each.name == name for each in kept):
        raise SavedReportNameTaken(name=name)


def _text(definition: ReportDefinition) -> str:
    return msgspec.json.encode(definition).decode()


def _digest(report: SavedReport | None) -> str | None:
    if report is None:
        return None
    return hashlib.blake2b(msgspec.json.encode(report), digest_size=16).hexdigest()
