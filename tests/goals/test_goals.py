"""Goals as services keep and measure them: progress, history, days off, undo, notices."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from hourloom.core.clock import HOUR
from hourloom.core.errors import Conflict, Invalid, NotFound
from hourloom.db.transaction import Database
from hourloom.goals.model.goal import GoalDaysOff, GoalHasEnded, GoalsContradict, NoSuchGoal
from hourloom.goals.service.measuring import MOST_KEPT_DAYS, Measuring
from hourloom.goals.service.naming import GoalWhere, NothingOfThatName, NothingToLookAt
from hourloom.operations.model import ChangedSince
from hourloom.testing import Announced, FixedClock
from tests.goals.made import HOURS, MONDAY, WORKDAYS, off
from tests.goals.stand_in import CODE, PLAY, WORK, GoalsAtWork

PROGRAMMING = GoalWhere(categories=("work > programming",))
FRIDAY = date(2026, 3, 6)


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def data_key() -> None:
    """Leave encryption out: nothing here depends on it."""


@pytest.fixture
def at_work(database: Database, clock: FixedClock) -> GoalsAtWork:
    """Stand on Monday, 2 March 2026 at 10:00 in Berlin."""
    return GoalsAtWork(database, clock)


def a_week(at_work: GoalsAtWork, *hours: float) -> None:
    """Work for so many hours from 8:00 on each day from Monday on."""
    for day, worked in enumerate(hours, 2):
        at_work.activities.did(f"2026-03-{day:02}T07:00:00Z", worked * 60)


def test_progress_is_that_of_now(at_work: GoalsAtWork) -> None:
    goal = at_work.add(PROGRAMMING)
    at_work.activities.did("2026-03-02T07:00:00Z", 60, CODE)
    at_work.activities.did("2026-03-02T08:00:00Z", 30, PLAY)
    (standing,) = at_work.goals.all(at_work.who)
    assert standing.progress.done == HOUR
    assert standing.progress.state == "open"
    assert standing.per_day == standing.progress.left == 3 * HOUR
    at_work.activities.did("2026-03-02T09:00:00Z", 180, CODE)
    assert at_work.goals.get(at_work.who, goal.id).progress.state == "reached"


@pytest.mark.parametrize(
    ("terms", "done"),
    [
        ({"where": GoalWhere()}, 3 * HOUR),
        ({"where": GoalWhere(categories=(WORK,))}, 2.5 * HOUR),
        ({"where": GoalWhere(categories=("Play", CODE))}, 2.5 * HOUR),
        # 2 h at +2, half an hour each at +1 and -2: 100 * (2*4 + 0.5*3) / (3*4).
        ({"measure": "pulse", "target": 60}, 100 * 9.5 / 12),
        ({"measure": "focus", "target": 60}, 100 * 2.5 / 3),
        ({"measure": "activities", "target": 3}, 2),
        ({"measure": "activities", "target": 3, "where": GoalWhere(categories=(CODE,))}, 2),
        ({"measure": "activities", "target": 3, "shortest_seconds": 5400}, 1),
    ],
)
def test_each_measure_on_one_morning(at_work: GoalsAtWork, terms: dict[str, Any], done: float) -> None:
    at_work.activities.did("2026-03-02T06:00:00Z", 60, CODE)
    at_work.activities.did("2026-03-02T07:10:00Z", 60, CODE)
    at_work.activities.did("2026-03-02T08:10:00Z", 30, WORK)
    at_work.activities.did("2026-03-02T08:40:00Z", 30, PLAY)
    goal = at_work.add(**terms)
    assert at_work.goals.get(at_work.who, goal.id).progress.done == pytest.approx(done)


def test_a_visit_over_midnight_counts_where_it_began_however_periods_lie(at_work: GoalsAtWork) -> None:
    at_work.clock.set("2026-03-05T11:00:00Z")
    at_work.activities.did("2026-03-02T22:30:00Z", 60)  # from 23:30 on
    at_work.activities.did("2026-03-03T22:59:30Z", 1)
    goal = at_work.add(measure="activities", target=1)
    _, found = at_work.goals.history(at_work.who, goal.id)
    assert [(each.period.first.day, each.done) for each in found] == [(5, 0), (4, 0), (3, 1), (2, 1)]


def test_history_and_streaks_know_days_off(at_work: GoalsAtWork) -> None:
    at_work.clock.set("2026-03-12T06:30:00Z")
    a_week(at_work, 5, 5, 1, 0, 4, 0, 0, 4, 0, 5)
    goal = at_work.add(weekdays=WORKDAYS, days_off=(off("2026-03-05"), off("2026-03-10")))
    past = ["open", "reached", "off", "reached", "off", "off", "reached", "off", "missed", "reached"]
    assert at_work.states(goal) == past
    assert at_work.goals.get(at_work.who, goal.id).streak == (3, 3)
    assert at_work.states(goal, before=date(2026, 3, 4)) == ["reached", "reached"]
    assert at_work.states(goal, before=MONDAY) == []


def test_a_week_sums_the_days_that_count(at_work: GoalsAtWork) -> None:
    at_work.clock.set("2026-03-06T11:00:00Z")
    a_week(at_work, 3, 3, 3, 3, 0, 9, 9)
    goal = at_work.add(period="week", target=15 * HOURS, weekdays=WORKDAYS)
    standing = at_work.goals.get(at_work.who, goal.id)
    assert (standing.progress.done, standing.progress.left) == (12 * HOUR, 3 * HOUR)
    assert (standing.days_left, standing.per_day) == (1, 3 * HOUR)
    # The last day that counts is over, so the week is decided.
    at_work.clock.set("2026-03-07T11:00:00Z")
    assert at_work.goals.get(at_work.who, goal.id).progress.state == "missed"


@pytest.mark.parametrize(
    ("zone", "length"), [("Europe/Berlin", 23), ("America/New_York", 24), ("Australia/Lord_Howe", 24)]
)
def test_the_day_on_which_clocks_change_is_judged_like_any_other(
    at_work: GoalsAtWork, zone: str, length: int
) -> None:
    at_work.set("time_zone", f'"{zone}"')
    at_work.activities.did("2026-03-25T00:00:00Z", 10 * 24 * 60)
    at_work.clock.set("2026-04-02T12:00:00Z")
    goal = at_work.add(target=HOURS)
    _, found = at_work.goals.history(at_work.who, goal.id, limit=7)
    done = {each.period.first: each.done for each in found}
    assert done[date(2026, 3, 29)] == length * HOUR
    assert at_work.goals.get(at_work.who, goal.id).streak.current >= 9


def test_another_zone_judges_all_days_anew(at_work: GoalsAtWork) -> None:
    at_work.clock.set("2026-03-05T11:00:00Z")
    at_work.activities.did("2026-03-03T20:00:00Z", 300)
    goal = at_work.add()
    assert at_work.states(goal)[1:] == ["missed", "missed", "missed"]
    at_work.set("time_zone", '"Asia/Tokyo"')
    assert at_work.states(goal)[1:] == ["reached", "missed", "missed"]
    at_work.set("time_zone", '"Europe/Berlin"')
    at_work.set("day_starts_at", "240")
    assert at_work.states(goal)[1:] == ["missed", "reached", "missed"]


def test_what_is_settled_is_measured_once_until_something_changes(at_work: GoalsAtWork) -> None:
    at_work.clock.set("2026-09-01T11:00:00Z")
    goal = at_work.add()
    at_work.goals.get(at_work.who, goal.id)
    first, at_work.activities.cuts_asked = at_work.activities.cuts_asked, 0
    at_work.goals.get(at_work.who, goal.id)
    assert first > 180
    assert at_work.activities.cuts_asked <= 4
    at_work.activities.did("2026-08-31T08:00:00Z", 300)
    at_work.activities.edits += 1
    assert at_work.goals.get(at_work.who, goal.id).streak.current == 1
    # A new day asks for nothing but itself, and older days only for what is not known.
    at_work.activities.cuts_asked = 0
    at_work.clock.set("2026-09-03T11:00:00Z")
    assert at_work.states(goal, 3) == ["open", "missed", "missed"]
    assert at_work.activities.cuts_asked < 90


def test_where_time_is_short_each_look_goes_a_week_further_back(
    database: Database, clock: FixedClock
) -> None:
    at_work = GoalsAtWork(database, clock, seconds=0)
    at_work.clock.set("2026-04-01T05:00:00Z")
    for day in range(2, 32):
        at_work.activities.did(f"2026-03-{day:02}T07:00:00Z", 300)
    goal = at_work.add()
    seen = [at_work.goals.get(at_work.who, goal.id) for _ in range(10)]
    streaks = [each.streak.current for each in seen]
    assert streaks == sorted(streaks)
    assert streaks[0] < 30 == streaks[-1]
    assert [each.looked_back_to for each in seen][-1] == MONDAY
    assert {each.progress.done for each in seen} == {0}


def test_what_is_kept_is_bounded(at_work: GoalsAtWork) -> None:
    measuring: Measuring = at_work.measuring
    at_work.clock.set("2026-09-01T11:00:00Z")
    for shortest in range(1, 4):
        name = f"Goal {shortest}"
        goal = at_work.add(name=name, measure="activities", target=1, shortest_seconds=shortest)
        at_work.goals.get(at_work.who, goal.id)
    kept = sum(len(each) for each in measuring._kept.values())
    assert 200 < kept < MOST_KEPT_DAYS
    measuring.forget()
    assert not measuring._kept


def test_a_goal_ends_and_keeps_its_history(at_work: GoalsAtWork) -> None:
    at_work.clock.set("2026-03-05T11:00:00Z")
    a_week(at_work, 5, 5, 5)
    goal = at_work.add()
    _, operation = at_work.write(lambda: at_work.goals.end(at_work.who, goal.id))
    assert at_work.goals.all(at_work.who) == []
    (ended,) = at_work.goals.all(at_work.who, ended=True)
    assert (ended.goal.terms.ends_on, ended.streak) == (date(2026, 3, 4), (3, 3))
    with pytest.raises(GoalHasEnded, match='"Deep work" ended on 2026-03-04'):
        at_work.write(lambda: at_work.goals.end(at_work.who, goal.id))
    at_work.undo(operation)
    assert at_work.goals.get(at_work.who, goal.id).goal == goal


def test_contradictions_look_at_the_tree_and_leave_nothing_behind(at_work: GoalsAtWork) -> None:
    at_work.add(PROGRAMMING, name="Code", target=6 * HOURS)
    with pytest.raises(GoalsContradict, match='the goal "Code": at least 6 h a day is more than at most 4 h'):
        at_work.add(GoalWhere(categories=("Work",)), direction="at_most")
    assert len(at_work.goals.all(at_work.who)) == 1
    other = at_work.add(GoalWhere(categories=("Play",)), direction="at_most")
    with pytest.raises(GoalsContradict):
        at_work.write(lambda: at_work.goals.change(at_work.who, other.id, other.terms, GoalWhere()))
    assert at_work.goals.get(at_work.who, other.id).goal == other


def test_an_undo_that_would_contradict_is_refused(at_work: GoalsAtWork) -> None:
    goal = at_work.add(target=6 * HOURS)
    operation = at_work.write(lambda: at_work.goals.delete(at_work.who, goal.id))
    at_work.add(name="Less", direction="at_most")
    with pytest.raises(GoalsContradict, match="Less"):
        at_work.undo(operation)


def test_undo_over_later_changes_is_refused(at_work: GoalsAtWork) -> None:
    goal = at_work.add()
    first = at_work.change(goal, msgspec.structs.replace(goal.terms, target=5 * HOURS))
    second = at_work.change(goal, msgspec.structs.replace(goal.terms, target=6 * HOURS))
    with pytest.raises(ChangedSince):
        at_work.undo(first)
    at_work.undo(second)
    at_work.undo(first)
    assert at_work.goals.get(at_work.who, goal.id).goal == goal


@pytest.mark.parametrize(
    ("where", "says"),
    [
        (
            GoalWhere(categories=("Work > Cooking",)),
            "There is no category 'Work > Cooking'; `hourloom category list` shows those there are.",
        ),
        (
            GoalWhere(categories=(99,)),
            "There is no category '99'; `hourloom category list` shows those there are.",
        ),
        (
            GoalWhere(projects=("Castle",)),
            "There is no project 'Castle'; `hourloom project list` shows those there are.",
        ),
        (GoalWhere(tags=("late",)), "There is no tag 'late'; `hourloom tag list` shows those there are."),
        (GoalWhere(apps=(" ",)), "' ' is no program; write its name such as firefox."),
        (GoalWhere(domains=("https:///x",)), "'https:///x' is no site; write its name such as example.org."),
    ],
)
def test_what_there_is_not_is_said(at_work: GoalsAtWork, where: GoalWhere, says: str) -> None:
    with pytest.raises((NothingOfThatName, NothingToLookAt)) as refused:
        at_work.add(where)
    assert refused.value.message == says


def test_names_become_what_activities_are_known_by(at_work: GoalsAtWork) -> None:
    where = at_work.add(
        GoalWhere(
            categories=("Work>Programming", "WORK"),
            projects=("bridge",),
            apps=("Navigator.firefox", "Firefox"),
            domains=("https://news.bbc.co.uk/x", "Example.com"),
            tags=("urgent",),
            scores=(2, 2, -1),
        )
    ).terms.where
    assert (where.categories, where.projects, where.tags) == ((WORK, CODE), (4,), (6,))
    assert (where.apps, where.domains, where.scores) == (("firefox",), ("bbc.co.uk", "example.com"), (-1, 2))


def test_days_off_are_taken_for_all_goals_and_given_back(at_work: GoalsAtWork) -> None:
    goals = [at_work.add(name=name) for name in ("One", "Two")]
    ended = at_work.add(name="Three", ends_on=MONDAY)
    at_work.clock.set("2026-03-04T11:00:00Z")
    days = GoalDaysOff(FRIDAY, date(2026, 3, 9))
    count, operation = at_work.write(lambda: at_work.goals.take_off(at_work.who, None, days))
    found = {each.goal.id: each.goal.terms.days_off for each in at_work.goals.all(at_work.who, ended=True)}
    assert (count, found) == (2, {goals[0].id: (days,), goals[1].id: (days,), ended.id: ()})
    friday = GoalDaysOff(FRIDAY, FRIDAY)
    at_work.write(lambda: at_work.goals.take_off(at_work.who, [goals[0].id], friday, work=True))
    assert at_work.goals.get(at_work.who, goals[0].id).goal.terms.days_off == (
        off("2026-03-07", "2026-03-09"),
    )
    with pytest.raises(ChangedSince):
        at_work.undo(operation)
    backwards = GoalDaysOff(FRIDAY, MONDAY)
    with pytest.raises(Invalid, match="end before they begin"):
        at_work.write(lambda: at_work.goals.take_off(at_work.who, None, backwards))


def test_there_is_no_other_goal(at_work: GoalsAtWork) -> None:
    for ask in (at_work.goals.get, at_work.goals.history, at_work.goals.delete):
        with pytest.raises(NoSuchGoal):
            at_work.write(lambda ask=ask: ask(at_work.who, 99))  # type: ignore[misc]


def test_there_is_room_for_so_many_goals(at_work: GoalsAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hourloom.goals.model.goal.MOST_GOALS", 1)
    at_work.add()
    with pytest.raises(Conflict, match="at most 1 goals"):
        at_work.add()


def test_a_notice_tells_once_of_a_goal_that_is_reached(at_work: GoalsAtWork, announced: Announced) -> None:
    at_work.add()
    assert at_work.look() == []
    at_work.clock.advance(900)
    at_work.activities.did("2026-03-02T05:00:00Z", 240)
    assert at_work.look() == ["goal_reached"]
    (notice,) = at_work.notices.list(at_work.who)
    assert notice.facts == {"goal": "Deep work", "period": "day", "first_day": "2026-03-02"}
    at_work.write(lambda: at_work.notices.read(at_work.who, notice.id))
    at_work.clock.advance(900)
    assert at_work.look() == []
    assert announced.kinds.count("GoalReached") == announced.kinds.count("NoticeRaised") == 1
    # The next day is another period.
    at_work.clock.set("2026-03-03T11:00:00Z")
    at_work.activities.did("2026-03-03T05:00:00Z", 240)
    assert at_work.look() == ["goal_reached"]


def test_a_missed_day_is_told_of_when_devices_have_sent_what_they_had(
    at_work: GoalsAtWork, announced: Announced
) -> None:
    at_work.add()
    at_work.clock.set("2026-03-02T23:03:00Z")  # three minutes past midnight
    at_work.look()
    assert "GoalMissed" not in announced.kinds
    at_work.clock.set("2026-03-02T23:18:00Z")
    assert at_work.look() == ["goal_missed"]
    at_work.clock.set("2026-03-02T23:40:00Z")
    at_work.look()
    assert announced.kinds.count("GoalMissed") == 1


def test_nothing_is_told_of_the_time_before_a_goal_was_made(at_work: GoalsAtWork) -> None:
    at_work.add(starts_on=date(2026, 1, 1))
    assert at_work.look() == []


def test_a_notice_of_danger_goes_when_the_danger_is_over(at_work: GoalsAtWork, announced: Announced) -> None:
    goal = at_work.add(GoalWhere(categories=("Play",)), direction="at_most", target=HOURS)
    at_work.activities.did("2026-03-02T08:00:00Z", 50, PLAY)
    assert at_work.look() == ["goal_about_to_be_missed"]
    at_work.change(goal, msgspec.structs.replace(goal.terms, target=2 * HOURS))
    assert at_work.look() == []
    at_work.clock.advance(3600)
    at_work.activities.did("2026-03-02T09:00:00Z", 90, PLAY)
    assert at_work.look() == ["goal_missed"]
    assert [kind for kind in announced.kinds if kind in ("GoalAboutToBeMissed", "GoalMissed")] == [
        "GoalAboutToBeMissed",
        "GoalMissed",
    ]


def test_a_goal_without_notices_tells_nothing_and_one_that_is_gone_takes_its_notice_along(
    at_work: GoalsAtWork,
) -> None:
    quiet = at_work.add(GoalWhere(categories=("Play",)), direction="at_most", target=HOURS)
    at_work.activities.did("2026-03-02T08:00:00Z", 50, PLAY)
    at_work.look()
    at_work.write(lambda: at_work.goals.delete(at_work.who, quiet.id))
    assert at_work.look() == []
    at_work.add(direction="at_most", target=HOURS, notices=False)
    assert at_work.look() == []


def test_a_look_far_from_every_border_measures_nothing(at_work: GoalsAtWork) -> None:
    at_work.add()
    at_work.look()
    at_work.activities.cuts_asked = 0
    for _ in range(14):
        at_work.clock.advance(60)
        at_work.look()
    assert at_work.activities.cuts_asked == 0


def test_a_day_is_about_to_be_missed_by_what_the_last_four_weeks_were_like(at_work: GoalsAtWork) -> None:
    for day in range(2, 28):
        at_work.activities.did(f"2026-02-{day:02}T08:00:00Z", 8 * 60)  # from 9 to 17 h
    goal = at_work.add(starts_on=date(2026, 2, 1), target=6 * HOURS)
    at_work.clock.set("2026-03-02T11:00:00Z")  # 12 h: five of the usual hours are left
    assert at_work.goals.get(at_work.who, goal.id).progress.state == "open"
    at_work.clock.set("2026-03-02T12:30:00Z")
    assert at_work.goals.get(at_work.who, goal.id).progress.state == "about_to_be_missed"
    at_work.activities.did("2026-03-02T08:00:00Z", 4 * 60)
    assert at_work.goals.get(at_work.who, goal.id).progress.state == "open"
    assert at_work.goals.get(at_work.who, goal.id).progress.left == 2 * HOUR


def test_scopes_are_asked_for(at_work: GoalsAtWork) -> None:
    nobody = msgspec.structs.replace(at_work.who, scopes=frozenset({"tracking:write"}))
    with pytest.raises(Exception, match="goals:read"):
        at_work.goals.all(nobody)
    with pytest.raises(Exception, match="goals:write"):
        at_work.goals.delete(nobody, 1)
    assert issubclass(NoSuchGoal, NotFound)
