"""What is told of goals, once, and when it is looked at again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hourloom.core.clock import HOUR, MINUTE, SECOND, Instant
from hourloom.goals.model.goal import GoalTerms
from hourloom.goals.model.period import GoalPeriod
from hourloom.goals.model.progress import GoalProgress, GoalState
from hourloom.goals.model.telling import GoalTellings, due, is_news, next_look, telling_of, with_told
from tests.goals.made import MONDAY, some_terms

NOW, ENDS = Instant(100 * HOUR), 110 * HOUR


def minutes_until_look(terms: GoalTerms, hours: float, state: GoalState = "open", now: int = NOW) -> float:
    period = GoalPeriod(MONDAY, MONDAY, (MONDAY,), terms.amount)
    looked = next_look(terms, GoalProgress(period, hours * HOUR, state), Instant(now), ENDS)
    return (looked - now) / MINUTE


def test_far_from_every_border_a_goal_is_looked_at_every_quarter_of_an_hour() -> None:
    assert minutes_until_look(some_terms(), 1) == 15
    assert minutes_until_look(some_terms(direction="at_most"), 1) == 15
    assert minutes_until_look(some_terms(measure="pulse", target=60), 1) == 15


@pytest.mark.parametrize(
    ("direction", "hours", "minutes"),
    [
        ("at_least", 3.9, 6),
        ("at_least", 3.999, 1),
        ("at_most", 3.1, 6),
        ("at_most", 3.9, 6),
        ("at_most", 4, 1),
    ],
)
def test_near_a_border_it_is_looked_at_when_that_can_be_reached(
    direction: Any, hours: float, minutes: float
) -> None:
    assert minutes_until_look(some_terms(direction=direction), hours) == pytest.approx(minutes, abs=0.02)


def test_a_period_is_looked_at_soon_after_its_end() -> None:
    assert minutes_until_look(some_terms(), 1, now=ENDS - 4 * MINUTE) == 9
    assert minutes_until_look(some_terms(), 1, now=ENDS + 20 * MINUTE) == 1


def test_only_goals_whose_turn_it_is_are_looked_at() -> None:
    looks = {1: Instant(NOW + SECOND), 2: NOW, 3: NOW}
    assert due(looks, {1: True, 2: True, 3: False, 4: True}, NOW) == [2, 4]


@pytest.mark.parametrize(
    ("measure", "state", "over", "says"),
    [
        ("time", "reached", False, "reached"),
        ("time", "missed", False, "missed"),
        ("time", "about_to_be_missed", False, "about_to_be_missed"),
        ("time", "kept", True, None),
        ("time", "open", False, None),
        ("time", "off", True, None),
        ("pulse", "missed", True, "missed"),
        ("pulse", "no_data", True, None),
    ],
)
def test_what_is_told(measure: Any, state: Any, *, over: bool, says: str | None) -> None:
    assert telling_of(some_terms(measure=measure, target=50), state, over=over) == says


def test_each_is_told_once_and_nothing_behind_the_end() -> None:
    told = with_told({}, MONDAY, "about_to_be_missed")
    assert not is_news(told, MONDAY, "about_to_be_missed")
    told = with_told(told, MONDAY, "reached")
    assert not is_news(told, MONDAY, "reached")
    assert not is_news(with_told({}, MONDAY, "reached"), MONDAY, "about_to_be_missed")
    assert is_news(told, date(2026, 3, 3), "reached")


def test_only_the_newest_periods_are_remembered() -> None:
    told: GoalTellings = {}
    for day in range(2, 12):
        told = with_told(told, date(2026, 3, day), "reached")
    assert list(told) == [date(2026, 3, day) for day in (9, 10, 11)]
