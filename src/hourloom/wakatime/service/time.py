"""Time in editors: beats joined to spans, day by day, and the days of the past kept at hand.

Editor time refines window time: it says what was worked on while the window of an editor was in front.
It is never added to window time. A feature that shows both lays the spans of `durations` over the window
events of the same editor and keeps of them what lies within; what lies outside (a remote editor, a
watcher that was off) it may show by itself, but its total is that of the union.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from hourloom.core.actors import Actor
from hourloom.core.clock import MINUTE, Clock, Duration, Instant, datetime_of
from hourloom.core.days import day_of, zone_of
from hourloom.settings.definitions import (
    DAY_STARTS_AT,
    EDITOR_JOIN_MINUTES,
    FIRST_DAY_OF_WEEK,
    TIME_ZONE,
)
from hourloom.settings.service import Settings
from hourloom.tracking.model import settled_before
from hourloom.tracking.service import Buckets, BucketView, Events
from hourloom.wakatime.model.beats import BUCKET_TYPE
from hourloom.wakatime.model.joining import PackedSpans, joined
from hourloom.wakatime.model.periods import BeatPeriod
from hourloom.wakatime.model.summing import BeatFacts, BeatSpan, Sums, facts_of, sums_of, whole_of

MOST_KEPT_SPANS = 400_000
"""Of all days that are kept at hand: some 10 MiB, or three busy years."""
MOST_SHARED_FACTS = 50_000
DAYS_AT_ONCE = 31
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Way(NamedTuple):
    """By which settings a user's beats become days."""

    zone: str
    starts_at: int
    timeout: Duration
    writes_only: bool = False


class StoredBeat(NamedTuple):
    """A beat as it is stored."""

    id: int
    at: Instant
    data: Any  # the JSON object of its payload, to be read only
    machine: str


class EditorDay(NamedTuple):
    """One of the user's days: its spans, what they come to, and when what was last seen."""

    day: date
    start: Instant
    end: Instant
    spans: Sequence[BeatSpan]
    sums: Sums
    length: Duration
    agents: dict[str, int]
    """By the words in which a plug-in names itself: when it was last heard."""
    projects: dict[str, tuple[int, int]]
    """By project: the start of its first span and the end of its last."""


