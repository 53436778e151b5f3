"""Nothing is lost or invented: whatever a report is grouped by, in any zone, its rows make up the whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, get_args
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.activities.model.activity import Activity
from hourloom.core.clock import DAY, HOUR, MINUTE, Instant, datetime_of, instant_of
from hourloom.core.periods import Calendar
from hourloom.core.rounding import apportioned
from hourloom.reports.model.asked import ReportQuestion
from hourloom.reports.model.grouping import ReportRows
from hourloom.reports.model.keys import Key
from hourloom.reports.model.ranges import range_named
from hourloom.reports.service.reading import Reader
from tests.reports.a_lane import (
    LATER,
    PLAY,
    PROGRAMMING,
    TREE,
    WHO,
    WORK,
    ALane,
    ASource,
    a_report,
    an_activity,
)

ZONES = sorted(available_timezones() - {"localtime"})
KEYS = get_args(Key)
TURNS = {
    "Europe/Berlin": (date(2026, 3, 29), 23, date(2026, 10, 25), 25),
    "America/Santiago": (date(2026, 9, 6), 23, date(2026, 4, 4), 25),
    "Australia/Lord_Howe": (date(2026, 10, 4), 23.5, date(2026, 4, 5), 24.5),
}

lengths = st.integers(1, 5 * HOUR)
kinds = st.tuples(
    st.sampled_from([None, WORK, PROGRAMMING, PLAY]),
    st.integers(0, 2),
    st.integers(0, 3),
    st.sampled_from([None, 7]),
    st.sampled_from([(), (1,), (1, 2)]),
)


@st.composite
def lanes(draw: st.DrawFn) -> ALane:
    """Draw a few days with activities, gaps and time away around a change of the clocks."""
    turn = draw(st.sampled_from([date(2026, 3, 28), date(2026, 10, 24), date(2026, 9, 5), date(2026, 4, 3)]))
    at = instant_of(datetime.combine(turn, datetime.min.time(), UTC)) + draw(st.integers(0, DAY))
    activities: list[Activity] = []
    away = []
    for length, kind, what in draw(
        st.lists(st.tuples(lengths, kinds, st.sampled_from("aaag-")), min_size=1, max_size=25)
    ):
        end = Instant(at + length)
        if what == "a":
            category, app, title, project, tags = kind
            activities.append(an_activity(at, end, category, app, title, project_id=project, tag_ids=tags))
        elif what == "-":
            away.append((Instant(at), end))
        at = end
    return ALane(activities, away)


calendars = st.builds(
    Calendar, st.sampled_from(ZONES), st.sampled_from([0, 30, 240, 1439]), st.integers(0, 6)
)


def lane_start(lane: ALane) -> int:
    return min([*(each.start for each in lane.activities), *(start for start, _ in lane.away), LATER - DAY])


def lane_end(lane: ALane) -> int:
    return max([*(each.end for each in lane.activities), *(end for _, end in lane.away), lane_start(lane)])


def around(lane: ALane) -> str:
    """Return days that hold all of a lane in any zone."""
    first, last = datetime_of(lane_start(lane)).date(), datetime_of(lane_end(lane)).date()
    return f"{first - timedelta(days=2)}..{last + timedelta(days=2)}"


def lasted(rows: ReportRows) -> int:
    return sum(row.lasted for row in rows.rows) + (rows.rest.lasted if rows.rest else 0)


@given(lanes(), calendars, st.permutations(KEYS), st.sampled_from([1, 3, 1000]), st.integers(0, 2))
@settings(max_examples=50)
def test_the_rows_of_any_grouping_make_up_the_whole(
    lane: ALane, calendar: Calendar, keys: list[str], limit: int, depth: int
) -> None:
    by, then, other, _ = (*keys[:3], None)
    asked: dict[str, Any] = {"range": around(lane), "limit": limit, "depth": depth}
    report = a_report(lane, calendar, by=by, then=then, **asked)
    whole = sum(each.end - each.start for each in lane.activities)
    assert report.facts.active == whole == lasted(report.rows)
    assert report.facts.away == sum(end - start for start, end in lane.away)
    for row in report.rows.rows:
        assert row.parts is not None
        assert lasted(row.parts) == row.lasted
    assert lasted(a_report(lane, calendar, by=other, **asked).rows) == whole
    assert sum(part.lasted for part in report.facts.series) == whole


@given(lanes(), calendars, st.sampled_from(["day", "week", "month"]), st.sampled_from(KEYS))
@settings(max_examples=50)
def test_the_periods_of_a_kind_make_up_all_time_and_compare_with_those_before(
    lane: ALane, calendar: Calendar, kind: str, key: str
) -> None:
    whole = sum(each.end - each.start for each in lane.activities)
    day, found, last = calendar.day_at(lane_start(lane)), 0, None
    while calendar.start_of(day) < lane_end(lane) + 1:
        report = a_report(lane, calendar, range=kind, on=str(day), by=key, compare=True)
        found += report.facts.active
        assert report.compared is not None
        if last is not None:
            assert report.compared.active == last.facts.active
            assert report.compared.period[:4] == last.period[:4]
        assert sum(row.before for row in report.rows.rows) == report.compared.active
        last = report
        day = calendar.next_of(kind, calendar.first_of(kind, day))  # type: ignore[arg-type]
    assert found == whole


@given(lanes(), calendars)
@settings(max_examples=40)
def test_no_hour_holds_more_than_the_clock_allows(lane: ALane, calendar: Calendar) -> None:
    asked = range_named(around(lane), None, LATER, calendar)
    heat = Reader(ASource(lane), TREE, WHO, calendar, 60).heat(ReportQuestion(), asked)
    assert sum(map(sum, heat.lasted)) == sum(each.end - each.start for each in lane.activities)
    assert sum(map(sum, heat.possible)) == asked.end - asked.start
    for lasted_, possible in zip(heat.lasted, heat.possible, strict=True):
        assert all(0 <= a <= b for a, b in zip(lasted_, possible, strict=True))


def days_with_turns(zone: str) -> Iterator[tuple[date, int]]:
    """Yield the days of 2024 to 2026 that have not 24 hours, and their lengths."""
    calendar, info = Calendar(zone), ZoneInfo(zone)
    month = date(2024, 1, 1)
    while month < date(2027, 1, 1):
        following = calendar.next_of("month", month)
        noon = datetime(month.year, month.month, 1, 12, tzinfo=UTC)
        after = datetime(following.year, following.month, 1, 12, tzinfo=UTC)
        if noon.astimezone(info).utcoffset() != after.astimezone(info).utcoffset():
            day = month
            while day < following:
                length = calendar.start_of(day + timedelta(days=1)) - calendar.start_of(day)
                if length != DAY:
                    yield day, length
                day += timedelta(days=1)
        month = following


def test_every_zone_keeps_its_seconds_on_the_days_when_its_clocks_change() -> None:
    turned = 0
    for zone in ZONES:
        calendar, info = Calendar(zone), ZoneInfo(zone)
        for day, length in days_with_turns(zone):
            turned += 1
            start = calendar.start_of(day)
            hours = list(calendar.hours(start, start + length))
            assert hours[0].start == start, zone
            assert hours[-1].end == start + length, zone
            assert all(a.end == b.start for a, b in pairwise(hours)), zone
            assert all(0 < hour.end - hour.start <= HOUR for hour in hours), zone
            for hour in hours:
                for moment in (hour.start, hour.end - 1):
                    assert datetime_of(moment).astimezone(info).hour == hour.hour, (zone, hour)
    assert turned > 500


@pytest.mark.parametrize("zone", TURNS)
@pytest.mark.parametrize("starts_at", [0, 240])
def test_a_full_day_of_any_length_is_told_in_full(zone: str, starts_at: int) -> None:
    forward, short, back, long = TURNS[zone]
    calendar = Calendar(zone)
    for day, hours in ((forward, short), (back, long)):
        start, end = calendar.start_of(day), calendar.start_of(day + timedelta(days=1))
        assert (end - start) / HOUR == hours
        lane = ALane([an_activity(start, end)])
        report = a_report(lane, calendar, range=f"{day}..{day}", by="hour")
        assert report.facts.active == end - start == lasted(report.rows)
        own = Calendar(zone, starts_at)
        two = a_report(lane, own, range=f"{day - timedelta(days=1)}..{day + timedelta(days=1)}", by="day")
        assert lasted(two.rows) == end - start


def test_the_hour_that_comes_twice_counts_to_its_name_and_the_missing_one_is_not_there() -> None:
    calendar = Calendar("Europe/Berlin")
    back, forward = date(2026, 10, 25), date(2026, 3, 29)
    for day, hour, expected in ((back, "02", 2 * HOUR), (forward, "02", None)):
        lane = ALane([an_activity(calendar.start_of(day), calendar.start_of(day + timedelta(days=1)))])
        rows = a_report(lane, calendar, range=str(day), by="hour").rows.rows
        assert {row.key: row.lasted for row in rows}.get(hour) == expected
    santiago = Calendar("America/Santiago")
    day = date(2026, 9, 6)
    lane = ALane([an_activity(santiago.start_of(day), santiago.start_of(day + timedelta(days=1)))])
    keys = {row.key for row in a_report(lane, santiago, range=str(day), by="hour").rows.rows}
    assert keys == {f"{hour:02}" for hour in range(1, 24)}


def test_a_day_that_a_zone_left_out_holds_nothing() -> None:
    apia = Calendar("Pacific/Apia")
    period = range_named("2011-12-30", None, LATER, apia)
    assert period.start == period.end
    lane = ALane([an_activity(apia.start_of(date(2011, 12, 29)), apia.start_of(date(2012, 1, 1)))])
    assert a_report(lane, apia, range="2011-12-30", by="hour").facts.active == 0
    days = a_report(lane, apia, range="2011-12-29..2011-12-31", by="day").rows.rows
    assert sorted(row.key or "" for row in days) == ["2011-12-29", "2011-12-31"]


@given(st.lists(st.integers(0, 10**12), max_size=30), st.sampled_from([1, MINUTE, HOUR]))
@settings(max_examples=50)
def test_rounded_parts_make_up_the_rounded_whole(parts: list[int], unit: int) -> None:
    rounded = apportioned(parts, unit)
    assert sum(rounded) == (2 * sum(parts) + unit) // (2 * unit)
    assert all(abs(each * unit - part) < unit for each, part in zip(rounded, parts, strict=True))
