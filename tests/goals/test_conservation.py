"""What days add to goals is the whole, in any zone, across changes of clocks, however it is cut and kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.clock import HOUR, MINUTE, SECOND, Instant, parse_instant
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.core.periods import Calendar
from hourloom.goals.model.period import period_at
from hourloom.goals.model.progress import GoalTally, added, of_scores, visits
from hourloom.goals.service.measuring import Measuring
from tests.goals.made import some_terms
from tests.goals.stand_in import CODE, PLAY, TREE, WORK, ActivitiesAsStated, NamesAsStated

WHO = Actor(WorkspaceId(1), UserId(1), EVERYTHING)
FIRST, LAST = date(2026, 3, 23), date(2026, 4, 12)  # clocks change in Berlin, Lord Howe, Auckland
START = parse_instant("2026-03-25T12:00:00Z")
NOW = parse_instant("2026-05-01T12:00:00Z")
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"}))
CALENDARS = st.builds(Calendar, ZONES, st.sampled_from([0, 150, 240, 1439]), st.integers(0, 6))
PIECES = st.lists(
    st.tuples(
        st.integers(0, 20 * HOUR // SECOND),
        st.integers(1, 14 * HOUR // SECOND),
        st.sampled_from([WORK, CODE, PLAY, None]),
    ),
    max_size=10,
)


def stated(pieces: list[tuple[int, int, int | None]]) -> ActivitiesAsStated:
    activities, at = ActivitiesAsStated(), int(START)
    for gap, length, category in pieces:
        at += gap * SECOND
        activities.stretches.append((at, at + length * SECOND, category))
        at += length * SECOND
    return activities


def tallies(
    activities: ActivitiesAsStated, calendar: Calendar, now: Instant = NOW, **terms: Any
) -> list[GoalTally]:
    measuring = Measuring(activities, NamesAsStated())
    return measuring.days(WHO, some_terms(**terms), FIRST, LAST, calendar=calendar, now=now)


@settings(max_examples=60)
@given(PIECES, CALENDARS)
def test_days_add_up_to_the_whole(pieces: list[tuple[int, int, int | None]], calendar: Calendar) -> None:
    activities = stated(pieces)
    ends = calendar.start_of(LAST + timedelta(days=1))
    inside = [
        (start, min(end, ends), category) for start, end, category in activities.stretches if start < ends
    ]
    whole = sum(end - start for start, end, _ in inside)
    assert added(tallies(activities, calendar)) == GoalTally(whole)
    scored = [of_scores({TREE.score(category): end - start}) for start, end, category in inside]
    assert added(tallies(activities, calendar, measure="pulse", target=50)) == added(scored)
    assert added(tallies(activities, calendar, measure="focus", target=50)).base == whole
    begins = visits([(start, end) for start, end, _ in activities.stretches], MINUTE)
    counted = added(tallies(activities, calendar, measure="activities", target=5)).gain
    assert counted == sum(begin < ends for begin in begins)


@settings(max_examples=30)
@given(PIECES, CALENDARS, st.sampled_from(["day", "week", "month"]))
def test_periods_add_up_to_their_days(
    pieces: list[tuple[int, int, int | None]], calendar: Calendar, kind: str
) -> None:
    days = tallies(stated(pieces), calendar)
    by_day = {FIRST + timedelta(days=place): tally for place, tally in enumerate(days)}
    terms = some_terms(period=kind, starts_on=date(2026, 1, 1))
    periods = {period_at(terms, day, calendar) for day in by_day}
    sums = [added(by_day.get(day, GoalTally()) for day in period.days) for period in periods]
    assert added(sums) == added(days)


@settings(max_examples=30)
@given(PIECES, CALENDARS, st.sampled_from(["time", "activities", "pulse"]), st.data())
def test_what_is_kept_is_what_would_be_measured(
    pieces: list[tuple[int, int, int | None]], calendar: Calendar, measure: str, data: st.DataObject
) -> None:
    """Whatever was asked for before, and whenever: nothing of it shows."""
    activities, terms = stated(pieces), some_terms(measure=measure, target=5)
    measuring = Measuring(activities, NamesAsStated())
    places = st.integers(0, (LAST - FIRST).days)
    for _ in range(4):
        first, last = sorted(data.draw(st.tuples(places, places)))
        now = Instant(data.draw(st.integers(START, NOW)))
        # What is not over yet is not recorded yet.
        activities.stretches = [each for each in stated(pieces).stretches if each[1] <= now]
        asked = (FIRST + timedelta(days=first), FIRST + timedelta(days=last))
        activities.edits += data.draw(st.booleans()) or now < NOW
        found = measuring.days(WHO, terms, *asked, calendar=calendar, now=now)
        fresh = Measuring(activities, NamesAsStated())
        assert found == fresh.days(WHO, terms, *asked, calendar=calendar, now=now)


@pytest.mark.parametrize(
    ("zone", "day"), [("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Kwajalein", date(1993, 8, 21))]
)
def test_a_day_that_a_zone_left_out_holds_nothing(zone: str, day: date) -> None:
    calendar, activities = Calendar(zone), ActivitiesAsStated()
    start = calendar.start_of(day - timedelta(days=1))
    activities.stretches = [(start, start + 48 * HOUR, CODE)]
    measuring = Measuring(activities, NamesAsStated())
    days = measuring.days(
        WHO, some_terms(), day - timedelta(days=1), day + timedelta(days=1), calendar=calendar, now=NOW
    )
    assert [tally.gain for tally in days] == [24 * HOUR, 0, 24 * HOUR]
