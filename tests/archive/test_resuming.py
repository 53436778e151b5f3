"""An import that is stopped at any moment goes on where it was, in steps that leave room for recording."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.archive.model import ArchiveImport
from hourloom.jobs.model import JobCancelled
from tests.archive.a_home import Home, a_record, a_sqlite_home, nobody

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


class Stopped:
    """Progress that stops the work at its n-th report, as the end of a server does."""

    def __init__(self, after: int) -> None:
        self._left = after

    def __call__(self, *_: object) -> None:
        self._left -= 1
        if self._left < 0:
            raise JobCancelled(id=1)


def a_long_record(home: Home, events: int = 1200) -> bytes:
    a_record(home)
    for first in range(0, events, 400):
        home.events(
            "afk", [(1000 + n, 1000.5 + n, {"status": f"s{n % 50}"}) for n in range(first, first + 400)]
        )
    return home.export()


def stopped_again_and_again(home: Home, facts: ArchiveImport) -> int:
    """Read an archive in, stopped after each batch; return how often that was."""
    imports = home.server.server.archive_imports
    imports.to_read_in(home.server.owner, facts.id)
    for times in range(1, 200):
        try:
            imports.read_in(facts.id, Stopped(times))
        except JobCancelled:
            continue
        return times
    raise AssertionError


def test_stopped_after_every_batch_it_is_complete_all_the_same(home: Home, other: Home) -> None:
    archive = a_long_record(home)

    times = stopped_again_and_again(other, other.hand_in(archive))

    assert times > 5
    assert other.export() == archive


@on_sqlite
@pytest.mark.parametrize("reports", [1, 2, 4, 6, 9])
def test_stopped_behind_any_table_it_goes_on(home: Home, other: Home, reports: int) -> None:
    a_record(home)
    archive = home.export()
    facts = other.hand_in(archive)
    imports = other.server.server.archive_imports
    imports.to_read_in(other.server.owner, facts.id)
    with contextlib.suppress(JobCancelled):
        imports.read_in(facts.id, Stopped(reports))

    assert imports.read_in(facts.id, nobody).state == "done"
    assert other.export() == archive


@on_sqlite
def test_stopped_while_it_merges_it_is_complete_all_the_same(home: Home, other: Home) -> None:
    archive = a_long_record(home)
    other.bucket("window", client="another")
    other.events("window", [(0, 7.5, {"app": "mine"})])
    before = other.export()

    facts = other.hand_in(archive, "both")
    stopped_again_and_again(other, facts)

    assert not other.hand_in(archive, "both").brings_something
    assert len(other.spans("afk")) == len(home.spans("afk"))
    operation = other.server.server.archive_imports.get(other.server.owner, facts.id).operation_id
    other.undo(operation)
    assert other.spans("window") == [(0, 7.5, {"app": "mine"})]
    assert len(other.export()) == len(before)


@on_sqlite
def test_what_came_in_so_far_can_be_undone_and_begun_anew(home: Home, other: Home) -> None:
    archive = a_long_record(home)
    imports, who = other.server.server.archive_imports, other.server.owner
    facts = other.hand_in(archive)
    imports.to_read_in(who, facts.id)
    with pytest.raises(JobCancelled):
        imports.read_in(facts.id, Stopped(7))
    begun = imports.get(who, facts.id).operation_id
    assert 0 < other.count("events") < 1200

    other.undo(begun)
    assert other.count("events") == 0
    assert imports.read_in(facts.id, nobody).state == "ready"
    imports.to_read_in(who, facts.id)
    assert imports.read_in(facts.id, nobody).state == "done"

    assert len(other.spans("afk")) == len(home.spans("afk"))


@on_sqlite
def test_recording_meanwhile_takes_no_number_of_what_is_still_to_come(home: Home, other: Home) -> None:
    archive = a_long_record(home)
    imports, who = other.server.server.archive_imports, other.server.owner
    facts = other.hand_in(archive)
    imports.to_read_in(who, facts.id)
    with pytest.raises(JobCancelled):
        imports.read_in(facts.id, Stopped(2))
    other.bucket("meanwhile")
    other.bucket("window", client="meanwhile")
    other.events("meanwhile", [(n, n + 1, {"n": n}) for n in range(30)])

    assert imports.read_in(facts.id, nobody).state == "done"

    assert len(other.spans("meanwhile")) == 30
    assert len(other.spans("afk")) == len(home.spans("afk"))
    assert len(other.spans("window")) == len(home.spans("window"))


@on_sqlite
def test_payloads_wait_for_their_events_while_the_clean_up_runs(home: Home, other: Home) -> None:
    archive = a_long_record(home)
    imports, who = other.server.server.archive_imports, other.server.owner
    facts = other.hand_in(archive)
    imports.to_read_in(who, facts.id)
    with pytest.raises(JobCancelled):
        imports.read_in(facts.id, Stopped(5))
    payloads = other.count("payloads")
    assert payloads > 0
    assert other.count("events") == 0

    clean(other)
    assert other.count("payloads") == payloads
    assert imports.read_in(facts.id, nobody).state == "done"
    assert other.export() == archive
    other.undo(imports.get(who, facts.id).operation_id)
    clean(other)
    assert other.count("payloads") == 0


def clean(home: Home) -> None:
    from hourloom.tracking.service.clean_up import CleanUp

    server = home.server.server
    clean_up = CleanUp(server.database, server.recorder, server._events._shelf)
    clean_up.held = server.archive_imports.held_payloads
    more = True
    while more:
        with server.database.read() as tx:
            found = clean_up.find(tx)

        def work(found: object = found) -> bool:
            with server.database.begin() as tx:
                return clean_up.delete(tx, found)[1]  # type: ignore[arg-type]  # as it was found

        more = home.server.write(work)


@on_sqlite
def test_after_a_week_what_undo_needed_is_forgotten(home: Home, other: Home) -> None:
    archive = a_long_record(home, 800)
    other.bucket("mine")
    facts = other.read_in(archive)
    assert other.count("operation_steps") > 0
    assert other.count("operation_runs") > 0
    other.server.clock.advance(8 * 86_400)

    from hourloom.operations.service import Operations

    operations = other.server.service(Operations)
    while other.server.write(operations.purge_some):
        pass

    assert facts.operation_id is not None
    assert [other.count(table) for table in ("operation_steps", "operation_runs")] == [0, 0]


CHILD = """
import sys
from pathlib import Path
from tests.archive.a_home import a_sqlite_home
imports_id, top = sys.argv[1], Path(sys.argv[2])
with a_sqlite_home(top, "other") as home:
    imports, who = home.server.server.archive_imports, home.server.owner
    if imports.get(who, imports_id).state != "done":
        imports.to_read_in(who, imports_id)
    def tell(done, total, subject=None):
        print(done, flush=True)
    imports.read_in(imports_id, tell)
