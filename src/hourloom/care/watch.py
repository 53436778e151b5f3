"""Look at the disk, the clock and the keys every half minute, and tell of what is wrong with them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from hourloom.care.model import (
    CareSeen,
    ClockJump,
    ClockReading,
    Surroundings,
    is_low,
    jump_between,
    told_space,
)
from hourloom.core.clock import Clock
from hourloom.core.errors import HourloomError
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Database
from hourloom.notices.service import Notices

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 30.0

Found = TypeVar("Found")


class Watch:
    """Keeps what was seen last, and notices in step with it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        notices: Notices,
        workspace: WorkspaceId,
        surroundings: Surroundings,
    ) -> None:
        self._database, self._clock, self._notices = database, clock, notices
        self._workspace, self._surroundings = workspace, surroundings
        self.seen: CareSeen | None = None
        """What the last look found; None before the first."""
        self._told: CareSeen | None = None

    def look(self) -> CareSeen:
        """Look once; on a thread that may wait for a disk."""
        seen, jump = self._now()
        self.seen = seen
        if jump is not None:
            log.warning("the clock jumped %d s %s", jump.seconds, jump.direction)
        if jump is not None or self._told is None or _tells_other(self._told, seen):
            try:
                self._database.write(lambda: self._tell(seen, jump))
                self._told = seen
            except HourloomError as error:
                # It is told at the next look: the disk may be full at this very moment.
                log.warning("what was seen could not be told: %s", type(error).__name__)
        return seen

    def _now(self) -> tuple[CareSeen, ClockJump | None]:
        around, before = self._surroundings, self.seen
        reading = ClockReading(self._clock.now(), around.awake_for())
        jump = jump_between(before.reading, reading) if before else None
        free = _or(around.free_space, before.free if before else 0)
        seen = CareSeen(
            reading=reading,
            free=free,
            low=is_low(free, was_low=before.low if before else False),
            ballast_held=_or(around.ballast_held, default=False),
            recovery_pending=_or(around.recovery_pending, default=False),
            jump=jump or (before.jump if before else None),
        )
        return seen, jump

    def _tell(self, seen: CareSeen, jump: ClockJump | None) -> None:
        if jump is not None:
            self._notices.raised(
                self._workspace, "clock_jumped", seconds=jump.seconds, direction=jump.direction
            )
        if seen.low:
            self._notices.raised(self._workspace, "disk_low", mebibytes=told_space(seen.free))
        else:
            self._notices.cleared(self._workspace, "disk_low")
        if seen.recovery_pending:
            self._notices.raised(self._workspace, "recovery_code_pending")
        else:
            self._notices.cleared(self._workspace, "recovery_code_pending")


async def watching(watch: Watch) -> None:
    """Look again and again, for as long as the server runs."""
    while True:
        await asyncio.to_thread(watch.look)
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


def _tells_other(told: CareSeen, seen: CareSeen) -> bool:
    if (told.low, told.recovery_pending) != (seen.low, seen.recovery_pending):
        return True
    return seen.low and told_space(told.free) != told_space(seen.free)


def _or(ask: Callable[[], Found], default: Found) -> Found:
    """Return an answer, or what stands for it where nobody can tell."""
    try:
        return ask()
    except (OSError, HourloomError):
        return default
