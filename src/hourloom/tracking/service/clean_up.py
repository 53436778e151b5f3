"""Delete payloads that nothing refers to any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hourloom.db.transaction import Database, Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.shelf import PayloadShelf

DELETED_AT_ONCE = 500
NOT_SEEN_YET = 10_000
"""Of the last numbers that a team database gave out, some may belong to writes that still go on."""


class Orphans(NamedTuple):
    """The payloads that no event and no total had when this was read."""

    payloads: list[int]
    last_event: int
    """The newest event of that moment; whatever came after may use a payload again."""
    versions: int
    """The histories of that moment; while they stay, no older event came by another payload."""


class CleanUp:
    """Keeps the payload dictionary free of what nobody uses."""

    is_service = True

    def __init__(self, database: Database, recorder: Recorder, shelf: PayloadShelf) -> None:
        self._database, self._recorder, self._shelf = database, recorder, shelf
        self._left: Orphans | None = None
        self.forget_also: Callable[[], None] = lambda: None
        """Drops what else is in memory of payloads."""
        self.held: Callable[[Transaction], int | None] = lambda tx: None
        """Tells behind which number payloads wait for events that are still to come; None where none do."""

    def find(self, tx: Transaction) -> Orphans:
        """Return payloads without events; mostly a pass over all events, so not for the writer."""
        left, versions = self._left, store.history_versions(tx)
        if left is not None and left.payloads and left.versions == versions:
            return left
        used = {row[0] for row in store.used_payloads(tx)}
        held = self.held(tx)
        orphans = [
            number
            for number in (whole(row[0]) for row in store.all_payloads(tx))
            if number not in used and (held is None or number <= held)
        ]
        last = store.last_event_number(tx) - (NOT_SEEN_YET if tx.dialect == "postgresql" else 0)
        return Orphans(orphans, last, versions)

    def delete(self, tx: Transaction, found: Orphans) -> tuple[int, bool]:
        """Delete some of those that are still without events; return how many, and whether more remain."""
        if not found.payloads:
            return 0, False
        if store.history_versions(tx) != found.versions:
            tx.after_commit(lambda: self._leave(None))
            return 0, True
        now, later = found.payloads[:DELETED_AT_ONCE], found.payloads[DELETED_AT_ONCE:]
        deleted = store.delete_orphans(tx, now, found.last_event)
        self._recorder.payloads.forget()
        tx.after_commit(self._shelf.forget)
        tx.after_commit(self.forget_also)
        tx.after_commit(lambda: self._leave(found._replace(payloads=later)))
        return deleted, bool(later)

    def _leave(self, orphans: Orphans | None) -> None:
        self._left = orphans
