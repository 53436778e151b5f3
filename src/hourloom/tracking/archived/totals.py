"""Totals in archives, the ones that outlived their events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from hourloom.core.archiving import (
    NOT_IN_ORDER,
    REFERS_TO_NOTHING,
    Incoming,
    Judged,
    Outgoing,
    PlainTable,
    Verdict,
)
from hourloom.core.clock import HOUR
from hourloom.core.decoding import decode
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.archived.rows import TotalRow
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.retention import QUARTER
from hourloom.tracking.service.deleting import totals_changed
from hourloom.tracking.store import archived

READ_AT_ONCE = 2_000
REACH = HOUR
"""So long before a quarter an event may have begun that reaches into it; longer ones are rare."""

Place = tuple[int, int, int]


class _TotalsBefore(msgspec.Struct, frozen=True):
    """Totals that an import added, as bucket, start and payload, and what those were that it changed."""

    added: list[Place]
    changed: list[tuple[int, int, int, int]]


class ArchivedTotals(PlainTable):
    """How long things lasted whose events are deleted."""

    name = "kept_totals"
    row = TotalRow
    at_once = 500

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return archived.count_all_totals(tx, out.workspace_id)

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[TotalRow]]:
        place: Place = (0, 0, 0)
        while found := archived.totals_after(tx, out.workspace_id, *place, READ_AT_ONCE):
            rows = [TotalRow(*map(whole, row)) for row in found]
            yield rows
            place = (rows[-1].bucket_id, rows[-1].started_at, rows[-1].payload_id)

    def fault(self, row: TotalRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.bucket_id, row.started_at, row.payload_id)):
            return NOT_IN_ORDER
        if row.started_at % QUARTER:
            return "it does not begin with a quarter of an hour"
        known = into.knows("buckets", row.bucket_id) and into.knows("payloads", row.payload_id)
        return None if known else REFERS_TO_NOTHING

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[TotalRow]) -> list[Judged]:
        # What rules hide of events that are gone nobody could tell.
        left_out = [row.payload_id in into.held for row in rows]
        judged = [Judged(Verdict.LEFT_OUT if hidden else Verdict.NEW) for hidden in left_out]
        if into.keeps_numbers:
            return judged
        places = [_place(into, row) for row in rows]
        counted = archived.recorded_in(tx, into.workspace_id, into.operation or 0, REACH, QUARTER, places)
        for at in counted:
            # The events themselves are here.
            judged[at] = Judged(Verdict.SAME)
        for place, lasted in archived.totals_at(tx, into.workspace_id, places):
            at = whole(place)
            judged[at] = Judged(Verdict.SAME if lasted == rows[at].lasted else Verdict.CONFLICTING)
        return [
            Judged(Verdict.LEFT_OUT) if hidden else each
            for each, hidden in zip(judged, left_out, strict=True)
        ]

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[TotalRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        pairs = list(zip(rows, judged, strict=True))
        replaces = into.on_conflict == "replace"
        added = [row for row, each in pairs if each.verdict is Verdict.NEW]
        changed = [row for row, each in pairs if each.verdict is Verdict.CONFLICTING and replaces]
        if added or changed:
            places = [_place(into, row) for row in changed]
            was = archived.totals_at(tx, into.workspace_id, places) if places else []
            before = [(*places[whole(at)], whole(lasted)) for at, lasted in was]
            into.keep(self.name, _TotalsBefore([_place(into, row) for row in added], before))
            totals = [(*_place(into, row), row.lasted) for row in (*added, *changed)]
            archived.put_totals(tx, into.workspace_id, totals)
            totals_changed(tx, self._recorder, into.workspace_id, totals)
        return [0] * len(rows)

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        step = decode(was, _TotalsBefore)
        store.delete_totals(tx, workspace, step.added)
        archived.put_totals(tx, workspace, step.changed)
        totals_changed(tx, self._recorder, workspace, [*step.added, *step.changed])


def _place(into: Incoming, row: TotalRow) -> Place:
    return into.number("buckets", row.bucket_id), row.started_at, into.number("payloads", row.payload_id)
