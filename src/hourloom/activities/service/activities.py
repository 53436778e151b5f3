"""What a person was doing, for everybody who asks: stretches, sums, names, and the events behind them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import msgspec

from hourloom.activities.lane.days import FIRST
from hourloom.activities.lane.dwelling import without_short_visits
from hourloom.activities.lane.spans import united
from hourloom.activities.model.activity import Activity
from hourloom.activities.model.filter import Filter
from hourloom.activities.model.lane import (
    MOST_DAYS,
    Key,
    KeyValue,
    Lane,
    SourceEvent,
    Sums,
    Told,
    TooLongToTell,
)
from hourloom.activities.model.subject import Description, Subject
from hourloom.activities.service import sources
from hourloom.activities.service.kept import HowKept
from hourloom.activities.service.lanes import KnownDay, Lanes
from hourloom.activities.service.naming import AppNames, Names, Naming
from hourloom.activities.service.questions import Deciders, Question, Questions
from hourloom.activities.service.reading import settled_before
from hourloom.activities.service.sharing import Sharing
from hourloom.activities.service.summing import Summing, require_order
from hourloom.activities.service.verdicts import Verdicts
from hourloom.activities.service.wording import Wording
from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, Instant
from hourloom.db.transaction import Database, Transaction

READ = "activities:read"
SECONDS = 30.0


class ActivityPage(NamedTuple):
    """Some activities with all that is told of them."""

    activities: Sequence[Activity]
    away: Sequence[tuple[Instant, Instant]]
    further: Instant | None
    """Where the next page begins, if there is one."""
    words: Mapping[Subject, Description]
    categories: Mapping[KeyValue, str | None]
    projects: Mapping[KeyValue, str | None]


class Activities:
    """The lane of activities of one person, read within the caller's transaction."""

    is_service = True

    def __init__(
        self, database: Database, lanes: Lanes, deciders: Deciders, projects: Names, tags: Names
    ) -> None:
        self._database, self.lanes, self._deciders = database, lanes, deciders
        apps = AppNames()
        self._naming = Naming(deciders, projects, tags, apps)
        self._wording = Wording(apps)
        self._questions = Questions(deciders)
        self._verdicts = Verdicts(lanes, self._wording)
        self._summing = Summing(self._verdicts, self._wording)
        self._sharing = Sharing(database)

    def shared(self) -> AbstractContextManager[None]:
        """Answer equal questions about one snapshot once, while somebody asks many."""
        return self._sharing.shared()

    def between(
        self, who: Actor, start: Instant, end: Instant, where: Filter | None = None, *, dwell: int = 0
    ) -> Lane:
        """Return what a person was doing within a period; visits shorter than `dwell` go to neighbours."""
        who.require(READ)
        with self._database.read() as tx:
            return self._sharing.once(
                tx,
                who,
                ("between", start, end, where, dwell),
                lambda: self._between(tx, who, start, end, where, dwell),
            )

    def _between(
        self, tx: Transaction, who: Actor, start: Instant, end: Instant, where: Filter | None, dwell: int
    ) -> Lane:
        asked = self._ready(tx, who, (), where)
        found: list[Activity] = []
        away: list[tuple[int, int]] = []
        for known in self._days(tx, who, start, end):
            day = known.load()
            first, last = max(start, known.start), min(end, known.start + DAY)
            found += self._verdicts.activities(tx, asked, day, first, last)
            away += day.away_spans(first, last)
        joined = _joined(found)
        if dwell > 0:
            joined = without_short_visits(joined, dwell)
        spans = [(Instant(s), Instant(e)) for s, e in united(away)]
        return Lane(start, end, joined, spans)

    def told(
        self, who: Actor, start: Instant, end: Instant, keys: tuple[Key, ...], where: Filter | None = None
    ) -> Told:
        """Return what a person was doing within a period, by the values of some keys."""
        who.require(READ)
        with self._database.read() as tx:
            return self._sharing.once(
                tx,
                who,
                ("told", start, end, keys, where),
                lambda: self._told(tx, who, start, end, keys, where),
            )

    def _told(
        self,
        tx: Transaction,
        who: Actor,
        start: Instant,
        end: Instant,
        keys: tuple[Key, ...],
        where: Filter | None,
    ) -> Told:
        asked = self._ready(tx, who, keys, where)
        stretches: list[tuple[Instant, Instant, tuple[KeyValue, ...]]] = []
        away: list[tuple[int, int]] = []
        for known in self._days(tx, who, start, end):
            day = known.load()
            first, last = max(start, known.start), min(end, known.start + DAY)
            told = self._summing.told(tx, asked, day, first, last)
            stretches += ((Instant(s), Instant(e), key) for s, e, key in told)
            away += day.away_spans(first, last)
        return Told(stretches, [(Instant(s), Instant(e)) for s, e in united(away)])

    def sums(
        self, who: Actor, cuts: Sequence[Instant], keys: tuple[Key, ...], where: Filter | None = None
    ) -> list[Sums]:
        """Return how long activities lasted between each cut and the next, by the values of some keys."""
        who.require(READ)
        require_order(cuts)
        with self._database.read() as tx:
            return self._sharing.once(
                tx, who, ("sums", tuple(cuts), keys, where), lambda: self._added(tx, who, cuts, keys, where)
            )

    def _added(
        self,
        tx: Transaction,
        who: Actor,
        cuts: Sequence[Instant],
        keys: tuple[Key, ...],
        where: Filter | None,
    ) -> list[Sums]:
        asked = self._ready(tx, who, keys, where)
        days = self._days(tx, who, cuts[0], cuts[-1]) if len(cuts) > 1 else ()
        return self._summing.added(tx, asked, days, cuts)

    async def page(
        self, who: Actor, start: Instant, end: Instant, where: Filter, *, limit: int, dwell: int = 0
    ) -> ActivityPage:
        """Return the first activities of a period with all that is told of them."""
        who.require(READ)
        return await self._database.run_read(
            lambda: self._page(who, start, end, where, limit, dwell), seconds=SECONDS, who=who
        )

    def _page(
        self, who: Actor, start: Instant, end: Instant, where: Filter, limit: int, dwell: int
    ) -> ActivityPage:
        if end - start > MOST_DAYS * DAY:
            raise TooLongToTell(days=MOST_DAYS)
        with self._database.read() as tx:
            activities, away, further = self._first(tx, who, start, end, where, limit, dwell)
            words = self.describe(who, {activity.subject for activity in activities})
            verdicts = [activity.verdict for activity in activities]
            categories = self.names(who, "category", {verdict.category_id for verdict in verdicts})
            projects = self.names(who, "project", {verdict.project_id for verdict in verdicts})
        return ActivityPage(activities, away, further, words, categories, projects)

    def _first(
        self,
        tx: Transaction,
        who: Actor,
        start: Instant,
        end: Instant,
        where: Filter,
        limit: int,
        dwell: int,
    ) -> tuple[list[Activity], list[tuple[Instant, Instant]], Instant | None]:
        """Return the first activities of a period, reading no more days than they take."""
        found: list[Activity] = []
        away: list[tuple[Instant, Instant]] = []
        for known in self._days(tx, who, start, end):
            first = Instant(max(start, known.start))
            lane = self.between(who, first, Instant(min(end, known.start + DAY)), where, dwell=dwell)
            found, away = _joined([*found, *lane.activities]), [*away, *lane.away]
            if len(found) > limit:
                further = found[limit].start
                return found[:limit], [(s, min(e, further)) for s, e in away if s < further], further
        return found, away, None

    async def source_events(self, who: Actor, start: Instant, end: Instant) -> list[SourceEvent]:
        """Return the events that the activities of a period came from."""
        who.require(READ)
        return await self._database.run_read(
            lambda: self.events_of(who, start, end), seconds=SECONDS, who=who
        )

    def spans(
        self, who: Actor, start: Instant, end: Instant, where: Filter | None = None
    ) -> list[tuple[Instant, Instant]]:
        """Return when a person was active within a period; what touches is one."""
        if where is not None and not where.is_empty:
            lane = self.between(who, start, end, where)
            return [(Instant(s), Instant(e)) for s, e in united([(a.start, a.end) for a in lane.activities])]
        who.require(READ)
        with self._database.read() as tx:
            return self._sharing.once(
                tx, who, ("spans", start, end), lambda: self._spans(tx, who, start, end)
            )

    def _spans(
        self, tx: Transaction, who: Actor, start: Instant, end: Instant
    ) -> list[tuple[Instant, Instant]]:
        found = [
            (s, e)
            for known in self._days(tx, who, start, end)
            for s, e, place in known.load().runs(max(start, known.start), min(end, known.start + DAY))
            if place >= FIRST
        ]
        return [(Instant(s), Instant(e)) for s, e in united(found)]

    def describe(self, who: Actor, subjects: Iterable[Subject]) -> Mapping[Subject, Description]:
        """Return subjects in words."""
        who.require(READ)
        with self._database.read() as tx:
            return self._wording.described(tx, who.workspace_id, subjects)

    def names(self, who: Actor, key: Key, values: Iterable[KeyValue]) -> Mapping[KeyValue, str | None]:
        """Return what values of a key are called; None is unassigned."""
        who.require(READ)
        with self._database.read() as tx:
            return dict(self._naming.named(tx, who.workspace_id, key, list(values)))

    def version(self, who: Actor) -> str:
        """Return a word that changes whenever an answer about settled time could."""
        with self._database.read() as tx:
            classifier = self._deciders.classifier(tx, who.workspace_id)
            names = self._naming.labels(tx, who.workspace_id)
            text = msgspec.json.encode(
                [
                    self.lanes.versions(tx, who),
                    classifier.version,
                    classifier.zone,
                    [sorted(each.items()) for each in names],
                ]
            )
        return hashlib.blake2b(text, digest_size=12).hexdigest()

    def settled(self, who: Actor, now: Instant) -> Instant:
        """Return up to when answers hold until `version` changes.

        Where rules ask how long a visit lasts, that of its beginning is only known once it has lasted.
        """
        with self._database.read() as tx:
            dwell = self._deciders.classifier(tx, who.workspace_id).longest_dwell
        return Instant(settled_before(now) - dwell)

    def events_of(
        self, who: Actor, start: Instant, end: Instant, subject: Subject | None = None
    ) -> list[SourceEvent]:
        """Return the events that the activities of a period came from, in order; of one subject, or all."""
        who.require(READ)
        with self._database.read() as tx:
            subjects = {
                s
                for known in self._days(tx, who, start, end)
                for _, _, s in known.load().stretches(max(start, known.start), min(end, known.start + DAY))
                if subject in (None, s)
            }
            return sources.events_of(tx, who, start, end, subjects, self.lanes.options(who).pulsetime)

    def forget(self) -> None:
        """Drop what is in memory: some of it was erased."""
        self._summing.forget()
        self._wording.forget()
        self.lanes.forget()

    def figures(self) -> Mapping[str, HowKept]:
        """Return how well keeping works, by what is kept."""
        return {
            "days": self.lanes.figures(),
            "sums": self._summing.figures(),
            "texts": self._wording.figures(),
        }

    def _ready(self, tx: Transaction, who: Actor, keys: tuple[Key, ...], where: Filter | None) -> Question:
        """Return a question made ready; what one answer learnt, another about the same snapshot knows."""
        return self._sharing.once(
            tx, who, ("ready", keys, where), lambda: self._questions.ready(tx, who, keys, where)
        )

    def _days(self, tx: Transaction, who: Actor, start: int, end: int) -> Iterator[KnownDay]:
        if end - start > MOST_DAYS * DAY:
            raise TooLongToTell(days=MOST_DAYS)
        return self.lanes.days(tx, who, start, end) if start < end else iter(())


def _joined(activities: Iterable[Activity]) -> list[Activity]:
    """Join neighbours that touch and are about the same, as at midnight."""
    joined: list[Activity] = []
    for activity in activities:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.end == activity.start
            and last.subject == activity.subject
            and last.verdict == activity.verdict
        ):
            joined[-1] = last._replace(end=activity.end)
        else:
            joined.append(activity)
    return joined
