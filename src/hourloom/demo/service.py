"""The Demo workspace: invented weeks beside your own record, made by a job and gone in one step.

none ── create ──> filling ──> ready ── enter: a token of its own
                      │          │
                      └─ remove ─┴──> leaving ──> none
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec

from hourloom.accounts.model import DemoWorkspace, NoDemo
from hourloom.accounts.service import Accounts, IssuedToken
from hourloom.activities.service.categories import Categories
from hourloom.activities.service.default_tree import ensure_default_tree
from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.clock import Clock, datetime_of
from hourloom.core.days import day_of, zone_of
from hourloom.core.decoding import decode
from hourloom.core.ids import JobId, WorkspaceId
from hourloom.db.belongings import delete_some
from hourloom.db.transaction import Database, Transaction
from hourloom.demo.model import DemoBeingRemoved, DemoStanding, DemoView, DemoWanted
from hourloom.goals.service.goals import Goals
from hourloom.jobs.model import Job, JobCancelled, JobProgress, Report
from hourloom.jobs.service import Jobs
from hourloom.settings.definitions import TIME_ZONE
from hourloom.settings.service import Settings
from hourloom.tracking.model import BucketDraft, EventDraft
from hourloom.tracking.service import Buckets, Events

if TYPE_CHECKING:
    # Loaded once somebody wants a demonstration.
    from hourloom.demo.scenes import DemoBucket, DemoEvent

    Invent = Callable[[date, tzinfo], Iterator[DemoEvent]]

FILL, REMOVE = "demo.fill", "demo.remove"
SEED, DAYS = 1, 28
WINDOW, FRIDAY = "currentwindow", 5
WRITTEN_AT_ONCE = 250
DELETED_AT_ONCE = 1_000
COMES_ALONG = frozenset({"time_zone", "day_starts_at", "first_day_of_week", "theme", "language"})
"""The settings by which the demonstration looks like the user's own screens."""


class Understood(Protocol):
    """What makes answers of events, as far as a workspace that goes leaves something in it."""

    def forget_files_of(self, workspace: WorkspaceId) -> object:
        """Remove what was exported of a workspace and waits to be fetched; within a write."""
        ...

    def forget(self) -> None:
        """Drop what is kept in memory."""
        ...

    def forget_workspace(self, workspace: WorkspaceId) -> None:
        """Drop that, and what waits to be told of a workspace that is gone."""
        ...


