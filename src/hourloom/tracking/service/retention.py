"""Retention: what is kept for how long, what would go, and letting it go in small steps."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import partial

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock, Instant, datetime_of
from hourloom.core.days import zone_of
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.db.transaction import Database, Rows, Transaction, whole
from hourloom.jobs.model import SERVER
from hourloom.jobs.service import Jobs
from hourloom.settings.definitions import (
    RETENTION_EVENTS_DAYS,
    RETENTION_EVERYTHING_DAYS,
    RETENTION_TITLES_DAYS,
    RETENTION_TOTALS,
    TIME_ZONE,
)
from hourloom.settings.service import Settings
from hourloom.tracking import store
from hourloom.tracking.model import Bucket
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.reduction import reduced_text
from hourloom.tracking.retention import (
    QUARTER,
    RetentionCount,
    RetentionDone,
    RetentionPhase,
    RetentionPlace,
    RetentionRules,
    is_off_peak,
)
from hourloom.tracking.service.erasing import DAILY, WIPE
from hourloom.tracking.service.retaining import OF_WORDS, Found, Retaining, cuts_of

RETAIN = "tracking.retain"
SECONDS_AT_ONCE = 1.0
SECONDS_TO_COUNT = 60.0
READ_AT_ONCE = 5_000
PHASES: tuple[RetentionPhase, ...] = ("everything", "events", "titles")


class Retention:
    """How long each kind of record is kept."""

    is_service = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        jobs: Jobs,
        recorder: Recorder,
        retaining: Retaining,
    ) -> None:
        self._database, self._clock, self._settings = database, clock, settings
        self._jobs, self._recorder, self.retaining = jobs, recorder, retaining
        self._heard = (0, clock.now())
        """How many heartbeats there were, and since when no more came."""

    def rules(self, who: Actor) -> RetentionRules:
        """Return how long each kind of record is kept."""
        who.require("tracking:read")
        return self.rules_of(who.workspace_id)

    def rules_of(self, workspace: WorkspaceId) -> RetentionRules:
        """Return the same for a workspace, for jobs."""
        value, nobody = self._settings.value, Actor(workspace, UserId(0), frozenset())
        return RetentionRules(
            value(nobody, RETENTION_TITLES_DAYS),
            value(nobody, RETENTION_EVENTS_DAYS),
            value(nobody, RETENTION_EVERYTHING_DAYS),
            value(nobody, RETENTION_TOTALS),
        )

    def last_run(self, who: Actor) -> Instant | None:
        """Return when old records were last seen to."""
        who.require("tracking:read")
        with self._database.read() as tx:
            found = store.last_run_of_retention(tx, who.workspace_id)
            return None if found is None else Instant(found)

    async def preview(self, who: Actor) -> list[RetentionCount]:
        """Return how much a run would delete or reduce now."""
        who.require("tracking:read")
        return await self._database.run_read(partial(self._counts, who), seconds=SECONDS_TO_COUNT, who=who)

    async def run(
        self, who: Actor, place: RetentionPlace | None
    ) -> tuple[RetentionPlace | None, RetentionDone]:
        """Do steps for a moment, from the start or a place on; return where to go on, and what was done."""
        who.require("tracking:write")
        ends = time.monotonic() + SECONDS_AT_ONCE
        if place is None:
            first = partial(self.first_place, who.workspace_id)
            place = await self._database.run_read(first, who=who)
        # Nobody is to make records old by naming a later time.
        at: RetentionPlace | None = msgspec.structs.replace(place, at=min(place.at, self._clock.now()))
        done = RetentionDone()
        while at is not None and time.monotonic() < ends:
            found = await self._database.run_read(partial(self._find, at), who=who)
            at, step = await self._database.run_write(partial(self._step, at, found))
            done += step
        return at, done

    def first_place(self, workspace: WorkspaceId) -> RetentionPlace:
        """Return where a run begins."""
        with self._database.read() as tx:
            return RetentionPlace(workspace, self._clock.now(), store.bucket_numbers(tx, workspace))

    def plan(self, tx: Transaction) -> None:
        """Let a job see to old records wherever it is time for that."""
        for number in store.workspaces_with_buckets(tx):
            workspace = WorkspaceId(number)
            if not self.rules_of(workspace).keep_all and self._is_time(tx, workspace):
                self._jobs.enqueue(workspace, RETAIN, self.first_place(workspace), slot=str(workspace))

    def _is_time(self, tx: Transaction, workspace: WorkspaceId) -> bool:
        now, taken = self._clock.now(), self._recorder.taken
        if taken != self._heard[0]:
            self._heard = (taken, now)
        zone = zone_of(self._settings.value(Actor(workspace, UserId(0), frozenset()), TIME_ZONE))
        hour = datetime_of(now).astimezone(zone).hour
        since = now - (store.last_run_of_retention(tx, workspace) or 0)
        waits = self._database.vitals().waiting > 0
        return is_off_peak(hour, now - self._heard[1], since, writer_waits=waits)

    def find(self, tx: Transaction, place: RetentionPlace) -> Found:
        """Return what the next step is about; it may read much, so not for the writer."""
        return self.retaining.find(tx, place, self.rules_of(place.workspace_id))

    def step(
        self, tx: Transaction, place: RetentionPlace, found: Found
    ) -> tuple[RetentionPlace | None, RetentionDone]:
        """Do one step within a write; return where to go on, nowhere at the end, and what was done."""
        further, done = self.retaining.step(tx, place, self.rules_of(place.workspace_id), found)
        if further is None and place.said:
            # No payload may have gone with it, which else is what the file is wiped for.
            self._jobs.enqueue(SERVER, WIPE, slot=DAILY)
        return further, done

    def _find(self, place: RetentionPlace) -> Found:
        with self._database.read() as tx:
            return self.find(tx, place)

    def _step(self, place: RetentionPlace, found: Found) -> tuple[RetentionPlace | None, RetentionDone]:
        with self._database.begin() as tx:
            return self.step(tx, place, found)

    def _counts(self, who: Actor) -> list[RetentionCount]:
        now, rules = self._clock.now(), self.rules_of(who.workspace_id)
        cuts = cuts_of(rules, now)
        with self._database.read() as tx:
            numbers = store.bucket_numbers(tx, who.workspace_id)
            buckets = [b for n in numbers if (b := store.bucket_by_id(tx, who.workspace_id, n)) is not None]
            counts, done = [], Instant(-1)
            for phase in PHASES:
                cut = cuts[phase]
                if cut is not None and cut > done:
                    counts.append(_count(tx, phase, buckets, done, cut))
                    done = max(done, cut)
            if cuts["totals"] is not None:
                counts.append(_count_totals(tx, who.workspace_id, cuts["totals"]))
            done = Instant(0)
            for phase in OF_WORDS:
                cut = cuts[phase]
                if cut is not None and cut > done:
                    spans = self.retaining.said_of_time().old_spans(
                        tx, who.workspace_id, cut, notes=phase == "notes"
                    )
                    spans = [span for span in spans if span[1] > done]
                    counts += [_count_spans(phase, spans)] if spans else []
                    done = cut
        return counts


def _count_spans(phase: RetentionPhase, spans: Sequence[tuple[int, int]]) -> RetentionCount:
    lasted = sum(end - start for start, end in spans)
    first = min((start for start, _ in spans), default=None)
    return RetentionCount(phase, len(spans), lasted, first, max((end for _, end in spans), default=None))


def _count(
    tx: Transaction, phase: RetentionPhase, buckets: Iterable[Bucket], after: Instant, cut: Instant
) -> RetentionCount:
    """Count events that are too old in one way and not in a worse one; those without titles lose none."""
    events = lasted = 0
    starts: list[int] = []
    ends: list[int] = []
    for bucket in buckets:
        rows = store.measured_by_payload(tx, bucket.workspace_id, bucket.id, after, cut)
        if phase == "titles":
            rows = _with_titles(tx, bucket, rows)
        for _, count, length, first, last in rows:
            events, lasted = events + whole(count), lasted + whole(length)
            starts.append(whole(first))
            ends.append(whole(last))
    return RetentionCount(phase, events, lasted, min(starts, default=None), max(ends, default=None))


def _with_titles(tx: Transaction, bucket: Bucket, rows: Rows) -> Rows:
    """Return the rows of payloads that have more than what stays of them."""
    numbers, longer = [whole(row[0]) for row in rows], set()
    for first in range(0, len(numbers), READ_AT_ONCE):
        for number, body in store.payload_bodies(tx, numbers[first : first + READ_AT_ONCE]):
            if reduced_text(bucket.type, str(body)) != body:
                longer.add(number)
    return [row for row in rows if row[0] in longer]


def _count_totals(tx: Transaction, workspace: WorkspaceId, cut: Instant) -> RetentionCount:
    ((count, first, lasted),) = store.count_totals(tx, workspace, cut - QUARTER)
    started_at = first if isinstance(first, int) else None
    return RetentionCount("totals", whole(count), whole(lasted), started_at)
