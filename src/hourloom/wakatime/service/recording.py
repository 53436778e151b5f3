"""Take what plug-ins send: each beat for itself, none twice, none lost by the fault of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, MINUTE, Clock, Duration
from hourloom.db.transaction import Database
from hourloom.settings.definitions import EDITOR_LAST_FOR_SITES, EDITOR_NEWEST_MINUTES, EDITOR_OLDEST_DAYS
from hourloom.settings.service import Settings
from hourloom.tracking.model import BucketDraft, EventDraft
from hourloom.tracking.service import Buckets, Events
from hourloom.wakatime.model.beats import (
    BUCKET_TYPE,
    LAST,
    MOST_AT_ONCE,
    Beat,
    BeatFault,
    BeatLimits,
    BeatSender,
    Read,
    SentBeat,
    TooManyBeats,
    bucket_name,
    identity_in,
    payload_of,
    read_beat,
    wants_last,
    with_last,
)

CLIENT = "wakatime"
MOST_OF_A_MOMENT = 1_000
LOOKED_BACK = 50
"""How many beats of each bucket are searched for the last value of a field."""


class EditorRecording:
    """Stores beats as events without length, in one bucket for each editor on each computer."""

    is_service = True

    def __init__(
        self, database: Database, clock: Clock, settings: Settings, buckets: Buckets, events: Events
    ) -> None:
        self._database, self._clock, self._settings = database, clock, settings
        self._buckets, self._events = buckets, events

    def record(self, who: Actor, items: Sequence[Any], sender: BeatSender) -> list[Read]:
        """Store beats; return for each, in their order, what was taken or why it was not."""
        if len(items) > MOST_AT_ONCE:
            raise TooManyBeats(most=MOST_AT_ONCE)
        limits, now = self._limits(who), self._clock.now()
        read = [read_beat(item, sender, limits, now) for item in items]
        with self._database.begin():
            taken = self._filled(who, read)
            by_bucket: dict[tuple[str, str], list[SentBeat]] = {}
            for sent in taken:
                if isinstance(sent, SentBeat):
                    by_bucket.setdefault((sent.beat.editor, sent.machine), []).append(sent)
            if not by_bucket and items:
                # Whoever may not record shall hear of it, whatever they sent.
                self._require_recording(who)
            for (editor, machine), beats in by_bucket.items():
                self._store(who, editor, machine, beats)
        return taken

    def _limits(self, who: Actor) -> BeatLimits:
        value = self._settings.value
        return BeatLimits(
            Duration(value(who, EDITOR_OLDEST_DAYS) * DAY),
            Duration(value(who, EDITOR_NEWEST_MINUTES) * MINUTE),
        )

    def _require_recording(self, who: Actor) -> None:
        if not any(scope.startswith("heartbeats:write:") for scope in who.scopes):
            who.require_recording_in("*")

    def _store(self, who: Actor, editor: str, machine: str, beats: Sequence[SentBeat]) -> None:
        """Add the beats of one bucket that are not there yet."""
        name = bucket_name(editor, machine)
        draft = BucketDraft(name, BUCKET_TYPE, CLIENT, machine, _described(editor))
        self._buckets.create(who, draft)
        acting = acting_for(who)
        known = self._known(acting, name, [sent.at for sent in beats])
        new: list[EventDraft] = []
        for sent in sorted(beats, key=lambda each: each.at):
            identity = (sent.at, *sent.beat.identity)
            if identity not in known:
                known.add(identity)
                new.append(EventDraft(sent.at, sent.at, payload_of(sent.beat)))
        if new:
            self._events.append(acting, name, new)

    def _known(self, who: Actor, bucket: str, moments: Sequence[int]) -> set[tuple[Any, ...]]:
        """Return the identities of the beats that are stored at some moments.

        A batch mostly covers a few minutes, so one look over all of it does; one from a long queue may
        cover days, and then each moment is looked at.
        """
        wanted = set(moments)
        found = self._events.between(who, bucket, min(wanted), max(wanted), MOST_OF_A_MOMENT)
        if len(found) >= MOST_OF_A_MOMENT:
            found = [
                event
                for at in wanted
                for event in self._events.between(who, bucket, at, at, MOST_OF_A_MOMENT)
            ]
        return {(start, *identity_in(payload.data)) for _, start, _, payload in found if start in wanted}

    def _filled(self, who: Actor, read: Sequence[Read]) -> list[Read]:
        """Return beats with the last values where they ask for them."""
        if not any(isinstance(each, SentBeat) and wants_last(each.beat) for each in read):
            return list(read)
        also_sites = self._settings.value(who, EDITOR_LAST_FOR_SITES)
        taken: list[Read] = list(read)
        sent = [(each.at, place, each) for place, each in enumerate(read) if isinstance(each, SentBeat)]
        sent.sort(key=lambda each: each[:2])
        last = LastValues(lambda field: self._last_value(who, field, sent[0][0]))
        for _, place, each in sent:
            beat = with_last(each.beat, last.get, also_sites=also_sites)
            last.note(beat)
            taken[place] = msgspec.structs.replace(each, beat=beat)
        return taken

    def _last_value(self, who: Actor, field: str, at: int) -> str | None:
        """Return the value that a field had in the newest of the user's beats up to a moment."""
        acting, best = acting_for(who), (-1, "")
        for view in editor_buckets(acting, self._buckets):
            for _, start, _, payload in self._events.page(acting, view, (at, 2**62), LOOKED_BACK):
                value = payload.data.get(field)
                if isinstance(value, str) and value:
                    best = max(best, (start, value))
                    break
        return best[1] or None


class LastValues:
    """The last values of project, branch and language, going through a batch in order."""

    def __init__(self, stored: Callable[[str], str | None]) -> None:
        self._stored = stored
        self._seen: dict[str, str | None] = {}

    def get(self, field: str) -> str | None:
        """Return the last value of a field, from the batch or from what is stored."""
        if field not in self._seen:
            self._seen[field] = self._stored(field)
        return self._seen[field]

    def note(self, beat: Beat) -> None:
        """Go on past a beat."""
        for field in LAST:
            if value := getattr(beat, field):
                self._seen[field] = value


def editor_buckets(who: Actor, buckets: Buckets, bucket_type: str = BUCKET_TYPE) -> list[str]:
    """Return the names of the user's own buckets of a type."""
    own = {device.id for device in buckets.devices(who) if device.user_id == who.user_id}
    return [
        view.bucket.name
        for view in buckets.all(who)
        if view.bucket.type == bucket_type and view.bucket.device_id in own
    ]


def acting_for(who: Actor) -> Actor:
    """Return the actor by whom a bucket is looked at and written to, once it is known that they may record.

    A key that only records cannot read; whether a beat is there already is found out for it.
    """
    return msgspec.structs.replace(who, scopes=frozenset({"tracking:write"}))


def faults_of(fault: BeatFault) -> Mapping[str, object]:
    """Return why a beat was refused, as WakaTime says it."""
    return {"errors": {fault.field: [fault.reason]}, "error": f"{fault.field}: {fault.reason}"}


def _described(editor: str) -> str:
    return msgspec.json.encode({"editor": editor}).decode()
