"""Reports as they are told: decimal seconds, shares, and the filters that lead behind each number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from hourloom.core.clock import SECOND, Instant, datetime_of
from hourloom.reports.model.asked import ReportDefinition
from hourloom.reports.model.behind import behind
from hourloom.reports.model.grouping import ReportRest, ReportRow, ReportRows
from hourloom.reports.model.report import Report, ReportFacts, ReportHeat, ReportTimeline

LONGEST_KEY = 300
MOST_BYTES = 8 * 1024 * 1024
"""Of rows; those behind are part of the rest."""
BYTES_OF_A_ROW = 200


class ReportRestShape(msgspec.Struct):
    """What the limit left out, so that the sum stays."""

    rows: int
    seconds: float
    share: float
    before_seconds: float | UnsetType = UNSET


class ReportRowShape(msgspec.Struct):
    """How long something lasted; `where`, put over what the report was asked, asks for just this."""

    key: str | None
    seconds: float
    share: float
    where: dict[str, str]
    started_at: datetime | UnsetType = UNSET
    ended_at: datetime | UnsetType = UNSET
    """When it began and ended, where it is one stretch of the report's time."""
    color: str | UnsetType = UNSET
    before_seconds: float | UnsetType = UNSET
    change_seconds: float | UnsetType = UNSET
    rows: list[ReportRowShape] | UnsetType = UNSET
    rest: ReportRestShape | UnsetType | None = UNSET


class ReportLongestShape(msgspec.Struct):
    """The longest active time without interruption."""

    started_at: datetime
    ended_at: datetime
    seconds: float


class ReportPartShape(msgspec.Struct):
    """A part of a report's time, an hour or a day."""

    key: str
    started_at: datetime
    seconds: float
    away_seconds: float


class ReportSeriesShape(msgspec.Struct):
    """A report's time in parts of one kind, for drawing."""

    unit: str
    parts: list[ReportPartShape]


class ReportFactsShape(msgspec.Struct):
    """What is known of the period besides its rows."""

    first_activity_at: datetime | None
    last_activity_at: datetime | None
    longest: ReportLongestShape | None
    active_days: int
    days: int


class ReportBeforeShape(msgspec.Struct):
    """The period that the report is compared with; `cut` at the point that the report's own has come to."""

    range: str
    started_at: datetime
    ended_at: datetime
    total_seconds: float
    away_seconds: float
    cut: bool


class ReportShape(msgspec.Struct):
    """A report; rows by seconds, the longest first, and shares of `total_seconds`, which excludes away."""

    range: str
    zone: str
    started_at: datetime
    ended_at: datetime
    by: str
    then: str | None
    where: dict[str, str]
    where_in_words: str
    total_seconds: float
    away_seconds: float
    unassigned_seconds: float
    rows: list[ReportRowShape]
    rest: ReportRestShape | None
    facts: ReportFactsShape
    series: ReportSeriesShape
    compared_with: ReportBeforeShape | None


class HeatShape(msgspec.Struct):
    """How active each hour of each weekday was; for each weekday 24 numbers of seconds.

    `possible_seconds` is how long clocks showed that hour on these days.
    """

    range: str
    zone: str
    weekdays: list[str]
    seconds: list[list[float]]
    possible_seconds: list[list[float]]


class TimelineShape(msgspec.Struct):
    """What was done when, in columns of microseconds.

    Where each begins is the step from the end of the one before, of the first from `started_at`.
    """

    range: str
    zone: str
    started_at: datetime
    ended_at: datetime
    by: str
    keys: list[str | None]
    colors: list[str | None]
    steps: list[int]
    durations: list[int]
    places: list[int]
    """Places in the list of keys."""
    away_steps: list[int]
    away_durations: list[int]
    left_out: int
    """How many at the end were left out, where there are too many."""
    joined_seconds: float
    """With `most`, where there are more: so long are the pieces that shorter stretches were joined in, each
    told as what had most of it. 0 where all are told as they were."""


class SavedReportShape(msgspec.Struct):
    """A saved report."""

    id: int
    name: str
    definition: ReportDefinition
    where_in_words: str
    created_at: datetime
    updated_at: datetime


def shape_of(report: Report) -> ReportShape:
    """Return a report as it is told."""
    facts, period = report.facts, report.period
    compared = None
    if report.compared is not None:
        past = report.compared.period
        compared = ReportBeforeShape(
            past.text,
            datetime_of(past.start),
            datetime_of(past.end),
            report.compared.active / SECOND,
            report.compared.away / SECOND,
            report.compared.cut,
        )
    rows, rest = _rows(report, report.rows, 0, _Above({}, None), _Room())
    return ReportShape(
        range=period.text,
        zone=report.zone,
        started_at=datetime_of(period.start),
        ended_at=datetime_of(period.end),
        by=report.keys[0],
        then=report.keys[1] if len(report.keys) > 1 else None,
        where=report.where,
        where_in_words=report.described,
        total_seconds=facts.active / SECOND,
        away_seconds=facts.away / SECOND,
        unassigned_seconds=facts.unassigned / SECOND,
        rows=rows,
        rest=rest,
        facts=_facts(facts),
        series=ReportSeriesShape(
            facts.unit,
            [
                ReportPartShape(part.key, datetime_of(part.start), part.lasted / SECOND, part.away / SECOND)
                for part in facts.series
            ],
        ),
        compared_with=compared,
    )


