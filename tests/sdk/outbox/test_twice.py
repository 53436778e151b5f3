"""A batch that is sent twice, because its answer was lost, changes nothing at the server."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hourloom.sdk.connection import Response
from hourloom.sdk.outbox.beats import Declaration, Waiting, waiting_of
from hourloom.sdk.outbox.lane import Lane
from hourloom.sdk.outbox.post import Post
from hourloom.sdk.outbox.segment import Seal
from hourloom.testing import ServerInMemory
from hourloom.testing.client import a_peer
from tests.sdk.outbox.post_office import beat

SEAL = Seal(bytes(32))
NUMBERS = itertools.count()
BEATS = st.lists(
    st.tuples(st.integers(-3, 4), st.integers(0, 3), st.sampled_from("ab"), st.sampled_from((0, 2, 5))),
    min_size=1,
    max_size=12,
)


class Direct:
    """A line to the server in memory."""

    def __init__(self, server: ServerInMemory) -> None:
        self._client = server.client

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        answered = self._client.request(
            method, path, content=body or b"", headers=headers, peer=a_peer("unix")
        )
        return Response(answered.status, answered.headers, answered.body)

    def close(self) -> None:
        pass


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@given(beats=BEATS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_batch_sent_twice_leaves_the_events_of_one_sent_once(
    server: ServerInMemory, tmp_path: Path, beats: list[tuple[int, int, str, int]]
) -> None:
    post, shown = Post(lambda: Direct(server)), []
    number = next(NUMBERS)
    for times in (1, 2):
        name = f"desk {number} {times}"
        folder = tmp_path / name
        folder.mkdir()
        lane = Lane.new(folder, SEAL, Declaration(name, "currentwindow", "test", "here"))
        assert post.declare(lane.declaration).trouble is None
        for waiting in waited(beats):
            lane.put(waiting)
        while batch := lane.take(4):
            for _ in range(times):
                verdict = post.send(name, batch)
                assert list(verdict.settled) == [None] * len(batch)
            lane.settle(len(batch))
        lane.close()
        shutil.rmtree(folder)
        page = server.client.get(
            f"/api/v1/buckets/{name}/events".replace(" ", "%20"), peer=a_peer("unix")
        ).json()
        shown.append([(e["started_at"], e["duration"], e["data"]) for e in page["events"]])
    assert shown[0] == shown[1]


def waited(beats: list[tuple[int, int, str, int]]) -> list[Waiting]:
    """Return beats with steps forth and back between them, some at the same instant."""
    seconds, made = 0, []
    for step, duration, title, pulsetime in beats:
        seconds += step
        made.append(waiting_of(beat(seconds, title, pulsetime=pulsetime, duration=duration)))
    return made
