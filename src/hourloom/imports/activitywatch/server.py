"""A running ActivityWatch server, read newest first in pages, every event whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TypeVar
from urllib.parse import quote

import msgspec

from hourloom.core.clock import format_instant
from hourloom.core.decoding import decode
from hourloom.core.errors import Invalid
from hourloom.imports.activitywatch.events import WireEvent, decode_many, decode_one, event_of
from hourloom.imports.activitywatch.export import bucket_data, created_at
from hourloom.imports.activitywatch.http import AnswerTooLarge, Fetch, HttpFetch, StrangeAnswer
from hourloom.imports.activitywatch.scanner import Scanner
from hourloom.imports.model import (
    BATCH,
    Batch,
    Cursor,
    FaultyData,
    FaultyEvent,
    SourceBucket,
    SourceEvent,
    batch_of,
)

T = TypeVar("T")

PAGE = 10_000
"""A page costs old servers a walk over the whole bucket, so pages are large."""

_MOST = 10_000_000
_WIDENING = 2000
"""Servers widen a page's end to the next millisecond, so that much may come twice."""

_Numbered = tuple[int | None, SourceEvent]
"""An event with the id it has at its server."""


class ForeignServer(Invalid):
    """{url} answers, but it is not an ActivityWatch server."""


class _WireBucket(msgspec.Struct):
    id: str
    type: str = "unknown"
    client: str = "unknown"
    hostname: str = "unknown"
    created: str | None = None
    name: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


@dataclass(slots=True)
class _Page:
    """What one answer holds: good events with their ids, and the others."""

    events: list[_Numbered]
    faulty: list[FaultyEvent]
    size: int


