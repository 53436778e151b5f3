"""Jobs on threads of their own: their leases, their progress, how they are ended and go on."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from hourloom.core.clock import SECOND, Instant
from hourloom.core.errors import StorageFull
from hourloom.db.transaction import Database, Transaction
from hourloom.jobs import long
from hourloom.jobs.model import FINISHED, INTERRUPTED, MOST_ATTEMPTS, Job, JobCancelled, JobProgress, Report
from hourloom.jobs.service import Jobs
from hourloom.testing import Announced, FixedClock, open_sqlite
from tests.jobs.running import (
    HERE,
    OWNER,
    enqueue,
    let_time_pass,
    run,
    run_to_the_end,
    run_until,
    running,
    state_of,
    until,
    wake,
)

TITLE = "Letter to the lawyer"


@pytest.fixture
def jobs(database: Database, clock: FixedClock) -> Jobs:
    return Jobs(database, clock)


class Gate:
    """Work that stands still until a test lets it go."""

    def __init__(self) -> None:
        self.reached, self.let_go, self.left = threading.Event(), threading.Event(), threading.Event()
        self.error: BaseException | None = None

    def __call__(self, _job: Job, report: Report) -> None:
        self.reached.set()
        assert self.let_go.wait(20)
        try:
            report(1, 2, {"at": 1})
        except JobCancelled as error:
            self.error = error
            raise
        finally:
            self.left.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.let_go.set()


def test_a_long_job_runs_on_a_thread_of_its_own_and_may_write(database: Database, jobs: Jobs) -> None:
    threads: list[str] = []

    def write() -> int:
        with database.begin() as tx:
            return tx.execute("UPDATE jobs SET total = 9 WHERE kind = 'other'")

    def work(job: Job, report: Report) -> None:
        threads.append(threading.current_thread().name)
        assert database.write(write) == 1
        report(3, 3)

    other = enqueue(database, jobs, "other")
    jobs.register_long("copy", work)
    copying = enqueue(database, jobs, "copy", {"to": 7})
    ended = run_to_the_end(jobs, copying)
    assert (ended.state, ended.done, ended.total, ended.error) == ("finished", 3, 3, None)
    assert threads == [f"hourloom-job-{copying}"]
    assert jobs.get(OWNER, other).total == 9


def test_long_jobs_keep_no_short_one_waiting(database: Database, jobs: Jobs, gate: Gate) -> None:
    jobs.register_long("copy", gate)
    jobs.register("count", lambda tx, job: FINISHED)
    copies = [enqueue(database, jobs, "copy") for _ in range(4)]

    async def main() -> None:
        async with running(jobs):
            await until(gate.reached.is_set)
            short = await database.run_write(lambda: jobs.enqueue(HERE, "count"))
            await until(lambda: state_of(jobs, short) == "finished")
            leased = [jobs.get(OWNER, job).leased_until is not None for job in copies]
            assert leased == [True, True, False, False]
            gate.let_go.set()
            await until(lambda: all(state_of(jobs, job) == "finished" for job in copies))

    run(main())


def test_what_a_report_keeps_is_on_disk_and_renews_the_lease(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    seen: list[Job] = []

    def work(job: Job, report: Report) -> None:
        for part in range(1, 3):
            clock.advance(40)
            report(part, 2, {"next": part})
            seen.append(jobs.get(OWNER, job.id))

    jobs.register_long("copy", work)
    run_to_the_end(jobs, enqueue(database, jobs, "copy"))
    assert [(job.done, job.subject) for job in seen] == [(1, '{"next":1}'), (2, '{"next":2}')]
    assert [job.leased_until for job in seen] == [seen[0].leased_until, clock.now() + 60 * SECOND]


def test_reports_without_a_subject_write_once_a_second(
    database: Database, jobs: Jobs, clock: FixedClock, announced: Announced
) -> None:
    seen: list[int] = []

    def work(job: Job, report: Report) -> None:
        for part in range(1, 41):
            clock.advance(0.1)
            report(part, 40)
            seen.append(jobs.get(OWNER, job.id).done)

    jobs.register_long("copy", work)
    ended = run_to_the_end(jobs, enqueue(database, jobs, "copy"))
    assert sorted(set(seen)) == [0, 10, 20, 30, 40]
    assert ended.done == 40
    told = [
        msgspec.json.decode(change.body)["done"]
        for change in announced.changes
        if change.kind == "JobProgressed"
    ]
    assert told == [10, 20, 30, 40]


def test_a_clock_set_back_does_not_silence_a_job(database: Database, jobs: Jobs, clock: FixedClock) -> None:
    seen: list[int] = []

    def work(job: Job, report: Report) -> None:
        clock.advance(-3600)
        report(5, 9)
        seen.append(jobs.get(OWNER, job.id).done)

    jobs.register_long("copy", work)
    copying = enqueue(database, jobs, "copy")
    run_until(jobs, lambda: bool(seen))
    clock.advance(3600)
    assert run_to_the_end(jobs, copying).state == "finished"
    assert seen == [5]


def test_the_lease_of_a_silent_thread_is_renewed(
    database: Database, jobs: Jobs, clock: FixedClock, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long, "SECONDS_OF_SILENCE", 0.01)
    jobs.register_long("copy", gate)
    other = Jobs(database, clock)
    other.register_long("copy", lambda job, report: pytest.fail("it was claimed twice"))
    copying = enqueue(database, jobs, "copy")

    async def main() -> None:
        async with running(jobs):
            await until(gate.reached.is_set)
            for _ in range(3):
                clock.advance(50)
                due = clock.now() + 60 * SECOND
                await until(lambda: jobs.get(OWNER, copying).leased_until == due)  # noqa: B023 - awaited here
                async with running(other):
                    wake(other)
            gate.let_go.set()
            await until(lambda: state_of(jobs, copying) == "finished")

    run(main())
    assert jobs.get(OWNER, copying).attempts == 0


def test_a_computer_that_slept_does_not_begin_its_own_job_twice(
    database: Database, jobs: Jobs, clock: FixedClock, gate: Gate
) -> None:
    begun: list[int] = []

    def work(job: Job, report: Report) -> None:
        begun.append(job.attempts)
        gate(job, report)

    jobs.register_long("copy", work)
    copying = enqueue(database, jobs, "copy")

    async def main() -> None:
        async with running(jobs):
            await until(gate.reached.is_set)
            clock.advance(8 * 3600)
            short = await database.run_write(lambda: jobs.enqueue(HERE, "count"))
            await until(lambda: jobs.get(OWNER, short).run_at > clock.now())
            gate.let_go.set()
            await until(lambda: state_of(jobs, copying) == "finished")

    run(main())
    assert begun == [1]


def test_a_cancelled_job_ends_at_its_next_report(database: Database, jobs: Jobs, gate: Gate) -> None:
    jobs.register_long("copy", gate)
    copying = enqueue(database, jobs, "copy")

    async def main() -> None:
        async with running(jobs):
            await until(gate.reached.is_set)
            await database.run_write(lambda: jobs.cancel(OWNER, copying))
            gate.let_go.set()
            await until(gate.left.is_set)
            await until(lambda: not jobs._runner._working)

    run(main())
    assert isinstance(gate.error, JobCancelled)
    ended = jobs.get(OWNER, copying)
    assert (ended.state, ended.done) == ("cancelled", 0)


def test_a_job_cancelled_on_another_server_ends_too(
    database: Database, jobs: Jobs, clock: FixedClock, gate: Gate
) -> None:
    jobs.register_long("copy", gate)
    copying = enqueue(database, jobs, "copy")

    async def main() -> None:
        async with running(jobs):
            await until(gate.reached.is_set)
            await database.run_write(lambda: Jobs(database, clock).cancel(OWNER, copying))
            gate.let_go.set()
            await until(gate.left.is_set)
            await until(lambda: not jobs._runner._working)

    run(main())
    assert isinstance(gate.error, JobCancelled)
    assert state_of(jobs, copying) == "cancelled"


def test_a_stopping_server_gives_the_job_back_with_what_was_kept(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    kept = threading.Event()
    subjects: list[str] = []

    def work(job: Job, report: Report) -> None:
        part = 0
        while True:
            part += 1
            report(part, 0, {"next": part})
            kept.set()

    jobs.register_long("copy", work)
    copying = enqueue(database, jobs, "copy")
    run_until(jobs, kept.is_set)
    stopped = jobs.get(OWNER, copying)
    assert (stopped.state, stopped.leased_until, stopped.attempts, stopped.error) == ("open", None, 0, None)
    assert stopped.subject == f'{{"next":{stopped.done}}}'
    later = Jobs(database, clock)
    later.register_long("copy", lambda job, report: subjects.append(job.subject))
    run_to_the_end(later, copying)
    assert subjects == [stopped.subject]


def test_a_thread_that_does_not_heed_the_stop_keeps_no_server_from_ending(
    database: Database, jobs: Jobs, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hourloom.jobs.runner.SECONDS_TO_STOP", 0.05)
    jobs.register_long("copy", gate)
    copying = enqueue(database, jobs, "copy")
    run_until(jobs, gate.reached.is_set)
    assert jobs.get(OWNER, copying).leased_until is not None
    gate.let_go.set()
    assert gate.left.wait(20)
    assert isinstance(gate.error, JobCancelled)


def test_a_failing_job_is_tried_again_from_where_it_was_and_then_given_up(
    database: Database, jobs: Jobs, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    begun: list[tuple[int, str]] = []

    def work(job: Job, report: Report) -> None:
        begun.append((job.attempts, job.subject))
        report(1, 2, {"next": 1})
        raise ValueError(TITLE)

    jobs.register_long("copy", work)
    failing = enqueue(database, jobs, "copy")

    async def main() -> None:
        async with running(jobs):
            while state_of(jobs, failing) == "open":
                await let_time_pass(jobs, clock)

    run(main())
    ended = jobs.get(OWNER, failing)
    assert (ended.state, ended.error) == ("failed", "ValueError")
    # The first attempt came further than before it; the others only began again.
    assert [subject for _, subject in begun] == ["null"] + ['{"next":1}'] * (len(begun) - 1)
    assert [attempt for attempt, _ in begun] == [1, *range(2, MOST_ATTEMPTS + 1)]
    assert TITLE not in caplog.text


def test_a_report_that_cannot_write_does_not_fail_the_work_unless_it_must_be_kept(
    database: Database, jobs: Jobs, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[str] = []

    def full(work: Callable[[], object]) -> None:
        raise StorageFull

    def work(job: Job, report: Report) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(database, "write", full)
            clock.advance(2)
            report(1, 2)
            try:
                report(1, 2, {"next": 1})
            except StorageFull as error:
                raised.append(error.code)

    jobs.register_long("copy", work)
    assert run_to_the_end(jobs, enqueue(database, jobs, "copy")).state == "finished"
    assert raised == ["storage_full"]


def test_a_job_whose_process_always_dies_is_given_up(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    jobs.register_long("deadly", lambda job, report: pytest.fail("it was begun"))
    deadly = enqueue(database, jobs, "deadly")
    for _ in range(MOST_ATTEMPTS):
        database.write(lambda: jobs._runner._claim(jobs._runner._hands()))
        clock.advance(61)
    ended = run_to_the_end(jobs, deadly)
    assert (ended.state, ended.error) == ("failed", INTERRUPTED)


def test_a_periodic_long_job_begins_each_run_without_a_subject(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    subjects: list[str] = []

    def work(job: Job, report: Report) -> None:
        subjects.append(job.subject)
        report(1, 1, {"next": 1})

    jobs.register_long("backups.make", work, every=3600)

    async def main() -> None:
        async with running(jobs):
            await until(lambda: len(jobs.newest(OWNER, 2**63 - 1, 10)) == 2)
            for run in (1, 2):
                clock.advance(3600)
                wake(jobs)
                await until(lambda n=run: len(subjects) == n and not jobs._runner._working)  # type: ignore[misc]  # mypy knows no such lambda

    run(main())
    assert subjects == ["null", "null"]


def test_one_queued_beside_the_periodic_one_is_done_once(
    database: Database, jobs: Jobs, announced: Announced
) -> None:
    jobs.register_long("backups.make", lambda job, report: report(1, 1), every=3600)
    ended = run_to_the_end(jobs, enqueue(database, jobs, "backups.make"))
    assert ended.state == "finished"
    assert announced.kinds == ["JobEnqueued", "JobFinished"]


class Told:
    """What those who asked were told, with what they wrote in the same write."""

    def __init__(self, jobs: Jobs) -> None:
        self.failures, self.successes = list[Job](), list[Job]()
        jobs.on_failure(self._failed)
        jobs.on_success(self._succeeded)

    def _failed(self, tx: Transaction, job: Job) -> None:
        tx.execute("UPDATE jobs SET total = 77 WHERE id = :job", job=job.id)
        self.failures.append(job)

    def _succeeded(self, tx: Transaction, job: Job) -> None:
        tx.execute("UPDATE jobs SET total = 88 WHERE id = :job", job=job.id)
        self.successes.append(job)


@pytest.mark.parametrize("done", ["in steps", "on a thread"])
def test_who_asks_is_told_of_what_failed_for_good_and_what_succeeded(
    database: Database, jobs: Jobs, clock: FixedClock, done: str
) -> None:
    def fail(*_: object) -> JobProgress:
        raise KeyError(TITLE)

    told = Told(jobs)
    if done == "on a thread":
        jobs.register_long("fail", fail)
        jobs.register_long("work", lambda job, report: None)
    else:
        jobs.register("fail", fail)
        jobs.register("work", lambda tx, job: FINISHED)
    working, failing = enqueue(database, jobs, "work"), enqueue(database, jobs, "fail")

    async def main() -> None:
        async with running(jobs):
            while state_of(jobs, failing) == "open":
                await let_time_pass(jobs, clock)

    run(main())
    assert [(job.id, job.state, job.error) for job in told.failures] == [(failing, "failed", "KeyError")]
    assert [(job.id, job.state) for job in told.successes] == [(working, "finished")]
    assert (jobs.get(OWNER, failing).total, jobs.get(OWNER, working).total) == (77, 88)


def test_of_a_periodic_job_one_hears_when_it_keeps_failing_and_when_it_works_again(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    runs = 0

    def work(job: Job, report: Report) -> None:
        nonlocal runs
        runs += 1
        if runs <= MOST_ATTEMPTS:
            raise OSError

    told = Told(jobs)
    jobs.register_long("backups.make", work, every=60.0)

    async def main() -> None:
        async with running(jobs):
            while runs <= MOST_ATTEMPTS:
                await let_time_pass(jobs, clock)
            await until(lambda: not jobs._runner._working)

    run(main())
    assert [(job.kind, job.error, job.is_periodic) for job in told.failures] == [
        ("backups.make", "OSError", True)
    ] * 2
    assert [(job.kind, job.error) for job in told.successes if job.kind == "backups.make"] == [
        ("backups.make", None)
    ]


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from hourloom.core.ids import WorkspaceId
from hourloom.jobs.service import Jobs
from hourloom.testing import Announced, FixedClock, open_sqlite

feed = Announced()
database = open_sqlite(Path(sys.argv[1]), bytes(range(32)), feed.record, feed.publish)
jobs = Jobs(database, FixedClock())

def work(job, report):
    for part in range(1, 4):
        report(part, 5, {"next": part})
    report(4, 5)
    os.kill(os.getpid(), signal.SIGKILL)

jobs.register_long("copy", work)
database.write(lambda: jobs.enqueue(WorkspaceId(1), "copy"))
asyncio.run(jobs.run())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_after_kill_9_it_goes_on_from_the_last_subject_kept(
    dialect: str, database_file: Path, data_key: bytes, clock: FixedClock
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, database_file],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert ended.returncode == -9
    feed, subjects = Announced(), list[str]()
    database = open_sqlite(database_file, data_key, feed.record, feed.publish)
    jobs = Jobs(database, clock)
    jobs.register_long("copy", lambda job, report: subjects.append(job.subject))
    (job,) = [job.id for job in jobs.newest(OWNER, 2**63 - 1, 10) if job.kind == "copy"]
    clock.advance(61)
    run_to_the_end(jobs, job)
    database.close()
    assert subjects == ['{"next":3}']


def test_a_job_that_waits_for_its_time_wakes_the_runner(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    jobs.register_long("copy", lambda job, report: None)
    at = Instant(clock.now() + 3600 * SECOND)
    later = database.write(lambda: jobs.enqueue(HERE, "copy", run_at=at))
    clock.advance(3600)
    assert run_to_the_end(jobs, later).state == "finished"
