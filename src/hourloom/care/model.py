"""What is looked at around the server, and when something about it is worth telling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from hourloom.core.clock import MINUTE, SECOND, Duration, Instant

MIB = 1 << 20
LITTLE_SPACE = 512 * MIB
ENOUGH_SPACE = 768 * MIB
"""A little more than too little, so that a disk at the limit does not raise and clear a notice by turns."""
_TOLD_IN_STEPS_OF = 64 * MIB
LARGEST_DRIFT = Duration(MINUTE)

WELL_KNOWN_TYPES = ("currentwindow", "afkstatus", "web.tab.current", "app.editor.activity")
OTHER_TYPES = "other"

JumpDirection = Literal["ahead", "back"]


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """How the server finds out about the computer that it runs on."""

    awake_for: Callable[[], Duration]
    """How long the computer has been on, its sleep included."""
    free_space: Callable[[], int]
    ballast_held: Callable[[], bool]
    recovery_pending: Callable[[], bool]
    """Whether nobody has confirmed to have noted down the recovery code."""


class ClockReading(msgspec.Struct, frozen=True):
    """The two clocks at one moment."""

    wall: Instant
    awake_for: Duration


class ClockJump(msgspec.Struct, frozen=True):
    """A moment at which somebody set the clock."""

    at: Instant
    """After the jump."""
    by: Duration

    @property
    def seconds(self) -> int:
        """Return how far it jumped."""
        return abs(self.by) // SECOND

    @property
    def direction(self) -> JumpDirection:
        """Return whether time was left out or is counted twice."""
        return "ahead" if self.by > 0 else "back"


class CareSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What the last look found."""

    reading: ClockReading
    free: int
    low: bool
    ballast_held: bool
    recovery_pending: bool
    jump: ClockJump | None = None
    """The last one since the start."""


def jump_between(before: ClockReading, after: ClockReading) -> ClockJump | None:
    """Return by how much the clock was set between two looks, if by more than a minute.

    wall       |------ 30 s ------|- - - - 1 h - - - -|
    awake for  |------ 30 s ------|                        the clock was set an hour ahead
    """
    by = Duration((after.wall - before.wall) - (after.awake_for - before.awake_for))
    return ClockJump(after.wall, by) if abs(by) > LARGEST_DRIFT else None


def is_low(free: int, *, was_low: bool) -> bool:
    """Return whether little space is free; once it was little, until there is clearly more."""
    return free < (ENOUGH_SPACE if was_low else LITTLE_SPACE)


def told_space(free: int) -> int:
    """Return the mebibytes that a notice tells, in steps, so that it is not renewed all the time."""
    step = _TOLD_IN_STEPS_OF if free >= _TOLD_IN_STEPS_OF else MIB
    return free // step * step // MIB


def by_well_known_type(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts by type of bucket, in which the types that somebody made up are counted together."""
    known = {kind: counts[kind] for kind in WELL_KNOWN_TYPES if kind in counts}
    others = sum(counts.values()) - sum(known.values())
    return known | {OTHER_TYPES: others} if others else known
