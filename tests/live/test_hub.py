"""Between the writer and those who listen: nothing lost, nothing twice, nobody holds up the others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.core.changes import RecordedChange
from hourloom.core.clock import Instant
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Database
from hourloom.live.feed import Feed
from hourloom.live.follow import Follower
from hourloom.live.hub import MOST_LISTENERS, MOST_WAITING, Hub, TooManyListen
from hourloom.live.model import ChangesMissed
from hourloom.testing import FixedClock, OpenDatabase
from tests.live.facts import ELSEWHERE, HOME, fill, light, prune

Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(st.just("commit"), st.integers(1, 3))
    | st.tuples(st.sampled_from(["publish", "publish_latest", "let_run"]), st.just(1)),
    max_size=25,
)
workspaces = count(100)


class Held:
    """Keeps published Changes back, so that a test says when each batch arrives."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.batches: list[list[RecordedChange]] = []

    def publish(self, changes: Iterable[RecordedChange]) -> None:
        self.batches.append(list(changes))

    def release(self, which: int = 0) -> None:
        if self.batches:
            self.hub.publish(self.batches.pop(which))


@pytest.fixture
def feed(clock: FixedClock) -> Feed:
    return Feed(clock)


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def held(hub: Hub) -> Held:
    return Held(hub)


@pytest.fixture
def database(open_database: OpenDatabase, feed: Feed, held: Held) -> Iterator[Database]:
    database = open_database(feed.record, held.publish)
    yield database
    database.close()


def a_change(sequence: int, workspace: WorkspaceId = HOME) -> RecordedChange:
    return RecordedChange(workspace, sequence, Instant(0), "LampLit", b"{}")


class Story:
    """One listener, who comes at some point, and writes whose Changes arrive when the story says so."""

    def __init__(self, database: Database, feed: Feed, held: Held) -> None:
        self.database, self.feed, self.held = database, feed, held
        self.workspace = WorkspaceId(next(workspaces))
        self.committed = 0
        self.told: list[int] = []
        self.complete = asyncio.Event()

    async def play(self, before: int, since: int, steps: list[Step]) -> None:
        await self.commit(before)
        listening = asyncio.ensure_future(self.listen(since))
        for step, number in steps:
            await self.take(step, number)
        await self.commit(1)
        while self.held.batches:
            self.held.release()
        async with asyncio.timeout(10):
            await self.complete.wait()
        listening.cancel()

    async def take(self, step: str, number: int) -> None:
        if step == "commit":
            await self.commit(number)
        elif step == "let_run":
            await asyncio.sleep(0)
        else:
            self.held.release(0 if step == "publish" else -1)

    async def commit(self, number: int) -> None:
        self.complete.clear()
        self.committed += number
        await asyncio.to_thread(light, self.database, *range(number), workspace=self.workspace)

    async def listen(self, since: int) -> None:
        with self.held.hub.subscribe(self.workspace) as subscription:
            follower = Follower(self.database, self.feed, subscription)
            await follower.begin(since)
            async for batch in follower.told():
                assert not isinstance(batch, ChangesMissed)
                self.told.extend(change.sequence for change in batch)
                if self.told[-1] >= self.committed:
                    self.complete.set()


def test_replay_and_live_together_lose_nothing_and_repeat_nothing(
    database: Database, feed: Feed, held: Held
) -> None:
    @settings(max_examples=60)
    @given(before=st.integers(0, 3), place=st.integers(0, 3), steps=STEPS)
    def holds(before: int, place: int, steps: list[Step]) -> None:
        held.batches.clear()
        story = Story(database, feed, held)
        since = min(place, before)
        asyncio.run(story.play(before, since, steps))
        assert story.told == list(range(since + 1, story.committed + 1))

    holds()


