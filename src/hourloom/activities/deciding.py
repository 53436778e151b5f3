"""The services that decide what belongs where, put together."""

from __future__ import annotations

from collections.abc import Iterator

from hourloom.activities.model.subject import Subject
from hourloom.activities.service.categories import Categories
from hourloom.activities.service.classes import Classes
from hourloom.activities.service.corrections import Corrections
from hourloom.activities.service.editing import Rulebooks
from hourloom.activities.service.kept import HowKept
from hourloom.activities.service.lanes import Lanes
from hourloom.activities.service.marks import Marks, MarksOfCategories, MarksOfLabels
from hourloom.activities.service.references import Labels, Referring
from hourloom.activities.service.rules import Rules
from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, Clock, Instant
from hourloom.db.transaction import Database, Transaction
from hourloom.jobs.model import FINISHED, Job, JobProgress
from hourloom.jobs.service import Jobs
from hourloom.operations.service import Operations
from hourloom.projects.service import Projects, Tags
from hourloom.settings.service import Settings

FORGET_EVERY = 3600.0


class Deciding:
    """Categories, rules and corrections, and ActivityWatch's setting that is kept in step with them."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        operations: Operations,
        settings: Settings,
        *,
        projects: Projects,
        tags: Tags,
        owner: Actor,
    ) -> None:
        self._database, self._clock, self._operations = database, clock, operations
        self.rulebooks = Rulebooks(operations)
        self.categories = Categories(database, self.rulebooks, settings, owner)
        self._labels = labels = Labels(projects.known, tags.known)
        self.rules = Rules(database, clock, self.rulebooks, self.categories, labels)
        self.corrections = Corrections(database, clock, self.rulebooks, labels)
        self.classes = Classes(self.rulebooks, settings)
        self._references = projects.references
        self._references.add(Referring(self.rulebooks))

    def look_in(self, lanes: Lanes) -> None:
        """Let previews of edits look in the lanes of activities, and let marks be laid over them."""
        self.marks = marks = Marks(
            self._database, self._clock, self._operations, self.rulebooks, self._labels, lanes
        )
        self._references.add(MarksOfLabels(marks))
        self.categories.let_give(MarksOfCategories(marks))

        def stretches(
            tx: Transaction, who: Actor, start: Instant, end: Instant
        ) -> Iterator[tuple[int, int, Subject]]:
            for known in lanes.days(tx, who, start, end):
                # As recorded: whole visits decide, whatever is said about parts of them.
                yield from known.load().bare.stretches(max(start, known.start), min(end, known.start + DAY))

        self.rules.stretches, self.rules.said = stretches, lanes.said

    def register(self, jobs: Jobs) -> None:
        """Register what the clock starts: forgetting what was said about things that are gone."""

        def forget_lost(tx: Transaction, _job: Job) -> JobProgress:
            self.corrections.forget_lost(tx)
            return FINISHED

        jobs.every("activities.forget_corrections", FORGET_EVERY, forget_lost)

    def figures(self) -> dict[str, HowKept]:
        """Return what is remembered of verdicts, and how often that helped."""
        memory = self.categories.memory()
        return {"verdicts": HowKept(memory.asked, memory.known, memory.bytes, memory.subjects)}

    @property
    def services(self) -> list[object]:
        """Return what routes ask for."""
        return [self.categories, self.rules, self.corrections, self.marks]
