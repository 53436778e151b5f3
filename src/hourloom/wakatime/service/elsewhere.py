"""Take and give spans that were spent elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import SECOND
from hourloom.core.ids import EventId
from hourloom.db.transaction import Database
from hourloom.tracking.model import BucketDraft, EventDraft
from hourloom.tracking.service import Buckets, Editing, Events
from hourloom.wakatime.model.agents import UNKNOWN
from hourloom.wakatime.model.beats import MOST_AT_ONCE, BeatFault, TooManyBeats, word_in
from hourloom.wakatime.model.elsewhere import BUCKET_TYPE, LONGEST, SentSpan, read_span
from hourloom.wakatime.model.periods import BeatPeriod, day_named
from hourloom.wakatime.model.summing import Json
from hourloom.wakatime.service.recording import CLIENT, acting_for
from hourloom.wakatime.service.time import EditorTime
from hourloom.wakatime.service.words import instant_text, zone_name

MOST_LOOKED_AT = 20_000

Stored = tuple[int, int, int, bytes]
"""A span that is stored: its event's number, start, end and payload."""


class EditorElsewhere:
    """Spans from outside, in buckets of their own; no total counts them."""

    is_service = True

    def __init__(
        self, database: Database, time: EditorTime, buckets: Buckets, events: Events, editing: Editing
    ) -> None:
        self._database, self._time = database, time
        self._buckets, self._events, self._editing = buckets, events, editing

    def record(self, who: Actor, items: Sequence[Any], machine: str) -> list[SentSpan | BeatFault]:
        """Store spans; one that is known by its id takes the place of what it was before."""
        if len(items) > MOST_AT_ONCE:
            raise TooManyBeats(most=MOST_AT_ONCE)
        read = [read_span(item) for item in items]
        sent = {each.span.external_id: each for each in read if isinstance(each, SentSpan)}
        name = f"elsewhere_{(word_in(machine) or UNKNOWN).replace('/', '-')[:100]}"
        who.require_recording_in(name)
        if not sent:
            return read
        with self._database.begin():
            draft = BucketDraft(name, BUCKET_TYPE, CLIENT, word_in(machine) or UNKNOWN)
            self._buckets.create(who, draft)
            self._store(acting_for(who), name, sent)
        return read

    def _store(self, who: Actor, bucket: str, sent: dict[str, SentSpan]) -> None:
        known = self._known(who, bucket, list(sent.values()))
        new: list[EventDraft] = []
        changed: list[EventDraft] = []
        for id, each in sent.items():
            data = msgspec.json.encode(each.span)
            before = known.get(id)
            if before is None:
                new.append(EventDraft(each.start, each.end, data))
            elif before[1:] != (each.start, each.end, _canonical(each)):
                changed.append(EventDraft(each.start, each.end, data, EventId(before[0])))
        if new:
            self._events.append(who, bucket, new)
        if changed:
            self._editing.replace(who, bucket, changed)

    def _known(self, who: Actor, bucket: str, sent: Sequence[SentSpan]) -> dict[str, Stored]:
        """Return what is stored by the same ids, as far as it lies within a month of what was sent."""
        start = max(0, min(each.start for each in sent) - 2 * LONGEST)
        end = max(each.end for each in sent) + 2 * LONGEST
        found = self._events.between(who, bucket, start, end, MOST_LOOKED_AT)
        return {
            str(payload.data.get("external_id")): (number or 0, begins, ends, payload.text.encode())
            for number, begins, ends, payload in found
        }

    def list(self, who: Actor, day: str, zone: str | None) -> Json:
        """Return the spans of a day."""
        who.require("tracking:read")
        way = self._time.way(who, zone)
        wanted = day_named(day, self._time.today(way))
        (found,) = self._time.days(who, BeatPeriod(wanted, wanted), way)
        spans = sorted(
            (start, end, number or 0, payload.data)
            for view in self._time.own_buckets(who, BUCKET_TYPE)
            for number, start, end, payload in self._events.between(
                who, view.bucket.name, found.start, found.end - 1, MOST_LOOKED_AT
            )
        )
        return {
            "data": [
                {**data, "id": str(number), "start_time": start / SECOND, "end_time": end / SECOND}
                for start, end, number, data in spans
            ],
            "start": instant_text(found.start),
            "end": instant_text(found.end - SECOND),
            "timezone": zone_name(way, found.start),
        }


def _canonical(sent: SentSpan) -> bytes:
    return msgspec.json.encode(sent.span, order="sorted")
