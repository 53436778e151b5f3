"""The feed: each workspace's Changes, numbered in the order of their commits and kept for a while."""

from __future__ import annotations

from hourloom.core.changes import Change, RecordedChange
from hourloom.core.clock import Clock, Instant
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Collected, Transaction
from hourloom.live import store
from hourloom.live.body import body_of
from hourloom.live.model import KEPT_FOR, PRUNED_AT_ONCE, ChangePage, first_kept


class Feed:
    """Stores Changes inside the transaction that made them, so that none is missing after a crash."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def record(self, tx: Transaction, collected: Collected) -> list[RecordedChange]:
        """Store Changes with their numbers; return them as they are told once the transaction is on disk."""
        now = self._clock.now()
        by_workspace: dict[WorkspaceId, list[Change]] = {}
        for workspace, change in collected:
            by_workspace.setdefault(workspace, []).append(change)
        recorded: list[RecordedChange] = []
        for workspace, changes in by_workspace.items():
            first = store.extent(tx, workspace).newest + 1
            recorded += [
                RecordedChange(workspace, sequence, now, change.kind, body_of(change))
                for sequence, change in enumerate(changes, first)
            ]
        store.add(tx, recorded)
        return recorded

    def newest(self, tx: Transaction, workspace: WorkspaceId) -> int:
        """Return the sequence number of a workspace's newest Change, 0 before the first."""
        return store.extent(tx, workspace).newest

    def since(self, tx: Transaction, workspace: WorkspaceId, sequence: int, limit: int) -> ChangePage:
        """Return the Changes after a sequence number; an incomplete page means that some are gone."""
        extent = store.extent(tx, workspace)
        if not extent.can_resume(sequence):
            return ChangePage([], extent.newest, complete=False)
        return ChangePage(store.after(tx, workspace, sequence, limit), extent.newest)

    def prune(self, tx: Transaction) -> int:
        """Delete a portion of what is kept no longer; return how many went, 0 once nothing is left to do."""
        oldest_kept = Instant(self._clock.now() - KEPT_FOR)
        left = PRUNED_AT_ONCE
        workspace = store.next_workspace(tx, -1)
        while workspace is not None and left > 0:
            left -= self._prune_one(tx, workspace, oldest_kept, left)
            workspace = store.next_workspace(tx, workspace)
        return PRUNED_AT_ONCE - left

    def forget_some(self, tx: Transaction, workspace: WorkspaceId) -> bool:
        """Delete a portion of the Changes of a workspace whose record is erased; return whether more remain.

        The newest stays, since the next number is counted from it.
        """
        extent = store.extent(tx, workspace)
        store.delete_before(tx, workspace, min(extent.oldest + PRUNED_AT_ONCE, extent.newest))
        return extent.oldest + PRUNED_AT_ONCE < extent.newest

    def _prune_one(self, tx: Transaction, workspace: int, oldest_kept: Instant, window: int) -> int:
        extent = store.extent(tx, workspace)
        young = store.first_young(tx, workspace, extent.oldest + window, oldest_kept)
        return store.delete_before(tx, workspace, first_kept(extent, young, window))