class _Walk:
    """How far a bucket has been read backwards in time."""

    def __init__(self, edge: int | None, limit: int) -> None:
        self.edge, self.done = edge, False
        self.limit, self._ceiling = limit, _MOST
        self._known: set[int | None] = set()

    def goes_back(self, page: _Page) -> bool:
        """Return whether this page reaches further than the one before."""
        return any(self.edge is None or event.started_at < self.edge for _, event in page.events)

    def fresh(self, page: _Page) -> list[_Numbered]:
        """Return the events that the page before did not show."""
        return [pair for pair in page.events if pair[0] is None or pair[0] not in self._known]

    def advance(self, page: _Page) -> None:
        """Go on from the earliest start of this page, or end with a page that is not full."""
        self.edge = min((event.started_at for _, event in page.events), default=self.edge)
        self.done = page.size < self.limit or self.edge is None
        near = (self.edge or 0) + _WIDENING
        self._known = {id_ for id_, event in page.events if event.started_at <= near}

    def widen(self, url: str) -> None:
        """Ask for more at once, as a whole page began at one instant."""
        if self.limit * 4 > self._ceiling:
            raise StrangeAnswer(url=url, reason="too many events begin at one instant")
        self.limit *= 4

    def narrow(self, url: str) -> None:
        """Ask for less at once, as the answer was too large, or give up."""
        if self.limit == 1:
            raise StrangeAnswer(url=url, reason="one event is larger than 64 MiB")
        self.limit = self._ceiling = max(1, self.limit // 4)


class RunningServer:
    """The buckets of a server at an address, over `/api/0`."""

    def __init__(
        self, url: str, token: str | None = None, fetch: Fetch | None = None, page: int = PAGE
    ) -> None:
        self._url, self._page = url, page
        self._fetch = fetch or HttpFetch(url, token)
        self._check_kind()

    @property
    def title(self) -> str:
        """Say which server this is."""
        return f"the ActivityWatch server at {self._url}"

    def buckets(self) -> list[SourceBucket]:
        """Ask for all buckets and for the number of their events."""
        found = self._decoded("buckets/", dict[str, _WireBucket])
        return [self._bucket(wire) for _, wire in sorted(found.items())]

    def events(self, bucket_id: str, after: Cursor | None = None) -> Iterator[Batch]:
        """Yield events newest first; the cursor is the earliest start so far.

        A page reaches up to the earliest start of the one before, so the events at its edge come twice
        (told by their ids) and those that cross it come cut (asked for one by one, whole).

            page 1              [---][--][----]
            page 2    [--][---]~[---]
                                ^ edge: known by its id, or cut here and asked for again
        """
        walk = _Walk(int(after) if after else None, self._page)
        while not walk.done:
            page = self._next_page(bucket_id, walk)
            if page.size >= walk.limit and not walk.goes_back(page):
                walk.widen(self._url)
                continue
            events = self._whole(bucket_id, walk.fresh(page), walk.edge)
            yield from _batches(events, page.faulty, walk.edge)
            walk.advance(page)

    def close(self) -> None:
        """Close the connection."""
        self._fetch.close()

    def _check_kind(self) -> None:
        try:
            info = decode(self._fetch("info"), dict[str, object])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, StrangeAnswer):
            raise ForeignServer(url=self._url) from None
        if not {"hostname", "version"} <= info.keys():
            raise ForeignServer(url=self._url)

    def _bucket(self, wire: _WireBucket) -> SourceBucket:
        return SourceBucket(
            id=wire.id,
            type=wire.type,
            client=wire.client,
            hostname=wire.hostname,
            created=created_at(wire.created or ""),
            data=bucket_data(bytes(wire.data)),
            name=wire.name,
            event_count=self._decoded(f"buckets/{quote(wire.id, safe='')}/events/count", int),
        )

    def _next_page(self, bucket_id: str, walk: _Walk) -> _Page:
        while True:
            path = f"buckets/{quote(bucket_id, safe='')}/events?limit={walk.limit}"
            if walk.edge is not None:
                # aw-server-rust counts nanoseconds: the microsecond that holds the edge is asked for whole.
                path += f"&end={format_instant(walk.edge + 1)}"
            try:
                return _page_of(self._fetch(path), self._url)
            except AnswerTooLarge:
                walk.narrow(self._url)

    def _whole(
        self, bucket_id: str, pairs: list[_Numbered], edge: int | None
    ) -> list[SourceEvent | FaultyEvent]:
        if edge is None:
            return [event for _, event in pairs]
        return [event if event.ended_at < edge else self._single(bucket_id, id_) for id_, event in pairs]

    def _single(self, bucket_id: str, id_: int | None) -> SourceEvent | FaultyEvent:
        path = f"buckets/{quote(bucket_id, safe='')}/events/{id_}"
        try:
            return event_of(decode_one(self._fetch(path)))
        except (FaultyData, StrangeAnswer) as error:
            return FaultyEvent(f"event {id_}", f"it comes cut, and not whole: {error.message}")

    def _decoded(self, path: str, shape: type[T]) -> T:
        try:
            return decode(self._fetch(path), shape)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise StrangeAnswer(url=self._url, reason=str(error)) from None


def _page_of(answer: bytes, url: str) -> _Page:
    page = _Page([], [], 0)
    try:
        for text, wire in _wires(answer):
            _add(page, text, wire)
    except Invalid as error:
        raise StrangeAnswer(url=url, reason=error.message) from None
    return page


def _wires(answer: bytes) -> Iterator[tuple[bytes | None, WireEvent | None]]:
    try:
        yield from ((None, wire) for wire in decode_many(answer))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, FaultyData):
        scanner = Scanner(BytesIO(answer), "the answer")
        for _ in scanner.elements():
            yield scanner.value(), None


def _add(page: _Page, text: bytes | None, wire: WireEvent | None) -> None:
    page.size += 1
    try:
        wire = wire or decode_one(text)
        page.events.append((wire.id, event_of(wire)))
    except FaultyData as fault:
        where = f"event {wire.id}" if wire else f"event {page.size} of a page"
        page.faulty.append(FaultyEvent(where, fault.message))


def _batches(
    events: list[SourceEvent | FaultyEvent], faulty: list[FaultyEvent], edge: int | None
) -> Iterator[Batch]:
    for at in range(0, max(1, len(events)), BATCH):
        part = [*events[at : at + BATCH], *(faulty if at == 0 else [])]
        starts = [event.started_at for event in part if isinstance(event, SourceEvent)]
        edge = min(starts, default=edge)
        if part:
            yield batch_of(part, Cursor("" if edge is None else str(edge)))
