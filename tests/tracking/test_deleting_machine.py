"""Writes, deletions, undo, erasures and retention in any order, held against a model in memory.

No second is lost or invented: what the server holds, events and totals, is what the model holds.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hourloom.core.clock import DAY, HOUR, SECOND, format_instant
from hourloom.testing import FixedClock, a_server, new_sqlite_file, open_sqlite
from hourloom.tracking import store
from tests.conftest import KEY
from tests.tracking.recorded import WINDOW, add, make_buckets, rows, until_jobs_end

ERASURES = "/api/v1/erasures"
TITLES = ["red", "green", None]


_numbers = count(1)


class Kept(msgspec.Struct, eq=False):
    """An event as the model has it."""

    start: int
    end: int
    title: str | None
    number: int = msgspec.field(default_factory=lambda: next(_numbers))

    @property
    def data(self) -> str:
        return '{"app":"a"}' if self.title is None else f'{{"app":"a","title":"{self.title}"}}'


class Scope(msgspec.Struct):
    start: int
    end: int
    title: str | None

    def meets(self, event: Kept) -> bool:
        return (
            event.start < self.end
            and (event.end > self.start or self.start <= event.start == event.end)
            and (self.title is None or event.title == self.title)
        )


class Image(msgspec.Struct, eq=False):
    """An event before it was deleted, and what was left of it then."""

    before: Kept
    pieces: list[Kept]
    left: list[tuple[int, int, str | None]]


class Done(msgspec.Struct, eq=False):
    """A deletion that can be undone."""

    operation: int
    scope: Scope
    images: list[Image]
    at: int
    last: int
    """The newest event when it was asked for."""


class Deleting(RuleBasedStateMachine):
    """The server beside its model."""

    def __init__(self) -> None:
        super().__init__()
        self._until_end = ExitStack()
        self.directory = Path(self._until_end.enter_context(tempfile.TemporaryDirectory()))
        self.events: list[Kept] = []
        self.done: list[Done] = []
        self.totals = 0

    @initialize()
    def begin(self) -> None:
        file = Path(shutil.copy(_template(), self.directory / "hourloom.db"))
        self.clock = FixedClock()
        open_database: Callable[..., Any] = lambda record, publish: open_sqlite(file, KEY, record, publish)  # noqa: E731 - as the port says
        self.server = self._until_end.enter_context(a_server(open_database, self.directory, self.clock))
        make_buckets(self.server)
        self.server.write(lambda: None)
        self.client = self.server.client_with("tracking:write", "settings:write", "operations:read")
        backups = self.server.client_with("admin")
        backups.request("PUT", "/api/v1/settings/backup_enabled", json={"value": False})

    def teardown(self) -> None:
        self._until_end.close()

    @rule(
        given=st.lists(
            st.tuples(st.integers(0, 40 * 24), st.integers(0, 50), st.sampled_from(TITLES)),
            min_size=2,
            max_size=5,
        )
    )
    def record(self, given: list[tuple[int, int, str | None]]) -> None:
        for back, lasts, title in given:
            start = self.clock.now() - back * HOUR
            data = {"app": "a"} | ({} if title is None else {"title": title})
            add(self.server, WINDOW, (start, start + lasts * HOUR, data))
            self.events.append(Kept(start, start + lasts * HOUR, title))

    @precondition(lambda self: self.events)
    @rule(
        which=st.integers(0, 99),
        later=st.integers(-20, 30),
        lasts=st.integers(1, 40),
        title=st.sampled_from(["red", None, None]),
        now=st.sampled_from([False, False, True]),
    )
    def delete(self, which: int, later: int, lasts: int, title: str | None, *, now: bool) -> None:
        start = max(0, self.events[which % len(self.events)].start + later * HOUR)
        scope = Scope(start, start + lasts * HOUR, title)
        wanted = {"range": f"{format_instant(scope.start)}..{format_instant(scope.end)}", "now": now}
        made = self.client.post(ERASURES, wanted | ({} if title is None else {"title": title})).json()
        last = next(_numbers)
        images = [self._deleted(event, scope) for event in self.events if scope.meets(event)]
        assert made["events"] == len(images)
        gone = {id(image.before) for image in images}
        self.events = [e for e in self.events if id(e) not in gone] + [p for i in images for p in i.pieces]
        until_jobs_end(self.server)
        if now:
            self._forget(scope, last)
        else:
            self.done.append(Done(made["operation_id"], scope, images, self.clock.now(), last))

    @precondition(lambda self: self.done)
    @rule(which=st.integers(0, 5))
    def undo(self, which: int) -> None:
        done = self.done.pop(which % len(self.done))
        status = self.client.post(f"/api/v1/operations/{done.operation}/undo", {}).status
        until_jobs_end(self.server)
        there = {id(event) for event in self.events}
        if any(
            id(p) not in there or _of(p) != was
            for i in done.images
            for p, was in zip(i.pieces, i.left, strict=True)
        ):
            assert status == 409
            self.done.append(done)
            return
        assert status == 200
        pieces = {id(piece) for image in done.images for piece in image.pieces}
        self.events = [e for e in self.events if id(e) not in pieces] + [i.before for i in done.images]

    @rule(days=st.integers(1, 5))
    def wait(self, days: int) -> None:
        self.clock.advance(days * DAY / SECOND)
        until_jobs_end(self.server)
        old = [done for done in self.done if self.clock.now() - done.at > 7 * DAY]
        self.done = [done for done in self.done if done not in old]
        for done in old:
            assert self.client.post(f"/api/v1/operations/{done.operation}/undo", {}).status == 410
            self._forget(done.scope, done.last)

    @rule(titles=st.none() | st.integers(1, 40), events=st.none() | st.integers(1, 40))
    def retain(self, titles: int | None, events: int | None) -> None:
        for kind, days in (("titles", titles), ("events", events)):
            self.client.request("PUT", f"/api/v1/settings/retention_{kind}_days", json={"value": days})
        place = None
        while (
            place := self.client.post("/api/v1/retention/run", {"place": place}).json()["place"]
        ) is not None:
            pass
        for kind in ("titles", "events"):
            self.client.request("PUT", f"/api/v1/settings/retention_{kind}_days", json={"value": None})
        now = self.clock.now()
        if events is not None:
            old = [event for event in self.events if event.end <= now - events * DAY]
            self.totals += sum(event.end - event.start for event in old)
            self.events = [event for event in self.events if event not in old]
        for event in self.events:
            if titles is not None and event.end <= now - titles * DAY:
                event.title = None

    @invariant()
    def both_hold_the_same(self) -> None:
        if hasattr(self, "server"):
            assert rows(self.server, WINDOW) == sorted((e.start, e.end, e.data) for e in self.events)

    @invariant()
    def every_payload_is_there(self) -> None:
        if hasattr(self, "server"):
            with self.server.database.read() as tx:
                used = {int(str(row[0])) for row in store.used_payloads(tx)}
                assert used <= {int(str(row[0])) for row in store.all_payloads(tx)}

    def _deleted(self, event: Kept, scope: Scope) -> Image:
        before = [(event.start, scope.start)] if event.start < scope.start else []
        after = [(scope.end, event.end)] if event.end > scope.end else []
        pieces = [Kept(start, end, event.title) for start, end in before + after]
        return Image(event, pieces, [_of(piece) for piece in pieces])

    def _forget(self, scope: Scope, last: int) -> None:
        """Let undo bring back nothing of what was erased, nor of what was deleted before and is like it."""
        for done in self.done:
            done.images = [i for i in done.images if not (scope.meets(i.before) and i.before.number <= last)]


def _of(event: Kept) -> tuple[int, int, str | None]:
    return event.start, event.end, event.title


_made: list[Path] = []


def _template() -> Path:
    """Return a file with the schema, made once; each example copies it."""
    if not _made:
        _made.append(new_sqlite_file(Path(tempfile.mkdtemp()) / "template.db", KEY))
    return _made[0]


class TestDeleting(Deleting.TestCase):  # type: ignore[misc,valid-type]  # made by hypothesis
    settings = settings(max_examples=10, stateful_step_count=14, deadline=None)


@pytest.mark.soak
class TestDeletingForLong(Deleting.TestCase):  # type: ignore[misc,valid-type]  # as above
    settings = settings(max_examples=300, stateful_step_count=30, deadline=None, derandomize=False)
