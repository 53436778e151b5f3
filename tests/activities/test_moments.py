"""Rules that look at the time or at how long a visit lasts: decided by the moment, only where it matters."""

from __future__ import annotations

from typing import Any

import pytest

from hourloom.activities.classifying.classifier import Classifier
from hourloom.activities.classifying.times import periods
from hourloom.activities.model.rule import Outcome, Rule
from hourloom.activities.model.subject import Subject
from hourloom.activities.model.verdict import Verdict
from hourloom.core.clock import HOUR, MINUTE, SECOND, parse_instant
from hourloom.core.privacy import Times
from hourloom.db.transaction import Rows
from tests.activities.deciding import CODE, LEISURE, MAIL, WORK, NoDatabase, book, rule, where

ZONE = "Europe/Berlin"
HERE = Subject(1, 0, 1)
EVENING = where("time", times={"starts": "18:00", "ends": "06:00"})
FIVE = parse_instant("2026-03-02T16:00:00Z")
"""Five in the afternoon in Berlin, a Monday."""


class OneWindow(NoDatabase):
    """Knows one window, of an editor."""

    def rows(self, sql: Any, **_: Any) -> Rows:  # type: ignore[override]
        if "devices" in str(sql):
            return [(1, "desk")]
        return [(1, "vim", "", 0, '{"app":"Vim","title":"main.py"}')]


TX: Any = OneWindow()


def classifier(*rules: Rule) -> Classifier:
    return Classifier(book(*rules), None, ZONE)


def parts(
    of: Classifier, start: int, end: int, whole: tuple[int, int] | None = None
) -> list[tuple[int, int, Any]]:
    assert of.plain([HERE], TX) == {HERE: None}
    first, last = whole or (start, end)
    return [
        (a - start, b - start, verdict.category_id)
        for a, b, verdict in of.parts(start, end, HERE, first, last)
    ]


def test_a_stretch_is_split_where_the_time_begins() -> None:
    of = classifier(rule(1, LEISURE, EVENING), rule(2, CODE, where("app", "vim", "equals")))
    assert parts(of, FIVE, FIVE + 2 * HOUR) == [(0, HOUR, CODE), (HOUR, 2 * HOUR, LEISURE)]
    assert parts(of, FIVE, FIVE + HOUR) == [(0, HOUR, CODE)]


def test_a_time_may_be_negated_or_one_of_several_conditions() -> None:
    day = where("time", times={"starts": "18:00", "ends": "06:00"}, negated=True)
    of = classifier(rule(1, CODE, where("title", "main"), day))
    assert parts(of, FIVE, FIVE + 2 * HOUR) == [(0, HOUR, CODE), (HOUR, 2 * HOUR, None)]
    of = classifier(rule(1, MAIL, where("title", "nothing such"), EVENING, match="any"))
    assert parts(of, FIVE, FIVE + 2 * HOUR) == [(0, HOUR, None), (HOUR, 2 * HOUR, MAIL)]


def test_the_whole_visit_decides_about_how_long_it_lasted() -> None:
    of = classifier(rule(1, LEISURE, where("dwell", seconds=60)))
    assert parts(of, FIVE, FIVE + 10 * SECOND, (FIVE - MINUTE, FIVE + MINUTE)) == [(0, 10 * SECOND, LEISURE)]
    assert parts(of, FIVE, FIVE + 10 * SECOND) == [(0, 10 * SECOND, None)]


@pytest.mark.parametrize(
    "rules",
    [
        (rule(1, CODE, where("app", "vim", "equals")), rule(2, LEISURE, EVENING)),
        (rule(1, LEISURE, EVENING, where("title", "nothing such")),),
        (rule(1, LEISURE, EVENING, enabled=False),),
        (rule(1, LEISURE, EVENING, where("device", "lap", "equals")),),
        (rule(1, MAIL, EVENING, where("title", "main"), match="any"),),
        (
            rule(1, None, where("title", "main"), outcome=Outcome(tag_ids=(4,))),
            rule(2, None, EVENING, outcome=Outcome(tag_ids=(4,))),
        ),
    ],
)
def test_where_the_moment_cannot_matter_it_is_decided_at_once(rules: tuple[Rule, ...]) -> None:
    (verdict,) = classifier(*rules).plain([HERE], TX).values()
    assert isinstance(verdict, Verdict)


def test_a_device_is_known_without_the_moment() -> None:
    of = classifier(rule(1, WORK, where("device", "desk", "equals")))
    verdict = of.plain([HERE], TX)[HERE]
    assert verdict is not None
    assert verdict.category_id == WORK


def test_what_fell_out_of_memory_is_read_again() -> None:
    of = classifier(rule(1, LEISURE, EVENING))
    of.plain([HERE], TX)
    of.forget()
    (_, _, verdict), (_, _, later) = of.parts(FIVE, FIVE + 2 * HOUR, HERE, FIVE, FIVE + 2 * HOUR, TX)
    assert (verdict.category_id, later.category_id) == (None, LEISURE)


def test_what_is_remembered_is_counted() -> None:
    of = classifier(rule(1, CODE, where("app", "vim", "equals")))
    assert of.plain([HERE], TX) == of.plain([HERE], TX)
    assert of.memory()[:3] == (2, 1, 1)


@pytest.mark.parametrize(
    ("times", "day", "hours"),
    [
        (Times("09:00", "17:00"), "2026-03-02", [(9, 17)]),
        (Times("22:00", "06:00"), "2026-03-02", [(-2, 6), (22, 30)]),
        (Times("00:00", "00:00", [1]), "2026-03-02", [(0, 24)]),
        (Times("00:00", "00:00", [2]), "2026-03-02", []),
        (Times("22:00", "06:00", [7]), "2026-03-02", [(-2, 6)]),
        # The clocks go forward at two: the day has 23 hours, so six o'clock is five hours after midnight.
        (Times("00:00", "06:00"), "2026-03-29", [(0, 5)]),
        (Times("00:00", "00:00"), "2026-03-29", [(0, 23)]),
        (Times("00:00", "00:00"), "2026-10-25", [(0, 25)]),
    ],
)
def test_times_are_those_of_the_persons_clocks(times: Times, day: str, hours: list[tuple[int, int]]) -> None:
    summer = day == "2026-10-25"
    midnight = parse_instant(f"{day}T00:00:00{'+02:00' if summer else '+01:00'}")
    length = {"2026-03-29": 23, "2026-10-25": 25}.get(day, 24)
    found = list(periods(times, ZONE, midnight, midnight + length * HOUR))
    assert [((a - midnight) // HOUR, (b - midnight) // HOUR) for a, b in found] == hours
