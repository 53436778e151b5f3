"""The figures of a day, from which every measure of a day, a week or a baseline is made."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hourloom.core.clock import Duration, Instant
from hourloom.reports.measures.focus import FocusRun, focus_time, runs
from hourloom.reports.measures.interruptions import Interruption, interruptions
from hourloom.reports.measures.model import USUAL, Span, Thresholds, clipped, in_order
from hourloom.reports.measures.pulse import NO_LEVELS, Levels, levels
from hourloom.reports.measures.switching import sittings, stays, switches

HOURS = 24


class InHour(NamedTuple):
    """What lay in one hour of the clock on the wall."""

    active: int
    focus: int
    interruptions: int = 0


class Figures(NamedTuple):
    """What is known of a day, or of several: all that can be added, and the lists that medians need.

    Runs, sittings and lags end with the day.
    """

    levels: Levels
    focus: Duration
    runs: tuple[FocusRun, ...]
    """Those that count for the focus ratio, or else the longest; a torn day has hundreds that are shorter."""
    short_runs: int
    switches: int
    stays: array[int]
    interruptions: tuple[Interruption, ...]
    hours: tuple[InHour, ...]
    """By hour of the day, from 0 to 23; on the day on which clocks go back, one of them is longer."""
    first: Instant | None
    last: Instant | None

    @property
    def active(self) -> Duration:
        """Return the active time."""
        return Duration(self.levels.total + self.levels.unscored)

    @property
    def bytes(self) -> int:
        """Return about how much memory they take."""
        return 2_000 + 8 * len(self.stays) + 200 * (len(self.runs) + len(self.interruptions))


NOTHING = Figures(NO_LEVELS, Duration(0), (), 0, 0, array("q"), (), (InHour(0, 0),) * HOURS, None, None)


def figures(
    spans: Iterable[Span], hours: Sequence[tuple[Instant, int]], thresholds: Thresholds = USUAL
) -> Figures:
    """Return the figures of a day.

    `hours` are the instants at which an hour of the clock on the wall begins, each with that hour, and at
    last the end of the day: an hour gets what lies in it, not what began in it.
    """
    cuts = [moment for moment, _ in hours]
    whole = in_order(spans)
    if whole and (whole[0].start < cuts[0] or whole[-1].end > cuts[-1]):
        whole = [span for _, span in clipped(whole, (cuts[0], cuts[-1]))]
    sat, found = sittings(whole, thresholds), runs(whole, thresholds)
    least = min(thresholds.focused, thresholds.deep, max((run.lasted for run in found), default=0))
    long = tuple(run for run in found if run.lasted >= least)
    broken = tuple(interruptions(whole, sat, thresholds))
    return Figures(
        levels=levels(whole),
        focus=focus_time(whole),
        runs=long,
        short_runs=len(found) - len(long),
        switches=switches(sat),
        stays=array("q", stays(sat)),
        interruptions=broken,
        hours=_by_hour(whole, broken, hours),
        first=whole[0].start if whole else None,
        last=whole[-1].end if whole else None,
    )


def together(days: Iterable[Figures]) -> Figures:
    """Return the figures of several days as of one period: what can be added is, and nothing is averaged."""
    all_days = list(days)
    if not all_days:
        return NOTHING
    total, together_for = NO_LEVELS, array("q")
    for day in all_days:
        total = total.plus(day.levels)
        together_for.extend(day.stays)
    return Figures(
        levels=total,
        focus=Duration(sum(day.focus for day in all_days)),
        runs=tuple(run for day in all_days for run in day.runs),
        short_runs=sum(day.short_runs for day in all_days),
        switches=sum(day.switches for day in all_days),
        stays=together_for,
        interruptions=tuple(each for day in all_days for each in day.interruptions),
        hours=tuple(
            InHour(*map(sum, zip(*(day.hours[hour] for day in all_days), strict=True)))
            for hour in range(HOURS)
        ),
        first=min((day.first for day in all_days if day.first is not None), default=None),
        last=max((day.last for day in all_days if day.last is not None), default=None),
    )


def _by_hour(
    spans: Sequence[Span], broken: Sequence[Interruption], hours: Sequence[tuple[Instant, int]]
) -> tuple[InHour, ...]:
    cuts = [moment for moment, _ in hours]
    found = [[0, 0, 0] for _ in range(HOURS)]
    for part, span in clipped(spans, cuts):
        hour = found[hours[part][1]]
        hour[0] += span.end - span.start
        hour[1] += (span.end - span.start) * span.focus
    for each in broken:
        # It is the last moment of a span, which belongs to the hour that ends there.
        found[hours[bisect_left(cuts, each.at) - 1][1]][2] += 1
    return tuple(InHour(*each) for each in found)
