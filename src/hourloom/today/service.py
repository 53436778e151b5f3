"""Put together what is there already: a day for one page, the frame for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple, Protocol

from hourloom.activities.service.activities import Activities
from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.goals.model.goal import Goal
from hourloom.goals.model.progress import GoalProgress
from hourloom.goals.service.goals import Goals
from hourloom.notices.model import Notice
from hourloom.notices.service import Notices
from hourloom.reports.model.asked import ReportAsked
from hourloom.reports.model.report import Report, ReportTimeline
from hourloom.reports.service.exports import Exports
from hourloom.reports.service.reports import Reports
from hourloom.settings.service import SettingInForce, Settings
from hourloom.today.model import (
    DAYS_LOOKED_AT,
    MOST_ROWS,
    MOST_SILENT,
    Waiting,
    WatcherHealth,
    unknown,
    untold,
)
from hourloom.tracking.service import Buckets

CATEGORIES, APPS = 12, 10
"""How many rows the page shows; the others are a link away."""
NOTICES, EXPORTS = 100, 50
_NEWEST = 2**63 - 1

Present = Sequence[tuple[Goal, GoalProgress]]
"""Goals, each with its present period."""


class Feed(Protocol):
    """Knows which Change is the newest."""

    def newest(self, tx: Transaction, workspace: WorkspaceId) -> int:
        """Return its number within the caller's transaction."""
        ...


class FoundDay(NamedTuple):
    """A day, and which day it is at this moment."""

    day: date
    today: date
    zone: str
    categories: Report
    """Compared with the day before."""
    apps: Report
    timeline: ReportTimeline
    goals: Present | None
    """As they stand, or stood on a day that is gone; None where they may not be read."""


class Frame(NamedTuple):
    """What every page has around it; None where that may not be read."""

    sequence: int | None
    """The newest Change that all this knows of."""
    settings: Sequence[SettingInForce] | None
    notices: Sequence[Notice] | None
    watchers: WatcherHealth | None


class Today:
    """What the screens open with, as the services for its parts answer it, from one snapshot."""

    is_service = True

    def __init__(  # noqa: PLR0913 - each answers a part
        self,
        database: Database,
        clock: Clock,
        feed: Feed,
        *,
        activities: Activities,
        reports: Reports,
        exports: Exports,
        goals: Goals,
        notices: Notices,
        settings: Settings,
        buckets: Buckets,
    ) -> None:
        self._database, self._clock, self._feed = database, clock, feed
        self._activities = activities
        self._reports, self._exports = reports, exports
        self._goals, self._notices = goals, notices
        self._settings, self._buckets = settings, buckets

    def day(self, who: Actor, day: date | None, zone: str = "") -> FoundDay:
        """Return a day, by default today; the parts agree on which day that is, even at midnight."""
        who.require("reports:read")
        calendar = self._reports.calendar(who, zone)
        today = calendar.day_at(self._clock.now())
        chosen = day or today

        def of(by: str, limit: int = 0, *, compare: bool = False) -> ReportAsked:
            return ReportAsked(
                range="day", date=chosen.isoformat(), zone=zone, by=by, limit=limit, compare=compare
            )

        with self._activities.shared():
            asked = self._reports.question
            return FoundDay(
                day=chosen,
                today=today,
                zone=calendar.zone,
                categories=self._reports.report(who, asked(who, of("category", CATEGORIES, compare=True))),
                apps=self._reports.report(who, asked(who, of("app", APPS))),
                timeline=self._reports.drawn(who, asked(who, of("category"))),
                goals=self.goals(who, chosen),
            )

    def goals(self, who: Actor, day: date | None = None) -> Present | None:
        """Return goals as they stand, or stood on a day that is gone, if they may be read."""
        return self._goals.present(who, day) if who.may("goals:read") else None

    def frame(self, who: Actor) -> Frame:
        """Return what every page has around it, as far as it may be read."""
        with self._database.read() as tx:
            notices = self._standing(who)
            return Frame(
                sequence=self._feed.newest(tx, who.workspace_id) if who.may("tracking:read") else None,
                settings=self._settings.all(who) if who.may("settings:read") else None,
                notices=notices,
                watchers=self._watchers(who, notices or ()) if who.may("tracking:read") else None,
            )

    def waiting(self, who: Actor) -> Waiting:
        """Return how much waits for a decision, as far as it may be read."""
        with self._activities.shared():
            notices, goals, reads = self._standing(who), self.goals(who), who.may("reports:read")
            unread = [each for each in notices or () if each.read_at is None and each.cleared_at is None]
            return Waiting(
                notices=None if notices is None else len(unread),
                unknown=self._unknown(who) if reads else None,
                exports=self._failed(who) if reads else None,
                goals=None if goals is None else _untold(goals, unread),
            )

    def _standing(self, who: Actor) -> Sequence[Notice] | None:
        return self._notices.list(who, _NEWEST, NOTICES) if who.may("notices:read") else None

    def _unknown(self, who: Actor) -> int:
        calendar = self._reports.calendar(who)
        last = calendar.day_at(self._clock.now())
        period = f"{last - timedelta(DAYS_LOOKED_AT - 1)}..{last}"
        where: Mapping[str, str] = {"unassigned": "true"}
        rows: list[tuple[str | None, int]] = []
        for by in ("app", "domain"):
            asked = ReportAsked(range=period, by=by, limit=MOST_ROWS, where=where)
            report = self._reports.report(who, self._reports.question(who, asked))
            rows += [(row.key, row.lasted) for row in report.rows.rows]
        return unknown(rows)

    def _failed(self, who: Actor) -> int:
        return sum(each.state == "failed" for each in self._exports.all(who, _NEWEST, EXPORTS))

    def _watchers(self, who: Actor, notices: Sequence[Notice]) -> WatcherHealth:
        views = self._buckets.all(who)
        heard = [view.extent.ended_at for view in views if view.extent is not None]
        silent = [
            str(each.facts.get("bucket", each.slot))
            for each in notices
            if each.kind == "watcher_silent" and each.cleared_at is None
        ]
        return WatcherHealth(len(views), max(heard, default=None), tuple(silent[:MOST_SILENT]))


def _untold(goals: Present, notices: Sequence[Notice]) -> int:
    pressing = [goal for goal, progress in goals if progress.state == "about_to_be_missed"]
    facts = [each.facts for each in notices if each.kind.startswith("goal_")]
    return untold(((goal.id, goal.terms.name) for goal in pressing), facts)
