"""How periods stand, when one is about to be missed, and streaks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.activities.model.pulse import pulse
from hourloom.core.clock import HOUR, MINUTE, SECOND
from hourloom.core.periods import Calendar
from hourloom.goals.model.goal import GoalTerms
from hourloom.goals.model.period import GoalPeriod, period_at
from hourloom.goals.model.progress import (
    SAME_VISIT,
    GoalOutlook,
    GoalPace,
    GoalProgress,
    GoalState,
    GoalTally,
    added,
    of_focus,
    of_scores,
    of_time,
    outlook,
    state_of,
    streak_of,
    visits,
)
from tests.goals.made import HOURS, MONDAY, some_terms

BERLIN = Calendar("Europe/Berlin")


def day_of(terms: GoalTerms) -> GoalPeriod:
    return period_at(terms, MONDAY, BERLIN)


def state(hours: float, *, over: bool = False, ahead: GoalOutlook | None = None, **given: Any) -> GoalState:
    terms = some_terms(**given)
    return state_of(terms, day_of(terms), GoalTally(round(hours * HOUR)), over=over, ahead=ahead)


@pytest.mark.parametrize(
    ("hours", "over", "says"),
    [
        (3.9, False, "open"),
        (4, False, "reached"),
        (9, True, "reached"),
        (3.9, True, "missed"),
        (0, True, "missed"),
    ],
)
def test_at_least(hours: float, *, over: bool, says: str) -> None:
    assert state(hours, over=over) == says


@pytest.mark.parametrize(
    ("hours", "over", "says"),
    [
        (0, False, "open"),
        (3.1, False, "open"),
        (3.2, False, "about_to_be_missed"),
        (4, False, "about_to_be_missed"),
        (4.001, False, "missed"),
        (4, True, "kept"),
        (0, True, "kept"),
        (4.001, True, "missed"),
    ],
)
def test_at_most(hours: float, *, over: bool, says: str) -> None:
    assert state(hours, over=over, direction="at_most") == says


def test_at_most_nothing_is_open_until_something_is_done() -> None:
    assert state(0, direction="at_most", target=0) == "open"
    assert state(0.001, direction="at_most", target=0) == "missed"


def test_a_day_that_does_not_count_is_off_whatever_was_done() -> None:
    assert state(9, over=True, weekdays=(6, 7)) == "off"


@pytest.mark.parametrize(
    ("tally", "over", "says"),
    [
        (GoalTally(90, 100), False, "open"),  # it can still sink
        (GoalTally(90, 100), True, "reached"),
        (GoalTally(30, 100), True, "missed"),
        (GoalTally(0, 0), True, "no_data"),
    ],
)
def test_a_share_is_certain_only_at_the_end(tally: GoalTally, *, over: bool, says: str) -> None:
    terms = some_terms(measure="focus", target=50)
    assert state_of(terms, day_of(terms), tally, over=over) == says


def some_pace(whole: float, rest: float, days: int = 20) -> list[GoalPace]:
    return [GoalPace(GoalTally(round(whole * HOUR)), GoalTally(round(rest * HOUR)))] * days


def looking(pace: Sequence[GoalPace], hours_left: float) -> GoalOutlook:
    return outlook(pace, days_left=0, days=1, time_left=round(hours_left * HOUR), time=24 * HOUR)


def test_at_least_is_in_danger_when_the_rest_is_more_than_a_good_day_brings() -> None:
    # Days of 5 hours, of which 1 comes from now on.
    late = looking(some_pace(5, 1), 6)
    assert state(3.1, ahead=late) == "open"
    assert state(2.9, ahead=late) == "about_to_be_missed"


def test_nothing_is_in_danger_in_the_first_half_of_what_is_usually_done() -> None:
    assert state(0, ahead=looking(some_pace(3, 2), 10)) == "open"
    assert state(0, ahead=looking(some_pace(3, 1.4), 10)) == "about_to_be_missed"


def test_what_the_clock_does_not_allow_is_in_danger_whatever_is_known() -> None:
    assert state(1, ahead=looking(some_pace(5, 4), 2.9)) == "about_to_be_missed"
    assert state(1, ahead=looking([], 4.6)) == "open"
    # Of hours of which nothing is known a third is slept.
    assert state(1, ahead=looking([], 4.4)) == "about_to_be_missed"


def test_the_best_quarter_of_days_counts_and_days_to_come_count_whole() -> None:
    pace = [*some_pace(2, 1, 15), *some_pace(6, 3, 5)]
    found = outlook(pace, days_left=2, days=5, time_left=50 * HOUR, time=120 * HOUR)
    assert found == GoalOutlook(GoalTally(15 * HOUR), True, 50 * HOUR)


def test_a_share_is_in_danger_when_the_best_rest_cannot_save_it() -> None:
    terms = some_terms(measure="focus", target=80)
    ahead = GoalOutlook(GoalTally(1 * HOUR, 2 * HOUR), True, 5 * HOUR)
    hopeless, hopeful = GoalTally(4 * HOUR, 8 * HOUR), GoalTally(7 * HOUR, 8 * HOUR)
    assert state_of(terms, day_of(terms), hopeless, over=False, ahead=ahead) == "about_to_be_missed"
    assert state_of(terms, day_of(terms), hopeful, over=False, ahead=ahead) == "open"
    least = some_terms(measure="focus", target=30, direction="at_most")
    assert state_of(least, day_of(least), hopeless, over=False, ahead=ahead) == "about_to_be_missed"


STATES = st.lists(
    st.sampled_from(["open", "reached", "kept", "about_to_be_missed", "missed", "off", "no_data"]),
    max_size=30,
)


@given(STATES)
def test_days_off_neither_break_nor_extend_a_streak(states: list[GoalState]) -> None:
    neutral = ("off", "no_data")
    assert streak_of(states) == streak_of([each for each in states if each not in neutral])
    assert streak_of([*states, "off", "open"]) == streak_of(states)
    assert streak_of([*states, "missed"]).current == 0
    found, more = streak_of(states), streak_of([*states, "reached"])
    assert more == (found.current + 1, max(found.longest, found.current + 1))
    assert found.current <= found.longest <= sum(each in ("reached", "kept") for each in states)


SCORED = st.dictionaries(st.one_of(st.none(), st.integers(-2, 2)), st.integers(0, 10**12))


@given(st.lists(SCORED, max_size=5))
def test_tallies_of_days_add_up_to_that_of_the_whole(days: list[dict[int | None, int]]) -> None:
    keys = {key for day in days for key in day}
    whole = {key: sum(day.get(key, 0) for day in days) for key in keys}
    assert added(map(of_scores, days)) == of_scores(whole)
    assert added(of_time(day.values()) for day in days) == of_time(whole.values())
    focus = frozenset({1, 2})
    assert added(of_focus(day, focus) for day in days) == of_focus(whole, focus)
    value = of_scores(whole).value(some_terms(measure="pulse"))
    assert value == pulse(whole)
    assert value is None or 0 <= value <= 100


@pytest.mark.parametrize(
    ("scored", "says"),
    [
        ({}, None),
        ({None: 5}, None),
        ({0: 7}, 50),
        ({2: 1, -2: 1}, 50),
        ({2: 9}, 100),
        ({-2: 9}, 0),
        ({2: 1, None: 99}, 100),
        ({2: 87, 1: 0, 0: 13}, 93.5),
    ],
)
def test_the_pulse_is_rescuetimes(scored: dict[int | None, int], says: float | None) -> None:
    assert pulse(scored) == says


STRETCHES = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 90)), max_size=12)


def laid(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found, at = [], 0
    for gap, length in pieces:
        found.append((at + gap * SECOND, at + (gap + length) * SECOND))
        at = found[-1][1]
    return found


@given(STRETCHES, st.integers(1, 120))
def test_visits_are_joined_stretches_that_last(pieces: list[tuple[int, int]], shortest: int) -> None:
    stretches = laid(pieces)
    begins = visits(stretches, shortest * SECOND)
    assert set(begins) <= {start for start, _ in stretches}
    # A stretch that is cut in two is still one visit.
    halves = [
        half for start, end in stretches for half in ((start, (start + end) // 2), ((start + end) // 2, end))
    ]
    assert visits(halves, shortest * SECOND) == begins
    assert len(visits(stretches, (shortest + 1) * SECOND)) <= len(begins)


def test_less_than_15_seconds_apart_is_one_visit() -> None:
    first = (0, MINUTE)
    assert visits([first, (MINUTE + SAME_VISIT - 1, 3 * MINUTE)], MINUTE) == [0]
    assert visits([first, (MINUTE + SAME_VISIT, 3 * MINUTE)], MINUTE) == [0, MINUTE + SAME_VISIT]


def test_progress_tells_its_share_and_what_is_left() -> None:
    period = GoalPeriod(MONDAY, MONDAY, (MONDAY,), 4 * HOUR)
    assert GoalProgress(period, HOUR, "open").share == 0.25
    assert GoalProgress(period, HOUR, "open").left == 3 * HOUR
    assert GoalProgress(period, 5 * HOUR, "reached").left == 0
    assert GoalProgress(period, None, "no_data").share is None
    assert GoalProgress(period._replace(target=0), HOUR, "missed").share is None
    assert some_terms().amount == 4 * HOURS * SECOND
    assert date(2026, 3, 2) == MONDAY
