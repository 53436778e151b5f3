"""Backups and archives as the copies that an erasure has to look for."""

from __future__ import annotations

from collections.abc import Callable

from hourloom.backups.service import Backups
from hourloom.core.clock import Instant
from hourloom.tracking.ports import Erase


class BackupCopies:
    """The backups within reach, and the archives that wait to be fetched."""

    def __init__(self, backups: Backups, discard_archives: Callable[[], int]) -> None:
        self._backups, self._discard_archives = backups, discard_archives

    def discard(self) -> int:
        return self._discard_archives()

    def holding(self, came_at: Instant, gone_at: Instant) -> list[str]:
        return [backup.name for backup in self._backups.that_hold(came_at, gone_at)]

    def rewrite(
        self,
        came_at: Instant,
        gone_at: Instant,
        erase: Erase,
        pause: Callable[[], None],
    ) -> None:
        for backup in self._backups.that_hold(came_at, gone_at):
            self._backups.rewrite(backup, erase, lambda done, total: pause())
