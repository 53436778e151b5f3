"""Let heartbeats go first: what works on a job looks now and then whether the writer is busy, and pauses."""

from __future__ import annotations

import time
from collections.abc import Callable

from hourloom.core.errors import HourloomError
from hourloom.db.transaction import Vitals
from hourloom.jobs.model import SECONDS_BETWEEN_LOOKS, pause


class GivingWay:
    """How one job gives way; not for two threads at once."""

    def __init__(self, vitals: Callable[[], Vitals], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._vitals, self._monotonic = vitals, monotonic
        self._looked_at = monotonic()
        self._commits, self._commit_seconds = 0, 0.0

    @property
    def should_look(self) -> bool:
        """Return whether it worked for long enough to look again."""
        return self._monotonic() - self._looked_at >= SECONDS_BETWEEN_LOOKS

    def seconds(self) -> float:
        """Look at the writer, and return how long to pause; may take a moment, so not on the loop."""
        try:
            vitals = self._vitals()
        except (OSError, HourloomError):
            # Whatever is wrong there, the job itself will meet it.
            self._looked_at = self._monotonic()
            return 0.0
        commits, spent = vitals.commits - self._commits, vitals.commit_seconds - self._commit_seconds
        worked = self._monotonic() - self._looked_at
        found = pause(vitals.waiting, spent / commits if commits else 0.0, worked)
        self._commits, self._commit_seconds = vitals.commits, vitals.commit_seconds
        # What is paused now counts for nothing when it looks the next time.
        self._looked_at = self._monotonic() + found
        return found
