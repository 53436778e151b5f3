"""Lengths, days and periods are named as WakaTime names them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.clock import HOUR, MINUTE, SECOND
from hourloom.wakatime.model.periods import BeatPeriod, NoSuchPeriod, between, day_named, named
from hourloom.wakatime.model.summing import amount, daily_average, day_text, grand_total, shown_name, text_of

TODAY = date(2026, 3, 4)
EARLY = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (8256_598234, "2 hrs 17 mins"),
        (7_100772, "7 secs"),
        (4544_055638, "1 hr 15 mins"),
        (HOUR, "1 hr"),
        (2 * HOUR, "2 hrs"),
        (HOUR + 59 * SECOND, "1 hr"),
        (MINUTE, "1 min"),
        (49 * MINUTE, "49 mins"),
        (SECOND, "1 sec"),
        (0, "0 secs"),
    ],
)
def test_a_length_is_said_in_words(length: int, text: str) -> None:
    assert text_of(length) == text


def test_a_length_is_given_in_many_ways() -> None:
    assert amount(8256_598234) == {
        "decimal": "2.29",
        "digital": "2:17:36",
        "hours": 2,
        "minutes": 17,
        "seconds": 36,
        "text": "2 hrs 17 mins",
        "total_seconds": 8256.598234,
    }
    assert grand_total(8256_598234)["digital"] == "2:17"


def test_days_without_time_are_holidays() -> None:
    average = daily_average(3 * HOUR, [HOUR, 0, 2 * HOUR])
    assert (average["days_minus_holidays"], average["holidays"], average["seconds"]) == (2, 1, 5400)
    assert daily_average(0, [0])["seconds"] == 0


@pytest.mark.parametrize(
    ("list_name", "key", "shown"),
    [
        ("categories", "writing docs", "Writing Docs"),
        ("categories", "ai coding", "AI Coding"),
        ("projects", "", "Unknown Project"),
        ("languages", "", "Other"),
        ("machines", "", "Unknown Hostname"),
        ("dependencies", "flask", "flask"),
    ],
)
def test_what_has_no_name_gets_one(list_name: str, key: str, shown: str) -> None:
    assert shown_name(list_name, key) == shown


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 3, 4), "Today"),
        (date(2026, 3, 3), "Yesterday"),
        (date(2026, 3, 2), "Mon Mar 2nd 2026"),
        (date(2026, 2, 11), "Wed Feb 11th 2026"),
        (date(2026, 2, 21), "Sat Feb 21st 2026"),
    ],
)
def test_a_day_is_said_in_words(day: date, text: str) -> None:
    assert day_text(day, TODAY) == text


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-03-04", "2026-03-04"),
        ("Yesterday", "2026-03-03", "2026-03-03"),
        ("last_7_days", "2026-02-26", "2026-03-04"),
        ("Last 7 Days from Yesterday", "2026-02-25", "2026-03-03"),
        ("last_30_days", "2026-02-03", "2026-03-04"),
        ("last_year", "2025-03-05", "2026-03-04"),
        ("week", "2026-03-02", "2026-03-04"),
        ("This Week", "2026-03-02", "2026-03-04"),
        ("Last Week", "2026-02-23", "2026-03-01"),
        ("month", "2026-03-01", "2026-03-04"),
        ("Last Month", "2026-02-01", "2026-02-28"),
        ("this_year", "2026-01-01", "2026-03-04"),
        ("all_time", "2024-02-29", "2026-03-04"),
        ("2025", "2025-01-01", "2025-12-31"),
        ("2026-03", "2026-03-01", "2026-03-04"),
        ("2024-02", "2024-02-01", "2024-02-29"),
    ],
)
def test_a_period_has_a_name(name: str, first: str, last: str) -> None:
    assert named(name, TODAY, 0, EARLY) == BeatPeriod(date.fromisoformat(first), date.fromisoformat(last))


def test_a_week_begins_when_the_user_says() -> None:
    assert named("week", TODAY, 6, EARLY).first == date(2026, 3, 1)


@pytest.mark.parametrize("text", ["2026-01-31", "2026-01-31T10:00:00Z", " 2026-01-31T10:00:00 02:00"])
def test_a_day_is_a_date_or_an_instant_of_it(text: str) -> None:
    assert day_named(text, TODAY) == date(2026, 1, 31)


def test_the_last_day_is_part_of_a_period() -> None:
    assert len(list(between("2026-02-27", "today", TODAY).days())) == 6


@pytest.mark.parametrize("text", ["nonsense", "0000", "9999-13", "0001-01-01", "10000-01-01"])
def test_what_names_no_period_is_told(text: str) -> None:
    with pytest.raises(NoSuchPeriod):
        named(text, TODAY, 0, EARLY)


def test_a_period_that_ends_before_it_begins_is_none() -> None:
    with pytest.raises(NoSuchPeriod):
        between("2026-03-04", "2026-03-03", TODAY)


@given(st.text(max_size=30))
def test_any_text_is_a_period_or_told(text: str) -> None:
    try:
        period = named(text, TODAY, 0, EARLY)
    except NoSuchPeriod:
        return
    assert period.first <= period.last
