"""Rows of exports keep the sums of what they show, whatever stretches they were read in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, HOUR, MINUTE, Instant
from hourloom.core.periods import WEEKDAYS
from hourloom.exports.model import Row
from hourloom.reports.exporting import tables
from hourloom.reports.exporting.tables import (
    EVENT_COLUMNS,
    EventRow,
    activity_rows,
    of_activities,
    of_events,
    of_report,
)
from hourloom.reports.model.grouping import Value
from tests.reports.a_lane import PLAY, PROGRAMMING, WHO, WORK, ALane, ASource, a_report, an_activity, minutes

START = Instant(20_000 * DAY)
SPANS = st.lists(
    st.tuples(st.integers(-DAY, 12 * DAY), st.integers(0, 3 * DAY)).map(
        lambda pair: (START + pair[0], START + pair[0] + pair[1])
    ),
    max_size=25,
)


class ANamedSource(ASource):
    """A lane whose categories have names."""

    def names(self, who: Actor, key: str, values: Iterable[Value]) -> Mapping[Value, str | None]:
        if key == "category":
            return {value: None if value is None else f"category {value}" for value in values}
        return super().names(who, key, values)


@dataclass
class ABucket:
    """Events in memory."""

    name: str
    events: Sequence[tuple[int, int]]
    read: int = 0

    def between(self, start: Instant, end: Instant) -> Sequence[EventRow]:
        self.read += 1
        meeting = [
            EventRow(number, Instant(max(first, start)), Instant(min(last, end)), {"app": "a"}, "{}")
            for number, (first, last) in enumerate(self.events)
            if first < end and (last > start or first == start)
        ]
        return sorted(meeting, key=lambda event: (event.start, event.id))

    def bounds(self, id: int) -> tuple[Instant, Instant]:
        first, last = self.events[id]
        return Instant(first), Instant(last)


@settings(max_examples=80)
@given(SPANS, st.integers(1, 10 * DAY))
def test_events_come_once_and_whole_however_they_are_read(spans: list[tuple[int, int]], length: int) -> None:
    end = Instant(START + length)
    rows = list(of_events([ABucket("b", spans)], START, end, lambda _: None).rows)
    expected = {
        (number, max(first, START), min(last, end))
        for number, (first, last) in enumerate(spans)
        if first < end and (last > START or first == START)
    }
    assert {tuple(row[1:4]) for row in rows} == expected
    assert len(rows) == len(expected)
    assert [row[2] for row in rows] == sorted(row[2] for row in rows)  # type: ignore[type-var]
    assert all(len(row) == len(EVENT_COLUMNS) and row[4] == row[3] - row[2] for row in rows)  # type: ignore[operator]


def test_a_quiet_century_is_read_in_long_stretches() -> None:
    told: list[int] = []
    bucket = ABucket("b", [(START + 36_000 * DAY, START + 36_000 * DAY + HOUR)])
    end = Instant(START + 36_525 * DAY)
    assert len(list(of_events([bucket, bucket], START, end, told.append).rows)) == 2
    assert bucket.read < 2 * 1_200
    assert told == sorted(told)
    assert told[-1] == 2 * (end - START)


def test_a_busy_day_is_read_in_short_stretches() -> None:
    spans = [(START + n * MINUTE // 10, START + n * MINUTE // 10 + 1) for n in range(15_000)]
    lengths: list[int] = []
    bucket = ABucket("b", spans)
    read = bucket.between
    bucket.between = lambda start, end: lengths.append(len(found := read(start, end))) or found  # type: ignore[method-assign, func-returns-value]
    assert len(list(of_events([bucket], START, Instant(START + 3 * DAY), lambda _: None).rows)) == 15_000
    assert max(lengths[3:]) <= 2 * tables.MANY


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.sampled_from([None, WORK, PROGRAMMING, PLAY, 0]), st.integers(1, 3_000)), max_size=12
    )
)
def test_activities_come_whole_however_they_are_read(stretches: list[tuple[int | None, int]]) -> None:
    lane = ALane(minutes("2024-10-04T00:00:00+00:00", *stretches))
    source = ANamedSource(lane)
    end = Instant(START + 30 * DAY)

    def read(first: Instant, last: Instant) -> list[Row]:
        return activity_rows(source, WHO, source.between(WHO, first, last).activities)

    rows = list(of_activities(read, START, end, lambda _: None).rows)
    whole = lane.cut(START, end).activities
    assert sum(int(row[2] or 0) for row in rows) == sum(each.end - each.start for each in whole)
    assert len(rows) <= len(whole)
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)  # type: ignore[type-var]
    for before, after in pairwise(rows):
        assert before[1] != after[0] or list(before[3:]) != list(after[3:])


def test_an_activity_is_told_in_words() -> None:
    activity = an_activity(
        START, START + HOUR, WORK, app=1, title=7, project_id=3, tag_ids=(1, 2), source="rule"
    )
    source = ANamedSource(ALane([activity]))
    (row,) = activity_rows(source, WHO, [activity])
    category, project, tags, app, title, domain, url, device, decided = row[3:]
    assert (category, project, tags) == ("category 1", "project 3", "tag 1, tag 2")
    assert (app, title, domain, url, device, decided) == ("Firefox", "title 7", None, None, "desk", "rule")


def test_a_report_keeps_its_sum_in_every_grouping() -> None:
    lane = ALane(minutes("2026-03-02T08:00:00+00:00", (PROGRAMMING, 61), (PLAY, 7), (None, 13), (WORK, 200)))
    for by, then in (("category", ""), ("day", "category"), ("category", "app"), ("hour", "")):
        for limit in (0, 1):
            report = a_report(
                lane, range="2026-03-01..2026-03-05", by=by, then=then, limit=limit, compare=True
            )
            table = of_report(report)
            place = [column.name for column in table.columns].index("duration")
            rows = list(table.rows)
            assert sum(int(row[place] or 0) for row in rows) == report.facts.active == 281 * MINUTE
            assert abs(sum(float(row[place + 1] or 0) for row in rows) - 1) < 1e-9
            assert all(len(row) == len(table.columns) for row in rows)


def test_rows_that_are_times_come_in_their_order() -> None:
    lane = ALane(minutes("2026-03-01T08:00:00+00:00", (PROGRAMMING, 5), (PLAY, 1_500), (WORK, 200)))
    for by in ("day", "weekday", "hour", "month"):
        table = of_report(a_report(lane, range="2026-03-01..2026-03-05", by="category", then=by))
        nested = [str(row[1]) for row in table.rows if row[0] == "Play"]
        alone = [str(row[0]) for row in of_report(a_report(lane, range="2026-03-01..2026-03-05", by=by)).rows]
        for named in (nested, alone):
            assert named == sorted(named, key=WEEKDAYS.index if by == "weekday" else str)


def test_scores_are_numbers() -> None:
    lane = ALane(minutes("2026-03-02T08:00:00+00:00", (PLAY, 7), (None, 13), (WORK, 200)))
    table = of_report(a_report(lane, range="2026-03-02", by="score"))
    assert table.columns[0].kind == "number"
    assert {type(row[0]) for row in table.rows} <= {int, type(None)}
