"""Heartbeats, what becomes of them, and the one call by which a team database records a batch."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom.core.clock import Duration, Instant
from hourloom.core.errors import HourloomError
from hourloom.core.ids import EventId, WorkspaceId
from hourloom.db.statements import Value
from hourloom.db.transaction import Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.enrichment import traits_row
from hourloom.tracking.model import BucketOutOfReach, NoSuchBucket
from hourloom.tracking.payloads import PayloadDictionary

LONGEST_PULSETIME = 2**61
"""Anything longer means "always", and must not overflow 64 bits when it is added to an instant."""


class Heartbeat(msgspec.Struct, frozen=True):
    """The word "still so": extends the bucket's last event or begins a new one."""

    workspace_id: WorkspaceId
    bucket: str
    started_at: Instant
    ended_at: Instant
    pulsetime: Duration
    data: bytes
    only_bucket_type: str | None = None


class Recorded(msgspec.Struct, frozen=True):
    """The event that a heartbeat extended or began."""

    id: EventId
    started_at: Instant
    ended_at: Instant
    data: bytes


Outcome = Recorded | HourloomError

HIDDEN = EventId(0)
"""The number of what a privacy rule dropped: no event has it."""


def hidden(beat: Heartbeat) -> Recorded:
    """Return what is answered for a heartbeat that a privacy rule dropped: its time, and none of its data."""
    return Recorded(HIDDEN, beat.started_at, beat.ended_at, b"{}")


def record_in_one_call(
    tx: Transaction, payloads: PayloadDictionary, beats: Sequence[Heartbeat], settled: Instant
) -> list[Outcome]:
    """Record heartbeats by one call, in which the database itself applies the rule; return their outcomes."""
    outcomes: list[Outcome | None] = []
    sent: list[tuple[Heartbeat, bytes]] = []
    new: dict[tuple[int, bytes], str] = {}
    unseen: dict[WorkspaceId, list[bytes]] = {}
    for beat in beats:
        is_known = payloads.has_described(beat.workspace_id, beat.data)
        try:
            digest, body = payloads.described(beat.workspace_id, beat.data)
        except HourloomError as error:
            outcomes.append(error)
            continue
        outcomes.append(None)
        sent.append((beat, digest))
        new[beat.workspace_id, digest] = body
        if not is_known:
            unseen.setdefault(beat.workspace_id, []).append(digest)
    answers = iter(_answers(tx, sent, new, settled))
    for workspace, digests in unseen.items():
        found = store.payload_numbers(tx, workspace, digests)
        store.set_traits(tx, [traits_row(whole(number), str(body)) for number, body in found])
    return [next(answers) if outcome is None else outcome for outcome in outcomes]


def _answers(
    tx: Transaction,
    sent: Sequence[tuple[Heartbeat, bytes]],
    new: dict[tuple[int, bytes], str],
    settled: Instant,
) -> list[Outcome]:
    columns = store.HeartbeatColumns(
        workspaces=[beat.workspace_id for beat, _ in sent],
        buckets=[beat.bucket for beat, _ in sent],
        starts=[beat.started_at for beat, _ in sent],
        ends=[beat.ended_at for beat, _ in sent],
        pulsetimes=[max(-LONGEST_PULSETIME, min(beat.pulsetime, LONGEST_PULSETIME)) for beat, _ in sent],
        digests=[digest for _, digest in sent],
        types=[beat.only_bucket_type for beat, _ in sent],
        payload_workspaces=[workspace for workspace, _ in new],
        payload_digests=[digest for _, digest in new],
        payload_bodies=list(new.values()),
    )
    rows = store.record_heartbeats(tx, columns, settled)
    return [_outcome(beat, *row) for (beat, _), row in zip(sent, rows, strict=True)]


def _outcome(beat: Heartbeat, problem: Value, event: Value, began: Value, ended: Value) -> Outcome:
    if problem == "bucket":
        return NoSuchBucket(name=beat.bucket)
    if problem == "type":
        return BucketOutOfReach(type=beat.only_bucket_type)
    return Recorded(EventId(whole(event)), Instant(whole(began)), Instant(whole(ended)), beat.data)
