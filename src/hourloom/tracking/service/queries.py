"""Answer queries over buckets, and keep the answers about periods that are over."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock, Instant
from hourloom.db.transaction import Database, Transaction
from hourloom.tracking import store
from hourloom.tracking.model import Bucket, settled_before
from hourloom.tracking.query.deadline import Deadline
from hourloom.tracking.query.encoding import encode_result
from hourloom.tracking.query.errors import QueryFunctionError
from hourloom.tracking.query.events import Events
from hourloom.tracking.query.ports import BucketSummary
from hourloom.tracking.service.events import count_events, read_events
from hourloom.tracking.shelf import PayloadShelf

if TYPE_CHECKING:
    from hourloom.tracking.query.syntax import Program
    from hourloom.tracking.query.timeperiod import Period

MOST_PERIODS = 1_000
MOST_KEPT_BYTES = 4 * 1024 * 1024


class Queries:
    """Questions in ActivityWatch's query language."""

    is_service = True

    def __init__(self, database: Database, clock: Clock, shelf: PayloadShelf, seconds: float) -> None:
        self._database, self._clock, self._shelf = database, clock, shelf
        self.seconds = seconds
        self._answers = KeptAnswers(MOST_KEPT_BYTES)

    async def ask(self, who: Actor, lines: Sequence[str], periods: Sequence[str], name: str = "") -> bytes:
        """Return the JSON list of a query's results, one for each period."""
        from hourloom.tracking.query.parser import parse_query  # noqa: PLC0415 - a start need not wait for it
        from hourloom.tracking.query.timeperiod import parse_period  # noqa: PLC0415 - as above

        who.require("tracking:read")
        if len(periods) > MOST_PERIODS:
            raise QueryFunctionError(f"A query has at most {MOST_PERIODS} periods.")
        text = hashlib.blake2b(msgspec.json.encode([name, *lines]), digest_size=16).digest()
        # The clock is read before the buckets are, so that what is settled was settled in the snapshot.
        settled = settled_before(self._clock.now())
        question = Question(who.workspace_id, text, parse_query(lines), name, settled)
        asked = [parse_period(period) for period in periods]
        ends = time.monotonic() + self.seconds
        return await self._database.run_read(lambda: self._all(question, asked, ends), seconds=self.seconds)

    def forget(self) -> None:
        """Drop all kept answers: some tell of what was erased."""
        self._answers = KeptAnswers(MOST_KEPT_BYTES)

    def _all(self, question: Question, periods: Sequence[Period], ends: float) -> bytes:
        with self._database.read() as tx:
            buckets = store.buckets_of(tx, question.workspace_id)
            answers = []
            for period in periods:
                deadline = Deadline(max(0.0, ends - time.monotonic()))
                source = BucketSource(tx, self._shelf, buckets)
                answers.append(self._one(question, period, source, deadline))
            return b"[" + b",".join(answers) + b"]"

    def _one(self, question: Question, period: Period, source: BucketSource, deadline: Deadline) -> bytes:
        from hourloom.tracking.query.interpreter import run  # noqa: PLC0415 - as above

        key = (question.workspace_id, question.text, period.start_text, period.end_text)
        kept = self._answers.get(key, source.all_versions, source.names)
        if kept is not None:
            return kept
        answer = encode_result(run(question.program, period, source, name=question.name, deadline=deadline))
        if source.latest < question.settled:
            self._answers.put(key, Answer(answer, source.versions(), source.names_asked))
        return answer


Names = tuple[tuple[str, str], ...]


class Question(NamedTuple):
    """A query as it is asked for one period after the other."""

    workspace_id: int
    text: bytes
    """A digest of the query's words."""
    program: Program
    name: str
    settled: Instant
    """What lies before this changes only with the history versions."""


class BucketSource:
    """The buckets of a workspace as one query reads them."""

    def __init__(self, tx: Transaction, shelf: PayloadShelf, buckets: Sequence[Bucket]) -> None:
        self._tx, self._shelf = tx, shelf
        self._by_name = {bucket.name: bucket for bucket in buckets}
        self.all_versions: dict[str, tuple[int, int]] = {
            bucket.name: (bucket.id, bucket.history_version) for bucket in buckets
        }
        self.names = tuple((bucket.name, bucket.hostname) for bucket in buckets)
        self._read: set[str] = set()
        self.names_asked: Names | None = None
        self.latest = 0
        """The latest instant that the query asked about."""

    def buckets(self) -> Sequence[BucketSummary]:
        """Return all buckets in the order they were made."""
        self.names_asked = self.names
        return [BucketSummary(*names) for names in self.names]

    def events(self, bucket: str, start: int, end: int) -> Events:
        """Return the events that meet a period, cut to it, the newest first."""
        return read_events(self._tx, self._shelf, self._noted(bucket, end), start, end)

    def count(self, bucket: str, start: int, end: int) -> int:
        """Return how many events meet a period."""
        return count_events(self._tx, self._noted(bucket, end), start, end)

    def versions(self) -> dict[str, tuple[int, int]]:
        """Return what was read, in which version."""
        return {name: self.all_versions[name] for name in self._read}

    def _noted(self, name: str, end: int) -> Bucket:
        bucket = self._by_name.get(name)
        if bucket is None:
            raise QueryFunctionError(f"There's no bucket named '{name[:200]}'")
        self._read.add(name)
        self.latest = max(self.latest, end)
        return bucket


class Answer(msgspec.Struct, frozen=True):
    """A kept answer and what it was made from."""

    body: bytes
    versions: dict[str, tuple[int, int]]
    names_asked: Names | None
    """All names and hosts of buckets, in order, if the query looked for one among them."""


Key = tuple[int, bytes, str, str]


class KeptAnswers:
    """Answers about settled time, as long as the buckets that they read have the same history."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Key, Answer] = OrderedDict()
        self._bytes = 0
        self._guard = threading.Lock()

    def get(self, key: Key, versions: dict[str, tuple[int, int]], names: Names) -> bytes | None:
        """Return an answer that is still right."""
        with self._guard:
            answer = self._kept.get(key)
            if answer is None or any(versions.get(n) != v for n, v in answer.versions.items()):
                return None
            if answer.names_asked not in (None, names):
                return None
            self._kept.move_to_end(key)
            return answer.body

    def put(self, key: Key, answer: Answer) -> None:
        """Keep an answer; those unused longest go when the room is used up."""
        with self._guard:
            old = self._kept.pop(key, None)
            self._bytes += len(answer.body) - (len(old.body) if old else 0)
            self._kept[key] = answer
            while self._bytes > self._most_bytes:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone.body)
