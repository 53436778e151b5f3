"""Read what the lane of a person is derived from: the buckets of their devices, and facts of payloads."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence

from hourloom.activities import store
from hourloom.activities.lane import DeviceRecord, Facts, Options, derive, facts_of
from hourloom.activities.lane.days import LaneDay, day_of
from hourloom.activities.lane.deriving import Derived, reach, reach_of_calls
from hourloom.activities.lane.facts import NOTHING_KNOWN, essence_of, program_of
from hourloom.activities.lane.spans import united
from hourloom.activities.lane.totals import QUARTER, DeviceTotals, laid_totals, spans_of_input
from hourloom.activities.model.subject import NOTHING
from hourloom.core.clock import DAY, Instant
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.db.transaction import Rows, Transaction, whole
from hourloom.tracking.model import Bucket
from hourloom.tracking.service import lanes as record

WINDOW, PRESENCE, WEB, EDITOR, MOMENT = (
    "currentwindow",
    "afkstatus",
    "web.tab.current",
    "app.editor.activity",
    "app.editor.beat",
)
USED = frozenset({WINDOW, PRESENCE, WEB, EDITOR, MOMENT})
"""The types of buckets that the lane is made of."""

MOST_FACTS = 12_000


class FactsShelf:
    """Facts of payloads that were looked at; shared by readers."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key
        self._new: dict[int, Facts] = {}
        self._old: dict[int, Facts] = {}
        self._guard = threading.Lock()

    def of(self, tx: Transaction, payloads: Iterable[int]) -> Mapping[int, Facts]:
        """Return the facts of payloads; what is not recorded any more has none."""
        new, old = self._new, self._old
        found: dict[int, Facts] = {}
        missing = []
        for number in payloads:
            facts = new.get(number) or old.get(number)
            if facts is None:
                missing.append(number)
            else:
                found[number] = facts
        if missing:
            read = {
                number: facts_of(body, self._key) for number, body in record.bodies_of(tx, sorted(missing))
            }
            found |= self._keep(read)
        return found

    def forget(self) -> None:
        """Drop everything: payloads were deleted."""
        with self._guard:
            self._new, self._old = {}, {}

    def _keep(self, read: Mapping[int, Facts]) -> Mapping[int, Facts]:
        with self._guard:
            if len(self._new) + len(read) > MOST_FACTS // 2:
                self._old, self._new = self._new, {}
            if len(read) <= MOST_FACTS // 2:
                # A new one each time would be safer for readers, who only ask for keys, and slower.
                self._new.update(read)
            return read


