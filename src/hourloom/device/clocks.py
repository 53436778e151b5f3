"""The three clocks of a computer read together, and what their disagreement says about the time between.

wall   what people call the time; anybody may set it
awake  runs while the computer runs, and cannot be set
on     like `awake`, but it runs on while the computer sleeps
"""

from __future__ import annotations

import sys
import time
from typing import Literal, NamedTuple, Protocol

from hourloom.core.clock import SECOND, Duration, Instant

HEARTBEAT = Duration(15 * SECOND)
"""How often what goes on unchanged is said to go on."""
UNKNOWN_AFTER = Duration(3 * HEARTBEAT)
"""Nobody looked for so long: what happened meanwhile is unknown."""
SLEPT = Duration(SECOND // 2)
"""Less than this is the time between reading one clock and the next."""
JUMPED = Duration(SECOND)
"""Less than this may be a clock that is slowed or hurried."""

Kind = Literal["slept", "stalled", "set forward", "set back"]


class Reading(NamedTuple):
    """The clocks at one moment, in microseconds."""

    wall: Instant
    awake: int
    on: int


class Break(NamedTuple):
    """Why the time between two readings is not simply time that passed.

    What went on before is known to have gone on until `ends`, by the clock of then, and goes on from
    `begins`, by the clock of now.
    """

    kind: Kind
    ends: Instant
    begins: Instant
    length: Duration
    """How long it slept or stood still, or by how much the clock was set."""

    @property
    def is_gap(self) -> bool:
        """Tell whether nobody knows what happened meanwhile."""
        return self.kind in ("slept", "stalled")


class Clocks(Protocol):
    """Tell the three times."""

    def read(self) -> Reading:
        """Return the present reading."""
        ...


class SystemClocks:
    """The computer's own clocks."""

    def __init__(self, platform: str = sys.platform) -> None:
        # Elsewhere one clock does for both; there the power messages of the system tell of sleep.
        awake, on = ("CLOCK_MONOTONIC", "CLOCK_BOOTTIME")
        if platform == "darwin":
            awake, on = ("CLOCK_UPTIME_RAW", "CLOCK_MONOTONIC")
        self._awake, self._on = getattr(time, awake, None), getattr(time, on, None)

    def read(self) -> Reading:
        return Reading(Instant(time.time_ns() // 1000), _now(self._awake), _now(self._on))


def compare(before: Reading, now: Reading) -> Break | None:
    """Return what happened between two readings, or None when time simply passed."""
    awake, on = now.awake - before.awake, now.on - before.on
    slept, jumped = on - awake, (now.wall - before.wall) - on
    unknown = slept >= SLEPT or awake > UNKNOWN_AFTER
    ends = before.wall if unknown else Instant(before.wall + awake)
    if abs(jumped) >= JUMPED:
        kind: Kind = "set forward" if jumped > 0 else "set back"
        return Break(kind, ends, now.wall, Duration(abs(jumped)))
    if not unknown:
        return None
    begins = max(now.wall, ends)
    return Break("slept" if slept >= SLEPT else "stalled", ends, begins, Duration(on))


def _now(clock: int | None) -> int:
    return (time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)) // 1000
