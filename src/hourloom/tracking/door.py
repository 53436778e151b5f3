"""The door: what privacy rules leave of events before anything of them is stored.

Every way in goes through here: heartbeats, batches, edits, imports, archives, editors. Without rules it costs
one comparison; with rules each distinct text is judged once, whatever number of events has it.
"""

from __future__ import annotations

import time
from bisect import bisect_right, insort
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo

import msgspec

from hourloom.core import strict_json
from hourloom.core.clock import MINUTE, Duration, Instant
from hourloom.core.days import zone_of
from hourloom.core.errors import Conflict
from hourloom.core.ids import BucketId, WorkspaceId
from hourloom.core.privacy import PrivacyRule, Ruleset, Verdict
from hourloom.db.transaction import Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.heartbeat import Heartbeat
from hourloom.tracking.model import MOST_DATA, Bucket, DataNotAnObject, DataTooLarge

LOOK_AGAIN_SECONDS = 1.0
"""So old the rules in force may be where another server, or a change of the zone, altered them."""

MOST_JUDGED, LARGEST_JUDGED = 5_000, 2_000
MOST_MINUTES = 1_000
MOST_BARRIERS, MOST_BUCKETS = 32, 5_000

_THE_SAME = b""
"""What stands for data that nothing is hidden of; JSON is never empty."""

Zone = Callable[[WorkspaceId], str]


class HiddenByPrivacyRule(Conflict):
    """A privacy rule drops such events; delete the event instead, or change the rule."""


class InForce:
    """The rules of one workspace, with what they said of texts that came before."""

    __slots__ = ("_always", "_by_minute", "_judged", "looked_at", "rules", "ruleset", "zone", "zone_name")

    def __init__(self, rules: Sequence[PrivacyRule], zone_name: str) -> None:
        self.rules, self.zone_name = list(rules), zone_name
        self.ruleset = Ruleset(rules)
        self.zone: tzinfo = zone_of(zone_name)
        self.looked_at = 0.0
        self._always = None if self.ruleset.is_timed else self.ruleset.active(0, self.zone)
        """Which rules count at every time, where none holds at times only."""
        self._by_minute: dict[int, int] = {}
        self._judged: dict[tuple[str, bytes, int], bytes | None] = {}

    def left_of(self, bucket_type: str, data: bytes, at: int, until: int) -> bytes | None:
        """Return what may be stored of an event's data; the very same where nothing is hidden."""
        always = self._always
        key = bucket_type, data, self._active(at, until) if always is None else always
        try:
            left = self._judged[key]
        except KeyError:
            left = self._judge(*key)
            if len(data) <= LARGEST_JUDGED:
                if len(self._judged) >= MOST_JUDGED:
                    self._judged = {}
                self._judged[key] = left
        return data if left == _THE_SAME else left

    def verdict(self, bucket_type: str, data: Mapping[str, object], at: int, until: int) -> Verdict:
        """Return what is left of data that are at hand, and by which rules."""
        return self.ruleset.judge(bucket_type, data, self.ruleset.active(at, self.zone, until))

    def may_touch(self, bucket_types: Sequence[str], data: Mapping[str, object]) -> bool:
        """Return whether something could be hidden in a bucket of some types, at some time of day."""
        every = (1 << len(self.ruleset.rules)) - 1
        return any(self.ruleset.judge(kind, data, every).changed for kind in bucket_types)

    def _active(self, at: int, until: int) -> int:
        if at // MINUTE != until // MINUTE:
            return self.ruleset.active(at, self.zone, until)
        # Times of day are told in minutes.
        minute = at // MINUTE
        active = self._by_minute.get(minute)
        if active is None:
            if len(self._by_minute) >= MOST_MINUTES:
                self._by_minute = {}
            active = self._by_minute[minute] = self.ruleset.active(at, self.zone)
        return active

    def _judge(self, bucket_type: str, data: bytes, active: int) -> bytes | None:
        verdict = self.ruleset.judge(bucket_type, object_of(data), active)
        if verdict.data is None:
            return None
        return strict_json.canonical(verdict.data).encode() if verdict.changed else _THE_SAME


