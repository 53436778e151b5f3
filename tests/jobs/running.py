"""Run jobs as the server does, and wait for what they do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.ids import JobId, UserId, WorkspaceId
from hourloom.db.transaction import Database
from hourloom.jobs.model import Job
from hourloom.jobs.service import Jobs
from hourloom.testing import FixedClock

HERE = WorkspaceId(1)
OWNER = Actor(HERE, UserId(1), EVERYTHING)


@asynccontextmanager
async def running(*all_jobs: Jobs) -> AsyncIterator[None]:
    """Run jobs as the server does, and stop as it does."""
    tasks = [asyncio.create_task(jobs.run()) for jobs in all_jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the condition is a row in a database
            await asyncio.sleep(0.002)


async def let_time_pass(jobs: Jobs, clock: FixedClock) -> None:
    """Move on once nothing is under way or due, so that no lease runs out."""
    found = [job for job in jobs.newest(OWNER, 2**63 - 1, 10) if job.state == "open"]
    if all(job.leased_until is None and job.run_at > clock.now() for job in found):
        clock.advance(1000)
        wake(jobs)
    await asyncio.sleep(0.002)


def run(main: Coroutine[None, None, None]) -> None:
    asyncio.run(main)


def enqueue(database: Database, jobs: Jobs, kind: str, subject: object = None, **options: str) -> JobId:
    return database.write(lambda: jobs.enqueue(HERE, kind, subject, slot=options.get("slot")))


def wake(jobs: Jobs) -> None:
    jobs._runner.wake()


def run_until(jobs: Jobs, condition: Callable[[], bool]) -> None:
    async def main() -> None:
        async with running(jobs):
            await until(condition)

    run(main())


def state_of(jobs: Jobs, job: JobId) -> str:
    return jobs.get(OWNER, job).state


def run_to_the_end(jobs: Jobs, job: JobId) -> Job:
    run_until(jobs, lambda: state_of(jobs, job) != "open")
    return jobs.get(OWNER, job)
