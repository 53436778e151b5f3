"""Put together what makes answers of events."""

from __future__ import annotations

from functools import partial

from hourloom.accounts.downloads import Downloads
from hourloom.activities import jobs as activities_jobs
from hourloom.activities.deciding import Deciding
from hourloom.activities.figures import kept_measures
from hourloom.activities.service.activities import Activities
from hourloom.activities.service.categorising import Categorising
from hourloom.activities.service.default_tree import ensure_default_tree
from hourloom.activities.service.keeping import Keeping
from hourloom.activities.service.lanes import Lanes
from hourloom.archive.shelf import Shelf
from hourloom.configuration import Configuration
from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Database
from hourloom.goals.parts import GoalParts
from hourloom.jobs.service import Jobs
from hourloom.live.feed import Feed
from hourloom.notices.service import Notices
from hourloom.operations.service import Operations
from hourloom.projects import jobs as projects_jobs
from hourloom.projects.service import Projects, References, Tags
from hourloom.reports.making import Reporting
from hourloom.reports.service.exports import Exports
from hourloom.reports.service.measures import Measures
from hourloom.settings.service import Settings
from hourloom.today.service import Today
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.service import Buckets, Events
from hourloom.web.vitals import Measure


class Understanding:
    """What makes answers of events: projects, categories and rules, the lane, reports, goals and exports."""

    def __init__(  # noqa: PLR0913 - each is another part
        self,
        database: Database,
        clock: Clock,
        jobs: Jobs,
        operations: Operations,
        settings: Settings,
        notices: Notices,
        *,
        recorder: Recorder,
        buckets: Buckets,
        events: Events,
        downloads: Downloads,
        configuration: Configuration,
        owner: Actor,
        key: bytes,
        feed: Feed,
    ) -> None:
        references = References(operations)
        projects = Projects(database, clock, operations, references)
        tags = Tags(database, clock, operations, references)
        self.deciding = deciding = Deciding(
            database, clock, operations, settings, projects=projects, tags=tags, owner=owner
        )
        database.write(partial(ensure_default_tree, database, owner.workspace_id))
        self.lanes = Lanes(clock, settings, key)
        recorder.history.listener = self.lanes
        deciding.look_in(self.lanes)
        self.activities = Activities(database, self.lanes, deciding.categories, projects, tags)
        self.categorising = Categorising(
            database, clock, jobs, deciding.categories, deciding.rulebooks, owner
        )
        self._measures = Measures(database, clock, settings, self.activities, deciding.categories)
        self._reporting = Reporting(
            database,
            clock,
            operations,
            settings,
            activities=self.activities,
            categories=deciding.categories,
            projects=projects,
            tags=tags,
            references=references,
            seconds=configuration.query_seconds,
        )
        self.exports = Exports(
            database,
            clock,
            jobs,
            downloads,
            operations,
            settings,
            Shelf(database, configuration.data_dir / "exports", configuration.config_dir),
            calendar=self._reporting.reports.calendar,
            activities=self.activities,
            categories=deciding.categories,
            buckets=buckets,
            events=events,
            namer=self._reporting.namer,
        )
        self.goals = GoalParts(
            database,
            clock,
            jobs,
            operations,
            settings,
            notices,
            activities=self.activities,
            categories=deciding.categories,
            projects=projects,
            tags=tags,
            references=references,
            owner=owner,
        )
        self._today = Today(
            database,
            clock,
            feed,
            activities=self.activities,
            reports=self._reporting.reports,
            exports=self.exports,
            goals=self.goals.goals,
            notices=notices,
            settings=settings,
            buckets=buckets,
        )
        deciding.register(jobs)
        activities_jobs.register(jobs, Keeping(self.lanes))
        projects_jobs.register(jobs, projects, tags)
        self._labels = [projects, tags]

    @property
    def services(self) -> list[object]:
        """Return what routes may ask for."""
        return [
            *self._labels,
            *self.deciding.services,
            self.categorising,
            self.activities,
            *self._reporting.services,
            self._measures,
            self.exports,
            *self.goals.services,
            self._today,
        ]

    def forget_files_of(self, workspace: WorkspaceId) -> None:
        """Remove what was exported of a workspace and waits to be fetched; within a write."""
        self.exports.discard_of(workspace)

    def forget_workspace(self, workspace: WorkspaceId) -> None:
        """Drop what is in memory, and what waits to be told of a workspace that is gone."""
        self.lanes.news.forget(workspace)
        self.forget()

    def forget(self) -> None:
        """Drop what is kept of texts and of answers: something was erased."""
        self._reporting.reports.forget()
        self.activities.forget()
        self.deciding.categories.forget()
        self.goals.forget()
        self._measures.forget()

    def figures(self) -> list[Measure]:
        """Return what is kept in memory, and how often that helped."""
        return list(kept_measures({**self.activities.figures(), **self.deciding.figures()}))
