"""Writes, edits, deletions, undo, late heartbeats in any order: what is kept is what would be derived."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hourloom.activities.lane.deriving import Derived
from hourloom.activities.lane.merging import coalesced
from hourloom.activities.service.activities import Activities
from hourloom.activities.service.lanes import Lanes
from hourloom.activities.service.reading import PersonReader
from hourloom.core.clock import DAY, HOUR, MINUTE, SECOND, Duration, Instant
from hourloom.core.errors import HourloomError
from hourloom.core.ids import OperationId
from hourloom.operations.service import Operations
from hourloom.testing import FixedClock, ServerInMemory, a_server, new_sqlite_file, open_sqlite
from hourloom.tracking.model import BucketDraft, EventDraft
from hourloom.tracking.recorder import Heartbeat
from hourloom.tracking.service import Buckets, Editing, Events
from hourloom.tracking.service.editing import EventChanges
from tests.activities.lanes import keep
from tests.conftest import KEY

BUCKETS = {
    f"{name}_{host}": (kind, host)
    for host in ("desk", "lap")
    for name, kind in {
        "aw-watcher-window": "currentwindow",
        "aw-watcher-afk": "afkstatus",
        "aw-watcher-web-firefox": "web.tab.current",
        "aw-watcher-vscode": "app.editor.activity",
        "wakatime-vscode": "app.editor.beat",
    }.items()
}
DATA: dict[str, list[dict[str, Any]]] = {  # as watchers send them
    "currentwindow": [{"app": "firefox", "title": "a"}, {"app": "Code", "title": "b"}, {"app": "zoom"}],
    "afkstatus": [{"status": "not-afk"}, {"status": "afk"}],
    "web.tab.current": [{"url": "https://a.example/", "audible": True}, {"url": "https://b.example/"}],
    "app.editor.activity": [{"file": "a.py"}, {"file": "b.py"}],
    "app.editor.beat": [{"app": "vscode", "entity": "c.py"}],
}


@lru_cache(maxsize=1)
def _template() -> Path:
    return new_sqlite_file(Path(tempfile.mkdtemp()) / "template.db", KEY)


def anew(server: ServerInMemory, start: int, end: int) -> Derived:
    """Return the lane of a time, derived at once from what is recorded."""
    lanes = Lanes(server.clock, server.server.understanding.lanes._settings)
    with server.database.read() as tx:
        who = server.owner
        reader = PersonReader(tx, who.workspace_id, who.user_id, lanes.options(who), lanes.facts)
        return reader.derive(start, end)


def kept(server: ServerInMemory, start: int, end: int) -> Derived:
    """Return the lane of a time as it is answered."""
    lane = server.service(Activities).between(server.owner, Instant(start), Instant(end))
    stretches = [(a.start, a.end, a.subject) for a in lane.activities]
    return Derived(coalesced(stretches), list(lane.away))


class LaneMachine(RuleBasedStateMachine):
    """A server whose lane is asked for after each step."""

    def __init__(self) -> None:
        super().__init__()
        self._until_end = ExitStack()
        self.directory = Path(self._until_end.enter_context(tempfile.TemporaryDirectory()))
        self.operations: list[OperationId] = []

    @initialize()
    def begin(self) -> None:
        file = Path(shutil.copy(_template(), self.directory / "hourloom.db"))
        self.clock = FixedClock()
        open_database: Callable[..., Any] = lambda record, publish: open_sqlite(file, KEY, record, publish)  # noqa: E731 - as the port says
        self.server = self._until_end.enter_context(a_server(open_database, self.directory, self.clock))
        self.events, self.editing = self.server.service(Events), self.server.service(Editing)
        self.buckets, self.who = self.server.service(Buckets), self.server.owner
        for name, (kind, host) in BUCKETS.items():
            self._make(name, kind, host)
        self._ordinary_days()

    def _make(self, name: str, kind: str, host: str) -> None:
        draft = BucketDraft(name, kind, "test", host)
        self.server.write(partial(self.buckets.create, self.who, draft))

    def _ordinary_days(self) -> None:
        midnight = self.clock.now() // DAY * DAY
        for back in (1, 2):
            day = midnight - back * DAY
            self._append("aw-watcher-window_desk", [(day + 20 * HOUR, 5 * HOUR, 0), (day + 22 * HOUR, 60, 1)])
            self._append(
                "aw-watcher-afk_desk", [(day + 20 * HOUR, 3 * HOUR, 0), (day + 23 * HOUR, 3 * HOUR, 1)]
            )

    def teardown(self) -> None:
        self._until_end.close()

    def _append(self, bucket: str, given: list[tuple[int, int, int]]) -> None:
        choices = DATA[BUCKETS[bucket][0]]
        drafts = [
            EventDraft(Instant(s), Instant(s + length), msgspec.json.encode(choices[which % len(choices)]))
            for s, length, which in given
        ]
        self.server.write(lambda: self.events.append(self.who, bucket, drafts))

    @rule(
        bucket=st.sampled_from(sorted(BUCKETS)),
        given=st.lists(
            st.tuples(
                st.integers(0, 60 * 60), st.sampled_from([0, 3, 60, 900, 7000, 40_000]), st.integers(0, 2)
            ),
            min_size=1,
            max_size=6,
        ),
    )
    def record(self, bucket: str, given: list[tuple[int, int, int]]) -> None:
        now = self.clock.now()
        self._try(
            lambda: self._append(
                bucket, [(now - back * MINUTE, length * SECOND, which) for back, length, which in given]
            )
        )

    @rule(
        bucket=st.sampled_from(sorted(BUCKETS)),
        back=st.sampled_from([0, 1, 10, 20, 40, 600, 1500]),
        pulse=st.sampled_from([5, 4000, 100_000]),
        which=st.integers(0, 2),
    )
    def beat(self, bucket: str, back: int, pulse: int, which: int) -> None:
        at = Instant(self.clock.now() - back * MINUTE)
        choices = DATA[BUCKETS[bucket][0]]
        data = msgspec.json.encode(choices[which % len(choices)])
        beat = Heartbeat(
            self.who.workspace_id, bucket, at, Instant(at + 2 * SECOND), Duration(pulse * SECOND), data
        )
        self.server.run(self.server.database.run_item(self.server.server.recorder, [beat]))

    def _some(self, which: int) -> int | None:
        for view in self.server.run(self.server.database.run_read(lambda: self.buckets.all(self.who))):
            found = self.events.between(self.who, view.bucket.name, None, None)
            if found and which < len(found):
                return found[which][0]
            which -= len(found)
        return None

    def _try(self, work: Callable[[], object]) -> object:
        try:
            return work()
        except HourloomError:  # refused for a reason: then nothing changes
            return None

    @rule(which=st.integers(0, 12), shift=st.integers(-3000, 3000), longer=st.integers(0, 90_000))
    def edit(self, which: int, shift: int, longer: int) -> None:
        number = self._some(which)
        if number is not None:
            event, _, _ = self.events.get(self.who, number)
            start = Instant(event.started_at + shift * SECOND)
            changes = EventChanges(start, Instant(start + longer * SECOND))
            self._note(
                self._try(lambda: self.server.write(lambda: self.editing.edit(self.who, number, changes)))
            )

    @rule(which=st.integers(0, 12))
    def delete(self, which: int) -> None:
        number = self._some(which)
        if number is not None:
            self._note(self._try(lambda: self.server.write(lambda: self.editing.delete(self.who, [number]))))

    @rule(bucket=st.sampled_from(sorted(BUCKETS)))
    def delete_bucket(self, bucket: str) -> None:
        self._note(self._try(lambda: self.server.write(lambda: self.buckets.delete(self.who, bucket))))

    @rule(bucket=st.sampled_from(sorted(BUCKETS)), host=st.sampled_from(["desk", "lap"]))
    def move_bucket(self, bucket: str, host: str) -> None:
        draft = BucketDraft(bucket, BUCKETS[bucket][0], "test", host)
        self._try(lambda: self.server.write(lambda: self.buckets.change(self.who, bucket, draft)))

    def _note(self, operation: object) -> None:
        if isinstance(operation, int):
            self.operations.append(OperationId(operation))

    @precondition(lambda self: self.operations)
    @rule()
    def undo(self) -> None:
        operation = self.operations.pop()
        operations = self.server.service(Operations)
        self._try(lambda: self.server.write(lambda: operations.undo(self.who, operation)))

    @rule(minutes=st.sampled_from([1, 20, 200, 1500]))
    def wait(self, minutes: int) -> None:
        self.clock.advance(minutes * 60)

    @rule()
    def keep(self) -> None:
        keep(self.server, 3)

    @invariant()
    def what_is_kept_is_what_would_be_derived(self) -> None:
        if not hasattr(self, "server"):
            return
        now = self.clock.now()
        start, end = now - 4 * DAY - HOUR, now + DAY
        fresh = anew(self.server, start, end)
        assert kept(self.server, start, end) == fresh
        spans = sorted([(s, e) for s, e, _ in fresh.stretches] + list(fresh.away))
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


class TestLaneMachine(LaneMachine.TestCase):  # type: ignore[misc,valid-type]  # made by hypothesis
    settings = settings(max_examples=10, stateful_step_count=15, deadline=None)


@pytest.mark.soak
class TestLaneMachineForLong(LaneMachine.TestCase):  # type: ignore[misc,valid-type]  # as above
    settings = settings(max_examples=300, stateful_step_count=30, deadline=None, derandomize=False)