class _Above(NamedTuple):
    """What a row is part of: parameters, and bounds in time where they are narrower than the report's."""

    where: Mapping[str, str]
    bounds: tuple[Instant, Instant] | None


def _rows(
    report: Report, found: ReportRows, level: int, above: _Above, room: _Room
) -> tuple[list[ReportRowShape], ReportRestShape | None]:
    rows: list[ReportRowShape] = []
    for row in found.rows:
        shape = _row(report, row, level, above, room)
        if shape is None:
            break
        rows.append(shape)
    rest = found.rest_behind(len(rows))
    return rows, None if rest is None else _rest(report, rest)


class _Room:
    """How many bytes of rows may still be told."""

    def __init__(self) -> None:
        self._left = MOST_BYTES

    def takes(self, shape: ReportRowShape) -> bool:
        """Return whether a row has room, and take it."""
        texts = (shape.key or "", *shape.where, *shape.where.values())
        self._left -= BYTES_OF_A_ROW + sum(len(text.encode("utf-8", "replace")) for text in texts)
        return self._left >= 0


def _row(report: Report, row: ReportRow, level: int, above: _Above, room: _Room) -> ReportRowShape | None:
    """Return a row as it is told; None where it has no room."""
    where = behind(report, level, row, above.where)
    bounds = report.bounds[level].get(str(row.value))
    if bounds is not None and above.bounds is not None:
        bounds = max(bounds[0], above.bounds[0]), min(bounds[1], above.bounds[1])
    bounds = bounds or above.bounds
    shape = ReportRowShape(_shown(row.key), row.lasted / SECOND, _share(report, row.lasted), where)
    if not room.takes(shape):
        return None
    if bounds is not None:
        shape.started_at, shape.ended_at = datetime_of(bounds[0]), datetime_of(bounds[1])
    if report.keys[level] == "category" and row.value in report.colors:
        shape.color = report.colors[row.value]
    if report.compared is not None:
        shape.before_seconds = row.before / SECOND
        shape.change_seconds = (row.lasted - row.before) / SECOND
    if row.parts is not None:
        shape.rows, shape.rest = _rows(report, row.parts, level + 1, _Above(where, bounds), room)
    return shape


def _shown(key: str | None) -> str | None:
    """Return a key as it is told: a title may be very long."""
    if key is None or len(key) <= LONGEST_KEY:
        return key
    return key[: LONGEST_KEY - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _rest(report: Report, rest: ReportRest) -> ReportRestShape:
    before = UNSET if report.compared is None else rest.before / SECOND
    return ReportRestShape(rest.rows, rest.lasted / SECOND, _share(report, rest.lasted), before)


def _share(report: Report, lasted: int) -> float:
    return lasted / report.facts.active if report.facts.active else 0.0


def _facts(facts: ReportFacts) -> ReportFactsShape:
    longest = None
    if facts.longest is not None:
        start, end = facts.longest
        longest = ReportLongestShape(datetime_of(start), datetime_of(end), (end - start) / SECOND)
    return ReportFactsShape(
        None if facts.first is None else datetime_of(facts.first),
        None if facts.last is None else datetime_of(facts.last),
        longest,
        facts.active_days,
        facts.days,
    )


def heat_shape_of(heat: ReportHeat) -> HeatShape:
    """Return a heat map as it is told."""
    return HeatShape(
        heat.period.text,
        heat.zone,
        list(heat.weekdays),
        [[each / SECOND for each in hours] for hours in heat.lasted],
        [[each / SECOND for each in hours] for hours in heat.possible],
    )


def timeline_shape_of(timeline: ReportTimeline) -> TimelineShape:
    """Return a timeline as it is told."""
    period = timeline.period
    return TimelineShape(
        period.text,
        timeline.zone,
        datetime_of(period.start),
        datetime_of(period.end),
        timeline.key,
        [_shown(name) for name in timeline.names],
        timeline.colors,
        _steps(((each.start, each.end) for each in timeline.stretches), period.start),
        [each.end - each.start for each in timeline.stretches],
        [each.value for each in timeline.stretches],
        _steps(timeline.away, period.start),
        [end - start for start, end in timeline.away],
        timeline.left_out,
        timeline.joined / SECOND,
    )


def _steps(spans: Iterable[tuple[int, int]], origin: int) -> list[int]:
    """Return where each stretch begins, as the step from the end of the one before."""
    stepped = []
    for start, end in spans:
        stepped.append(start - origin)
        origin = end
    return stepped
