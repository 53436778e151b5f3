"""Delete payloads that nothing refers to any more."""

from __future__ import annotations

from typing import NamedTuple

from hourloom.db.transaction import Database, Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.shelf import PayloadShelf

DELETED_AT_ONCE = 1_000


class Orphans(NamedTuple):
    """Some payloads that no event had when this was read."""

    payloads: list[int]
    last_event: int
    """The newest event of that moment; whatever came after may use a payload again."""
    more: bool


class CleanUp:
    """Keeps the payload dictionary free of what nobody uses."""

    is_service = True

    def __init__(self, database: Database, recorder: Recorder, shelf: PayloadShelf) -> None:
        self._database, self._recorder, self._shelf = database, recorder, shelf

    def find(self, tx: Transaction) -> Orphans:
        """Return payloads without events; a pass over all events, so not for the writer."""
        used = {row[0] for row in store.used_payloads(tx)}
        orphans = [whole(row[0]) for row in store.all_payloads(tx) if row[0] not in used]
        last = store.last_event_number(tx)
        return Orphans(orphans[:DELETED_AT_ONCE], last, len(orphans) > DELETED_AT_ONCE)

    def delete(self, tx: Transaction, found: Orphans) -> int:
        """Delete those that are still without events; return how many."""
        if not found.payloads:
            return 0
        deleted = store.delete_orphans(tx, found.payloads, found.last_event)
        self._recorder.payloads.forget()
        tx.after_commit(self._shelf.forget)
        return deleted
