"""The pulse: how productive scored time was, by RescueTime's formula."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hourloom.core.clock import SECOND, Duration
from hourloom.reports.measures.model import LEVELS, Share, Span


class Levels(NamedTuple):
    """How long each level lasted, from -2 to +2, and what has none."""

    scored: tuple[int, int, int, int, int]
    unscored: int

    @property
    def total(self) -> Duration:
        """Return the scored time."""
        return Duration(sum(self.scored))

    @property
    def weighted(self) -> int:
        """Return the scored time, each level by its weight from 0 to 4."""
        return sum(weight * lasted for weight, lasted in enumerate(self.scored))

    def plus(self, other: Levels) -> Levels:
        """Return the levels of both periods together."""
        scored = tuple(a + b for a, b in zip(self.scored, other.scored, strict=True))
        return Levels(scored, self.unscored + other.unscored)  # type: ignore[arg-type]  # five as before


NO_LEVELS = Levels((0, 0, 0, 0, 0), 0)


def levels(spans: Iterable[Span]) -> Levels:
    """Return how long each level lasted; a score beyond the levels counts as the nearest.

    Conserved: the levels and the unscored time together are the active time.
    """
    found, unscored = [0] * len(LEVELS), 0
    for span in spans:
        if span.score is None:
            unscored += span.end - span.start
        else:
            found[min(max(span.score, -2), 2) + 2] += span.end - span.start
    return Levels(tuple(found), unscored)  # type: ignore[arg-type]  # five, as LEVELS has


def pulse(of: Levels) -> Share:
    """Return the pulse as a share: the levels' weighted time of the most that it could be.

    Formula: sum(w * t) / (4 * sum(t)) over scored active time, with weights w = 0..4 for levels -2..+2.
    Unit: none; 0 is all very distracting, 0.5 all neutral, 1 all very productive; times 100 on screens.
    Unscored time is left out of both sums and shown beside it, never taken for neutral.
    Source: RescueTime's productivity pulse.
    """
    return Share(of.weighted / SECOND, 4 * of.total / SECOND, "weighted seconds")


def efficiency(of: Levels) -> float | None:
    """Return RescueTime's efficiency, the mean level of scored time.

    Formula: sum(level * t) / sum(t). Unit: levels, from -2 to +2. Source: RescueTime's data API.
    """
    return (of.weighted - 2 * of.total) / of.total if of.total else None


def percent(efficiency: float) -> float:
    """Return RescueTime's efficiency in percent: 50 + 25 e, from the efficiency before it is rounded.

    It is the pulse again: 50 + 25 (sum(w t) - 2 sum(t)) / sum(t) = 100 sum(w t) / (4 sum(t)).
    """
    return 50 + 25 * efficiency
