"""Run the jobs that are due, each step in one write, and sleep until the next one is.

    run_at       lease 60 s                        renewed by each step
    --|-- claim --|== step ==|== step ==|== step ==|-- finished

A killed process renews nothing: its leases run out, and whoever claims next goes on after the last step
that was committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from hourloom.core.clock import SECOND, Clock, Instant
from hourloom.core.ids import JobId
from hourloom.db.transaction import Database, Transaction
from hourloom.jobs import store
from hourloom.jobs.model import (
    INTERRUPTED,
    LEASE,
    MOST_ATTEMPTS,
    UNKNOWN_KIND_WAITS,
    Job,
    JobFinished,
    JobProgress,
    JobProgressed,
    delay_after,
    is_hopeless,
)

log = logging.getLogger(__name__)

Step = Callable[[Transaction, Job], JobProgress]
"""Does at most 20 ms of work within one write."""
Read = Callable[[Transaction, Job], object]
"""Collects, on a reading thread, what the step that follows needs."""

MOST_AT_ONCE = 3
LONGEST_SLEEP = 60.0
"""Seconds after which it looks again anyway: a computer that slept woke up with its timers late."""
SECONDS_AFTER_FAILURE = 5.0
SECONDS_TO_STOP = 5.0


class JobKind(msgspec.Struct, frozen=True):
    """How jobs of one kind are done."""

    step: Callable[[Transaction, Job, object], JobProgress]
    read: Read | None = None
    every: int | None = None
    """Microseconds between two runs of a periodic job."""


class Runner:
    """Works on leased jobs until it is cancelled."""

    def __init__(self, database: Database, clock: Clock, kinds: Mapping[str, JobKind]) -> None:
        self._database, self._clock, self._kinds = database, clock, kinds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._working: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._told: dict[JobId, Instant] = {}

    def wake(self) -> None:
        """Look for work now; from any thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop closed meanwhile
                loop.call_soon_threadsafe(self._wake.set)

    async def run(self, plan: Callable[[], None]) -> None:
        """Run jobs until cancelled, after a first write; then let the steps that are under way end."""
        self._loop, self._stopping = asyncio.get_running_loop(), False
        planned = False
        try:
            while True:
                self._wake.clear()
                try:
                    if not planned:
                        await self._database.run_write(plan)
                        planned = True
                    await self._start_due()
                    seconds = await self._seconds_to_next()
                except Exception as error:  # noqa: BLE001 - the database may answer again later
                    log.warning("jobs wait, for the database failed: %s", type(error).__name__)
                    seconds = SECONDS_AFTER_FAILURE
                await self._sleep(seconds)
        finally:
            self._loop, self._stopping = None, True
            await self._stop()

    async def _start_due(self) -> None:
        room = MOST_AT_ONCE - len(self._working)
        if room <= 0:
            return
        for job in await self._claimed(room):
            task = asyncio.create_task(self._work(job))
            self._working.add(task)
            task.add_done_callback(self._ended)

    async def _claimed(self, room: int) -> list[Job]:
        claiming = asyncio.ensure_future(self._database.run_write(lambda: self._claim(room)))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # The write goes on without us, and nobody would work on what it leased.
            with contextlib.suppress(Exception):
                for job in await claiming:
                    await self._after(job, partial(self._release, job))
            raise

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._wake.set()

    async def _seconds_to_next(self) -> float:
        """Return how long nothing is due; while all hands are full only their end matters."""
        if len(self._working) >= MOST_AT_ONCE:
            return LONGEST_SLEEP
        due = await self._database.run_read(self._next_due)
        if due is None:
            return LONGEST_SLEEP
        return min(max(0.0, (due - self._clock.now()) / SECOND), LONGEST_SLEEP)

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _stop(self) -> None:
        if self._working:
            _, late = await asyncio.wait(self._working, timeout=SECONDS_TO_STOP)
            for task in late:
                task.cancel()

    async def _work(self, job: Job) -> None:
        current: Job | None = job
        while current is not None:
            current = await self._one_step(current)
        self._told.pop(job.id, None)

    async def _one_step(self, job: Job) -> Job | None:
        """Do one step; return the job as it then stands, or None when there is no more to do now."""
        if self._stopping:
            await self._after(job, lambda: self._release(job))
            return None
        try:
            found = await self._read(job)
            return await self._database.run_write(lambda: self._advance(job, found))
        except Exception as error:  # noqa: BLE001 - a job may fail in any way
            failed = error
        log.warning("job %d (%s) failed: %s", job.id, job.kind, type(failed).__name__)
        await self._after(job, lambda: self._fail(job, failed))
        return None

    async def _after(self, job: Job, write: Callable[[], None]) -> None:
        try:
            await self._database.run_write(write)
        except Exception as error:  # noqa: BLE001 - its lease runs out, and then it is tried again
            log.warning("job %d (%s) cannot be put back: %s", job.id, job.kind, type(error).__name__)

    async def _read(self, job: Job) -> object:
        kind = self._kinds.get(job.kind)
        if kind is None or kind.read is None:
            return None
        read = kind.read

        def work() -> object:
            with self._database.read() as tx:
                return read(tx, job)

        return await self._database.run_read(work)

    def _claim(self, limit: int) -> list[Job]:
        with self._database.begin() as tx:
            now = self._clock.now()
            jobs = store.claim(tx, now, now + LEASE, limit)
            return sorted(jobs, key=lambda job: (job.run_at, job.id))

    def _next_due(self) -> int | None:
        with self._database.read() as tx:
            return store.next_due(tx)

    def _advance(self, job: Job, found: object) -> Job | None:
        with self._database.begin() as tx:
            now = self._clock.now()
            held = store.held(tx, job.id, job.leased_until or 0)
            if held is None:
                return None
            kind = self._kinds.get(job.kind)
            if kind is None:
                # Another version of the program may know it.
                store.put_back(tx, job.id, run_at=now + UNKNOWN_KIND_WAITS, attempts=0, error=held.error)
                return None
            if held.attempts > MOST_ATTEMPTS:
                self._give_up(tx, held, kind, now)
                return None
            return self._keep(tx, held, kind, kind.step(tx, held, found))

    def _keep(self, tx: Transaction, job: Job, kind: JobKind, progress: JobProgress) -> Job | None:
        now = self._clock.now()
        after = msgspec.structs.replace(
            job,
            subject=job.subject if progress.subject is None else progress.subject,
            done=progress.done,
            total=progress.total,
            leased_until=Instant(now + LEASE),
            attempts=0,
        )
        store.go_on(
            tx,
            job.id,
            subject=after.subject,
            done=after.done,
            total=after.total,
            leased_until=now + LEASE,
        )
        if not progress.finished:
            self._tell_progress(tx, after, now)
            return after
        if kind.every is not None:
            store.put_back(tx, job.id, run_at=now + kind.every, attempts=0, error=None)
        else:
            self._finish(tx, after, now, None)
        return None

    def _give_up(self, tx: Transaction, job: Job, kind: JobKind, now: Instant) -> None:
        """End a job whose process died each time that it was begun."""
        if kind.every is not None:
            store.put_back(tx, job.id, run_at=now + kind.every, attempts=0, error=INTERRUPTED)
        else:
            self._finish(tx, job, now, INTERRUPTED)

    def _fail(self, job: Job, error: BaseException) -> None:
        """Try again later, or give up; the message is not kept, for it may quote a title."""
        with self._database.begin() as tx:
            now = self._clock.now()
            held = store.held(tx, job.id, job.leased_until or 0)
            if held is None:
                return
            name = type(error).__name__
            if is_hopeless(held, error):
                self._finish(tx, held, now, name)
                return
            # One that is never given up must not look like one whose process always dies.
            attempts = min(max(held.attempts, 1), MOST_ATTEMPTS - 1)
            store.put_back(tx, job.id, run_at=now + delay_after(attempts), attempts=attempts, error=name)
            if not held.is_periodic:
                tx.changed(held.workspace_id, JobProgressed(held.id, held.kind, held.done, held.total, name))

    def _release(self, job: Job) -> None:
        """Put a job back that was not begun, or that goes on after the server's next start."""
        with self._database.begin() as tx:
            held = store.held(tx, job.id, job.leased_until or 0)
            if held is not None:
                attempts = max(0, held.attempts - 1)
                store.put_back(tx, job.id, run_at=held.run_at, attempts=attempts, error=held.error)

    def _finish(self, tx: Transaction, job: Job, now: Instant, error: str | None) -> None:
        store.finish(tx, job.id, now, error)
        state = msgspec.structs.replace(job, finished_at=now, error=error).state
        tx.changed(job.workspace_id, JobFinished(job.id, job.kind, state, job.done, job.total, error))

    def _tell_progress(self, tx: Transaction, job: Job, now: Instant) -> None:
        """Announce progress, but no more than once a second."""
        if job.is_periodic or now - self._told.get(job.id, Instant(0)) < SECOND:
            return
        self._told[job.id] = now
        tx.changed(job.workspace_id, JobProgressed(job.id, job.kind, job.done, job.total))