def test_a_listener_that_is_too_slow_is_told_so_and_goes_on_from_there(hub: Hub) -> None:
    async def run() -> None:
        with hub.subscribe(HOME) as slow, hub.subscribe(HOME) as quick:
            for first in range(1, 2 * MOST_WAITING, 100):
                hub.publish([a_change(n) for n in range(first, first + 100)])
                await asyncio.sleep(0)
                assert len(await quick.take() or ()) == 100  # type: ignore[arg-type]  # none were missed
            assert await slow.take() == ChangesMissed(2 * MOST_WAITING)
            hub.publish([a_change(2 * MOST_WAITING + 1)])
            assert await slow.take() == [a_change(2 * MOST_WAITING + 1)]

    asyncio.run(run())
    assert hub.overflowed == 10


def test_a_queue_never_grows_beyond_its_bound(hub: Hub) -> None:
    async def run() -> None:
        with hub.subscribe(HOME) as slow:
            for n in range(1, 5 * MOST_WAITING):
                hub.publish([a_change(n)])
            await asyncio.sleep(0)
            assert len(slow._waiting) <= MOST_WAITING

    asyncio.run(run())


def test_whoever_missed_changes_follows_on_from_the_newest(
    database: Database, feed: Feed, held: Held, clock: FixedClock
) -> None:
    async def run() -> list[object]:
        told: list[object] = []
        with held.hub.subscribe(HOME) as subscription:
            follower = Follower(database, feed, subscription)
            await follower.begin(None)
            held.hub.publish([a_change(n) for n in range(1, MOST_WAITING + 2)])
            await asyncio.to_thread(fill, database, MOST_WAITING + 1, clock.now())
            # What the database holds already is no loss: it is replayed.
            stream = follower.told()
            while follower.position < MOST_WAITING + 1:
                told += await anext(stream)  # type: ignore[arg-type]  # none were missed
            held.hub.publish([a_change(n) for n in range(MOST_WAITING + 2, 3 * MOST_WAITING)])
            told.append(await anext(stream))
            await stream.aclose()  # type: ignore[attr-defined]  # it is a generator
        return told

    told = asyncio.run(run())
    assert told[-1] == ChangesMissed(3 * MOST_WAITING - 1)
    assert len(told) == MOST_WAITING + 2


def test_a_place_that_is_no_longer_kept_is_a_loss(
    database: Database, feed: Feed, held: Held, clock: FixedClock
) -> None:
    light(database, 1, 2, 3)
    clock.advance(8 * 86_400)
    prune(database, feed)

    async def run() -> object:
        with held.hub.subscribe(HOME) as subscription:
            follower = Follower(database, feed, subscription)
            assert await follower.begin(1) == 3
            return await anext(follower.told())

    assert asyncio.run(run()) == ChangesMissed(3)


def test_changes_stay_in_their_workspace(hub: Hub) -> None:
    async def run() -> None:
        with hub.subscribe(HOME) as here, hub.subscribe(ELSEWHERE) as there:
            hub.publish([a_change(1), a_change(1, ELSEWHERE), a_change(2)])
            assert await here.take() == [a_change(1), a_change(2)]
            assert await there.take() == [a_change(1, ELSEWHERE)]

    asyncio.run(run())


def test_nobody_listens_after_leaving(hub: Hub) -> None:
    async def run() -> None:
        with hub.subscribe(HOME):
            assert hub.listeners == 1
        assert hub.listeners == 0

    asyncio.run(run())


def test_a_loop_that_has_ended_holds_up_nobody(hub: Hub) -> None:
    async def vanish() -> None:
        hub.subscribe(HOME).__enter__()

    asyncio.run(vanish())
    hub.publish([a_change(1)])
    assert hub.listeners == 0


def test_stopping_ends_all_listening(hub: Hub) -> None:
    async def run() -> None:
        with hub.subscribe(HOME) as one:
            hub.stop()
            async with asyncio.timeout(5):
                assert await one.take() is None

    asyncio.run(run())


def test_only_so_many_listen(hub: Hub) -> None:
    async def run() -> None:
        listening = [hub.subscribe(HOME) for _ in range(MOST_LISTENERS)]
        for one in listening:
            hub.require_room()
            one.__enter__()
        with pytest.raises(TooManyListen):
            hub.require_room()

    asyncio.run(run())