class PersonReader:
    """Reads the record of one person within one transaction."""

    def __init__(
        self, tx: Transaction, workspace: WorkspaceId, user: UserId, options: Options, facts: FactsShelf
    ) -> None:
        self._tx, self.options, self._facts = tx, options, facts
        self._workspace, self._user = workspace, user
        own = {device.id for device in record.devices_of(tx, workspace) if device.user_id == user}
        self.buckets: Sequence[Bucket] = [
            bucket
            for bucket in record.buckets_of(tx, workspace)
            if bucket.type in USED and bucket.device_id in own
        ]
        self.reach = reach(options, moments=any(bucket.type == MOMENT for bucket in self.buckets))
        self._firsts: dict[tuple[int, str], int] | None = None

    def derive(self, start: int, end: int) -> Derived:
        """Return the lane between two instants, worked out anew."""
        records: dict[int, DeviceRecord] = {}
        payloads: set[int] = set()
        quarters: dict[int, tuple[list[Rows], list[Rows]]] = {}
        for bucket, rows in zip(self.buckets, self._read(start, end), strict=True):
            totals = self._totals(bucket, start, end)
            of_device = records.setdefault(bucket.device_id, DeviceRecord(bucket.device_id))
            self._put(of_device, bucket, [(row[1], row[2], row[3]) for row in rows])  # type: ignore[misc]
            payloads.update(row[3] for row in rows)  # type: ignore[misc]
            if totals:
                kinds = quarters.setdefault(bucket.device_id, ([], []))
                kinds[bucket.type == PRESENCE].append(totals)
                payloads.update(whole(row[1]) for row in totals)
        known = self._facts.of(self._tx, payloads)
        firsts = self._first_of_each()
        for device, of_device in records.items():
            of_device.known_from = firsts.get((device, PRESENCE))
            of_device.windows_from = firsts.get((device, WINDOW))
        if quarters:
            self._lay(quarters, records, known, start, end)
        return derive(records.values(), known, start, end, self.options)

    def _read(self, start: int, end: int) -> list[Rows]:
        """Return, bucket by bucket, the events that matter to a time; farther back where a call goes on."""
        until = end + self.reach
        read = [record.rows_between(self._tx, each, start - self.reach, until) for each in self.buckets]
        farther = reach_of_calls(self.options)
        before = {row[3] for rows in read for row in rows if row[1] < start}  # type: ignore[operator]
        if farther > self.reach and any(each.call for each in self._facts.of(self._tx, before).values()):  # type: ignore[arg-type]
            read = [record.rows_between(self._tx, each, start - farther, until) for each in self.buckets]
        return read

    def _lay(
        self,
        quarters: Mapping[int, tuple[list[Rows], list[Rows]]],
        records: Mapping[int, DeviceRecord],
        known: Mapping[int, Facts],
        start: int,
        end: int,
    ) -> None:
        """Put into records what totals come to."""
        begins, ends = start - start % QUARTER, end + QUARTER
        devices = {
            device: DeviceTotals(
                _each(windows),
                _each(presence),
                united(*(spans_of_input(each, known, begins, ends) for each in records[device].presence)),
                records[device].known_from,
            )
            for device, (windows, presence) in quarters.items()
        }
        laid, away = laid_totals(devices, known, calls_are_present=self.options.calls_are_present)
        for device, found in laid.items():
            records[device].totals.append(found)
        records[min(quarters)].away = away

    def day(self, start: int, derived: Derived) -> LaneDay:
        """Make a day of what was derived for it."""
        subjects = {subject for _, _, subject in derived.stretches}
        known = self._facts.of(self._tx, {n for s in subjects for n in (s.window, s.detail)} - {NOTHING})
        essences = {
            s: essence_of(known.get(s.window, NOTHING_KNOWN), known.get(s.detail, NOTHING_KNOWN), s.device)
            for s in subjects
        }
        return day_of(start, derived, essences)

    def derived_day(self, start: int) -> LaneDay:
        """Return a UTC day, worked out anew."""
        return self.day(start, self.derive(start, start + DAY))

    def extent(self) -> tuple[int, int] | None:
        """Return the time outside of which nothing was recorded."""
        extents = [found for bucket in self.buckets if (found := record.extent_of(self._tx, bucket))]
        if not extents:
            return None
        return min(start for start, _ in extents), max(end for _, end in extents)

    def extent_of_marks(self) -> tuple[int, int] | None:
        """Return the time outside of which the person said nothing about any."""
        return store.extent_of_marks(self._tx, self._workspace, self._user)

    def _first_of_each(self) -> Mapping[tuple[int, str], int]:
        """Return since when each device tells which windows it shows, and whether somebody is there."""
        if self._firsts is None:
            found: dict[tuple[int, str], int] = {}
            for bucket in self.buckets:
                if bucket.type in {PRESENCE, WINDOW}:
                    first = record.first_of_bucket(self._tx, bucket)
                    place = (bucket.device_id, bucket.type)
                    if first is not None:
                        found[place] = min(first, found.get(place, first))
            self._firsts = found
        return self._firsts

    def _put(self, of_device: DeviceRecord, bucket: Bucket, events: list[tuple[int, int, int]]) -> None:
        if bucket.type == WINDOW:
            of_device.windows = [*of_device.windows, *events]
        elif bucket.type == PRESENCE:
            of_device.presence.append(events)
        elif bucket.type == MOMENT:
            of_device.moments.append((program_of(bucket.name, bucket.client), events))
        else:
            of_device.details.append((program_of(bucket.name, bucket.client), events))

    def _totals(self, bucket: Bucket, start: int, end: int) -> Rows:
        if bucket.type not in {WINDOW, PRESENCE}:
            return []
        return record.totals_between(self._tx, bucket, start, end)


def _each(rows: Iterable[Rows]) -> list[tuple[int, int, int]]:
    return [(whole(row[0]), whole(row[1]), whole(row[2])) for some in rows for row in some]


def settled_before(now: Instant) -> Instant:
    """Return up to when what is read from now on changes only with the versions of its days."""
    return record.settled_before(now)
