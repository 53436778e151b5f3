"""The stretches of time that a report looks at, and as many of them as are asked for at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hourloom.core.clock import DAY, HOUR, Instant
from hourloom.core.errors import Invalid
from hourloom.core.periods import Calendar
from hourloom.reports.model.asked import ReportParts
from hourloom.reports.model.keys import Key, pieces_of
from hourloom.reports.model.ranges import ReportRange

CUTS_AT_ONCE = 1_000
LONGEST_AT_ONCE = 10_000 * DAY
MOST_HOURS = 20_000
"""Two years and a bit: each hour is looked at by itself."""

Names = tuple[str, ...]


class TooManyHours(Invalid):
    """By hours a report covers at most {days} days; ask for a shorter period."""


class Stretch(NamedTuple):
    """Time that has one name for each key of time."""

    start: Instant
    end: Instant
    names: Names


def chosen(
    period: ReportRange, times: tuple[Key, ...], parts: ReportParts, calendar: Calendar
) -> Iterator[Stretch]:
    """Yield the stretches of a period that are looked at; neighbours of one name are one."""
    if "hour" in (*times, *parts.keys) and period.end - period.start > MOST_HOURS * HOUR:
        raise TooManyHours(days=f"{MOST_HOURS // 24:,}")
    open_: Stretch | None = None
    for piece in pieces_of(period.start, period.end, (*times, *parts.keys), calendar):
        if not parts.chosen(piece.names[len(times) :]):
            continue
        names = piece.names[: len(times)]
        if open_ is not None and open_.end == piece.start and open_.names == names:
            open_ = open_._replace(end=piece.end)
            continue
        if open_ is not None:
            yield open_
        open_ = Stretch(piece.start, piece.end, names)
    if open_ is not None:
        yield open_


def short(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Yield stretches none of which is longer than the lane can be asked for at once."""
    for stretch in stretches:
        start = stretch.start
        while stretch.end - start > LONGEST_AT_ONCE:
            yield stretch._replace(start=start, end=Instant(start + LONGEST_AT_ONCE))
            start = Instant(start + LONGEST_AT_ONCE)
        yield stretch._replace(start=start)


def runs(stretches: Iterable[Stretch]) -> Iterator[list[Stretch]]:
    """Yield stretches that follow one another without a gap, not too many at once."""
    run: list[Stretch] = []
    for stretch in stretches:
        follows = bool(run) and run[-1].end == stretch.start
        if run and not (
            follows and len(run) < CUTS_AT_ONCE and stretch.end - run[0].start <= LONGEST_AT_ONCE
        ):
            yield run
            run = []
        run.append(stretch)
    if run:
        yield run
