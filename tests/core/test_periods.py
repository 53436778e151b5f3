"""The user's calendar and rounding: days, weeks, months, and hours as clocks show them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from hourloom.core.clock import HOUR, MINUTE, Instant, instant_of
from hourloom.core.days import SYSTEM, start_of
from hourloom.core.periods import Calendar, PeriodKind, weekday_number
from hourloom.core.rounding import apportioned


@pytest.mark.parametrize(
    ("kind", "first", "then", "before"),
    [
        ("day", date(2026, 2, 28), date(2026, 3, 1), date(2026, 2, 27)),
        ("week", date(2026, 2, 22), date(2026, 3, 1), date(2026, 2, 15)),
        ("month", date(2026, 2, 1), date(2026, 3, 1), date(2026, 1, 1)),
        ("quarter", date(2026, 1, 1), date(2026, 4, 1), date(2025, 10, 1)),
        ("year", date(2026, 1, 1), date(2027, 1, 1), date(2025, 1, 1)),
    ],
)
def test_a_period_begins_with_its_first_day_and_another_follows(
    kind: PeriodKind, first: date, then: date, before: date
) -> None:
    calendar = Calendar("UTC", 0, weekday_number("sunday"))
    assert calendar.first_of(kind, date(2026, 2, 28)) == first
    assert (calendar.next_of(kind, first), calendar.next_of(kind, first, -1)) == (then, before)


def test_a_day_goes_on_until_the_next_begins() -> None:
    calendar = Calendar("Europe/Berlin", 240)
    starts = calendar.start_of(date(2026, 3, 29))
    assert calendar.day_at(starts) == date(2026, 3, 29)
    assert calendar.day_at(starts - 1) == date(2026, 3, 28)
    assert start_of(date(2026, 3, 29), "Europe/Berlin", 240) - starts == 0


def test_days_are_bounded_by_the_stretch_and_a_day_that_never_was_is_none() -> None:
    apia = Calendar("Pacific/Apia")
    start, end = apia.start_of(date(2011, 12, 29)) + HOUR, apia.start_of(date(2012, 1, 1)) - HOUR
    bounded = list(apia.bounded_days(start, end))
    assert [day for day, _, _ in bounded] == [date(2011, 12, 29), date(2011, 12, 31)]
    assert (bounded[0][1], bounded[-1][2]) == (start, end)
    assert list(apia.days(end, end)) == []


def test_the_computers_own_zone_is_as_its_clocks_show() -> None:
    calendar = Calendar(SYSTEM)
    noon = instant_of(datetime(2026, 7, 1, 12, 30, tzinfo=UTC))
    shown = datetime(2026, 7, 1, 12, 30, tzinfo=UTC).astimezone()
    assert calendar.day_at(noon) == shown.date()
    (hour, *_) = calendar.hours(noon, noon + HOUR)
    assert hour.hour == shown.hour


def test_an_hour_ends_where_clocks_are_changed_within_it() -> None:
    calendar = Calendar("Australia/Lord_Howe")
    start = calendar.start_of(date(2026, 10, 4))
    hours = list(calendar.hours(start, start + 4 * HOUR))
    assert [(each.hour, (each.end - each.start) // MINUTE) for each in hours] == [
        (0, 60),
        (1, 60),
        (2, 30),
        (3, 60),
        (4, 30),
    ]
    assert list(calendar.hours(start, start)) == []


def test_what_rounding_loses_goes_to_those_that_lost_most() -> None:
    assert apportioned([20, 20, 20], 60) == [1, 0, 0]
    assert apportioned([89, 31, 60], 60) == [1, 1, 1]
    assert apportioned([10], 60) == [0]
    assert apportioned([], 60) == []
    assert apportioned([29 * 60] * 120, 60) == [29] * 120


def test_a_day_has_no_gap_to_the_next_in_a_year_of_any_beginning() -> None:
    for starts_at in (0, 150, 1439):
        calendar, day = Calendar("America/Santiago", starts_at), date(2026, 1, 1)
        ends = calendar.start_of(day)
        while day < date(2027, 1, 1):
            (only,) = calendar.bounded_days(ends, calendar.start_of(day + timedelta(days=1)))
            assert only[:2] == (day, Instant(ends))
            ends, day = only[2], day + timedelta(days=1)
