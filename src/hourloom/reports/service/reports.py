"""Answer what reports are asked, from one snapshot and within a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import Generic, TypeVar

import msgspec

from hourloom import __version__
from hourloom.activities.service.activities import Activities
from hourloom.activities.service.categories import Categories
from hourloom.activities.service.kept import Kept
from hourloom.core.actors import Actor
from hourloom.core.clock import Clock, Instant
from hourloom.core.errors import Invalid
from hourloom.core.periods import Calendar, weekday_number
from hourloom.db.transaction import Database, Transaction
from hourloom.reports.model.asked import ReportAsked, ReportDefinition, ReportQuestion, question_of
from hourloom.reports.model.keys import TIMES
from hourloom.reports.model.ranges import ReportRange, range_named
from hourloom.reports.model.report import Report, ReportHeat, ReportTimeline
from hourloom.reports.service.edges import MOST_BYTES, Edges, Span
from hourloom.reports.service.naming import Namer
from hourloom.reports.service.reading import Reader
from hourloom.reports.service.saved import READ, SavedReports
from hourloom.settings.definitions import DAY_STARTS_AT, FIRST_DAY_OF_WEEK, TIME_ZONE
from hourloom.settings.service import Settings

LONGEST_TIMELINE_DAYS = 31

Answer = TypeVar("Answer")
Read = Callable[[Reader, ReportQuestion, ReportRange, Instant], Answer]


class DateNotKnown(Invalid):
    """'{text}' is no day; write it as in 2026-01-31."""


class TimelineTooLong(Invalid):
    """A timeline shows at most 31 days; ask for a shorter period."""


class TimelineByTime(Invalid):
    """A timeline is drawn by one key that is not a time, such as category or app."""


class ReportAnswer(msgspec.Struct, Generic[Answer], frozen=True):
    """An answer with the tag of its content; without the answer for whoever has it already."""

    tag: str
    found: Answer | None


class Reports:
    """Where the hours went."""

    is_service = True

    def __init__(  # noqa: PLR0913, PLR0917 - each is a service or a setting
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        activities: Activities,
        categories: Categories,
        saved: SavedReports,
        namer: Namer,
        seconds: float,
    ) -> None:
        self._database, self._clock, self._settings = database, clock, settings
        self._activities, self._categories, self._saved = activities, categories, saved
        self._namer = namer
        self._edges: Kept[tuple[Span, ...]] = Kept(MOST_BYTES)
        self.seconds = seconds

    def calendar(self, who: Actor, zone: str = "") -> Calendar:
        """Return how a user counts days, in the zone given or else in their own."""
        value = self._settings.value
        return Calendar(
            zone or value(who, TIME_ZONE),
            value(who, DAY_STARTS_AT),
            weekday_number(value(who, FIRST_DAY_OF_WEEK)),
        )

    def question(self, who: Actor, asked: ReportAsked) -> ReportQuestion:
        """Return what is asked; of a saved report what it says where nothing else is given."""
        definition = self._saved.get(who, asked.saved).definition if asked.saved else ReportDefinition()
        where = {**definition.where, **{name: text for name, text in asked.where.items() if text}}
        named = msgspec.structs.replace(asked, where=self._namer.of(who).numbered(where))
        return question_of(named, definition)

    def report(self, who: Actor, question: ReportQuestion) -> Report:
        """Return a report, for services that read already."""
        found = self._answer(who, question, (), _report).found
        assert found is not None  # nobody has it who knows no tags
        return found

    def drawn(self, who: Actor, question: ReportQuestion) -> ReportTimeline:
        """Return what was done when, for services that read already."""
        found = self._answer(who, question, (), _timeline).found
        assert found is not None  # as above
        return found

    async def ask(self, who: Actor, asked: ReportAsked, known: Sequence[str] = ()) -> ReportAnswer[Report]:
        """Return a report."""
        return await self._aside(who, asked, known, _report)

    async def heat(
        self, who: Actor, asked: ReportAsked, known: Sequence[str] = ()
    ) -> ReportAnswer[ReportHeat]:
        """Return how active each hour of each weekday was."""
        return await self._aside(who, asked, known, _heat)

    async def timeline(
        self, who: Actor, asked: ReportAsked, known: Sequence[str] = ()
    ) -> ReportAnswer[ReportTimeline]:
        """Return what was done when."""
        return await self._aside(who, asked, known, _timeline)

    async def _aside(
        self, who: Actor, asked: ReportAsked, known: Sequence[str], read: Read[Answer]
    ) -> ReportAnswer[Answer]:
        who.require(READ)
        return await self._database.run_read(
            lambda: self._answer(who, self.question(who, asked), known, read), seconds=self.seconds, who=who
        )

    def _answer(
        self, who: Actor, question: ReportQuestion, known: Sequence[str], read: Read[Answer]
    ) -> ReportAnswer[Answer]:
        who.require(READ)
        # The clock is read before the record is, so that what is settled was settled in the snapshot.
        now = self._clock.now()
        # Whoever may see reports may see them, whatever they are made of.
        reads = msgspec.structs.replace(who, scopes=who.scopes | {"activities:read"})
        with self._database.read() as tx:
            calendar = self.calendar(who, question.zone)
            period = range_named(question.range, _day(question.date), now, calendar)
            tag = ""
            settled = self._activities.settled(reads, now)
            if period.end < settled:
                about = [__version__, read.__name__, who.user_id, calendar, period, question]
                tag = _tag([*about, self._activities.version(reads)])
                if tag in known:
                    return ReportAnswer(tag, None)
            tree = self._categories.tree(tx, who.workspace_id)
            edges = Edges(self._edges, lambda: self._version(tx, reads, question), settled)
            reader = Reader(
                self._activities,
                tree,
                reads,
                calendar,
                self.seconds,
                self._namer.of(who).described,
                edges,
            )
            found = read(reader, question, period, now)
        tag = tag or _tag(found)
        return ReportAnswer(tag, None if tag in known else found)

    def forget(self) -> None:
        """Drop what is kept of the past: some of it was erased."""
        self._edges.forget()

    def _version(self, tx: Transaction, who: Actor, question: ReportQuestion) -> Hashable:
        """Return what changes whenever active time could: without a filter no rule matters."""
        if question.where.is_empty:
            return who.workspace_id, who.user_id, self._activities.lanes.versions(tx, who)
        return who.workspace_id, who.user_id, self._activities.version(who)


def _report(reader: Reader, question: ReportQuestion, period: ReportRange, now: Instant) -> Report:
    return reader.report(question, period, now)


def _heat(reader: Reader, question: ReportQuestion, period: ReportRange, _now: Instant) -> ReportHeat:
    return reader.heat(question, period)


def _timeline(reader: Reader, question: ReportQuestion, period: ReportRange, _now: Instant) -> ReportTimeline:
    if len(question.keys) != 1 or question.keys[0] in TIMES:
        raise TimelineByTime
    if period.end - period.start > LONGEST_TIMELINE_DAYS * 90_000 * 1_000_000:
        raise TimelineTooLong
    return reader.timeline(question, period)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise DateNotKnown(text=text[:40]) from None


def _tag(content: object) -> str:
    return f'W/"{hashlib.blake2b(msgspec.json.encode(content), digest_size=16).hexdigest()}"'
