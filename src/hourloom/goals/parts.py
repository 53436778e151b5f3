"""All that goals need, put together once for the app."""

from __future__ import annotations

from hourloom.activities.service.categories import Categories
from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.db.transaction import Database
from hourloom.goals import jobs as goals_jobs
from hourloom.goals.ports import Measured
from hourloom.goals.service.editors import GoalsForEditors
from hourloom.goals.service.goals import Goals
from hourloom.goals.service.looking import GoalLooks
from hourloom.goals.service.measuring import Measuring
from hourloom.goals.service.names import NamesInUse
from hourloom.goals.service.referring import GoalReferring, GoalsOfCategories
from hourloom.jobs.service import Jobs
from hourloom.notices.service import Notices
from hourloom.operations.service import Operations
from hourloom.projects.service import Projects, References, Tags
from hourloom.settings.service import Settings


class GoalParts:
    """The services of goals."""

    def __init__(  # noqa: PLR0913 - each is another part
        self,
        database: Database,
        clock: Clock,
        jobs: Jobs,
        operations: Operations,
        settings: Settings,
        notices: Notices,
        *,
        activities: Measured,
        categories: Categories,
        projects: Projects,
        tags: Tags,
        references: References,
        owner: Actor,
    ) -> None:
        names = NamesInUse(database, categories, projects, tags)
        self.measuring = Measuring(activities, names)
        self.goals = Goals(database, clock, settings, operations, self.measuring, names)
        self.looks = GoalLooks(database, clock, self.goals, notices, owner)
        self.for_editors = GoalsForEditors(self.goals)
        references.add(GoalReferring())
        categories.refer(GoalsOfCategories())
        goals_jobs.register(jobs, self.looks)

    @property
    def services(self) -> list[object]:
        """Return what routes may ask for."""
        return [self.goals]

    def forget(self) -> None:
        """Drop what is kept of the past: something was erased."""
        self.measuring.forget()
