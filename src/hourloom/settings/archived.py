"""How settings go into an archive, and come from one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core.archiving import Incoming, Judged, Outgoing, PlainTable, Verdict
from hourloom.core.clock import LATEST
from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Transaction
from hourloom.settings import store
from hourloom.settings.model import EVERYONE, LARGEST_VALUE, SettingChanged, json_of


class SettingRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that somebody chose: as JSON in a text, so that programs get back what they wrote."""

    user: Annotated[int, Meta(ge=0, le=1_000_000)]
    """A place among the members; 0 for the whole workspace."""
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    value: Annotated[str, Meta(max_length=LARGEST_VALUE)]
    updated_at: Annotated[int, Meta(ge=0, lt=LATEST)]


class _SettingBefore(msgspec.Struct, frozen=True):
    """A setting before an import gave it a value; without one it had its default."""

    user: int
    name: str
    value: str | None = None
    updated_at: int = 0


class ArchivedSettings(PlainTable):
    """The settings of the workspace and of its members, those of other programs too."""

    name = "settings"
    row = SettingRow
    at_once = 10

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return store.count_all(tx, out.workspace_id)

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[SettingRow]]:
        for user in [EVERYONE, *out.users]:
            place = out.users.get(user, EVERYONE)
            # The databases sort texts differently.
            for name in sorted(store.names_of(tx, out.workspace_id, user)):
                found = store.one(tx, out.workspace_id, user, name)
                yield [] if found is None else [SettingRow(place, name, found.value, found.updated_at)]

    def fault(self, row: SettingRow, into: Incoming) -> str | None:
        if row.user != EVERYONE and row.user not in into.users:
            return "it belongs to nobody"
        try:
            json_of(row.value.encode())
        except HourloomError:
            return "its value is no JSON"
        return None

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[SettingRow]) -> list[Judged]:
        return [self._judged(tx, into, row) for row in rows]

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[SettingRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        for row, each in zip(rows, judged, strict=True):
            replaces = each.verdict is Verdict.CONFLICTING and into.on_conflict == "replace"
            if each.verdict is Verdict.NEW or replaces:
                user = _user(into, row)
                was = store.one(tx, into.workspace_id, user, row.name)
                before = (None, 0) if was is None else (was.value, was.updated_at)
                into.keep(self.name, _SettingBefore(user, row.name, *before))
                store.put(tx, into.workspace_id, user, row.name, row.value, row.updated_at)
                tx.changed(into.workspace_id, SettingChanged(row.name))
        return [0] * len(rows)

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        step = decode(was, _SettingBefore)
        if step.value is None:
            store.delete(tx, workspace, step.user, step.name)
        else:
            store.put(tx, workspace, step.user, step.name, step.value, step.updated_at)
        tx.changed(workspace, SettingChanged(step.name))

    def _judged(self, tx: Transaction, into: Incoming, row: SettingRow) -> Judged:
        user = _user(into, row)
        here = store.one(tx, into.workspace_id, user, row.name)
        if here is None:
            return Judged(Verdict.NEW)
        return Judged(Verdict.SAME if here.value == row.value else Verdict.CONFLICTING)


def _user(into: Incoming, row: SettingRow) -> int:
    """Return whose setting it is here; nobody has the number of one who is not here yet."""
    if row.user == EVERYONE:
        return EVERYONE
    return into.users[row.user] or -1
