"""Days of the lane: derived when asked for, kept as long as nothing of them changes."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple
from weakref import WeakKeyDictionary

import msgspec

from hourloom.activities import store
from hourloom.activities.lane import Options
from hourloom.activities.lane.days import LaneDay, decoded, encoded
from hourloom.activities.lane.deriving import Derived
from hourloom.activities.lane.marking import Said, marked, said_of
from hourloom.activities.lane.merging import coalesced
from hourloom.activities.lane.spans import united
from hourloom.activities.model.lane import ActivitiesChanged, days_within
from hourloom.activities.service.kept import HowKept, Kept
from hourloom.activities.service.reading import (
    PRESENCE,
    USED,
    WINDOW,
    FactsShelf,
    PersonReader,
    settled_before,
)
from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, HOUR, LATEST, MINUTE, Clock, Instant
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.db.transaction import Transaction, whole
from hourloom.settings.definitions import (
    AUDIBLE_IS_PRESENT,
    CALLS_ARE_PRESENT,
    EDITOR_JOIN_MINUTES,
    LONGEST_QUIET_CALL_HOURS,
)
from hourloom.settings.service import Settings
from hourloom.tracking.model import Bucket
from hourloom.tracking.service import lanes as record

DERIVED_BY = 2
"""Grows with each change of how the lane is derived: what was kept before is derived again."""

CHUNK = 15 * MINUTE
"""What has settled of a day that is not over is kept in steps of this."""
PADDING = HOUR
"""So far around an event its change may matter; no less than the widest reach."""
PADDING_BEHIND = 25 * HOUR
"""So far behind an event its change may matter: where a call went on, as long as that may count."""
MOST_BYTES = 4 * 1024 * 1024
MOST_UNSETTLED = 8
MOST_SINGLE_DAYS = 3_000
"""Changes that touch more days are counted for all days at once."""

Version = tuple[int, int, int]
"""Of all days, of this day, and the digest of the options: a day that has the same three is the same."""
VersionInMemory = tuple[int, int, int, int]
"""The same, and how often the clock was set back: then days that seemed to be over go on."""


class KnownDay(NamedTuple):
    """A day of the lane, and by what it can be known again; None for one that has not settled."""

    start: int
    version: VersionInMemory | None
    load: Callable[[], LaneDay]
    """Finds or derives it; within the transaction that it was found in."""


class _Unsettled(NamedTuple):
    """What has settled of a day that is not over."""

    version: VersionInMemory
    until: int
    derived: Derived


class Lanes:
    """The lanes of all persons, by UTC days; also hears what changes them."""

    def __init__(self, clock: Clock, settings: Settings, key: bytes = b"") -> None:
        self._clock, self._settings = clock, settings
        self.facts = FactsShelf(key)
        self._days: Kept[LaneDay] = Kept(MOST_BYTES)
        self._unsettled: dict[tuple[int, int, int], _Unsettled] = {}
        self.read: WeakKeyDictionary[Transaction, dict[tuple[int, int, int], LaneDay]] = WeakKeyDictionary()
        """The days that are not over, as snapshots that are still open see them."""
        self.news = News(clock)
        self._guard = threading.Lock()
        self._latest = Instant(0)
        self.set_back = 0
        self.behind: Instant | None = None
        """What a clock that was set back showed then, until the days kept by it are dropped."""

    def days(self, tx: Transaction, who: Actor, start: int, end: int) -> Iterator[KnownDay]:
        """Yield the UTC days that meet a period and may have something, in order."""
        settled = settled_before(self._now())
        options = self.options(who)
        reader = PersonReader(tx, who.workspace_id, who.user_id, options, self.facts)
        if not reader.buckets:
            return
        wanted = self._with_something(reader, start, end)
        if wanted:
            yield from _Days(self, tx, who, reader, settled).of(wanted)

    def versions(self, tx: Transaction, who: Actor) -> str:
        """Return a text that differs whenever the lane of a settled time may."""
        self._now()
        rows = store.day_versions(tx, who.workspace_id, who.user_id, 0, LATEST // DAY)
        text = msgspec.json.encode([sorted(rows), shape_of(self.options(who)), self.set_back])
        return hashlib.blake2b(text, digest_size=8).hexdigest()

    def options(self, who: Actor) -> Options:
        """Return how a person wants the lane to be made."""
        return Options(
            audible_is_present=self._settings.value(who, AUDIBLE_IS_PRESENT),
            calls_are_present=self._settings.value(who, CALLS_ARE_PRESENT),
            longest_call=self._settings.value(who, LONGEST_QUIET_CALL_HOURS) * HOUR,
            editor_join=self._settings.value(who, EDITOR_JOIN_MINUTES) * MINUTE,
        )

    def history_changed(
        self, tx: Transaction, workspace: int, bucket: int, start: Instant, end: Instant
    ) -> None:
        """Drop the days that a change of a bucket touches, within the write that changed it."""
        found = record.bucket_by_id(tx, workspace, bucket)
        if found is None or found.type not in USED:
            return
        user = record.owner_of(tx, found.device_id)
        if found.type in {PRESENCE, WINDOW}:
            end = max(end, self._end_of_ignorance(tx, found, start, end))
        first, last = max(0, start - PADDING) // DAY, min(end + PADDING_BEHIND, LATEST) // DAY
        if last - first >= MOST_SINGLE_DAYS:
            store.forget_days(tx, workspace, user)
            store.note_days_changed(tx, workspace, user, store.ALL_DAYS, store.ALL_DAYS)
        else:
            store.note_days_changed(tx, workspace, user, first, last)
        self.news.note(tx, WorkspaceId(workspace), start, end)

    def said(self, tx: Transaction, who: Actor, start: int, end: int) -> list[Said]:
        """Return what a person says about their time within a period."""
        return said_of(store.marks_between(tx, who.workspace_id, who.user_id, start, end))

    def marks_changed(
        self, tx: Transaction, workspace: WorkspaceId, user: UserId, start: Instant, end: Instant
    ) -> None:
        """Make stale what a change of marks touches, within the write that changed them."""
        days = days_within(start, end)
        store.note_days_marked(tx, workspace, user, days.start, days.stop - 1)

    def forget(self) -> None:
        """Drop what is in memory: some of it was erased."""
        self._days.forget()
        self.facts.forget()
        with self._guard:
            self._unsettled.clear()

    def figures(self) -> HowKept:
        """Return how well keeping days works."""
        return self._days.figures()

    def missing(self, tx: Transaction, workspace: WorkspaceId, user: UserId) -> list[int]:
        """Return the settled days of a person that are not kept, the newest first."""
        who = Actor(workspace, user, frozenset())
        options = self.options(who)
        reader = PersonReader(tx, workspace, user, options, self.facts)
        extent = reader.extent()
        if extent is None:
            return []
        settled = settled_before(self._clock.now())
        # The farthest that anything may reach, so that no setting makes a day too young.
        stop = min((settled - PADDING) // DAY, (extent[1] + PADDING) // DAY + 1)
        kept = {row[0] for row in store.days_kept(tx, workspace, user, shape_of(options))}
        return [day for day in range(stop - 1, extent[0] // DAY - 1, -1) if day not in kept]

    def derived_days(
        self, tx: Transaction, workspace: WorkspaceId, user: UserId, days: Sequence[int]
    ) -> list[DayToKeep]:
        """Return days as they are to be kept."""
        if not days:
            return []
        options = self.options(Actor(workspace, user, frozenset()))
        reader = PersonReader(tx, workspace, user, options, self.facts)
        of_all, versions = versions_of(tx, workspace, user, min(days), max(days))
        shape = shape_of(options)
        return [
            DayToKeep(
                workspace,
                user,
                day,
                (of_all, versions.get(day, 0), shape),
                encoded(reader.derived_day(day * DAY)),
            )
            for day in days
        ]

    def keep(self, tx: Transaction, days: Sequence[DayToKeep]) -> None:
        """Keep days that nothing has changed since they were derived."""
        now = self._clock.now()
        for each in days:
            of_all, version, shape = each.version
            store.put_day(
                tx,
                each.workspace,
                each.user,
                each.day,
                version=version,
                of_all=of_all,
                shape=shape,
                now=now,
                body=each.body,
            )

    def drop_days_of_the_future(self, tx: Transaction) -> None:
        """Drop days that were kept by a clock that was ahead, and answers about them that others kept."""
        now = self._now()
        behind = self.behind
        if behind is None:
            store.drop_days_of_the_future(tx, now + MINUTE)
            return
        store.drop_days_of_the_future(tx, min(now, behind) + MINUTE)
        for workspace, user in store.people(tx):
            store.note_days_changed(tx, whole(workspace), whole(user), store.ALL_DAYS, store.ALL_DAYS)

        def caught_up() -> None:
            with self._guard:
                self.behind = None if self.behind == behind else self.behind

        tx.after_commit(caught_up)

    def _now(self) -> Instant:
        """Return what time it is; where the clock was set back, nothing in memory holds."""
        now = self._clock.now()
        with self._guard:
            was_set_back = now + MINUTE < self._latest
            self._latest = now if was_set_back else max(now, self._latest)
            if was_set_back:
                self.set_back += 1
                self.behind = now if self.behind is None else min(now, self.behind)
        if was_set_back:
            self.forget()
        return now

    def _with_something(self, reader: PersonReader, start: int, end: int) -> range:
        """Return the days of a period on which anything may be."""
        days = days_within(start, end)
        if len(days) <= 2:
            return days
        extents = [found for found in (reader.extent(), reader.extent_of_marks()) if found is not None]
        if not extents:
            return range(0)
        first, last = min(each[0] for each in extents), max(each[1] for each in extents)
        some = days_within(first - reader.reach, last + reader.reach + 1)
        return range(max(days.start, some.start), min(days.stop, some.stop))

    def _end_of_ignorance(self, tx: Transaction, bucket: Bucket, start: int, end: int) -> Instant:
        """Return up to when a change decides since when there is a watcher: before it, less is asked for.

        before  |  ?????????[not-afk]    nobody could tell before the first event
        after   |  ??[afk]..[not-afk]    now somebody could, and nothing is known in between
        """
        first = record.first_of_bucket(tx, bucket)
        if bucket.deleted_at is None and first is not None and first < start:
            return Instant(end)
        following = record.next_start(tx, bucket, end) if bucket.deleted_at is None else None
        return Instant(LATEST - DAY) if following is None else following

    def remembered(self, key: tuple[int, int, int]) -> _Unsettled | None:
        """Return what has settled of a day that was not over."""
        with self._guard:
            return self._unsettled.get(key)

    def remember(self, key: tuple[int, int, int], unsettled: _Unsettled) -> None:
        """Keep what has settled of a day that is not over."""
        with self._guard:
            self._unsettled.pop(key, None)
            while len(self._unsettled) >= MOST_UNSETTLED:
                del self._unsettled[next(iter(self._unsettled))]
            self._unsettled[key] = unsettled

    @property
    def kept(self) -> Kept[LaneDay]:
        """Return the days in memory."""
        return self._days


class DayToKeep(NamedTuple):
    """A day that was derived from certain versions."""

    workspace: WorkspaceId
    user: UserId
    day: int
    version: Version
    body: bytes


class _Days:
    """Finds or derives days for one person within one transaction."""

    def __init__(
        self, lanes: Lanes, tx: Transaction, who: Actor, reader: PersonReader, settled: Instant
    ) -> None:
        self._lanes, self._tx, self._reader, self._settled = lanes, tx, reader, settled
        self._set_back = lanes.set_back
        self._workspace, self._user = who.workspace_id, who.user_id
        self._shape = shape_of(reader.options)
        self._said: list[Said] | None = None

    def of(self, days: range) -> Iterator[KnownDay]:
        self._days = days
        of_all, versions = versions_of(self._tx, self._workspace, self._user, days.start, days.stop - 1)
        for day in days:
            version = (of_all, versions.get(day, 0), self._shape, self._set_back)
            if self._is_over(day):
                yield KnownDay(day * DAY, version, partial(self._settled_day, day, version))
            else:
                yield KnownDay(day * DAY, None, partial(self._once, day, version))

    def _settled_day(self, day: int, version: VersionInMemory) -> LaneDay:
        key = (self._workspace, self._user, day, *version)
        found = self._lanes.kept.get(key)
        if found is None:
            found = self._as_said(self._stored(day) or self._derived(day))
            self._lanes.kept.put(key, found, found.bytes)
        return found

    def _as_said(self, day: LaneDay) -> LaneDay:
        """Return a day with the person's word about its time; the marks of all days are read at once."""
        if self._said is None:
            period = self._days.start * DAY, self._days.stop * DAY
            self._said = said_of(store.marks_between(self._tx, self._workspace, self._user, *period))
        return marked(day, self._said)

    def _is_over(self, day: int) -> bool:
        return (day + 1) * DAY + self._reader.reach <= self._settled

    def _stored(self, day: int) -> LaneDay | None:
        if self._lanes.behind is not None:
            return None
        body = store.day_body(self._tx, self._workspace, self._user, day, self._shape)
        return None if body is None else decoded(day * DAY, body)

    def _derived(self, day: int) -> LaneDay:
        return self._reader.derived_day(day * DAY)

    def _once(self, day: int, version: VersionInMemory) -> LaneDay:
        """Return a day that is not over; within one snapshot it is derived once."""
        if self._tx.writes:
            return self._unsettled(day, version)
        read = self._lanes.read.setdefault(self._tx, {})
        key = (self._workspace, self._user, day)
        if key not in read:
            read[key] = self._unsettled(day, version)
        return read[key]

    def _unsettled(self, day: int, version: VersionInMemory) -> LaneDay:
        """Return a day that is not over: what has settled of it is kept, the rest derived anew.

        day    |---------------|----------|
        kept   |===============|             in steps of a quarter of an hour
        anew                   |==========|
        """
        start, end = day * DAY, (day + 1) * DAY
        until = min(end, max(start, (self._settled - self._reader.reach) // CHUNK * CHUNK))
        key = (self._workspace, self._user, day)
        kept = self._lanes.remembered(key)
        if kept is None or kept.version != version or kept.until > until:
            kept = _Unsettled(version, start, Derived([], []))
        if kept.until < until:
            more = self._reader.derive(kept.until, until)
            kept = _Unsettled(version, until, _after(kept.derived, more))
            self._lanes.remember(key, kept)
        rest = self._reader.derive(until, end)
        return self._as_said(self._reader.day(start, _after(kept.derived, rest)))


class News:
    """Gathers what changed of settled time, and tells of it at most once a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[WorkspaceId, tuple[Instant, Instant]] = {}
        self._told_at: dict[WorkspaceId, Instant] = {}
        self._guard = threading.Lock()

    @property
    def waiting(self) -> bool:
        """Return whether something waits to be told."""
        return bool(self._waiting)

    def note(self, tx: Transaction, workspace: WorkspaceId, start: Instant, end: Instant) -> None:
        """Tell of a change, at once or together with those that follow."""
        tx.after_commit(lambda: self._add(workspace, start, end))

    def tell(self, tx: Transaction) -> None:
        """Announce what waits."""
        with self._guard:
            waiting, self._waiting = self._waiting, {}
        for workspace, (start, end) in waiting.items():
            tx.changed(workspace, ActivitiesChanged(start, end))

    def forget(self, workspace: WorkspaceId) -> None:
        """Drop what waits to be told of a workspace that is gone."""
        with self._guard:
            self._waiting.pop(workspace, None)

    def _add(self, workspace: WorkspaceId, start: Instant, end: Instant) -> None:
        with self._guard:
            first, last = self._waiting.get(workspace, (start, end))
            self._waiting[workspace] = (min(first, start), max(last, end))


def versions_of(
    tx: Transaction, workspace: int, user: int, first: int, last: int
) -> tuple[int, dict[int, int]]:
    """Return the version of all days at once, and those of days that have one."""
    found = {
        whole(day): whole(version) for day, version in store.day_versions(tx, workspace, user, first, last)
    }
    return found.pop(store.ALL_DAYS, 0), found


def shape_of(options: Options) -> int:
    """Return a digest of how the lane is made."""
    text = msgspec.json.encode([DERIVED_BY, msgspec.structs.astuple(options)])
    return int.from_bytes(hashlib.blake2b(text, digest_size=7).digest(), "big")


def _after(one: Derived, other: Derived) -> Derived:
    return Derived(coalesced([*one.stretches, *other.stretches]), united(one.away, other.away))
