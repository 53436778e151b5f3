"""Background work: done once, in steps that survive failure, cancelling and a killed process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hourloom.core.actors import EVERYTHING, Actor, ScopeMissing
from hourloom.core.changes import RecordedChange
from hourloom.core.clock import MINUTE, SECOND, Instant
from hourloom.core.errors import Unavailable
from hourloom.core.ids import JobId, UserId, WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.jobs.model import (
    AGAIN,
    FINISHED,
    INTERRUPTED,
    MOST_ATTEMPTS,
    Job,
    JobHasEnded,
    JobIsPeriodic,
    JobProgress,
    NoSuchJob,
    delay_after,
)
from hourloom.jobs.service import Jobs
from hourloom.testing import Announced, FixedClock, ServerInMemory, open_sqlite
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


def counting_to(total: int) -> Callable[[Transaction, Job], JobProgress]:
    def step(tx: Transaction, job: Job) -> JobProgress:
        done = job.done + 1
        return JobProgress(done, total, finished=done == total, subject=f'{{"next":{done}}}')

    return step


def forever(tx: Transaction, job: Job) -> JobProgress:
    return JobProgress(job.done + 1, 0)


def test_a_job_is_done_step_by_step(database: Database, jobs: Jobs) -> None:
    seen: list[str] = []

    def step(tx: Transaction, job: Job) -> JobProgress:
        seen.append(job.subject)
        return counting_to(3)(tx, job)

    jobs.register("count", step)
    ended = run_to_the_end(jobs, enqueue(database, jobs, "count", {"next": 0}))
    assert seen == ['{"next":0}', '{"next":1}', '{"next":2}']
    assert (ended.state, ended.done, ended.total, ended.error) == ("finished", 3, 3, None)


def test_a_job_queued_while_running_starts_at_once(database: Database, jobs: Jobs) -> None:
    jobs.register("count", counting_to(2))

    async def main() -> None:
        async with running(jobs):
            await asyncio.sleep(0)
            queued = await database.run_write(lambda: jobs.enqueue(HERE, "count"))
            await until(lambda: state_of(jobs, queued) == "finished")

    run(main())


def test_what_a_step_wrote_and_how_far_it_came_are_stored_together(database: Database, jobs: Jobs) -> None:
    def step(tx: Transaction, job: Job) -> JobProgress:
        tx.execute("UPDATE jobs SET total = total + 1 WHERE kind = 'count' AND id <> :job", job=job.id)
        if job.done == 1:
            raise RuntimeError(TITLE)
        return JobProgress(job.done + 1, 5)

    jobs.register("count", step)
    database.write(lambda: jobs.enqueue(HERE, "other"))
    other = database.write(lambda: jobs.enqueue(HERE, "count", run_at=Instant(2**60)))
    failing = enqueue(database, jobs, "count")
    run_until(jobs, lambda: jobs.get(OWNER, failing).error is not None)
    assert jobs.get(OWNER, failing).done == 1
    assert jobs.get(OWNER, other).total == 1


def test_a_job_is_not_queued_when_its_write_is_undone(database: Database, jobs: Jobs) -> None:
    def write() -> None:
        jobs.enqueue(HERE, "count")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - this very one
        database.write(write)
    assert jobs.newest(OWNER, 2**63 - 1, 10) == []


def test_a_slot_holds_one_job_until_it_has_ended(database: Database, jobs: Jobs) -> None:
    jobs.register("count", counting_to(1))
    first = enqueue(database, jobs, "count", slot="only")
    assert enqueue(database, jobs, "count", slot="only") == first
    assert enqueue(database, jobs, "count", slot="another") != first
    run_to_the_end(jobs, first)
    second = enqueue(database, jobs, "count", slot="only")
    assert second != first
    assert run_to_the_end(jobs, second).state == "finished"


def test_a_job_may_wait_for_its_time(database: Database, jobs: Jobs, clock: FixedClock) -> None:
    jobs.register("count", counting_to(1))
    at = Instant(clock.now() + 3600 * SECOND)
    later = database.write(lambda: jobs.enqueue(HERE, "count", run_at=at))
    soon = enqueue(database, jobs, "count")
    run_to_the_end(jobs, soon)
    assert state_of(jobs, later) == "open"
    clock.advance(3600)
    assert run_to_the_end(jobs, later).state == "finished"


def test_a_failing_job_is_tried_again_ever_later_and_then_given_up(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    waits: list[int] = []

    def step(tx: Transaction, job: Job) -> JobProgress:
        raise KeyError(TITLE)

    jobs.register("fail", step)
    failing = enqueue(database, jobs, "fail")

    async def main() -> None:
        async with running(jobs):
            for attempt in range(1, MOST_ATTEMPTS):
                await until(lambda n=attempt: has_failed(n))  # type: ignore[misc]  # mypy knows no such lambda
                job = jobs.get(OWNER, failing)
                waits.append((job.run_at - clock.now()) // SECOND)
                clock.advance(waits[-1])
                wake(jobs)
            await until(lambda: state_of(jobs, failing) == "failed")

    def has_failed(times: int) -> bool:
        job = jobs.get(OWNER, failing)
        return job.attempts == times and job.leased_until is None

    run(main())
    assert waits == [2, 4, 8, 16, 32, 64, 128]
    assert jobs.get(OWNER, failing).error == "KeyError"


def test_a_step_that_succeeds_lets_the_attempts_begin_anew(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    tries: dict[int, int] = {}

    def step(tx: Transaction, job: Job) -> JobProgress:
        tries[job.done] = tries.get(job.done, 0) + 1
        if tries[job.done] < 6:
            raise OSError
        return counting_to(3)(tx, job)

    jobs.register("flaky", step)
    flaky = enqueue(database, jobs, "flaky")

    async def main() -> None:
        async with running(jobs):
            while state_of(jobs, flaky) == "open":
                await let_time_pass(jobs, clock)

    run(main())
    ended = jobs.get(OWNER, flaky)
    assert (ended.state, ended.done, ended.error) == ("finished", 3, None)
    assert tries == {0: 6, 1: 6, 2: 6}


def test_a_job_that_waits_for_the_database_is_never_given_up(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    tries = 0

    def step(tx: Transaction, job: Job) -> JobProgress:
        nonlocal tries
        tries += 1
        if tries <= 2 * MOST_ATTEMPTS:
            raise Unavailable
        return FINISHED

    jobs.register("patient", step)
    patient = enqueue(database, jobs, "patient")

    async def main() -> None:
        async with running(jobs):
            while state_of(jobs, patient) == "open":
                await let_time_pass(jobs, clock)

    run(main())
    assert state_of(jobs, patient) == "finished"


def test_no_message_of_an_error_is_kept_or_logged(
    database: Database, jobs: Jobs, announced: Announced, caplog: pytest.LogCaptureFixture
) -> None:
    def step(tx: Transaction, job: Job) -> JobProgress:
        raise ValueError(TITLE)

    jobs.register("fail", step)
    failing = enqueue(database, jobs, "fail")
    run_until(jobs, lambda: jobs.get(OWNER, failing).error is not None)
    assert jobs.get(OWNER, failing).error == "ValueError"
    assert TITLE not in caplog.text
    assert TITLE.encode() not in b"".join(change.body for change in announced.changes)


def test_a_cancelled_job_stops_between_two_steps(database: Database, jobs: Jobs) -> None:
    jobs.register("forever", forever)
    endless = enqueue(database, jobs, "forever")

    async def main() -> None:
        async with running(jobs):
            await until(lambda: jobs.get(OWNER, endless).done >= 3)
            await database.run_write(lambda: jobs.cancel(OWNER, endless))
            done = jobs.get(OWNER, endless).done
            await until(lambda: not jobs._runner._working)
            assert jobs.get(OWNER, endless).done == done

    run(main())
    assert state_of(jobs, endless) == "cancelled"


def test_only_an_open_job_of_ones_own_can_be_cancelled(database: Database, jobs: Jobs) -> None:
    mine = enqueue(database, jobs, "count")
    stranger = Actor(WorkspaceId(2), UserId(2), EVERYTHING)
    reader = Actor(HERE, UserId(1), frozenset({"jobs:read"}))
    with pytest.raises(NoSuchJob):
        database.write(lambda: jobs.cancel(stranger, mine))
    with pytest.raises(ScopeMissing):
        database.write(lambda: jobs.cancel(reader, mine))
    database.write(lambda: jobs.cancel(OWNER, mine))
    with pytest.raises(JobHasEnded):
        database.write(lambda: jobs.cancel(OWNER, mine))
    assert jobs.newest(stranger, 2**63 - 1, 10) == []


def test_a_periodic_job_cannot_be_cancelled(database: Database, jobs: Jobs) -> None:
    run_until(jobs, lambda: bool(jobs.newest(OWNER, 2**63 - 1, 10)))
    (prune,) = jobs.newest(OWNER, 2**63 - 1, 10)
    assert (prune.kind, prune.is_periodic) == ("jobs.prune", True)
    with pytest.raises(JobIsPeriodic):
        database.write(lambda: jobs.cancel(OWNER, prune.id))


def test_a_long_job_keeps_no_other_waiting(database: Database, jobs: Jobs) -> None:
    jobs.register("forever", forever)
    jobs.register("count", counting_to(2))
    enqueue(database, jobs, "forever")

    async def main() -> None:
        async with running(jobs):
            short = await database.run_write(lambda: jobs.enqueue(HERE, "count"))
            await until(lambda: state_of(jobs, short) == "finished")

    run(main())


def test_more_jobs_than_hands_are_all_done(database: Database, jobs: Jobs) -> None:
    jobs.register("count", counting_to(2))
    queued = [enqueue(database, jobs, "count") for _ in range(20)]
    run_until(jobs, lambda: all(state_of(jobs, job) == "finished" for job in queued))


def test_stopping_gives_the_job_back_and_the_next_start_goes_on_at_once(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    jobs.register("forever", forever)
    endless = enqueue(database, jobs, "forever")
    run_until(jobs, lambda: jobs.get(OWNER, endless).done >= 3)
    stopped = jobs.get(OWNER, endless)
    assert stopped.leased_until is None
    later = Jobs(database, clock)
    later.register("forever", counting_to(stopped.done + 1))
    assert run_to_the_end(later, endless).done == stopped.done + 1


def test_a_leased_job_is_left_alone_until_its_lease_runs_out(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    stuck, release, steps = threading.Event(), threading.Event(), list[str]()

    def read(tx: Transaction, job: Job) -> str:
        stuck.set()
        assert release.wait(20)
        return "late"

    def step(tx: Transaction, job: Job, found: str) -> JobProgress:
        steps.append(found)
        return FINISHED

    jobs.register_reading("work", read, step)
    other = Jobs(database, clock)
    other.register_reading("work", lambda tx, job: "other", step)
    job = enqueue(database, jobs, "work")

    async def main() -> None:
        async with running(jobs):
            await until(stuck.is_set)
            async with running(other):
                wake(other)
                await asyncio.sleep(0.02)
                assert steps == []
                clock.advance(61)
                wake(other)
                await until(lambda: state_of(jobs, job) == "finished")
            release.set()
            await until(lambda: not jobs._runner._working)

    run(main())
    assert steps == ["other"]


def test_what_was_read_outside_the_writer_reaches_the_step(database: Database, jobs: Jobs) -> None:
    def read(tx: Transaction, job: Job) -> int:
        return tx.number("SELECT count(*) FROM jobs WHERE kind = 'read'")

    def step(tx: Transaction, job: Job, found: int) -> JobProgress:
        return JobProgress(found, found, finished=True)

    jobs.register_reading("read", read, step)
    assert run_to_the_end(jobs, enqueue(database, jobs, "read")).done == 1


def test_a_job_whose_process_always_dies_is_given_up(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    jobs.register("deadly", counting_to(1))
    deadly = enqueue(database, jobs, "deadly")
    for _ in range(MOST_ATTEMPTS):
        claimed = database.write(lambda: jobs._runner._claim(jobs._runner._hands()))
        assert [job.id for job in claimed] == [deadly]
        clock.advance(61)
    ended = run_to_the_end(jobs, deadly)
    assert (ended.state, ended.error, ended.done) == ("failed", INTERRUPTED, 0)


def test_a_job_of_an_unknown_kind_waits_for_a_program_that_knows_it(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    unknown = enqueue(database, jobs, "later")
    run_until(jobs, lambda: jobs.get(OWNER, unknown).run_at > clock.now())
    assert state_of(jobs, unknown) == "open"
    newer = Jobs(database, clock)
    newer.register("later", counting_to(1))
    clock.advance(3600)
    assert run_to_the_end(newer, unknown).state == "finished"


def test_a_periodic_job_runs_once_in_each_period_however_many_servers_there_are(
    database: Database, clock: FixedClock
) -> None:
    runs: list[Instant] = []

    def step(tx: Transaction, job: Job) -> JobProgress:
        runs.append(clock.now())
        return FINISHED

    servers = [Jobs(database, clock) for _ in range(2)]
    for jobs in servers:
        jobs.every("tidy", 60.0, step)
    began = clock.now()

    async def main() -> None:
        async with running(*servers):
            await until(lambda: len(servers[0].newest(OWNER, 2**63 - 1, 10)) == 2)
            assert runs == []
            for period in (1, 2, 3):
                clock.advance(60)
                for jobs in servers:
                    wake(jobs)
                await until(lambda n=period: len(runs) == n)  # type: ignore[misc]  # as above
                await until(lambda: not any(jobs._runner._working for jobs in servers))

    run(main())
    assert [(at - began) // MINUTE for at in runs] == [1, 2, 3]


def test_a_periodic_job_goes_on_until_it_is_finished_and_survives_failure(
    database: Database, jobs: Jobs, clock: FixedClock
) -> None:
    steps = 0

    def step(tx: Transaction, job: Job) -> JobProgress:
        nonlocal steps
        steps += 1
        if steps <= MOST_ATTEMPTS + 2:
            raise RuntimeError
        return AGAIN if steps < MOST_ATTEMPTS + 5 else FINISHED

    jobs.every("tidy", 60.0, step)

    async def main() -> None:
        async with running(jobs):
            while steps < MOST_ATTEMPTS + 5:
                await let_time_pass(jobs, clock)
            await until(lambda: not jobs._runner._working)

    run(main())
    (tidy,) = [job for job in jobs.newest(OWNER, 2**63 - 1, 10) if job.kind == "tidy"]
    assert (tidy.state, tidy.error, tidy.attempts) == ("open", None, 0)


def test_a_shorter_period_holds_from_the_next_start_on(database: Database, clock: FixedClock) -> None:
    for seconds in (3600.0, 60.0):
        jobs = Jobs(database, clock)
        jobs.every("tidy", seconds, lambda tx, job: FINISHED)
        run_until(jobs, lambda j=jobs, s=seconds: due_in(j, clock) == s)  # type: ignore[misc]  # as above


def due_in(jobs: Jobs, clock: FixedClock) -> float:
    found = [job for job in jobs.newest(OWNER, 2**63 - 1, 10) if job.kind == "tidy"]
    return (found[0].run_at - clock.now()) / SECOND if found else -1


def test_jobs_that_ended_are_kept_for_a_week(database: Database, jobs: Jobs, clock: FixedClock) -> None:
    jobs.register("count", counting_to(1))
    old = enqueue(database, jobs, "count")
    run_to_the_end(jobs, old)
    clock.advance(6 * 86400)
    young = enqueue(database, jobs, "count")
    run_to_the_end(jobs, young)
    clock.advance(86400 + 1)
    run_until(jobs, lambda: old not in numbers(jobs))
    assert young in numbers(jobs)


def numbers(jobs: Jobs) -> list[JobId]:
    return [job.id for job in jobs.newest(OWNER, 2**63 - 1, 10)]


def test_nothing_happens_while_nothing_is_due(database: Database) -> None:
    class Counting(FixedClock):
        asked = 0

        def now(self) -> Instant:
            self.asked += 1
            return super().now()

    clock = Counting()
    jobs = Jobs(database, clock)

    async def main() -> None:
        async with running(jobs):
            await until(lambda: bool(numbers(jobs)))
            async with asyncio.timeout(20):
                asked = -1
                while asked != clock.asked:
                    asked = clock.asked
                    await asyncio.sleep(0.2)

    run(main())


def test_changes_tell_of_every_stage(
    database: Database, jobs: Jobs, announced: Announced, clock: FixedClock
) -> None:
    def step(tx: Transaction, job: Job) -> JobProgress:
        clock.advance(0.4)
        return counting_to(6)(tx, job)

    jobs.register("count", step)
    run_to_the_end(jobs, enqueue(database, jobs, "count"))
    assert announced.kinds == ["JobEnqueued", "JobProgressed", "JobProgressed", "JobFinished"]
    bodies = [msgspec.json.decode(change.body) for change in announced.changes]
    assert [body.get("done") for body in bodies] == [None, 1, 4, 6]
    assert bodies[-1]["state"] == "finished"


def test_periodic_jobs_do_not_fill_the_feed(
    database: Database, jobs: Jobs, announced: Announced, clock: FixedClock
) -> None:
    ran = threading.Event()

    def step(tx: Transaction, job: Job) -> JobProgress:
        ran.set()
        return FINISHED

    jobs.every("tidy", 1.0, step)
    run_until(jobs, lambda: bool(numbers(jobs)))
    clock.advance(1)
    run_until(jobs, ran.is_set)
    assert announced.kinds == []


def test_delays_grow_and_end() -> None:
    delays = [delay_after(attempts) for attempts in range(1, 3000)]
    assert delays == sorted(delays)
    assert (delays[0], delays[-1]) == (2 * SECOND, 15 * MINUTE)


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from hourloom.core.ids import WorkspaceId
from hourloom.jobs.model import JobProgress
from hourloom.jobs.service import Jobs
from hourloom.testing import Announced, FixedClock, open_sqlite

feed = Announced()
database = open_sqlite(Path(sys.argv[1]), bytes(range(32)), feed.record, feed.publish)
jobs = Jobs(database, FixedClock())

def step(tx, job):
    if job.done == 3:
        tx.execute("UPDATE jobs SET done = 99")
        os.kill(os.getpid(), signal.SIGKILL)
    return JobProgress(job.done + 1, 5)

jobs.register("count", step)
database.write(lambda: jobs.enqueue(WorkspaceId(1), "count"))
asyncio.run(jobs.run())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_after_kill_9_the_job_goes_on_where_it_was(
    dialect: str, database_file: Path, data_key: bytes, clock: FixedClock
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, database_file],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert ended.returncode == -9
    feed = Announced()
    database = open_sqlite(database_file, data_key, feed.record, feed.publish)
    jobs = Jobs(database, clock)
    jobs.register("count", counting_to(5))
    (job,) = [job.id for job in jobs.newest(OWNER, 2**63 - 1, 10) if job.kind == "count"]
    assert jobs.get(OWNER, job).done == 3
    clock.advance(61)
    assert run_to_the_end(jobs, job).done == 5
    database.close()


def test_jobs_are_followed_and_cancelled_over_http(server: ServerInMemory) -> None:
    jobs = server.service(Jobs)
    tomorrow = server.clock.advance(86400)
    server.clock.advance(-86400)
    queued = server.write(
        lambda: jobs.enqueue(server.owner.workspace_id, "unknown", total=7, run_at=tomorrow)
    )
    client = server.client_with("jobs:write")
    (listed,) = [job for job in client.get("/api/v1/jobs").json()["jobs"] if not job["periodic"]]
    assert (listed["id"], listed["state"], listed["total"]) == (queued, "open", 7)
    assert client.get(f"/api/v1/jobs/{queued}").json() == listed
    cancelled = client.post(f"/api/v1/jobs/{queued}/cancel")
    assert (cancelled.status, cancelled.json()["state"]) == (200, "cancelled")
    assert client.post(f"/api/v1/jobs/{queued}/cancel").status == 409
    assert client.get("/api/v1/jobs/999").status == 404
    assert server.client_with("tracking:read").get("/api/v1/jobs").status == 403


def test_jobs_are_listed_in_pages(server: ServerInMemory) -> None:
    jobs = server.service(Jobs)
    queued = [server.write(lambda: jobs.enqueue(server.owner.workspace_id, "unknown")) for _ in range(5)]
    client, cursor, found = server.client_with("jobs:read"), "", list[int]()
    while cursor is not None:
        page = client.get(f"/api/v1/jobs?limit=2{cursor}").json()
        found += [job["id"] for job in page["jobs"] if not job["periodic"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert found == sorted(queued, reverse=True)


def test_applying_the_changes_gives_the_fresh_state(server: ServerInMemory) -> None:
    jobs, workspace = server.service(Jobs), server.owner.workspace_id
    told = ("job_kind", "state", "done", "total", "error")

    def state() -> dict[int, dict[str, object]]:
        page = server.client_with("jobs:read").get("/api/v1/jobs").json()
        return {job["id"]: {key: job[key.removeprefix("job_")] for key in told} for job in page["jobs"]}

    def apply(before: dict[int, dict[str, object]], change: RecordedChange) -> dict[int, dict[str, object]]:
        body = msgspec.json.decode(change.body)
        if change.kind not in ("JobEnqueued", "JobProgressed", "JobFinished"):
            return before
        new = {"state": "open", "done": 0, "error": None}
        number = body["id"]
        return before | {number: before.get(number, new) | {k: v for k, v in body.items() if k in told}}

    queued: list[JobId] = []
    server.verify_changes(
        lambda: queued.append(server.write(lambda: jobs.enqueue(workspace, "unknown", total=3))), state, apply
    )
    server.verify_changes(lambda: server.write(lambda: jobs.cancel(server.owner, queued[0])), state, apply)
