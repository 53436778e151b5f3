"""The team database: one order of writes, who writes, broken connections, deadlines, several servers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import pytest

from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.changes import Change
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.db.postgres import DatabaseUnreachable, TeamDatabase
from hourloom.db.transaction import (
    OutsideWriter,
    ReadTookTooLong,
    RolledBack,
    Transaction,
    WorkAborted,
)
from hourloom.testing import Announced, OpenDatabase, PostgresServer

pytestmark = pytest.mark.postgres


class NameAdded(Change, frozen=True):
    """A name was added."""

    name: str


class Wrong(Exception):
    """Something that a work may raise."""


class Lane:
    """Adds users; "bad" ones fail."""

    def __init__(self) -> None:
        self.batches: list[list[object]] = []
        self.forgotten = 0

    def apply(self, tx: Transaction, items: Sequence[object]) -> Sequence[object]:
        self.batches.append(list(items))
        for item in items:
            add(tx, str(item))
            if item == "bad":
                raise Wrong
        return list(items)

    def forget(self) -> None:
        self.forgotten += 1


@pytest.fixture
def dialect() -> str:
    """Run this module on PostgreSQL alone."""
    return "postgresql"


@pytest.fixture
def other(open_database: OpenDatabase, announced: Announced) -> Iterator[TeamDatabase]:
    """Open the same database as another server would."""
    database = open_database(announced.record, announced.publish)
    assert isinstance(database, TeamDatabase)
    yield database
    database.close()


def actor(workspace: int) -> Actor:
    return Actor(WorkspaceId(workspace), UserId(7), EVERYTHING)


def add(tx: Transaction, name: str) -> None:
    tx.execute("INSERT INTO users (name, created_at) VALUES (:name, 0)", name=name)


def adding(database: TeamDatabase, name: str, workspace: int = 0) -> Callable[[], str]:
    def work() -> str:
        with database.begin() as tx:
            add(tx, name)
            if workspace:
                tx.changed(WorkspaceId(workspace), NameAdded(name))
        return name

    return work


def names(database: TeamDatabase) -> list[object]:
    with database.read() as tx:
        return [row[0] for row in tx.rows("SELECT name FROM users ORDER BY id")]


def test_who_writes_is_known_to_the_database(database: TeamDatabase) -> None:
    question = (
        "SELECT current_setting('hourloom.workspace', true) || '/' || current_setting('hourloom.user', true)"
    )

    def asked() -> object:
        with database.read() as tx:
            return tx.value(question)

    assert database.write(asked, who=actor(3)) == "3/7"
    assert asyncio.run(database.run_read(asked, who=actor(4))) == "4/7"
    assert asyncio.run(database.run_read(asked)) == "/"
    assert asyncio.run(database.run_write(asked, who=actor(5))) == "5/7"


def overlap(first: TeamDatabase, second: TeamDatabase, one: Actor | None, two: Actor | None) -> bool:
    """Return whether a second write can finish while a first one is still at work."""
    inside, go, done = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        inside.set()
        assert go.wait(20)

    def quick() -> None:
        second.write(lambda: None, who=two)
        done.set()

    threads = [threading.Thread(target=lambda: first.write(slow, who=one)), threading.Thread(target=quick)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    overlapped = done.wait(0.4)
    go.set()
    for thread in threads:
        thread.join()
    assert done.is_set()
    return overlapped


def test_writes_of_one_workspace_wait_for_each_other(database: TeamDatabase, other: TeamDatabase) -> None:
    assert not overlap(database, other, actor(1), actor(1))


def test_writes_of_two_workspaces_do_not_wait(database: TeamDatabase, other: TeamDatabase) -> None:
    assert overlap(database, other, actor(1), actor(2))


def test_a_write_of_nobody_in_particular_waits_for_all(database: TeamDatabase, other: TeamDatabase) -> None:
    assert not overlap(database, other, actor(1), None)
    assert not overlap(database, other, None, actor(1))


def test_changes_are_numbered_and_published_in_the_order_of_commits(
    database: TeamDatabase, announced: Announced
) -> None:
    async def crowd() -> None:
        await asyncio.gather(
            *(database.run_write(adding(database, f"n{n}", 1), who=actor(1)) for n in range(40)),
            *(database.run_write(adding(database, f"m{n}", 2), who=actor(2)) for n in range(40)),
        )

    asyncio.run(crowd())
    for workspace in (1, 2):
        sequences = [c.sequence for c in announced.changes if c.workspace_id == workspace]
        assert len(sequences) == 40
        assert sequences == sorted(sequences)


def test_failed_work_is_undone_with_its_changes(database: TeamDatabase, announced: Announced) -> None:
    def work() -> None:
        adding(database, "never", 1)()
        raise Wrong

    with pytest.raises(Wrong):
        database.write(work)

    def caught() -> None:
        adding(database, "outer", 1)()
        try:
            with database.begin():
                raise Wrong
        except Wrong:
            pass

    with pytest.raises(RolledBack):
        database.write(caught)
    assert names(database) == []
    assert announced.changes == []


@pytest.mark.parametrize("error", [SystemExit(), StopIteration(), KeyboardInterrupt()], ids=repr)
def test_no_error_ends_a_thread(database: TeamDatabase, error: BaseException) -> None:
    def fail() -> None:
        raise error

    for run in (database.run_write, database.run_read):
        with pytest.raises(WorkAborted):
            asyncio.run(run(fail))
    database.write(adding(database, "after"))
    assert names(database) == ["after"]


def test_begin_outside_a_write_is_refused(database: TeamDatabase) -> None:
    with pytest.raises(OutsideWriter), database.begin():
        pass


def test_a_write_within_a_write_joins_it(database: TeamDatabase) -> None:
    assert database.write(lambda: database.write(adding(database, "joined"))) == "joined"


def test_a_snapshot_stays_as_it_was(database: TeamDatabase) -> None:
    def read() -> tuple[list[object], list[object]]:
        before = names(database)
        thread = threading.Thread(target=lambda: database.write(adding(database, "meanwhile")))
        thread.start()
        thread.join()
        return before, names(database)

    assert asyncio.run(database.run_read(read)) == ([], [])
    assert names(database) == ["meanwhile"]


def test_a_read_is_stopped_at_its_deadline(database: TeamDatabase) -> None:
    def endless() -> object:
        with database.read() as tx:
            return tx.value("SELECT pg_sleep(20)::text")

    with pytest.raises(ReadTookTooLong, match=r"longer than 0\.1 s"):
        asyncio.run(database.run_read(endless, seconds=0.1))


def test_broken_connections_are_replaced(
    database: TeamDatabase, postgres_server: PostgresServer, postgres_name: str
) -> None:
    database.write(adding(database, "before"))
    with postgres_server.connect() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (postgres_name,)
        )
    database.write(adding(database, "after"))
    assert asyncio.run(database.run_item(Lane(), "item")) == "item"
    assert names(database) == ["before", "after", "item"]


def test_a_connection_that_breaks_within_a_write_is_an_error_and_not_a_half(
    database: TeamDatabase, postgres_server: PostgresServer, postgres_name: str
) -> None:
    def work() -> None:
        adding(database, "never")()
        with postgres_server.connect() as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (postgres_name,)
            )
        adding(database, "never")()

    with pytest.raises(DatabaseUnreachable):
        database.write(work)
    assert names(database) == []


def test_a_server_that_is_not_there_is_told_in_a_sentence(announced: Announced) -> None:
    with pytest.raises(DatabaseUnreachable, match="PostgreSQL server does not answer"):
        TeamDatabase(
            "postgresql://127.0.0.1:1/nothing",
            record=announced.record,
            publish=announced.publish,
            seconds_to_connect=0.5,
        )


def test_writes_in_a_deadlock_are_tried_again(database: TeamDatabase) -> None:
    database.write(lambda: [adding(database, name)() for name in "ab"])
    meeting = threading.Barrier(2, timeout=5)

    def crossing(first: str, second: str) -> Callable[[], None]:
        def work() -> None:
            with database.begin() as tx:
                tx.execute("UPDATE users SET created_at = created_at + 1 WHERE name = :name", name=first)
                # Both hold their first row before either asks for the second; when tried again nobody waits.
                with suppress(threading.BrokenBarrierError):
                    meeting.wait(0.5)
                tx.execute("UPDATE users SET created_at = created_at + 1 WHERE name = :name", name=second)

        return work

    async def both() -> None:
        await asyncio.gather(
            database.run_write(crossing("a", "b"), who=actor(1)),
            database.run_write(crossing("b", "a"), who=actor(2)),
        )

    asyncio.run(both())
    with database.read() as tx:
        assert tx.rows("SELECT name, created_at FROM users ORDER BY name") == [("a", 2), ("b", 2)]


def test_a_lane_shares_calls_and_a_bad_item_fails_alone(database: TeamDatabase) -> None:
    lane = Lane()

    async def crowd() -> list[object]:
        sent = [*(f"n{n}" for n in range(20)), "bad", *(f"m{n}" for n in range(20))]
        return await asyncio.gather(*(database.run_item(lane, item) for item in sent), return_exceptions=True)

    answers = asyncio.run(crowd())
    assert isinstance(answers[20], Wrong)
    assert len([a for a in answers if isinstance(a, str)]) == 40
    assert sorted(map(str, names(database))) == sorted(str(a) for a in answers if isinstance(a, str))
    assert len(lane.batches) < 30
    assert lane.forgotten > 0
