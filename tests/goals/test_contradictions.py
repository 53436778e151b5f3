"""Goals that cannot be met together are refused; those that can are not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.goals.model.contradiction import contradiction, duration_in_words, is_within, require_possible
from hourloom.goals.model.goal import GoalFilter, GoalRefused, GoalsContradict, checked
from tests.goals.made import HOURS, WORKDAYS, a_goal, off, some_terms

WORK, CODE, PLAY, OTHER = 1, 2, 3, 4
BELOW = {
    WORK: frozenset({WORK, CODE}),
    CODE: frozenset({CODE}),
    PLAY: frozenset({PLAY}),
    OTHER: frozenset({OTHER}),
}


def below(category: int) -> frozenset[int]:
    return BELOW.get(category, frozenset())


def at_least(hours: float, period: str = "day", **given: Any) -> dict[str, Any]:
    return {"target": hours * HOURS, "period": period, **given}


def at_most(hours: float, period: str = "day", **given: Any) -> dict[str, Any]:
    return at_least(hours, period, direction="at_most", **given)


def of(*categories: int) -> GoalFilter:
    return GoalFilter(categories=categories)


CONTRADICTING = [
    (at_least(6), at_most(4)),
    (at_least(5), at_most(34, "week")),
    (at_least(5, weekdays=WORKDAYS), at_most(24, "week")),
    (at_least(5, weekdays=WORKDAYS), at_most(99, "month")),
    (at_least(20, "week"), at_most(2)),
    (at_least(20, "week", weekdays=WORKDAYS), at_most(3, weekdays=WORKDAYS)),
    (at_least(20, "week"), at_most(59, "month")),
    (at_least(200, "month"), at_most(6)),
    (at_least(200, "month"), at_most(33, "week")),
    (at_least(20, "month"), at_most(19, "month")),
    (at_least(6, where=of(CODE)), at_most(4, where=of(WORK))),
    (at_least(6, where=of(CODE)), at_most(4)),
    (at_least(6, where=GoalFilter(categories=(CODE,), apps=("vim",))), at_most(4, where=of(WORK, PLAY))),
    ({"measure": "pulse", "target": 80}, {"measure": "pulse", "target": 60, "direction": "at_most"}),
    (
        {"measure": "focus", "target": 80},
        {"measure": "focus", "target": 60, "direction": "at_most", "period": "week"},
    ),
    ({"measure": "activities", "target": 9}, {"measure": "activities", "target": 8, "direction": "at_most"}),
]
POSSIBLE = [
    (at_least(4), at_most(4)),
    (at_least(4), at_least(6)),
    (at_least(5), at_most(35, "week")),
    (at_least(5, weekdays=WORKDAYS), at_most(25, "week")),
    (at_least(8, weekdays=WORKDAYS), at_most(1, weekdays=(6, 7))),
    (at_least(8, weekdays=WORKDAYS), at_most(1, "week", weekdays=(6, 7))),
    (at_least(20, "week"), at_most(3)),
    (at_least(20, "week"), at_most(0.5, weekdays=WORKDAYS)),
    (at_least(20, "week", weekdays=WORKDAYS), at_most(10, "week", weekdays=(1, 2))),
    (at_least(6, where=of(WORK)), at_most(4, where=of(CODE))),
    (at_least(6), at_most(4, where=of(CODE))),
    (at_least(6, where=of(PLAY)), at_most(4, where=of(WORK))),
    (at_least(6, starts_on=date(2026, 5, 1)), at_most(4, ends_on=date(2026, 4, 30))),
    (at_least(6), {"measure": "pulse", "target": 1, "direction": "at_most"}),
    (
        {"measure": "activities", "target": 9, "where": of(CODE)},
        {"measure": "activities", "target": 3, "direction": "at_most", "where": of(WORK)},
    ),
    (
        {"measure": "pulse", "target": 80, "period": "week"},
        {"measure": "pulse", "target": 60, "direction": "at_most", "period": "month"},
    ),
]


@pytest.mark.parametrize(("least", "most"), CONTRADICTING)
def test_goals_that_cannot_be_met_together_are_refused(least: dict[str, Any], most: dict[str, Any]) -> None:
    for one, other in ((least, most), (most, least)):
        with pytest.raises(GoalsContradict) as refused:
            require_possible(some_terms(**one), [a_goal(7, name="The other", **other)], below)
        assert '"The other"' in refused.value.message
        assert refused.value.fields["id"] == 7


@pytest.mark.parametrize(("least", "most"), POSSIBLE)
def test_goals_that_can_be_met_together_are_not(least: dict[str, Any], most: dict[str, Any]) -> None:
    assert contradiction(some_terms(**least), some_terms(**most), below) is None
    assert contradiction(some_terms(**most), some_terms(**least), below) is None


@pytest.mark.parametrize(
    ("third", "is_possible"),
    [
        (at_least(11, where=of(PLAY)), False),
        (at_least(10, where=of(PLAY)), True),
        (at_least(11, where=of(WORK)), True),
        (at_least(11), True),
        (at_least(11, "week", where=of(PLAY)), True),
        (at_most(11, where=of(PLAY)), True),
        (at_least(11, where=of(PLAY), weekdays=(6, 7)), True),
        (at_least(11, where=of(PLAY), starts_on=date(2026, 1, 1), ends_on=date(2026, 2, 1)), True),
        (at_least(11, where=GoalFilter(scores=(-2,))), True),
        (at_least(20, where=GoalFilter(scores=(-2,))), False),
    ],
)
def test_minimums_of_what_excludes_one_another_fit_in_a_day(third: dict[str, Any], is_possible: bool) -> None:  # noqa: FBT001 - it is a case
    others = [
        a_goal(1, name="Code", weekdays=WORKDAYS, **at_least(8, where=of(CODE))),
        a_goal(2, name="Other", weekdays=WORKDAYS, **at_least(6, where=of(OTHER))),
        a_goal(3, name="Vim", **at_least(9, where=GoalFilter(scores=(2,)), ends_on=date(2026, 12, 31))),
    ]
    terms = some_terms(**third)
    if is_possible:
        require_possible(terms, others, below)
        return
    with pytest.raises(GoalsContradict, match="of a day of 24 h") as refused:
        require_possible(terms, others, below)
    assert refused.value.fields["id"] in (1, 3)


def test_the_sentence_says_what_is_more_than_what() -> None:
    reason = contradiction(some_terms(**at_least(5.5)), some_terms(**at_most(20, "week")), below)
    assert reason == "at least 5 h 30 min a day is more than at most 20 h a week allows"


DAY_HOURS = st.integers(0, 24)


@given(
    st.lists(DAY_HOURS, min_size=7, max_size=7),
    st.sets(st.integers(1, 7), min_size=1),
    st.sets(st.integers(1, 7), min_size=1),
    st.sampled_from([("day", "day"), ("day", "week"), ("week", "day"), ("week", "week")]),
)
def test_what_somebody_did_in_a_week_is_never_called_impossible(
    done: list[int], mine: set[int], theirs: set[int], periods: tuple[str, str]
) -> None:
    """Goals that a week as it was met both of do not contradict each other."""

    def most_met(days: set[int], period: str, fold: Any) -> float:
        counted = [done[day - 1] for day in days]
        return float(fold(counted) if period == "day" else sum(counted))

    asked = most_met(mine, periods[0], min)
    if asked:
        least = some_terms(**at_least(asked, periods[0], weekdays=tuple(sorted(mine))))
        most = some_terms(
            **at_most(most_met(theirs, periods[1], max), periods[1], weekdays=tuple(sorted(theirs)))
        )
        assert contradiction(least, most, below) is None


def test_a_filter_is_within_another_that_lets_all_of_it_through() -> None:
    assert is_within(of(CODE), GoalFilter(), below)
    assert not is_within(GoalFilter(), of(CODE), below)
    assert not is_within(of(CODE, PLAY), of(WORK), below)
    assert not is_within(of(CODE), GoalFilter(categories=(WORK,), projects=(4,)), below)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": " "}, "its name has 1 to 100"),
        ({"name": "a\nb"}, "its name has 1 to 100"),
        ({"target": 0}, "always reached"),
        ({"target": -1}, "number from 0 on"),
        ({"target": float("nan")}, "number from 0 on"),
        ({"target": float("inf")}, "number from 0 on"),
        ({"target": 25 * HOURS}, "only 24 hours"),
        ({"target": 49 * HOURS, "period": "week", "weekdays": (6, 7)}, "only 48 hours"),
        ({"target": 101, "measure": "pulse"}, "a pulse is at most 100"),
        ({"target": 101, "measure": "focus"}, "focus time is at most 100"),
        ({"target": 2.5, "measure": "activities"}, "a whole one"),
        ({"target": 99, "measure": "activities", "shortest_seconds": 3600}, "do not fit in a day"),
        ({"weekdays": ()}, "at least one day"),
        ({"days_off": (off("2026-03-05", "2026-03-04"),)}, "end before they begin"),
        ({"days_off": (off("1066-10-14"),)}, "lie between"),
        ({"starts_on": date.max}, "lie between"),
        ({"days_off": (off("2026-03-05"),) * 401}, "at most 400"),
        ({"where": GoalFilter(apps=("a",) * 51)}, "at most 50"),
        ({"where": GoalFilter(apps=("a\x1b[2J",))}, "can be printed"),
    ],
)
def test_terms_that_make_no_goal_say_why(given: dict[str, Any], says: str) -> None:
    with pytest.raises(GoalRefused) as refused:
        checked(some_terms(**given))
    assert says in refused.value.message


def test_durations_are_said_as_people_do() -> None:
    assert [duration_in_words(seconds) for seconds in (0, 30, 2700, 14400, 16200)] == [
        "0 min",
        "30 s",
        "45 min",
        "4 h",
        "4 h 30 min",
    ]
