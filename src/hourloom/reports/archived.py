"""Saved reports in archives; here they are known by their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.activities.model.filter import Filter, filter_of, parameters_of
from hourloom.core.archiving import NOT_IN_ORDER, Incoming, Judged, Outgoing, PlainTable, Verdict
from hourloom.core.clock import LATEST
from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.db.sequences import skip_numbers
from hourloom.db.transaction import Transaction
from hourloom.reports import store
from hourloom.reports.model.asked import ReportAsked, ReportDefinition, question_of
from hourloom.reports.model.saved import (
    LONGEST_NAME,
    MOST_SAVED,
    ReportName,
    ReportSaved,
    SavedReport,
    SavedReportDeleted,
    name_of,
)

At = Annotated[int, Meta(ge=0, lt=LATEST)]
NOT_A_REPORT = "it cannot be asked"
NAMED_TWICE = "its name is there twice"
BELONGS_TO_NOBODY = "it belongs to nobody"


class SavedReportRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A saved report of one member; what it filters by has the numbers of the archive."""

    id: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    user: Annotated[int, Meta(ge=1, le=1_000_000)]
    """A place among the members."""
    name: ReportName
    definition: ReportDefinition
    created_at: At
    updated_at: At


class _SavedReportBefore(msgspec.Struct, frozen=True):
    """A saved report before an import: not there, or another."""

    id: int
    name: str | None = None
    definition: ReportDefinition | None = None
    updated_at: int = 0


class ArchivedSavedReports(PlainTable):
    """The saved reports of all members."""

    name = "saved_reports"
    row = SavedReportRow
    numbered = True
    most = 1_000 * MOST_SAVED

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return sum(len(store.saved_reports(tx, out.workspace_id, user)) for user in out.users)

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[SavedReportRow]]:
        rows = [
            SavedReportRow(each.id, place, each.name, each.definition, each.created_at, each.updated_at)
            for user, place in out.users.items()
            for each in store.saved_reports(tx, out.workspace_id, user)
        ]
        yield sorted(rows, key=lambda row: row.id)

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return store.has_saved_reports(tx, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: SavedReportRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        if row.user not in into.users:
            return BELONGS_TO_NOBODY
        try:
            question_of(ReportAsked(), row.definition)
            name_of(row.name)
        except HourloomError:
            return NOT_A_REPORT
        return None if into.is_first(self.name, f"{row.user} {row.name}") else NAMED_TWICE

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[SavedReportRow]) -> list[Judged]:
        return [self._judged(tx, into, row) for row in rows]

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[SavedReportRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        return [self._taken(tx, into, row, each) for row, each in zip(rows, judged, strict=True)]

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        before = decode(was, _SavedReportBefore)
        user = store.user_of_saved_report(tx, workspace, before.id)
        if user is None:
            return
        if before.name is None or before.definition is None:
            store.drop_saved_report(tx, workspace, before.id)
            tx.changed(workspace, SavedReportDeleted(user, before.id))
            return
        text = _text(before.definition)
        store.set_saved_report(tx, workspace, before.id, before.name, text, before.updated_at)
        tx.changed(workspace, ReportSaved(user, before.id, before.name, before.definition))

    def _judged(self, tx: Transaction, into: Incoming, row: SavedReportRow) -> Judged:
        here = _namesake(tx, into, row)
        if here is None:
            return Judged(Verdict.NEW)
        same = here.definition == _here(row.definition, into)
        return Judged(Verdict.SAME if same else Verdict.CONFLICTING, here.id)

    def _taken(self, tx: Transaction, into: Incoming, row: SavedReportRow, judged: Judged) -> int:
        definition = _here(row.definition, into)
        here = _namesake(tx, into, row)
        if judged.verdict is Verdict.CONFLICTING and here is not None and into.on_conflict != "both":
            if into.on_conflict == "replace":
                into.keep(self.name, _SavedReportBefore(here.id, here.name, here.definition, here.updated_at))
                store.set_saved_report(
                    tx, into.workspace_id, here.id, row.name, _text(definition), row.updated_at
                )
                user = UserId(into.users[row.user])
                tx.changed(into.workspace_id, ReportSaved(user, here.id, row.name, definition))
            return here.id
        if judged.verdict not in (Verdict.NEW, Verdict.CONFLICTING):
            return judged.number
        return self._added(tx, into, row, definition)

    def _added(
        self, tx: Transaction, into: Incoming, row: SavedReportRow, definition: ReportDefinition
    ) -> int:
        workspace, user = into.workspace_id, into.users[row.user]
        taken = {each.name for each in store.saved_reports(tx, workspace, user)}
        name, number = _free(row.name, taken), row.id
        told = (name, _text(definition), row.created_at, row.updated_at)
        if into.keeps_numbers:
            store.put_saved_report(tx, workspace, user, number, *told)
        else:
            number = store.add_saved_report(tx, workspace, user, *told)
        into.keep(self.name, _SavedReportBefore(number))
        tx.changed(workspace, ReportSaved(UserId(user), number, name, definition))
        return number


def _namesake(tx: Transaction, into: Incoming, row: SavedReportRow) -> SavedReport | None:
    user = into.users[row.user]
    kept = store.saved_reports(tx, into.workspace_id, user) if user else []
    return next((each for each in kept if each.name == row.name), None)


def _free(name: str, taken: set[str]) -> str:
    """Return a name that is not taken: with a number behind it where it is."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name[: LONGEST_NAME - 10]} ({number})"
    return free


def _here(definition: ReportDefinition, into: Incoming) -> ReportDefinition:
    """Return a definition with the numbers that things have here; what the archive lacks is left out."""
    where = filter_of(definition.where)
    moved = msgspec.structs.replace(
        where,
        categories=_numbers(where.categories, "categories", into),
        projects=_numbers(where.projects, "projects", into),
        tags=_numbers(where.tags, "tags", into),
        devices=_numbers(where.devices, "devices", into),
    )
    return msgspec.structs.replace(definition, where=_with(definition.where, moved))


def _with(where: Mapping[str, str], moved: Filter) -> dict[str, str]:
    times = {name: where[name] for name in ("hour", "weekday") if name in where}
    return parameters_of(moved) | times


def _numbers(
    numbers: tuple[int | None, ...] | None, table: str, into: Incoming
) -> tuple[int | None, ...] | None:
    if numbers is None:
        return None
    known = [each for each in numbers if each is None or into.knows(table, each)]
    # Of what is not there nothing is meant, rather than everything.
    return tuple(None if each is None else into.number(table, each) for each in known) or (0,)


def _text(definition: ReportDefinition) -> str:
    return msgspec.json.encode(definition).decode()
