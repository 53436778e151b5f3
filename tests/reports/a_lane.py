"""A lane of activities in memory, summed in the plainest way, and what tests ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

from hourloom.activities.model.activity import Activity
from hourloom.activities.model.category import Category, CategoryTree
from hourloom.activities.model.filter import Filter
from hourloom.activities.model.subject import Description, Subject
from hourloom.activities.model.verdict import Verdict
from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.clock import MINUTE, Instant, instant_of
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.core.periods import Calendar
from hourloom.reports.model.asked import ReportAsked, ReportDefinition, question_of
from hourloom.reports.model.grouping import Value
from hourloom.reports.model.ranges import range_named
from hourloom.reports.model.report import Report
from hourloom.reports.service.reading import Reader

WHO = Actor(WorkspaceId(1), UserId(1), EVERYTHING)
WORK, PROGRAMMING, PLAY = 1, 2, 3
TREE = CategoryTree(
    [
        Category(WORK, "Work", color="slot1", score=1),
        Category(PROGRAMMING, "Programming", parent_id=WORK, score=2),
        Category(PLAY, "Play", score=-2),
    ]
)
APPS = ("Code", "Firefox", "Chat")
UTC_DAYS = Calendar("UTC")
LATER = instant_of(datetime(2030, 1, 1, tzinfo=UTC))


@dataclass
class ALane:
    """Activities and away times that do not overlap."""

    activities: Sequence[Activity] = ()
    away: Sequence[tuple[Instant, Instant]] = ()

    def cut(self, start: int, end: int) -> ALane:
        return ALane(
            [
                each._replace(start=Instant(max(each.start, start)), end=Instant(min(each.end, end)))
                for each in self.activities
                if each.start < end and each.end > start
            ],
            [(Instant(max(a, start)), Instant(min(b, end))) for a, b in self.away if a < end and b > start],
        )


@dataclass
class ASums:
    by: dict[tuple[Value, ...], int] = field(default_factory=dict)
    away: int = 0


@dataclass
class ATold:
    """A lane by what it counts."""

    stretches: Sequence[tuple[Instant, Instant, tuple[Value, ...]]]
    away: Sequence[tuple[Instant, Instant]]


@dataclass
class ASource:
    """What reports read."""

    lane: ALane
    asked: int = 0

    def between(self, _who: Actor, start: Instant, end: Instant, where: Filter | None = None) -> ALane:
        self.asked += 1
        found = self.lane.cut(start, end)
        return ALane([each for each in found.activities if _meets(each, where)], found.away)

    def told(
        self,
        _who: Actor,
        start: Instant,
        end: Instant,
        keys: tuple[str, ...],
        where: Filter | None = None,
    ) -> ATold:
        lane = self.between(_who, start, end, where)
        values = [tuple(self.value(each, key) for key in keys) for each in lane.activities]
        stretches = [(a.start, a.end, by) for a, by in zip(lane.activities, values, strict=True)]
        return ATold(stretches, lane.away)

    def sums(
        self, _who: Actor, cuts: Sequence[Instant], keys: tuple[str, ...], where: Filter | None = None
    ) -> list[ASums]:
        assert list(cuts) == sorted(set(cuts)), "cuts come in order"
        summed = []
        for start, end in pairwise(cuts):
            lane, sums = self.between(_who, start, end, where), ASums()
            for each in lane.activities:
                values = tuple(self.value(each, key) for key in keys)
                sums.by[values] = sums.by.get(values, 0) + each.end - each.start
            sums.away = sum(b - a for a, b in lane.away)
            summed.append(sums)
        return summed

    def spans(
        self, _who: Actor, start: Instant, end: Instant, where: Filter | None = None
    ) -> list[tuple[Instant, Instant]]:
        return [(each.start, each.end) for each in self.between(_who, start, end, where).activities]

    def describe(self, _who: Actor, subjects: Iterable[Subject]) -> Mapping[Subject, Description]:
        return {
            each: Description(
                device="desk",
                app=APPS[each.window].lower(),
                app_name=APPS[each.window],
                title=f"title {each.detail}",
                url="",
                domain="",
                host="",
                path="",
                project="",
                language="",
                audible=False,
                private=False,
            )
            for each in subjects
        }

    def names(self, _who: Actor, key: str, values: Iterable[Value]) -> Mapping[Value, str | None]:
        named: Any = {
            "app": lambda value: APPS[[app.lower() for app in APPS].index(value)],
            "project": lambda value: None if value is None else f"project {value}",
            "device": lambda value: f"device {value}",
            "tags": lambda value: ", ".join(f"tag {each}" for each in value) or None,
        }[key]
        return {value: named(value) for value in values}

    def version(self, _who: Actor) -> str:
        return "1"

    def value(self, each: Activity, key: str) -> Value:
        said = next(iter(self.describe(WHO, [each.subject]).values()))
        return {
            "category": each.verdict.category_id,
            "project": each.verdict.project_id,
            "tags": each.verdict.tag_ids,
            "device": each.subject.device,
            "score": TREE.score(each.verdict.category_id),
            "source": each.verdict.source,
            "app": said.app,
            "app_name": said.app_name,
            "domain": said.domain,
            "title": said.title,
        }[key]


def _meets(each: Activity, where: Filter | None) -> bool:
    if where is None or where.categories is None:
        return True
    below = {None}.union(*(TREE.below(n) for n in where.categories if n is not None))
    if "category" in where.exact:
        below = set(where.categories)
    return each.verdict.category_id in below and (
        each.verdict.category_id is not None or None in where.categories
    )


def an_activity(
    start: int, end: int, category: int | None = WORK, app: int = 0, title: int = 0, **verdict: object
) -> Activity:
    """Make an activity that someone decided about."""
    return Activity(
        Instant(start),
        Instant(end),
        Subject(app, title, 1),
        Verdict(category_id=category, **verdict),  # type: ignore[arg-type]
    )


def at(text: str) -> Instant:
    """Return an instant."""
    return instant_of(datetime.fromisoformat(text))


def minutes(start: str, *lasting: tuple[int | None, int]) -> list[Activity]:
    """Make activities one after another, each a category and its minutes; category 0 is a gap."""
    begins, made = at(start), []
    for category, many in lasting:
        ends = Instant(begins + many * MINUTE)
        if category != 0:
            made.append(an_activity(begins, ends, category))
        begins = ends
    return made


def a_report(
    lane: ALane,
    calendar: Calendar = UTC_DAYS,
    now: Instant = LATER,
    on: str = "",
    **definition: object,
) -> Report:
    """Ask a lane."""
    question = question_of(ReportAsked(), ReportDefinition(**definition))  # type: ignore[arg-type]
    day = date.fromisoformat(on) if on else None
    period = range_named(question.range, day, now, calendar)
    return Reader(ASource(lane), TREE, WHO, calendar, 60).report(question, period, now)
