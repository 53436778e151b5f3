"""Let projects, tags and categories be deleted and merged that saved reports are filtered by."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hourloom.activities.model.filter import words_of
from hourloom.core.actors import Actor
from hourloom.core.decoding import decode
from hourloom.core.ids import UserId
from hourloom.db.transaction import Transaction
from hourloom.projects.ports import Labelling, Use
from hourloom.reports import store
from hourloom.reports.model.asked import ReportDefinition
from hourloom.reports.model.saved import ReportSaved, SavedReport


class ChangedFilter(msgspec.Struct, frozen=True):
    """A saved report whose filter names another thing now, and what it said before."""

    id: int
    before: ReportDefinition
    after: ReportDefinition


class SavedReportReferring:
    """The saved reports that are filtered by a project or tag."""

    name = "saved_reports"

    def uses(self, tx: Transaction, who: Actor, kind: Labelling, number: int) -> list[Use]:
        """Return the saved reports that name a project or tag; of others only that there are some."""
        return [
            Use("report", report.id if user == who.user_id else 0, report.name if user == who.user_id else "")
            for user, report in _naming(tx, who, kind, number)
        ]

    def replace(
        self, tx: Transaction, who: Actor, kind: Labelling, number: int, by: int | None
    ) -> list[ChangedFilter] | None:
        """Let filters name another project or tag.

        Where it is deleted they still name it, find nothing, and say that it is gone: without it, a report
        would be about more, about everything where it was the only one.
        """
        return None if by is None else _replaced(tx, who, kind, number, by)

    def take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        """Let filters name again what they did; leave alone what was changed since."""
        _take_back(tx, who, was)


class SavedReportsOfCategories:
    """The saved reports that are filtered by a category."""

    name = "saved_reports"

    def replace(self, tx: Transaction, who: Actor, number: int, by: int) -> list[ChangedFilter] | None:
        """Let filters name the category that takes the place of one."""
        return _replaced(tx, who, "category", number, by)

    def take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        """Let filters name again what they did; leave alone what was changed since."""
        _take_back(tx, who, was)


def _naming(tx: Transaction, who: Actor, kind: str, number: int) -> Iterator[tuple[UserId, SavedReport]]:
    for user in store.users_with_saved_reports(tx, who.workspace_id):
        for report in store.saved_reports(tx, who.workspace_id, user):
            if str(number) in words_of(kind, report.definition.where.get(kind, "")):
                yield user, report


def _replaced(tx: Transaction, who: Actor, kind: str, number: int, by: int) -> list[ChangedFilter] | None:
    changed = []
    for user, report in list(_naming(tx, who, kind, number)):
        words = words_of(kind, report.definition.where[kind])
        named = dict.fromkeys(str(by) if word == str(number) else word for word in words)
        where = {**report.definition.where, kind: ",".join(named)}
        after = msgspec.structs.replace(report.definition, where=where)
        changed.append(ChangedFilter(report.id, report.definition, after))
        _put(tx, who, user, report, after)
    return changed or None


def _take_back(tx: Transaction, who: Actor, was: bytes) -> None:
    changed = {each.id: each for each in decode(was, list[ChangedFilter])}
    for user in store.users_with_saved_reports(tx, who.workspace_id):
        for report in store.saved_reports(tx, who.workspace_id, user):
            known = changed.get(report.id)
            if known is not None and known.after == report.definition:
                _put(tx, who, user, report, known.before)


def _put(tx: Transaction, who: Actor, user: UserId, was: SavedReport, definition: ReportDefinition) -> None:
    # When its owner changed it last stays, so that what they did before can be undone once this is.
    text = msgspec.json.encode(definition).decode()
    store.set_saved_report(tx, who.workspace_id, was.id, was.name, text, was.updated_at)
    tx.changed(who.workspace_id, ReportSaved(user, was.id, was.name, definition))
