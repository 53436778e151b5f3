"""Announce that somebody is back, with the time for which they were away."""

from __future__ import annotations

import threading
from collections import OrderedDict

from hourloom.core.actors import Actor
from hourloom.core.clock import MINUTE, Clock, Instant
from hourloom.core.errors import Invalid
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Database
from hourloom.tracking.model import PersonReturned, WhyAway
from hourloom.tracking.service.devices import require_reporter

MOST_DEVICES = 1_000
AHEAD = 5 * MINUTE
"""By how much a device's clock may be ahead of ours."""


class NotAnAbsence(Invalid):
    """Somebody is back after they went away, and not in the future."""


class Returns:
    """Tells of each return once, though a device may say it twice when an answer got lost."""

    is_service = True

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._told: OrderedDict[tuple[WorkspaceId, str], Instant] = OrderedDict()
        self._lock = threading.Lock()

    def announce(self, who: Actor, device: str, away_from: Instant, back_at: Instant, why: WhyAway) -> None:
        """Tell everybody who listens that the person at a device is back."""
        require_reporter(who)
        if not away_from < back_at <= self._clock.now() + AHEAD:
            raise NotAnAbsence
        key = (who.workspace_id, device)
        with self._lock:
            if self._told.get(key) == back_at:
                return
        with self._database.begin() as tx:
            tx.changed(who.workspace_id, PersonReturned(device, away_from, back_at, why))
        with self._lock:
            self._told[key] = back_at
            self._told.move_to_end(key)
            while len(self._told) > MOST_DEVICES:
                self._told.popitem(last=False)