class EditorTime:
    """Time in editors, for reading."""

    is_service = True

    def __init__(self, clock: Clock, settings: Settings, buckets: Buckets, events: Events) -> None:
        self._clock, self._settings, self._buckets, self._events = clock, settings, buckets, events
        self._kept = KeptDays()
        self._shared: dict[BeatFacts, BeatFacts] = {}

    def durations(self, who: Actor, start: Instant, end: Instant) -> list[BeatSpan]:
        """Return the spans that meet a period, by the user's own settings, for other features."""
        way = self.way(who)
        first = self.day_at(way, start)
        found: list[BeatSpan] = []
        for day in self.days(who, BeatPeriod(first, max(first, self.day_at(way, end))), way):
            found += [span for span in day.spans if span.start < end and span.end >= start]
        return found

    def way(
        self,
        who: Actor,
        zone: str | None = None,
        timeout_minutes: float | None = None,
        *,
        writes_only: bool = False,
    ) -> Way:
        """Return by which settings a user's beats become days, some of them replaced for once."""
        value = self._settings.value
        name = zone or value(who, TIME_ZONE)
        zone_of(name)
        minutes = value(who, EDITOR_JOIN_MINUTES) if timeout_minutes is None else timeout_minutes
        return Way(name, value(who, DAY_STARTS_AT), Duration(round(minutes * MINUTE)), writes_only)

    def today(self, way: Way) -> date:
        """Return the user's present day."""
        return self.day_at(way, self._clock.now())

    def now(self) -> Instant:
        """Return the present instant."""
        return self._clock.now()

    def week_begins(self, who: Actor) -> int:
        """Return the number of the day that the user's weeks begin with, 0 for Monday."""
        return WEEKDAYS.index(self._settings.value(who, FIRST_DAY_OF_WEEK))

    def day_at(self, way: Way, at: int) -> date:
        """Return the user's day that an instant belongs to."""
        wall = datetime_of(at).astimezone(zone_of(way.zone))
        day = (wall - timedelta(minutes=way.starts_at)).date()
        # Where clocks change, minutes of the wall are no measure of the day: its bounds decide.
        for near in (day, day - timedelta(days=1), day + timedelta(days=1)):
            begins, ends = day_of(near, way.zone, way.starts_at)
            if begins <= at < ends:
                return near
        return day

    def own_buckets(self, who: Actor, bucket_type: str = BUCKET_TYPE) -> list[BucketView]:
        """Return the user's own buckets of a type."""
        own = {device.id for device in self._buckets.devices(who) if device.user_id == who.user_id}
        views = self._buckets.all(who)
        return [v for v in views if v.bucket.type == bucket_type and v.bucket.device_id in own]

    def extent(self, who: Actor) -> tuple[Instant, Instant] | None:
        """Return when the first and the last beat of all were."""
        extents = [view.extent for view in self.own_buckets(who) if view.extent is not None]
        if not extents:
            return None
        return min(e.started_at for e in extents), max(e.ended_at for e in extents)

    def earliest(self, who: Actor, way: Way, today: date) -> date:
        """Return the user's day of the first beat of all, or today."""
        extent = self.extent(who)
        return today if extent is None else min(today, self.day_at(way, extent[0]))

    def beats(self, who: Actor, start: int, end: int) -> list[StoredBeat]:
        """Return all beats from an instant up to before another, in order."""
        views = self.own_buckets(who)
        return sorted(self._beats(who, views, start, end), key=lambda beat: (beat.at, beat.id))

    def days(self, who: Actor, period: BeatPeriod, way: Way) -> list[EditorDay]:
        """Return each day of a period; those that are over are kept until something in them changes."""
        views = self.own_buckets(who)
        versions = tuple((view.bucket.id, view.bucket.history_version) for view in views)
        kept = self._kept.of(who, versions)
        settled = settled_before(self._clock.now())
        extents = [view.extent for view in views if view.extent is not None]
        earliest = min((e.started_at for e in extents), default=2**62)
        latest = max((e.ended_at for e in extents), default=-1)
        found: dict[date, EditorDay] = {}
        missing: list[tuple[date, Instant, Instant]] = []
        for day in period.days():
            start, end = day_of(day, way.zone, way.starts_at)
            known = kept.get((way, day))
            if known is not None:
                found[day] = known
            elif end <= earliest or start > latest:
                found[day] = EditorDay(day, start, end, (), sums_of(()), Duration(0), {}, {})
            else:
                missing.append((day, start, end))
        for made in self._made(who, views, missing, way):
            found[made.day] = made
            if made.end < settled:
                self._kept.put(who, versions, (way, made.day), made)
        return [found[day] for day in period.days()]

    def forget(self) -> None:
        """Drop what is kept at hand: some of it was erased."""
        self._kept, self._shared = KeptDays(), {}

    def _made(
        self,
        who: Actor,
        views: Sequence[BucketView],
        missing: Sequence[tuple[date, Instant, Instant]],
        way: Way,
    ) -> Iterator[EditorDay]:
        """Read and join days, some at once; not too many, so that memory stays small."""
        for begin in range(0, len(missing), DAYS_AT_ONCE):
            together = missing[begin : begin + DAYS_AT_ONCE]
            beats = sorted(
                self._beats(who, views, together[0][1], together[-1][2]), key=lambda beat: (beat.at, beat.id)
            )
            place = 0
            for day, start, end in together:
                while place < len(beats) and beats[place].at < start:
                    place += 1
                upto = place
                while upto < len(beats) and beats[upto].at < end:
                    upto += 1
                yield self._day(day, start, end, beats[place:upto], way)
                place = upto

    def _day(
        self, day: date, start: Instant, end: Instant, beats: Sequence[StoredBeat], way: Way
    ) -> EditorDay:
        agents: dict[str, int] = {}
        if len(self._shared) > MOST_SHARED_FACTS:
            self._shared = {}
        shared, keyed = self._shared, list[tuple[int, BeatFacts]]()
        for beat in beats:
            data = beat.data
            if words := data.get("user_agent"):
                agents[words] = beat.at
            if not way.writes_only or data.get("is_write"):
                facts = facts_of(data, beat.machine)
                keyed.append((beat.at, shared.setdefault(facts, facts)))
        spans = joined(keyed, way.timeout)
        projects: dict[str, tuple[int, int]] = {}
        for span in spans:
            name = span.key.project
            projects[name] = (projects.get(name, span)[0], span.end)
        sums = sums_of(spans)
        length = Duration(whole_of(sums))
        return EditorDay(day, start, end, PackedSpans(spans), sums, length, agents, projects)

    def _beats(self, who: Actor, views: Iterable[BucketView], start: int, end: int) -> Iterator[StoredBeat]:
        for view in views:
            extent, machine = view.extent, view.bucket.hostname
            if extent is None or extent.ended_at < start or extent.started_at >= end:
                continue
            for id, at, _, payload in self._events.between(who, view.bucket.name, start, end - 1):
                if start <= at < end:
                    yield StoredBeat(id or 0, Instant(at), payload.data, machine)


Versions = tuple[tuple[int, int], ...]
"""Of each bucket: its number and the version of its history."""


class KeptDays:
    """The days of each user that are over, as long as their buckets keep the same history."""

    def __init__(self, most: int = MOST_KEPT_SPANS) -> None:
        self._most, self._spans = most, 0
        self._users: dict[tuple[int, int], tuple[Versions, dict[tuple[Way, date], EditorDay]]] = {}
        self._guard = threading.Lock()

    def of(self, who: Actor, versions: Versions) -> dict[tuple[Way, date], EditorDay]:
        """Return the days that are kept of a user; those of another history are dropped."""
        with self._guard:
            found = self._users.get((who.workspace_id, who.user_id))
            if found is None:
                return {}
            if found[0] == versions:
                return dict(found[1])
            self._drop((who.workspace_id, who.user_id))
            return {}

    def put(self, who: Actor, versions: Versions, key: tuple[Way, date], day: EditorDay) -> None:
        """Keep a day; where there are too many, what was kept first goes."""
        user = (who.workspace_id, who.user_id)
        with self._guard:
            held, days = self._users.setdefault(user, (versions, {}))
            if held != versions or key in days or len(day.spans) > self._most // 4:
                return
            days[key] = day
            self._spans += _cost(day)
            while self._spans > self._most:
                self._drop_first()

    def _drop_first(self) -> None:
        user, (_, days) = next(iter(self._users.items()))
        if days:
            self._spans -= _cost(days.pop(next(iter(days))))
        else:
            del self._users[user]

    def _drop(self, user: tuple[int, int]) -> None:
        _, days = self._users.pop(user)
        self._spans -= sum(map(_cost, days.values()))


def _cost(day: EditorDay) -> int:
    return len(day.spans) + 4
