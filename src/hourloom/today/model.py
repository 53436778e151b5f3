"""What stands around every page, and the rules by which it is counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from hourloom.core.clock import MINUTE, Duration, Instant

DAYS_LOOKED_AT = 14
MOST_UNKNOWN = 10
"""So many apps and sites are asked about at once."""
MOST_ROWS = 40
WORTH_ASKING = Duration(10 * MINUTE)
"""Less than this within those days is not worth a question."""
MOST_SILENT = 20


class Waiting(msgspec.Struct, frozen=True):
    """How much of each kind waits for a decision; null where that may not be read."""

    notices: int | None
    unknown: int | None
    """Apps and sites to which no rule applies."""
    exports: int | None
    goals: int | None
    """Goals about to be missed of which no notice tells."""


class WatcherHealth(msgspec.Struct, frozen=True):
    """How the watchers are doing, in short."""

    buckets: int
    heard: Instant | None
    """Where the newest event ends."""
    silent: tuple[str, ...]
    """Buckets that a notice calls silent."""


def unknown(rows: Iterable[tuple[str | None, int]]) -> int:
    """Count what is worth a question, from what apps and sites without a category are called and lasted."""
    return min(MOST_UNKNOWN, sum(name is not None and lasted >= WORTH_ASKING for name, lasted in rows))


def untold(goals: Iterable[tuple[int, str]], facts: Collection[Mapping[str, object]]) -> int:
    """Count goals, by number and name, of which no notice tells."""
    told = {value for fact in facts if (value := fact.get("goal")) is not None}
    return sum(number not in told and name not in told for number, name in goals)
