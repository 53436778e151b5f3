"""Taking back what was added in bulk: in small steps, and only what was added."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.clock import HOUR, SECOND, Instant
from hourloom.operations.model import AlreadyUndone
from hourloom.testing import ServerInMemory
from hourloom.tracking import store
from hourloom.tracking.model import BucketDraft, EventDraft
from hourloom.tracking.service import MovingIn
from hourloom.tracking.service.deleting import DELETED_AT_ONCE, runs_in
from tests.tracking.recorded import WEB, WINDOW, add, make_buckets, rows, until_jobs_end

START = 1_000 * HOUR


@given(st.sets(st.integers(1, 60)))
def test_runs_hold_their_numbers_and_no_other(numbers: set[int]) -> None:
    runs = runs_in(sorted(numbers))
    assert [n for first, last in runs for n in range(first, last + 1)] == sorted(numbers)
    assert all(one[1] + 1 < other[0] for one, other in pairwise(runs))


def an_import(server: ServerInMemory, count: int, batches: int = 1, bucket: str = WEB) -> int:
    moving_in, owner = server.service(MovingIn), server.owner
    operation = server.write(lambda: moving_in.begin(owner, "a test"))
    server.write(lambda: moving_in.add_bucket(owner, operation, BucketDraft(bucket, "web", "test", "desk")))
    for batch in range(batches):
        drafts = [
            EventDraft(Instant(at), Instant(at + SECOND), b'{"url":"https://a.example/"}')
            for at in range(START + batch * HOUR, START + batch * HOUR + count * SECOND, SECOND)
        ]
        server.write(partial(moving_in.add_events, owner, operation, bucket, drafts))
    return operation


def test_a_large_import_goes_in_steps(server: ServerInMemory) -> None:
    make_buckets(server)
    kept = rows(server, WINDOW)
    operation = an_import(server, 2 * DELETED_AT_ONCE + 500, bucket="imported")
    client = server.client_with("tracking:write")
    assert client.post(f"/api/v1/operations/{operation}/undo", {}).status == 200
    until_jobs_end(server)
    assert client.get("/api/v1/buckets/imported").status == 404
    assert rows(server, WINDOW) == kept
    assert client.post(f"/api/v1/operations/{operation}/advance", {}).json() == {"more": False}


def test_an_import_that_is_taken_back_takes_nothing_more(server: ServerInMemory) -> None:
    operation = an_import(server, 1, bucket="imported")
    client = server.client_with("tracking:write")
    client.post(f"/api/v1/operations/{operation}/undo", {})
    moving_in = server.service(MovingIn)
    with pytest.raises(AlreadyUndone):
        server.write(lambda: moving_in.add_events(server.owner, operation, "imported", []))  # type: ignore[arg-type]  # its number


def test_what_others_recorded_meanwhile_stays(server: ServerInMemory) -> None:
    make_buckets(server)
    operation = an_import(server, 10)
    add(server, WEB, (START, START + 1, {"url": "https://other.example/"}))
    moving_in, owner = server.service(MovingIn), server.owner
    drafts = [EventDraft(Instant(START + HOUR), Instant(START + HOUR + 1), b'{"url":"https://b.example/"}')]
    server.write(lambda: moving_in.add_events(owner, operation, WEB, drafts))  # type: ignore[arg-type]  # as above
    with server.database.read() as tx:
        assert len(store.runs_of(tx, operation)) == 2
    server.client_with("tracking:write").post(f"/api/v1/operations/{operation}/undo", {})
    assert rows(server, WEB) == [(START, START + 1, '{"url":"https://other.example/"}')]


def test_what_is_kept_of_an_import_does_not_grow_with_its_batches(server: ServerInMemory) -> None:
    operation = an_import(server, 2, batches=30)
    with server.database.read() as tx:
        (subject,) = tx.rows("SELECT subject FROM operations WHERE id = :id", id=operation)[0]
    assert "ranges" not in msgspec.json.decode(str(subject))
    assert len(str(subject)) < 300
