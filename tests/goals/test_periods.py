"""The periods of goals: every day is in one, days off are counted out, and targets follow."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import available_timezones

from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.clock import SECOND
from hourloom.core.periods import Calendar
from hourloom.goals.model.goal import GoalDaysOff, checked, joined_days, without_days
from hourloom.goals.model.period import days_between, period_at, periods_back
from tests.goals.made import HOURS, MONDAY, WORKDAYS, off, some_terms

DAYS = st.dates(date(1995, 1, 1), date(2035, 12, 31))
WEEKDAYS = st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days)))
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"}))
CALENDARS = st.builds(Calendar, ZONES, st.sampled_from([0, 240, 719, 1439]), st.integers(0, 6))
ONE_DAY = timedelta(days=1)
BERLIN = Calendar("Europe/Berlin")


@st.composite
def some_days_off(draw: st.DrawFn) -> GoalDaysOff:
    first = draw(DAYS)
    return GoalDaysOff(first, first + timedelta(days=draw(st.integers(0, 20))))


def hours(terms_target: float) -> float:
    return terms_target / 1e6 / HOURS


@given(CALENDARS, DAYS, st.sampled_from(["day", "week", "month"]), WEEKDAYS)
def test_every_day_is_in_the_one_period_that_holds_it(
    calendar: Calendar, day: date, kind: str, weekdays: tuple[int, ...]
) -> None:
    terms = some_terms(
        period=kind, weekdays=weekdays, starts_on=date(1990, 1, 1), measure="activities", target=7
    )
    period = period_at(terms, day, calendar)
    assert period.first <= day <= period.last
    assert all(period_at(terms, each, calendar) == period for each in (period.first, period.last))
    after = period_at(terms, period.last + ONE_DAY, calendar)
    assert after.first == period.last + ONE_DAY
    # What a period ends with, the next begins with: no instant is lost or counted twice, in any zone.
    assert calendar.start_of(period.last + ONE_DAY) == calendar.start_of(after.first)
    assert all(
        calendar.start_of(one) <= calendar.start_of(one + ONE_DAY) for one in days_between(*period[:2])
    )
    assert kind != "week" or period.first.weekday() == calendar.first_weekday


@given(
    DAYS,
    st.sampled_from(["week", "month"]),
    WEEKDAYS,
    st.lists(some_days_off(), max_size=3),
    st.integers(1, 99),
)
def test_a_prorated_target_is_the_share_of_the_days_that_count(
    day: date, kind: str, weekdays: tuple[int, ...], days_off: list[GoalDaysOff], hours_asked: int
) -> None:
    terms = some_terms(
        period=kind,
        weekdays=weekdays,
        days_off=tuple(days_off),
        starts_on=date(1990, 1, 1),
        target=hours_asked * HOURS,
    )
    period = period_at(terms, day, BERLIN)
    regular = [each for each in days_between(period.first, period.last) if each.isoweekday() in weekdays]
    assert set(period.days) == {each for each in regular if not terms.is_off(each)}
    if period.days:
        assert abs(period.target - terms.amount * len(period.days) / len(regular)) <= SECOND / 2


def test_a_holiday_makes_a_week_smaller_unless_it_is_not_prorated() -> None:
    week = {"period": "week", "weekdays": WORKDAYS, "target": 20 * HOURS, "days_off": (off("2026-03-04"),)}
    assert hours(period_at(some_terms(**week), MONDAY, BERLIN).target) == 16
    assert hours(period_at(some_terms(**week, prorated=False), MONDAY, BERLIN).target) == 20


def test_the_first_and_the_last_week_are_asked_for_their_part() -> None:
    terms = some_terms(
        period="week",
        weekdays=WORKDAYS,
        target=20 * HOURS,
        prorated=False,
        starts_on=date(2026, 3, 4),
        ends_on=date(2026, 3, 10),
    )
    assert [hours(p.target) for p in periods_back(terms, date(2026, 3, 10), BERLIN, date(2000, 1, 1))] == [
        8,
        12,
    ]


def test_a_week_begins_with_the_users_first_day() -> None:
    sunday = Calendar("America/New_York", 0, 6)
    period = period_at(some_terms(period="week"), MONDAY, sunday)
    assert (period.first, period.last) == (date(2026, 3, 1), date(2026, 3, 7))
    assert period.target == round(4 * HOURS * 6 / 7) * SECOND  # it starts on the Monday


def test_a_count_is_prorated_to_a_whole_number_and_never_to_none() -> None:
    terms = some_terms(
        period="week", measure="activities", target=3, days_off=(off("2026-03-02", "2026-03-07"),)
    )
    assert period_at(terms, MONDAY, BERLIN).target == 1
    assert period_at(some_terms(period="week", measure="pulse", target=70), MONDAY, BERLIN).target == 70


@given(st.lists(some_days_off(), max_size=8), some_days_off())
def test_days_off_are_joined_and_taken_back_day_by_day(
    days_off: list[GoalDaysOff], gone: GoalDaysOff
) -> None:
    def days(given: tuple[GoalDaysOff, ...] | list[GoalDaysOff]) -> set[date]:
        return {day for each in given for day in days_between(each.first_day, each.last_day)}

    joined = joined_days(days_off)
    assert days(joined) == days(days_off)
    assert sum(1 + (each.last_day - each.first_day).days for each in joined) == len(days(joined))
    assert days(without_days(joined, gone)) == days(joined) - days([gone])
    assert checked(some_terms(days_off=tuple(days_off))).days_off == joined
