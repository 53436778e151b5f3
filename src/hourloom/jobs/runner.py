"""Run the jobs that are due, each step in one write, and sleep until the next one is.

    run_at       lease 60 s                        renewed by each step
    --|-- claim --|== step ==|== step ==|== step ==|-- finished

A killed process renews nothing: its leases run out, and whoever claims next goes on after the last step
that was committed. Long jobs have threads of their own (`jobs/long.py`) and hands of their own, so that a
copy of minutes keeps no short job waiting.
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
from hourloom.jobs.giving_way import GivingWay
from hourloom.jobs.long import Reporting, on_a_thread
from hourloom.jobs.model import (
    INTERRUPTED,
    LEASE,
    MOST_ATTEMPTS,
    UNKNOWN_KIND_WAITS,
    Job,
    JobCancelled,
    JobFinished,
    JobProgress,
    JobProgressed,
    LongWork,
    Postponement,
    delay_after,
    fails_again_and_again,
    is_hopeless,
    postponement,
)
from hourloom.jobs.ports import Computer

log = logging.getLogger(__name__)

Step = Callable[[Transaction, Job], JobProgress]
"""Does at most 20 ms of work within one write."""
Read = Callable[[Transaction, Job], object]
"""Collects, on a reading thread, what the step that follows needs."""

Ended = Callable[[Transaction, Job], object]
"""Is told, within the write that ends it, of a job that failed or succeeded."""

MOST_AT_ONCE = 3
MOST_LONG_AT_ONCE = 2
LONGEST_SLEEP = 60.0
"""Seconds after which it looks again anyway: a computer that slept woke up with its timers late."""
SECONDS_PUT_OFF = 30.0
"""Seconds after which it looks whether the computer has time now for what was put off."""
SECONDS_AFTER_FAILURE = 5.0
SECONDS_TO_STOP = 5.0


def _no_step(tx: Transaction, job: Job, found: object) -> JobProgress:
    raise NotImplementedError


class JobKind(msgspec.Struct, frozen=True):
    """How jobs of one kind are done."""

    step: Callable[[Transaction, Job, object], JobProgress] = _no_step
    read: Read | None = None
    long: LongWork | None = None
    """Done on a thread of its own, in place of steps."""
    every: int | None = None
    """Microseconds between two runs of a periodic job."""
    urgent: bool = True
    """Whether it begins however busy the computer is, and on battery too."""


UNKNOWN_KIND = JobKind()


class Hands(msgspec.Struct, frozen=True):
    """How many more jobs there is room for."""

    short: int
    long: int
    long_kinds: list[str]
    working_on: list[JobId]
    """What is under way here; a computer that slept may find the leases of its own jobs run out."""
    patient_kinds: list[str]
    waits: Postponement

    @property
    def groups(self) -> list[tuple[int, store.Admitted]]:
        """Return for short and for long jobs how many more may begin, where any may."""
        groups = [(self.short, False), (self.long if self.long_kinds else 0, True)]
        return [
            (
                room,
                store.Admitted(self.long_kinds, among, self.working_on, self.patient_kinds, self.waits),
            )
            for room, among in groups
            if room > 0
        ]


class Runner:
    """Works on leased jobs until it is cancelled."""

    def __init__(
        self, database: Database, clock: Clock, kinds: Mapping[str, JobKind], computer: Computer
    ) -> None:
        self._database, self._clock, self._kinds, self._computer = database, clock, kinds, computer
        self._waits = Postponement()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._working: dict[JobId, asyncio.Task[None]] = {}
        self._reporting: dict[JobId, Reporting] = {}
        self._stopping = False
        self.on_failure: list[Ended] = []
        self.on_success: list[Ended] = []
        self._told: dict[JobId, Instant] = {}

    def wake(self) -> None:
        """Look for work now; from any thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop closed meanwhile
                loop.call_soon_threadsafe(self._wake.set)

    def end(self, job: JobId) -> None:
        """Tell the thread of a long job that it must end; from any thread."""
        if (reporting := self._reporting.get(job)) is not None:
            reporting.end()

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
                    await self._look_at_computer()
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
        hands = self._hands()
        if not hands.groups:
            return
        for job in await self._claimed(hands):
            if self._kind_of(job).long is not None:
                self._reporting[job.id] = Reporting(self._database, self._clock, job)
            task = asyncio.create_task(self._work(job))
            self._working[job.id] = task
            task.add_done_callback(partial(self._ended, job.id))

    def _hands(self) -> Hands:
        long = len(self._reporting)
        return Hands(
            short=MOST_AT_ONCE - (len(self._working) - long),
            long=MOST_LONG_AT_ONCE - long,
            long_kinds=[name for name, kind in self._kinds.items() if kind.long is not None],
            working_on=list(self._working),
            patient_kinds=[name for name, kind in self._kinds.items() if not kind.urgent],
            waits=self._waits,
        )

    def _kind_of(self, job: Job) -> JobKind:
        return self._kinds.get(job.kind, UNKNOWN_KIND)

    async def _claimed(self, hands: Hands) -> list[Job]:
        claiming = asyncio.ensure_future(self._database.run_write(lambda: self._claim(hands)))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # The write goes on without us, and nobody would work on what it leased.
            with contextlib.suppress(Exception):
                for job in await claiming:
                    await self._after(job, partial(self._release, job))
            raise

    def _ended(self, job: JobId, _task: asyncio.Task[None]) -> None:
        del self._working[job]
        self._reporting.pop(job, None)
        self._wake.set()

    async def _seconds_to_next(self) -> float:
        """Return how long nothing is due; while all hands are full only their end matters."""
        hands = self._hands()
        if not hands.groups:
            return LONGEST_SLEEP
        due = await self._database.run_read(lambda: self._next_due(hands))
        longest = LONGEST_SLEEP if self._waits.is_none else SECONDS_PUT_OFF
        if due is None:
            return longest
        return min(max(0.0, (due - self._clock.now()) / SECOND), longest)

    async def _look_at_computer(self) -> None:
        """Learn what must wait, where anything would."""
        if any(not kind.urgent for kind in self._kinds.values()):
            self._waits = postponement(await asyncio.to_thread(self._computer.load))

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _stop(self) -> None:
        for reporting in self._reporting.values():
            reporting.end()
        if self._working:
            _, late = await asyncio.wait(self._working.values(), timeout=SECONDS_TO_STOP)
            for task in late:
                task.cancel()

    async def _work(self, job: Job) -> None:
        if (long := self._kind_of(job).long) is not None:
            await self._work_long(job, long)
            return
        current: Job | None = job
        way = GivingWay(self._database.vitals)
        while current is not None:
            current = await self._one_step(current)
            if current is not None and way.should_look:
                await asyncio.sleep(await asyncio.to_thread(way.seconds))
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

    async def _work_long(self, job: Job, work: LongWork) -> None:
        """Do a long job to its end, on a thread."""
        reporting = self._reporting[job.id]
        error: Exception | None
        try:
            if not await self._database.run_write(lambda: self._may_begin(job)):
                return
            error = JobCancelled(id=job.id) if self._stopping else await on_a_thread(work, reporting)
        except Exception as caught:  # noqa: BLE001 - the database, or no thread could be started
            error = caught
        await self._after(job, lambda: self._end_long(reporting, error))

    def _end_long(self, reporting: Reporting, error: Exception | None) -> None:
        job = reporting.job
        if error is None:
            self._succeed(reporting)
        elif isinstance(error, JobCancelled) and (reporting.must_end or self._stopping):
            self._release(job)
        else:
            log.warning("job %d (%s) failed: %s", job.id, job.kind, type(error).__name__)
            self._fail(job, error)

    def _succeed(self, reporting: Reporting) -> None:
        with self._database.begin() as tx:
            held = store.held(tx, reporting.job.id, reporting.job.leased_until or 0)
            if held is not None:
                last = JobProgress(reporting.done, reporting.total, finished=True)
                # The next run of a periodic one begins afresh.
                subject = "null" if held.is_periodic else None
                self._keep(tx, held, msgspec.structs.replace(last, subject=subject))

    async def _after(self, job: Job, write: Callable[[], None]) -> None:
        try:
            await self._database.run_write(write)
        except Exception as error:  # noqa: BLE001 - its lease runs out, and then it is tried again
            log.warning("job %d (%s) cannot be put back: %s", job.id, job.kind, type(error).__name__)

    async def _read(self, job: Job) -> object:
        read = self._kind_of(job).read
        if read is None:
            return None

        def work() -> object:
            with self._database.read() as tx:
                return read(tx, job)

        return await self._database.run_read(work)

    def _claim(self, hands: Hands) -> list[Job]:
        """Lease jobs for all hands that are free."""
        now = self._clock.now()
        with self._database.begin() as tx:
            jobs = [
                job
                for room, admitted in hands.groups
                for job in store.claim(tx, now=now, leased_until=now + LEASE, limit=room, admitted=admitted)
            ]
            return sorted(jobs, key=lambda job: (job.run_at, job.id))

    def _next_due(self, hands: Hands) -> int | None:
        """Return when the next job is due for which a hand is free."""
        with self._database.read() as tx:
            due = [store.next_due(tx, admitted) for _, admitted in hands.groups]
        return min((at for at in due if at is not None), default=None)

    def _advance(self, job: Job, found: object) -> Job | None:
        with self._database.begin() as tx:
            held = self._admitted(tx, job)
            return held and self._keep(tx, held, self._kinds[job.kind].step(tx, held, found))

    def _may_begin(self, job: Job) -> bool:
        with self._database.begin() as tx:
            return self._admitted(tx, job) is not None

    def _admitted(self, tx: Transaction, job: Job) -> Job | None:
        """Return a job that is still ours to work on; put back or give up any other."""
        now = self._clock.now()
        held = store.held(tx, job.id, job.leased_until or 0)
        if held is None:
            return None
        if job.kind not in self._kinds:
            # Another version of the program may know it.
            store.put_back(tx, job.id, run_at=now + UNKNOWN_KIND_WAITS, attempts=0, error=held.error)
            return None
        if held.attempts > MOST_ATTEMPTS:
            self._give_up(tx, held, now)
            return None
        return held

    def _period(self, job: Job) -> int | None:
        """Return the microseconds until a periodic job comes round again."""
        kind = self._kinds.get(job.kind)
        return kind.every if kind is not None and job.is_periodic else None

    def _keep(self, tx: Transaction, job: Job, progress: JobProgress) -> Job | None:
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
        if (period := self._period(job)) is not None:
            store.put_back(tx, job.id, run_at=now + period, attempts=0, error=None)
            self._tell_end(tx, msgspec.structs.replace(after, leased_until=None, error=None))
        else:
            self._finish(tx, after, now, None)
        return None

    def _give_up(self, tx: Transaction, job: Job, now: Instant) -> None:
        """End a job whose process died each time that it was begun."""
        if (period := self._period(job)) is not None:
            store.put_back(tx, job.id, run_at=now + period, attempts=0, error=INTERRUPTED)
            self._tell_end(tx, msgspec.structs.replace(job, leased_until=None, error=INTERRUPTED))
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
            if fails_again_and_again(held):
                self._tell_end(tx, msgspec.structs.replace(held, leased_until=None, error=name))

    def _release(self, job: Job) -> None:
        """Put a job back that was not begun, or that goes on after the server's next start."""
        with self._database.begin() as tx:
            held = store.held(tx, job.id, job.leased_until or 0)
            if held is not None:
                attempts = max(0, held.attempts - 1)
                store.put_back(tx, job.id, run_at=held.run_at, attempts=attempts, error=held.error)

    def _finish(self, tx: Transaction, job: Job, now: Instant, error: str | None) -> None:
        store.finish(tx, job.id, now, error)
        ended = msgspec.structs.replace(job, finished_at=now, leased_until=None, error=error)
        tx.changed(job.workspace_id, JobFinished(job.id, job.kind, ended.state, job.done, job.total, error))
        self._tell_end(tx, ended)

    def _tell_end(self, tx: Transaction, job: Job) -> None:
        """Tell those who asked that a job failed or succeeded, or a run of a periodic one."""
        for told in self.on_success if job.error is None else self.on_failure:
            told(tx, job)

    def _tell_progress(self, tx: Transaction, job: Job, now: Instant) -> None:
        """Announce progress, but no more than once a second."""
        if job.is_periodic or now - self._told.get(job.id, Instant(0)) < SECOND:
            return
        self._told[job.id] = now
        tx.changed(job.workspace_id, JobProgressed(job.id, job.kind, job.done, job.total))
