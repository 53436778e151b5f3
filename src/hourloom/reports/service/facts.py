"""The facts of a report: how much of its period was active, from when to when, and part by part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from hourloom.core.clock import DAY, Instant
from hourloom.reports.model.grouping import longest_of
from hourloom.reports.model.ranges import ReportRange
from hourloom.reports.model.report import ReportFacts, ReportPart, ReportUnit
from hourloom.reports.ports import SumsSource
from hourloom.reports.service.stretches import Names, Stretch

Spans = Sequence[tuple[Instant, Instant]]

_BY_HOURS, _BY_DAYS, _BY_MONTHS = 2 * DAY, 400 * DAY, 7_400 * DAY
"""How long a period is at most whose series has parts of an hour, a day, a month."""


def unit_of(period: ReportRange) -> ReportUnit:
    """Return how long the parts are of which the series of a period is made."""
    length = period.end - period.start
    if length <= _BY_HOURS:
        return "hour"
    return "day" if length <= _BY_DAYS else "month" if length <= _BY_MONTHS else "year"


def facts_of(
    read: Iterable[tuple[Stretch, SumsSource]], unit: ReportUnit, spans_of: Callable[[list[Stretch]], Spans]
) -> ReportFacts:
    """Return the facts of a period whose sums were read; `spans_of` tells when somebody was active in it."""
    series: dict[str, ReportPart] = {}
    days: dict[str, int] = defaultdict(int)
    busy: list[Stretch] = []
    away = unassigned = 0
    for stretch, sums in read:
        active = sum(sums.by.values())
        away += sums.away
        unassigned += sums.by.get((None,), 0)
        days[stretch.names[0]] += active
        if active:
            busy.append(stretch)
        key = _part_name(stretch.names, unit)
        known = series.get(key) or ReportPart(key, stretch.start, 0, 0)
        series[key] = ReportPart(key, known.start, known.lasted + active, known.away + sums.away)
    spans = spans_of(busy)
    return ReportFacts(
        active=sum(days.values()),
        away=away,
        unassigned=unassigned,
        first=spans[0][0] if spans else None,
        last=spans[-1][1] if spans else None,
        longest=longest_of(spans),
        active_days=sum(1 for active in days.values() if active),
        days=len(days),
        unit=unit,
        series=list(series.values()),
    )


def _part_name(names: Names, unit: ReportUnit) -> str:
    match unit:
        case "hour":
            return f"{names[0]}T{names[1]}"
        case "month":
            return names[0][:7]
        case "year":
            return names[0][:4]
        case _:
            return names[0]