class Door:
    """Applies the rules in force; used by whoever writes, so within a write."""

    def __init__(self, zone: Zone = lambda workspace: "system") -> None:
        self.zone = zone
        self._in_force: dict[WorkspaceId, InForce] = {}
        self._barriers: dict[BucketId, list[int]] = {}
        self._hid: set[WorkspaceId] = set()
        """Workspaces in which something was hidden: that ends events also when the rules are gone."""
        self.hidden = 0
        """Events that were dropped since the start."""

    def of(self, tx: Transaction, workspace: WorkspaceId) -> InForce | None:
        """Return the rules in force in a workspace, None where there are none."""
        known, now = self._in_force.get(workspace), time.monotonic()
        if known is None or now - known.looked_at > LOOK_AGAIN_SECONDS:
            rules, zone = store.privacy_rules(tx, workspace), self.zone(workspace)
            if known is None or (known.rules, known.zone_name) != (rules, zone):
                known = InForce(rules, zone)
            known.looked_at = now
            self._in_force[workspace] = known
        return known if known.ruleset else None

    def forget(self) -> None:
        """Look at the rules again: they were changed, or a change of them was undone."""
        self._in_force = {}
        self._barriers = {}

    def left_of(
        self, tx: Transaction, bucket: Bucket, data: bytes, started_at: int, ended_at: int
    ) -> bytes | None:
        """Return what may be stored of an event, None where nothing may."""
        rules = self.of(tx, bucket.workspace_id)
        if rules is None:
            return data
        left = rules.left_of(bucket.type, data, started_at, ended_at)
        self.hidden += left is None
        return left

    def let_in(self, tx: Transaction, bucket: Bucket, beat: Heartbeat) -> Heartbeat | None:
        """Return a heartbeat as it may be recorded, or None; what is hidden ends the event before it.

        A     |------|
        hidden        x  x
        A                    x    begins a new event, though pulsetime would reach back
        """
        rules = self.of(tx, bucket.workspace_id)
        if rules is None and bucket.workspace_id not in self._hid:
            return beat
        left: bytes | None = beat.data
        if rules is not None:
            left = rules.left_of(bucket.type, beat.data, beat.started_at, beat.ended_at)
        if left is None:
            insort(self._barriers_of(tx, bucket.id), beat.ended_at)
            del self._barriers[bucket.id][:-MOST_BARRIERS]
            self._note(tx, bucket.workspace_id, bucket.id, beat)
            return None
        return _behind(beat, left, self._barriers_of(tx, bucket.id))

    def let_in_all(
        self, tx: Transaction, workspace: WorkspaceId, beats: Sequence[Heartbeat]
    ) -> list[Heartbeat | None] | None:
        """Let in heartbeats of one workspace where other servers write too; None where all may come in."""
        rules = self.of(tx, workspace)
        if rules is None and workspace not in self._hid:
            return None
        names = sorted({beat.bucket for beat in beats})
        rows = store.buckets_hidden_at(tx, workspace, names)
        buckets = {str(name): (whole(number), str(kind)) for name, number, kind, _ in rows}
        barriers = {
            str(name): self._barriers_with(whole(number), hidden_at) for name, number, _, hidden_at in rows
        }
        passed: list[Heartbeat | None] = []
        for beat in beats:
            number, kind = buckets.get(beat.bucket, (0, ""))
            if not number or beat.only_bucket_type not in (None, kind):
                # It is refused before anything of it is stored.
                passed.append(msgspec.structs.replace(beat, data=b"{}"))
                continue
            left: bytes | None = beat.data
            if rules is not None:
                left = rules.left_of(kind, beat.data, beat.started_at, beat.ended_at)
            if left is None:
                insort(barriers[beat.bucket], beat.ended_at)
                del barriers[beat.bucket][:-MOST_BARRIERS]
                self._note(tx, workspace, number, beat)
            passed.append(None if left is None else _behind(beat, left, barriers[beat.bucket]))
        return passed

    def _note(self, tx: Transaction, workspace: WorkspaceId, bucket: int, beat: Heartbeat) -> None:
        store.set_hidden_at(tx, bucket, beat.ended_at)
        self._hid.add(workspace)
        self.hidden += 1

    def _barriers_of(self, tx: Transaction, bucket: BucketId) -> list[int]:
        known = self._barriers.get(bucket)
        if known is None:
            known = self._barriers_with(bucket, store.hidden_at(tx, bucket))
        return known

    def _barriers_with(self, bucket: int, stored: object) -> list[int]:
        """Return the barriers of a bucket that are known here, and the newest that any server stored."""
        if len(self._barriers) >= MOST_BUCKETS:
            self._barriers = {}
        known = self._barriers.setdefault(BucketId(bucket), [])
        if isinstance(stored, int) and stored not in known:
            insort(known, stored)
        return known


def _behind(beat: Heartbeat, data: bytes, barriers: list[int]) -> Heartbeat:
    """Return a heartbeat with what is left of its data, which extends nothing from before what was hidden."""
    pulsetime, place, started_at = beat.pulsetime, bisect_right(barriers, beat.started_at), beat.started_at
    if place:
        # What begins where hidden time ends begins a moment later, so that it finds itself when it goes on.
        started_at = max(started_at, Instant(barriers[place - 1] + 1))
        pulsetime = min(pulsetime, Duration(started_at - barriers[place - 1] - 1))
    if (started_at, pulsetime) == (beat.started_at, beat.pulsetime) and data is beat.data:
        return beat
    ended_at = max(started_at, beat.ended_at)
    return msgspec.structs.replace(
        beat, started_at=started_at, ended_at=ended_at, data=data, pulsetime=pulsetime
    )


def object_of(data: bytes) -> dict[str, object]:
    """Return an event's data, or raise as storing them would."""
    if len(data) > MOST_DATA:
        raise DataTooLarge(limit=MOST_DATA)
    value = strict_json.loads(data)
    if not isinstance(value, dict):
        raise DataNotAnObject
    return value
