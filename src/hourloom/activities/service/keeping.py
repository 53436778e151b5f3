"""Keep days of the lane that are over, so that nobody has to derive them."""

from __future__ import annotations

import time
from typing import NamedTuple

from hourloom.activities import store
from hourloom.activities.service.lanes import DayToKeep, Lanes
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.db.transaction import Transaction, whole

SECONDS_AT_ONCE = 0.15
"""So long one look derives days, so that others get their turn on the reading threads."""
MOST_AT_ONCE = 8
"""About 10 ms of the writer."""


class DaysToKeep(NamedTuple):
    """Days that were derived, and whether more are missing."""

    days: list[DayToKeep]
    more: bool


class Keeping:
    """Derives days that are over and keeps them, the newest first."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def derive(self, tx: Transaction) -> DaysToKeep:
        """Return some of the days that are missing."""
        ends = time.monotonic() + SECONDS_AT_ONCE
        found: list[DayToKeep] = []
        for workspace, user in store.people(tx):
            place = WorkspaceId(whole(workspace)), UserId(whole(user))
            missing = self._lanes.missing(tx, *place)
            for day in missing:
                if len(found) >= MOST_AT_ONCE or (found and time.monotonic() > ends):
                    return DaysToKeep(found, more=True)
                found += self._lanes.derived_days(tx, *place, [day])
        return DaysToKeep(found, more=False)

    def has_work(self, tx: Transaction) -> bool:
        """Return whether any day is missing."""
        return any(
            self._lanes.missing(tx, WorkspaceId(whole(workspace)), UserId(whole(user)))
            for workspace, user in store.people(tx)
        )

    def keep(self, tx: Transaction, found: DaysToKeep) -> None:
        """Keep days that nothing has changed since they were derived."""
        self._lanes.keep(tx, found.days)

    def drop_days_of_the_future(self, tx: Transaction) -> None:
        """Drop days that were kept by a clock that was ahead."""
        self._lanes.drop_days_of_the_future(tx)
