"""Erase from a copy of the database, which nobody else uses, what was erased from the database itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from hourloom.core.ids import ErasureId, EventId
from hourloom.db.sqlite import SqliteTransaction
from hourloom.db.transaction import Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.erasure import Erasure, ErasurePlace, outside
from hourloom.tracking.service.erasing import found_in
from hourloom.web.idempotency import drop_all_answers

if TYPE_CHECKING:
    from sqlite3 import Connection

THIS = ErasureId(-1)
"""The number under which the erasure is known in the copy while it lasts."""
LISTED_AT_ONCE = 5_000


def erase_from(connection: Connection, erasure: Erasure, payloads: Sequence[int]) -> None:
    """Delete from a copy what an erasure meets; being older, the copy knows nothing of the erasure."""
    tx = SqliteTransaction(connection, writes=True)
    connection.execute("BEGIN IMMEDIATE")
    here = msgspec.structs.replace(erasure, id=THIS, operation_id=None)
    store.copy_erasure(tx, here)
    for first in range(0, len(payloads), LISTED_AT_ONCE):
        store.add_erasure_payloads(tx, THIS, list(payloads[first : first + LISTED_AT_ONCE]))
    _delete_events(tx, here)
    images, totals = ErasurePlace("images"), ErasurePlace("totals")
    _until_none(lambda: store.drop_images(tx, _numbers(tx, here, images)))
    _until_none(lambda: store.delete_totals(tx, here.workspace_id, _numbers(tx, here, totals)))
    drop_all_answers(tx)
    if here.kind in ("bucket", "everything"):
        for bucket in here.scope.buckets:
            store.drop_mark(tx, here.workspace_id, bucket)
            store.forget_bucket(tx, here.workspace_id, bucket)
    _delete_orphans(tx)
    # What was derived of the days is derived again; a copy of before has nothing of the kind.
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'lane_days'").fetchone():
        connection.execute("DELETE FROM lane_days")
    while store.drop_erasure_payloads(tx, THIS, LISTED_AT_ONCE):
        pass
    store.drop_erasure(tx, THIS)
    connection.execute("COMMIT")


def _delete_events(tx: Transaction, erasure: Erasure) -> None:
    scope, workspace = erasure.scope, erasure.workspace_id
    listed = erasure.id if scope.by_payload else 0
    period = scope.started_at, scope.ended_at
    last = store.last_event_number(tx)
    for place in range(len(scope.buckets)):
        while rows := found_in(tx, erasure, ErasurePlace(bucket=place)):
            numbers = [whole(row[0]) for row in rows]  # type: ignore[index]  # rows of events begin with it
            pieces = []
            for event in store.delete_given(tx, workspace, listed, numbers, *period):
                for starts, ends in outside(event.started_at, event.ended_at, *period):
                    last += 1
                    pieces.append(
                        msgspec.structs.replace(event, id=EventId(last), started_at=starts, ended_at=ends)
                    )
            store.add_events(tx, workspace, pieces)


def _delete_orphans(tx: Transaction) -> None:
    used = {row[0] for row in store.used_payloads(tx)}
    orphans = [whole(row[0]) for row in store.all_payloads(tx) if row[0] not in used]
    last = store.last_event_number(tx)
    for first in range(0, len(orphans), LISTED_AT_ONCE):
        store.delete_orphans(tx, orphans[first : first + LISTED_AT_ONCE], last)


def _numbers(tx: Transaction, erasure: Erasure, place: ErasurePlace) -> list[list[int]]:
    return [[whole(part) for part in row] for row in found_in(tx, erasure, place)]  # type: ignore[union-attr]  # rows


def _until_none(delete: Callable[[], int]) -> None:
    while delete():
        pass
