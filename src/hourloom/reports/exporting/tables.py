"""Reports, activities and events as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from hourloom.activities.model.activity import Activity
from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, MINUTE, Instant
from hourloom.core.periods import WEEKDAYS, Calendar
from hourloom.exports.model import Cell, Column, Row, Table, TooMuchToWrite
from hourloom.reports.exporting.model import MOST_ROWS
from hourloom.reports.exporting.ports import LaneToExport
from hourloom.reports.model.grouping import ReportRow, ReportRows
from hourloom.reports.model.keys import TIMES, Key
from hourloom.reports.model.report import Report

UNASSIGNED = "Unassigned"
REST = "Others"
TITLES = {
    "category": "Category",
    "app": "App",
    "domain": "Site",
    "title": "Title",
    "project": "Project",
    "device": "Device",
    "tag": "Tags",
    "score": "Score",
    "source": "Decided by",
    "hour": "Hour",
    "weekday": "Weekday",
    "day": "Day",
    "week": "Week",
    "month": "Month",
    "quarter": "Quarter",
    "year": "Year",
}

ACTIVITY_COLUMNS = (
    Column("started_at", "Started", "instant"),
    Column("ended_at", "Ended", "instant"),
    Column("duration", "Duration", "duration"),
    Column("category", "Category"),
    Column("project", "Project"),
    Column("tags", "Tags"),
    Column("app", "App"),
    Column("title", "Title"),
    Column("domain", "Site"),
    Column("url", "URL"),
    Column("device", "Device"),
    Column("decided_by", "Decided by"),
)

EVENT_COLUMNS = (
    Column("bucket", "Bucket"),
    Column("event_id", "Event", "number"),
    Column("started_at", "Started", "instant"),
    Column("ended_at", "Ended", "instant"),
    Column("duration", "Duration", "duration"),
    Column("app", "App"),
    Column("title", "Title"),
    Column("url", "URL"),
    Column("data", "Data"),
)

LARGEST_STEP, SMALLEST_STEP = 32 * DAY, MINUTE
MANY = 2_000
"""So many rows at once are plenty: a shorter stretch of time is read next."""

Moved = Callable[[int], object]
"""Is told how much of the time was read, in microseconds."""
Found = TypeVar("Found")


def label(key: str | None) -> str:
    """Return what a row is called."""
    return UNASSIGNED if key is None else key


def of_report(report: Report) -> Table:
    """Return the rows of a report; with a second key, a row for each pair."""
    columns = [Column(key, TITLES[key], "number" if key == "score" else "text") for key in report.keys]
    columns += [Column("duration", "Time", "duration"), Column("share", "Share", "share")]
    if report.compared is not None:
        columns.append(Column("before", "Before", "duration"))
    rows = _rows_of(report.rows, (), report.keys, report.facts.active, report.compared is not None)
    return Table("Report", tuple(columns), rows)


def _rows_of(
    rows: ReportRows,
    above: tuple[Cell, ...],
    keys: tuple[Key, ...],
    active: int,
    compares: bool,  # noqa: FBT001
) -> Iterator[Row]:
    key, below = keys[0], keys[1:]

    def row(name: Cell, lasted: int, before: int) -> Row:
        padded = (*above, name, *[None] * len(below))
        return (*padded, lasted, lasted / active if active else 0.0, *((before,) if compares else ()))

    for each in in_time(rows.rows, key):
        name = _cell(key, each.key)
        if each.parts is not None:
            yield from _rows_of(each.parts, (*above, name), below, active, compares)
        else:
            yield row(name, each.lasted, each.before)
    if rows.rest is not None:
        yield row(REST, rows.rest.lasted, rows.rest.before)


def _cell(key: Key, name: str | None) -> Cell:
    # Scores are numbers: one below zero is no formula.
    if key == "score":
        return None if name is None else int(name)
    return label(name)


def in_time(rows: Sequence[ReportRow], key: Key) -> Sequence[ReportRow]:
    """Return rows that are times in the order of the calendar, others as they are."""
    if key not in TIMES:
        return rows
    place = WEEKDAYS.index if key == "weekday" else str
    return sorted(rows, key=lambda row: place(row.key or ""))


def count_of(rows: ReportRows) -> int:
    """Return how many rows a report has at its deepest level."""
    return sum(1 if row.parts is None else count_of(row.parts) for row in rows.rows)


def leaves(row: ReportRow) -> Sequence[ReportRow]:
    """Return the rows of the second key."""
    return () if row.parts is None else row.parts.rows


class Steps:
    """Stretches of a period, one after the other: short where much happened, long where nothing did.

    quiet  |-----------|-----------------------|   busy   |--|--|-|
    """

    def __init__(self, start: Instant, end: Instant, moved: Moved) -> None:
        self._start, self._at, self._end, self._moved = start, start, end, moved
        self._step = DAY

    def bounded(
        self, read: Callable[[Instant, Instant], Sequence[Found]]
    ) -> Iterator[tuple[Instant, Instant, Sequence[Found]]]:
        """Yield each stretch with what is read of it."""
        while self._at < self._end:
            until = Instant(min(self._end, self._at + self._step))
            found = read(self._at, until)
            yield self._at, until, found
            self._at = until
            self._moved(until - self._start)
            if len(found) > MANY:
                self._step = max(SMALLEST_STEP, self._step // 4)
            elif len(found) < MANY // 8:
                self._step = min(LARGEST_STEP, self._step * 2)


ReadRows = Callable[[Instant, Instant], Sequence[Row]]
"""Reads the rows of a stretch of time, in its order."""


def of_activities(read: ReadRows, start: Instant, end: Instant, moved: Moved) -> Table:
    """Return activities in the order of time; one that a stretch of reading cut is whole."""

    def rows() -> Iterator[Row]:
        for _, _, found in Steps(start, end, moved).bounded(read):
            yield from found

    return Table("Activities", ACTIVITY_COLUMNS, bounded(_joined(rows())))


def activity_rows(lane: LaneToExport, who: Actor, activities: Sequence[Activity]) -> list[Row]:
    """Return the rows of some activities, in words."""
    verdicts = {activity.verdict for activity in activities}
    described = lane.describe(who, {activity.subject for activity in activities})
    categories = lane.names(who, "category", {verdict.category_id for verdict in verdicts})
    projects = lane.names(who, "project", {verdict.project_id for verdict in verdicts})
    tags = lane.names(who, "tags", {verdict.tag_ids for verdict in verdicts})

    def row(activity: Activity) -> Row:
        said, verdict = described[activity.subject], activity.verdict
        return (
            activity.start,
            activity.end,
            activity.end - activity.start,
            categories.get(verdict.category_id),
            projects.get(verdict.project_id),
            tags.get(verdict.tag_ids) if verdict.tag_ids else None,
            said.app_name or said.app or None,
            said.title or None,
            said.domain or None,
            said.url or None,
            said.device or None,
            None if verdict.source == "none" else verdict.source,
        )

    return [row(activity) for activity in activities]


class EventRow(NamedTuple):
    """An event as it is exported."""

    id: int
    start: Instant
    end: Instant
    data: Mapping[str, object]
    text: str


class EventsOfBucket(Protocol):
    """Reads the events of one bucket."""

    name: str

    def between(self, start: Instant, end: Instant) -> Sequence[EventRow]:
        """Return the events that meet a stretch of time, cut to it, in the order of time."""
        ...

    def bounds(self, id: int) -> tuple[Instant, Instant]:
        """Return when an event really begins and ends."""
        ...


def of_events(buckets: Sequence[EventsOfBucket], start: Instant, end: Instant, moved: Moved) -> Table:
    """Return the events of some buckets in the order of time, one bucket after the other, cut to a period."""
    long = end - start

    def rows() -> Iterator[Row]:
        for place, bucket in enumerate(buckets):
            steps = Steps(start, end, lambda read, done=place * long: moved(done + read))  # type: ignore[misc]
            for first, last, events in steps.bounded(bucket.between):
                for event in events:
                    whole = _whole(bucket, event, first, last, start, end)
                    if whole is not None:
                        yield _event(bucket.name, whole)

    return Table("Events", EVENT_COLUMNS, bounded(rows()))


def _whole(
    bucket: EventsOfBucket, event: EventRow, first: Instant, last: Instant, start: Instant, end: Instant
) -> EventRow | None:
    """Return an event that a stretch of reading may have cut; None where it came with the one before.

    stretches   |------------|------------|
    event             |----------|
    comes with  the first, whole
    """
    if event.start == first > start and bucket.bounds(event.id)[0] < first:
        return None
    if event.end == last < end:
        return event._replace(end=Instant(min(end, bucket.bounds(event.id)[1])))
    return event


def _event(bucket: str, event: EventRow) -> Row:
    words = [event.data.get(name) for name in ("app", "title", "url")]
    said = [word if isinstance(word, str) else None for word in words]
    return (bucket, event.id, event.start, event.end, event.end - event.start, *said, event.text)


def bounded(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows up to a number that no file should have."""
    for number, row in enumerate(rows):
        if number >= MOST_ROWS:
            raise TooMuchToWrite(limit=MOST_ROWS)
        yield row


def _joined(rows: Iterable[Row]) -> Iterator[Row]:
    """Join rows that are one but for a cut between them."""
    open_: list[Cell] | None = None
    for row in rows:
        if open_ is not None and _is_one(open_, row):
            open_[1] = row[1]
            open_[2] = _length(open_[0], row[1])
            continue
        if open_ is not None:
            yield open_
        open_ = list(row)
    if open_ is not None:
        yield open_


def _is_one(first: Row, second: Row) -> bool:
    return first[1] == second[0] and list(first[3:]) == list(second[3:])


def _length(start: Cell, end: Cell) -> int:
    return int(end or 0) - int(start or 0)


def spoken(calendar: Calendar) -> str:
    """Say in which zone days are counted, and when they begin."""
    from hourloom.core.days import SYSTEM  # noqa: PLC0415 - where it is used

    zone = "this computer's time" if calendar.zone == SYSTEM else calendar.zone
    if not calendar.starts_at:
        return zone
    return f"{zone} · days begin at {calendar.starts_at // 60:02}:{calendar.starts_at % 60:02}"
