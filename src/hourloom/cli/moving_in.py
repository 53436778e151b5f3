"""Carry another tracker's events to the server, read on one thread and sent on another."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from hourloom.cli.handed import Source, SourceBatch, SourceBucket, SourceEvent
from hourloom.sdk.answers import Import, OperationPage
from hourloom.sdk.api import Api, RefusedByServer

MOST_EVENTS = 2000
MOST_BYTES = 4 << 20
_WAITING = 3
"""Requests that are prepared while the server works on one."""
_PATIENCE = 0.2
FAULTY_SHOWN = 100

Heard = Callable[[int, str], None]
"""Hear how many events are through, and of which bucket the last ones are."""


@dataclass
class Report:
    """What an import did, or would do."""

    source: str
    operation_id: int | None = None
    created: int = 0
    skipped: int = 0
    faulty: int = 0
    buckets_created: list[str] = field(default_factory=list)
    buckets_merged: list[str] = field(default_factory=list)
    first_faulty: list[str] = field(default_factory=list)

    def note_faulty(self, faulty: list[str]) -> None:
        """Count faulty events and keep the first of them."""
        self.faulty += len(faulty)
        self.first_faulty += faulty[: FAULTY_SHOWN - len(self.first_faulty)]


class Unfinished:
    """Remembers which operation an import of a source belongs to until the import is complete."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def operation(self) -> int | None:
        """Return the operation of an import that was stopped."""
        try:
            return int(self._path.read_text("ascii"))
        except (OSError, ValueError):
            return None

    def remember(self, operation: int) -> None:
        """Write the operation down."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.write_text(f"{operation}\n", "ascii")

    def forget(self) -> None:
        """Forget it, because the import is complete."""
        self._path.unlink(missing_ok=True)


class _Request(msgspec.Struct):
    bucket: str
    kind: str
    body: bytes = b""
    events: int = 0
    faulty: list[str] = []


def rehearse(source: Source, known: set[str], heard: Heard) -> Report:
    """Read the whole source and say what an import would do; buckets of known names would be merged."""
    report = Report(source.title)
    for bucket in source.buckets():
        (report.buckets_merged if bucket.id in known else report.buckets_created).append(bucket.id)
        for batch in source.events(bucket.id, None):
            report.created += len(batch.events)
            report.note_faulty(batch.faulty)
            heard(report.created, bucket.id)
    return report


def carry(
    api: Api, source: Source, buckets: list[SourceBucket], unfinished: Unfinished, heard: Heard
) -> Report:
    """Import all buckets as one operation, going on where one that was stopped had come to."""
    done = _stopped(api, unfinished) or api.post("/api/v1/imports", {"source": source.title}, Import)
    unfinished.remember(done.operation_id)
    report = Report(source.title, done.operation_id)
    path = f"/api/v1/imports/{done.operation_id}"
    heard(done.created + done.skipped, "")
    for request in _prepared(source, buckets, done.cursors):
        done = api.post_bytes(f"{path}/{request.kind}", request.body, Import)
        report.note_faulty(request.faulty)
        heard(done.created + done.skipped, request.bucket)
    unfinished.forget()
    report.created, report.skipped = done.created, done.skipped
    report.buckets_created, report.buckets_merged = done.buckets_created, done.buckets_merged
    return report


def _stopped(api: Api, unfinished: Unfinished) -> Import | None:
    """Return the import that was stopped, unless it is gone or was undone meanwhile."""
    operation = unfinished.operation()
    if operation is None:
        return None
    try:
        page = api.get(f"/api/v1/operations?limit=1&cursor={operation + 1}", OperationPage)
        if not page.operations or page.operations[0].id != operation or not page.operations[0].can_be_undone:
            return None
        return api.get(f"/api/v1/imports/{operation}", Import)
    except RefusedByServer:
        return None


def _prepared(source: Source, buckets: list[SourceBucket], cursors: dict[str, str]) -> Iterator[_Request]:
    """Yield requests that another thread prepares, a few ahead; what goes wrong there is raised here."""
    ready: queue.Queue[_Request | Exception | None] = queue.Queue(_WAITING)
    stopped = threading.Event()

    def put(item: _Request | Exception | None) -> None:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=_PATIENCE)
            except queue.Full:
                continue
            return

    def prepare() -> None:
        try:
            for request in requests(source, buckets, cursors):
                put(request)
                if stopped.is_set():
                    return
            put(None)
        except Exception as error:  # noqa: BLE001 - raised again on the thread that asks
            put(error)

    reader = threading.Thread(target=prepare, name="hourloom-source", daemon=True)
    reader.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        stopped.set()
        reader.join()


def requests(source: Source, buckets: list[SourceBucket], cursors: dict[str, str]) -> Iterator[_Request]:
    """Yield a request for each bucket and for its events, in parts that the server takes at once."""
    for bucket in buckets:
        yield _Request(bucket.id, "buckets", _bucket_body(bucket))
        part = _Part(bucket.id)
        for batch in source.events(bucket.id, cursors.get(bucket.id)):
            yield from part.take(batch)
        if part.worth_sending:
            yield part.sent()


def _bucket_body(bucket: SourceBucket) -> bytes:
    return msgspec.json.encode(
        {
            "name": bucket.id,
            "type": bucket.type,
            "client": bucket.client,
            "hostname": bucket.hostname,
            "data": msgspec.Raw(bucket.data),
        }
    )


class _Part:
    """Events that go to the server together, and the cursor behind the last whole batch of them."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._begin()

    def _begin(self) -> None:
        self._rows: list[tuple[int, int, msgspec.Raw]] = []
        self._faulty: list[str] = []
        self._size = 0
        self._cursor: str | None = None

    @property
    def worth_sending(self) -> bool:
        return bool(self._rows or self._faulty or self._cursor)

    def take(self, batch: SourceBatch) -> Iterator[_Request]:
        """Add a batch; yield what is full. A cursor goes with the last event before it, never sooner."""
        for event in batch.events:
            if self._is_full(event):
                yield self.sent()
            self._rows.append((event.started_at, event.ended_at, msgspec.Raw(event.data_json)))
            self._size += len(event.data_json)
        self._faulty += batch.faulty
        self._cursor = batch.cursor or None

    def sent(self) -> _Request:
        """Return what there is as a request and begin anew."""
        body: dict[str, object] = {"bucket": self._bucket, "events": self._rows}
        if self._cursor is not None:
            body["cursor"] = self._cursor
        request = _Request(self._bucket, "events", msgspec.json.encode(body), len(self._rows), self._faulty)
        self._begin()
        return request

    def _is_full(self, event: SourceEvent) -> bool:
        too_large = self._size + len(event.data_json) > MOST_BYTES
        return len(self._rows) >= MOST_EVENTS or (too_large and bool(self._rows))


def lines_of(report: Report, *, rehearsal: bool) -> Iterator[str]:
    """Yield the report for people."""
    would = "would be " if rehearsal else ""
    yield f"{report.created:,} events {would}created"
    if not rehearsal:
        yield f"{report.skipped:,} events were there already"
    if report.buckets_created:
        yield f"Buckets {would}created: {', '.join(report.buckets_created)}"
    if report.buckets_merged:
        yield f"Buckets {would}merged into: {', '.join(report.buckets_merged)}"
    if report.faulty:
        yield f"{report.faulty:,} events cannot be imported:"
        yield from (f"  {each}" for each in report.first_faulty)
        if report.faulty > len(report.first_faulty):
            yield f"  … and {report.faulty - len(report.first_faulty):,} more"
