"""A report: rows, the facts around them, and the parts of its time for drawing."""

from __future__ import annotations

import msgspec

from hourloom.core.clock import Instant
from hourloom.reports.model.grouping import ReportRest, ReportRows
from hourloom.reports.model.keys import Key
from hourloom.reports.model.ranges import ReportRange

ReportUnit = str
"""What one part of a series is: "hour", "day", "month" or "year"."""


class ReportPart(msgspec.Struct, frozen=True):
    """One part of a report's time, an hour or a day, in a series for drawing."""

    key: str
    start: Instant
    lasted: int
    away: int


class ReportFacts(msgspec.Struct, frozen=True):
    """What is known of a period besides its rows; microseconds."""

    active: int
    away: int
    unassigned: int
    """Active time without a category."""
    first: Instant | None
    last: Instant | None
    """When the first activity began, and the last ended."""
    longest: tuple[Instant, Instant] | None
    """The longest active time without interruption; None where it was not looked for."""
    active_days: int
    days: int
    unit: ReportUnit
    series: list[ReportPart]


class ReportBefore(msgspec.Struct, frozen=True):
    """The period that a report is compared with."""

    period: ReportRange
    active: int
    away: int
    cut: bool
    """Whether it ends where the report's own period, which is not over yet, has come to."""


class Report(msgspec.Struct, frozen=True):
    """A report as it was found; microseconds."""

    period: ReportRange
    zone: str
    keys: tuple[Key, ...]
    facts: ReportFacts
    rows: ReportRows
    compared: ReportBefore | None
    where: dict[str, str]
    described: str
    """The filters in words, for people."""
    colors: dict[int, str]
    """Of the categories that occur."""
    whole: frozenset[int]
    """Categories that stand for all below them too."""
    ranges: tuple[dict[str, str], ...]
    """For each key the stretches of time that its values name, as FROM..TO."""
    bounds: tuple[dict[str, tuple[Instant, Instant]], ...]
    """The same as instants."""

    @property
    def rest(self) -> ReportRest | None:
        """Return what the limit left out."""
        return self.rows.rest


class ReportHeat(msgspec.Struct, frozen=True):
    """How active each hour of each weekday was, from the day on that weeks begin with; microseconds."""

    period: ReportRange
    zone: str
    weekdays: tuple[str, ...]
    lasted: list[list[int]]
    """For each weekday 24 numbers."""
    possible: list[list[int]]
    """How long clocks showed that hour in the period; more than 60 minutes for each day only where they were
    put back."""


class ReportStretch(msgspec.Struct, frozen=True):
    """A stretch of a timeline."""

    start: Instant
    end: Instant
    value: int
    """Its place in the list of keys."""


class ReportTimeline(msgspec.Struct, frozen=True):
    """What was done when, for drawing: activities with one key that follow one another are one stretch."""

    period: ReportRange
    zone: str
    key: Key
    names: list[str | None]
    colors: list[str | None]
    stretches: list[ReportStretch]
    away: list[tuple[Instant, Instant]]
    left_out: int
    """How many stretches at the end were left out, where there are too many."""
    joined: int = 0
    """Where there is less room than stretches: so long are the pieces that shorter ones were joined in."""
