"""Activities as a test states them, and the goals that are measured by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from secrets import token_bytes
from typing import Any, TypeVar

from hourloom.accounts.service import Accounts
from hourloom.activities.model.activity import Activity
from hourloom.activities.model.category import Category, CategoryTree
from hourloom.activities.model.filter import Filter
from hourloom.activities.model.lane import Key, KeyValue, Lane, Sums
from hourloom.activities.model.subject import Subject
from hourloom.activities.model.verdict import Verdict
from hourloom.core.actors import Actor
from hourloom.core.clock import MINUTE, Instant, parse_instant
from hourloom.db.transaction import Database
from hourloom.goals.model.goal import Goal, GoalTerms
from hourloom.goals.service.goals import Goals
from hourloom.goals.service.looking import GoalLooks
from hourloom.goals.service.measuring import Measuring
from hourloom.goals.service.naming import GoalWhere
from hourloom.notices.service import Notices
from hourloom.operations.service import Operations
from hourloom.settings.service import Settings
from hourloom.testing import FixedClock
from hourloom.tracking.model import settled_before
from tests.goals.made import some_terms

Answer = TypeVar("Answer")

WORK, CODE, PLAY = 1, 2, 3
TREE = CategoryTree(
    [
        Category(WORK, "Work", score=1),
        Category(CODE, "Programming", parent_id=WORK, score=2),
        Category(PLAY, "Play", score=-2),
    ]
)


@dataclass
class ActivitiesAsStated:
    """Stretches by category; counts what it is asked for."""

    stretches: list[tuple[int, int, int | None]] = field(default_factory=list)
    edits: int = 0
    cuts_asked: int = 0

    def did(self, starts: str, minutes: float, category: int | None = CODE) -> None:
        start = parse_instant(starts)
        self.stretches.append((start, start + round(minutes * MINUTE), category))
        self.stretches.sort()

    def sums(
        self, who: Actor, cuts: Sequence[Instant], keys: tuple[Key, ...], where: Filter | None = None
    ) -> Sequence[Sums]:
        self.cuts_asked += len(cuts)
        found = []
        for start, end in pairwise(cuts):
            by: Counter[tuple[KeyValue, ...]] = Counter()
            for each in self.between(who, start, end, where).activities:
                category = each.verdict.category_id
                by[(TREE.score(category) if keys == ("score",) else category,)] += each.end - each.start
            found.append(Sums(start, end, dict(by), 0))
        return found

    def between(self, _who: Actor, start: Instant, end: Instant, where: Filter | None = None) -> Lane:
        return Lane(
            start,
            end,
            [
                Activity(
                    Instant(max(begins, start)), Instant(min(ends, end)), Subject(1, 0, 1), Verdict(category)
                )
                for begins, ends, category in self.stretches
                if begins < end and start < ends and _meets(category, where)
            ],
            [],
        )

    def version(self, _who: Actor) -> str:
        return str(self.edits)

    def settled(self, _who: Actor, now: Instant) -> Instant:
        return settled_before(now)


def _meets(category: int | None, where: Filter | None) -> bool:
    if where is None or where.categories is None:
        return True
    return any(each is not None and category in TREE.below(each) for each in where.categories)


class NamesAsStated:
    def tree(self, _who: Actor) -> CategoryTree:
        return TREE

    def projects(self, _who: Actor) -> Mapping[int, str]:
        return {4: "Bridge", 5: "Tower"}

    def tags(self, _who: Actor) -> Mapping[int, str]:
        return {6: "urgent"}


class GoalsAtWork:
    """The services of goals on a database, with activities as a test states them."""

    def __init__(self, database: Database, clock: FixedClock, seconds: float = 3600) -> None:
        self.database, self.clock = database, clock
        self.who = database.write(Accounts(database, clock, token_bytes).ensure_owner)
        self.activities = ActivitiesAsStated()
        self.settings = Settings(database, clock)
        self.operations = Operations(database, clock)
        self.notices = Notices(database, clock)
        names = NamesAsStated()
        self.measuring = Measuring(self.activities, names)
        self.goals = Goals(database, clock, self.settings, self.operations, self.measuring, names, seconds)
        self.looks = GoalLooks(database, clock, self.goals, self.notices, self.who)
        self.set("time_zone", '"Europe/Berlin"')

    def write(self, work: Callable[[], Answer]) -> Answer:
        return self.database.write(work)

    def set(self, name: str, value: str) -> None:
        self.write(lambda: self.settings.set(self.who, name, value.encode()))

    def add(self, where: GoalWhere | None = None, **given: Any) -> Goal:
        return self.write(lambda: self.goals.add(self.who, some_terms(**given), where or GoalWhere()))[0]

    def change(self, goal: Goal, terms: GoalTerms) -> int:
        return self.write(lambda: self.goals.change(self.who, goal.id, terms, GoalWhere()))[1]

    def undo(self, operation: int) -> None:
        self.write(lambda: self.operations.undo(self.who, operation))  # type: ignore[arg-type]

    def states(self, goal: Goal, limit: int = 10, before: date | None = None) -> list[str]:
        return [each.state for each in self.goals.history(self.who, goal.id, before, limit)[1]]

    def look(self) -> list[str]:
        """Look once, as the job does; return the kinds of the notices that stand afterwards."""
        with self.database.read() as tx:
            seen = self.looks.find(tx)

        def tell() -> None:
            with self.database.begin() as tx:
                self.looks.tell(tx, seen)

        self.write(tell)
        return sorted(each.kind for each in self.notices.list(self.who))