class Demo:
    """Makes, shows and removes the Demo workspace of a user."""

    is_service = True

    def __init__(  # noqa: PLR0913 - each is another service
        self,
        database: Database,
        clock: Clock,
        accounts: Accounts,
        jobs: Jobs,
        settings: Settings,
        *,
        buckets: Buckets,
        events: Events,
        categories: Categories,
        goals: Goals,
        understood: Understood,
        owner: Actor,
    ) -> None:
        self._database, self._clock, self._accounts, self._jobs = database, clock, accounts, jobs
        self._settings, self._buckets, self._events = settings, buckets, events
        self._categories, self._goals, self._understood = categories, goals, understood
        self._home = owner.workspace_id
        self.invent: Invent = _newest_weeks
        """Returns the events of the weeks before a day; the same again for the same day."""
        jobs.register_long(FILL, self._fill, urgent=True)
        jobs.on_cancel(FILL, self._cancelled)
        jobs.register(REMOVE, self._remove_some)

    def view(self, who: Actor) -> DemoView:
        """Return how the Demo workspace stands."""
        who.require("tracking:read")
        with self._database.read():
            demo = self._accounts.demo_of(who)
            if demo is None:
                return DemoView("none", here=False)
            job = self._jobs.open_in(REMOVE if demo.state == "leaving" else FILL, _slot(demo))
            if demo.state == "ready":
                return DemoView("ready", who.is_demo, look_at=self._look_at(demo.actor))
            state: DemoStanding = demo.state if job is not None else "stopped"
            return DemoView(state, who.is_demo, None if job is None else job.id)

    def create(self, who: Actor) -> DemoView:
        """Begin to fill a Demo workspace, or go on; where there is one, that is it."""
        who.require("admin")
        with self._database.begin():
            demo = self._accounts.demo_of(who) or self._accounts.add_demo(who)
            if demo.state == "leaving":
                if self._jobs.open_in(REMOVE, _slot(demo)) is not None:
                    raise DemoBeingRemoved
                self._leave(demo)
            if demo.state == "filling":
                wanted = DemoWanted(demo.id, demo.user_id, self._clock.now())
                self._bring_settings(who, demo.actor)
                self._jobs.enqueue(self._home, FILL, wanted, slot=_slot(demo))
            return self.view(who)

    def enter(self, who: Actor) -> IssuedToken:
        """Return a new token by which a page looks at the Demo workspace, and at nothing else."""
        return self._accounts.enter_demo(who)

    def remove(self, who: Actor) -> DemoView:
        """Give the Demo workspace up: nobody reaches it any more, and all that it has goes in steps."""
        who.require("tracking:write")
        with self._database.begin():
            demo = self._accounts.demo_of(who)
            if demo is None:
                raise NoDemo
            self._leave(demo)
            return self.view(who)

    def _leave(self, demo: DemoWorkspace) -> None:
        """End what fills it and whoever looks at it, and queue its end; within a write."""
        with self._database.begin() as tx:
            self._accounts.set_demo(demo, "leaving")
            filling = self._jobs.open_in(FILL, _slot(demo))
            if filling is not None:
                self._jobs.cancel(Actor(self._home, demo.user_id, EVERYTHING), filling.id)
            self._understood.forget_files_of(demo.id)
            self._jobs.enqueue(self._home, REMOVE, demo.id, slot=_slot(demo))
            tx.after_commit(self._understood.forget)

    def _fill(self, job: Job, report: Report) -> None:
        wanted = decode(job.subject, DemoWanted)
        demo = self._filling(wanted)
        if demo is None:
            return
        self._write_weeks(wanted, demo.actor, report)

    def _write_weeks(self, wanted: DemoWanted, who: Actor, report: Report) -> None:
        from hourloom.demo.weeks import buckets  # noqa: PLC0415 - only who wants a demonstration needs it

        write, zone = self._database.write, zone_of(self._settings.value(who, TIME_ZONE))
        write(partial(ensure_default_tree, self._database, who.workspace_id))
        until = datetime_of(wanted.before).astimezone(zone).date() + timedelta(days=1)
        events: dict[str, list[DemoEvent]] = defaultdict(list)
        for event in self.invent(until, zone):
            if event.ended_at <= wanted.before:
                events[event.bucket_id].append(event)
        done, total = 0, sum(map(len, events.values()))
        for bucket in buckets():
            there = write(partial(self._begin, wanted, who, bucket))
            for at in range(0, len(events[bucket.id]), WRITTEN_AT_ONCE):
                some = events[bucket.id][at : at + WRITTEN_AT_ONCE]
                if at >= there:
                    write(partial(self._add, wanted, who, bucket, some))
                done += len(some)
                report(done, total)
        since = until - timedelta(days=DAYS)
        write(partial(self._finish, wanted, who, since))

    def _begin(self, wanted: DemoWanted, who: Actor, bucket: DemoBucket) -> int:
        """Make a bucket; return how many events it has: a job that was stopped goes on behind them."""
        with self._database.begin():
            self._require_filling(wanted)
            self._buckets.create(who, BucketDraft(bucket.id, bucket.type, bucket.client, bucket.hostname))
            return self._events.count(who, bucket.id, None, None)

    def _add(self, wanted: DemoWanted, who: Actor, bucket: DemoBucket, some: list[DemoEvent]) -> None:
        with self._database.begin():
            self._require_filling(wanted)
            self._events.append(who, bucket.id, [_draft(event) for event in some])

    def _finish(self, wanted: DemoWanted, who: Actor, since: date) -> None:
        from hourloom.demo.goals import demo_goals  # noqa: PLC0415 - as above

        with self._database.begin() as tx:
            demo = self._require_filling(wanted)
            tree = self._categories.tree(tx, who.workspace_id)
            for terms, where in demo_goals(tree, since):
                self._goals.add(who, terms, where)
            self._accounts.set_demo(demo, "ready")

    def _filling(self, wanted: DemoWanted) -> DemoWorkspace | None:
        demo = self._accounts.demo_of(Actor(wanted.workspace_id, wanted.user_id, EVERYTHING))
        return demo if demo and (demo.id, demo.state) == (wanted.workspace_id, "filling") else None

    def _require_filling(self, wanted: DemoWanted) -> DemoWorkspace:
        """Raise where somebody removed meanwhile what is being filled."""
        demo = self._filling(wanted)
        if demo is None:
            raise JobCancelled(id=JobId(0))
        return demo

    def _cancelled(self, _tx: Transaction, job: Job) -> None:
        """Give up what somebody does not want to be filled."""
        demo = self._filling(decode(job.subject, DemoWanted))
        if demo is not None:
            self._leave(demo)

    def _remove_some(self, tx: Transaction, job: Job) -> JobProgress:
        workspace = WorkspaceId(decode(job.subject, int))
        if workspace == self._home or not self._accounts.may_go(tx, workspace):
            # Whatever a job says: what is somebody's record is not deleted here.
            return JobProgress(done=job.done, finished=True)
        deleted = delete_some(tx, workspace, DELETED_AT_ONCE)
        if not deleted:
            # What was kept of it while it went.
            tx.after_commit(partial(self._understood.forget_workspace, workspace))
        return JobProgress(done=job.done + deleted, finished=not deleted)

    def _bring_settings(self, who: Actor, demo: Actor) -> None:
        for each in self._settings.all(who):
            if each.setting.name in COMES_ALONG and each.value != each.setting.default:
                self._settings.set(demo, each.setting.name, msgspec.json.encode(each.value))

    def _look_at(self, who: Actor) -> date | None:
        """Return the newest working day before today on which there is anything."""
        zone = self._settings.value(who, TIME_ZONE)
        today = datetime_of(self._clock.now()).astimezone(zone_of(zone)).date()
        windows = [view.bucket.name for view in self._buckets.all(who) if view.bucket.type == WINDOW]
        for back in range(1, DAYS):
            day = today - timedelta(days=back)
            start, end = day_of(day, zone, 0)
            if day.isoweekday() <= FRIDAY and any(self._events.count(who, w, start, end) for w in windows):
                return day
        return None


def _newest_weeks(until: date, zone: tzinfo) -> Iterator[DemoEvent]:
    from hourloom.demo.weeks import weeks  # noqa: PLC0415 - only who wants a demonstration needs it

    return weeks(until, zone, SEED, newest=True)


def _draft(event: DemoEvent) -> EventDraft:
    return EventDraft(event.started_at, event.ended_at, msgspec.json.encode(event.data, order="sorted"))


def _slot(demo: DemoWorkspace) -> str:
    return f"{demo.user_id} {demo.id}"