"""


def killed_again_and_again(tmp_path: Path, chance: random.Random, events: int) -> tuple[bytes, bytes, int]:
    """Kill an import at random moments until it is done; return both exports, and how often that was."""
    with a_sqlite_home(tmp_path, "home") as home:
        archive = a_long_record(home, events)
    with a_sqlite_home(tmp_path, "other") as other:
        id = other.hand_in(archive).id
    for times in range(500):
        reports = chance.randrange(1, 16)
        if not _killed(tmp_path, id, reports):
            with a_sqlite_home(tmp_path, "other") as other:
                return archive, other.export(), times
    raise AssertionError


def _killed(tmp_path: Path, id: str, reports: int) -> bool:
    """Run the import until it has reported so often; return whether it was killed before its end."""
    command = [sys.executable, "-c", CHILD, id, str(tmp_path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as child:
        assert child.stdout is not None
        for _ in range(reports):
            if not child.stdout.readline():
                assert child.wait() == 0
                return False
        os.kill(child.pid, signal.SIGKILL)
        return True


def test_killed_it_goes_on_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    archive, after, times = killed_again_and_again(tmp_path, random.Random(1), 400)

    assert times > 0
    assert after == archive


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(5))
def test_killed_very_often_it_goes_on(tmp_path: Path, seed: int) -> None:
    archive, after, _ = killed_again_and_again(tmp_path, random.Random(seed), 6000)

    assert after == archive


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Home]:
    with a_sqlite_home(tmp_path, "many") as home:
        home.bucket("afk")
        yield home


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_memory_does_not_grow_with_the_record(many: Home, tmp_path: Path) -> None:
    """Two hundred thousand events go out and in, through less memory than they have bytes."""
    fill(many, 200_000)
    before = resident()
    archive = many.export()
    out = resident() - before - len(archive)
    with a_sqlite_home(tmp_path, "other") as other:
        before = resident()
        other.read_in(archive)
        came_in = resident() - before

    assert out < 48 << 20
    assert came_in < 48 << 20


def fill(home: Home, events: int) -> None:
    """Store many events at once, past everything but the database."""
    from hourloom.tracking import store
    from hourloom.tracking.model import Event

    def some(first: int) -> None:
        with home.server.database.begin() as tx:
            payload = home.server.server.recorder.payloads.number_of(tx, 1, b'{"n":%d}' % first)
            rows = [
                Event(n, 1, n * 1000, n * 1000 + 500, payload)  # type: ignore[arg-type]  # plain numbers
                for n in range(first + 1, first + 2001)
            ]
            store.add_events(tx, 1, rows)

    for first in range(0, events, 2000):
        home.server.write(lambda first=first: some(first))  # type: ignore[misc]  # bound to this turn


def resident() -> int:
    """Return the most bytes that this program ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
