"""Queue jobs, follow them, cancel them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TypeVar, cast

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import SECOND, Clock, Instant
from hourloom.core.ids import JobId, WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.jobs import store
from hourloom.jobs.computer import CalmComputer
from hourloom.jobs.model import (
    CANCELLED,
    FINISHED,
    KEPT_FOR,
    PERIODIC,
    SERVER,
    Job,
    JobEnqueued,
    JobFinished,
    JobProgress,
    LongWork,
    NoSuchJob,
    require_cancellable,
)
from hourloom.jobs.ports import Computer
from hourloom.jobs.runner import Ended, JobKind, Runner, Step

Found = TypeVar("Found")

PRUNE_EVERY = 6 * 3600.0
PRUNED_AT_ONCE = 500


class Jobs:
    """Background work; features register how each kind is done, before `run`."""

    is_service = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        random: Callable[[int], bytes] = secrets.token_bytes,
        computer: Computer | None = None,
    ) -> None:
        self._database, self._clock, self._random = database, clock, random
        self._kinds: dict[str, JobKind] = {}
        self._on_cancel: dict[str, Ended] = {}
        self._runner = Runner(database, clock, self._kinds, computer or CalmComputer())
        self.every("jobs.prune", PRUNE_EVERY, self._prune)

    def register(self, kind: str, step: Step) -> None:
        """Say how jobs of a kind are done: step by step, each at most 20 ms within one write."""
        self._kinds[kind] = JobKind(lambda tx, job, found: step(tx, job))

    def register_reading(
        self,
        kind: str,
        read: Callable[[Transaction, Job], Found],
        step: Callable[[Transaction, Job, Found], JobProgress],
    ) -> None:
        """Say how jobs are done that read much: what `read` found outside the writer goes to `step`."""
        self._kinds[kind] = JobKind(lambda tx, job, found: step(tx, job, cast("Found", found)), read=read)

    def register_long(
        self, kind: str, work: LongWork, *, every: float | None = None, urgent: bool = False
    ) -> None:
        """Say how jobs are done that take long outside the writer, on a thread of their own (files, copies).

        The work may write and read as any thread may, but calls its Report outside of both. Done again after
        a failure or a kill, it goes on from `job.subject`, the last that a Report kept. With `every` it is
        done regularly as well, each run beginning without a subject. Unless it is urgent, it begins up to
        15 minutes later where memory is short, and its regular runs up to 2 hours later on battery.
        """
        period = None if every is None else int(every * SECOND)
        self._kinds[kind] = JobKind(long=work, every=period, urgent=urgent)

    def on_failure(self, told: Ended) -> None:
        """Call within the write that gives a job up; for a periodic one, when it fails again and again."""
        self._runner.on_failure.append(told)

    def on_success(self, told: Ended) -> None:
        """Call within the write that ends a job well; for a periodic one at the end of each run."""
        self._runner.on_success.append(told)

    def on_cancel(self, kind: str, told: Ended) -> None:
        """Call within the write that cancels a job of a kind, whether or not it had begun."""
        self._on_cancel[kind] = told

    def every(self, kind: str, seconds: float, step: Step, *, urgent: bool = True) -> None:
        """Do something regularly, the first time after one period; what is not finished goes on at once."""
        period = int(seconds * SECOND)
        self._kinds[kind] = JobKind(lambda tx, job, found: step(tx, job), every=period, urgent=urgent)

    def every_reading(
        self,
        kind: str,
        seconds: float,
        read: Callable[[Transaction, Job], Found],
        step: Callable[[Transaction, Job, Found], JobProgress],
    ) -> None:
        """Do regularly what reads much: what `read` found outside the writer goes to `step`."""
        period = int(seconds * SECOND)
        self._kinds[kind] = JobKind(
            lambda tx, job, found: step(tx, job, cast("Found", found)), read=read, every=period
        )

    def enqueue(
        self,
        workspace: WorkspaceId,
        kind: str,
        subject: object = None,
        *,
        slot: str | None = None,
        total: int = 0,
        run_at: Instant | None = None,
    ) -> JobId:
        """Queue a job within a write; where an open job has the slot already, return that one."""
        with self._database.begin() as tx:
            slot = slot or self._random(8).hex()
            now = self._clock.now()
            store.free_slot(tx, kind, slot)
            new = store.enqueue(
                tx,
                workspace=workspace,
                kind=kind,
                slot=slot,
                subject=msgspec.json.encode(subject).decode(),
                run_at=now if run_at is None else run_at,
                total=total,
                now=now,
            )
            if new is None:
                held = store.in_slot(tx, kind, slot)
                assert held is not None  # it kept the new one out
                return held.id
            tx.changed(workspace, JobEnqueued(JobId(new), kind, total))
            tx.after_commit(self._runner.wake)
            return JobId(new)

    def newest(self, who: Actor, before: int, limit: int) -> list[Job]:
        """Return the jobs of the workspace and of the server from the newest on, numbered below `before`."""
        who.require("jobs:read")
        with self._database.read() as tx:
            return store.newest(tx, who.workspace_id, before, limit)

    def get(self, who: Actor, job: JobId) -> Job:
        """Return one job."""
        who.require("jobs:read")
        with self._database.read() as tx:
            return self._visible(tx, who, job)

    def open_in(self, kind: str, slot: str) -> Job | None:
        """Return the job of a kind that has a slot and has not ended, for whoever enqueued it."""
        with self._database.read() as tx:
            found = store.in_slot(tx, kind, slot)
            return found if found is not None and found.state == "open" else None

    def cancel(self, who: Actor, job_id: JobId) -> Job:
        """End a job; the step that is under way still ends, or the work up to its next Report; both stay."""
        who.require("jobs:write")
        with self._database.begin() as tx:
            job = self._visible(tx, who, job_id)
            require_cancellable(job)
            now = self._clock.now()
            store.finish(tx, job.id, now, CANCELLED)
            tx.changed(
                job.workspace_id,
                JobFinished(job.id, job.kind, "cancelled", job.done, job.total, CANCELLED),
            )
            tx.after_commit(lambda: self._runner.end(job.id))
            if job.kind in self._on_cancel:
                self._on_cancel[job.kind](tx, job)
            return msgspec.structs.replace(job, finished_at=now, leased_until=None, error=CANCELLED)

    def counted(self) -> dict[str, int]:
        """Return how many jobs are in each state, for the figures of the server: it asks for no scope."""
        with self._database.read() as tx:
            return store.count_by_state(tx, self._clock.now())

    async def run(self) -> None:
        """Run jobs until cancelled."""
        await self._runner.run(self._plan_periodic)

    def _visible(self, tx: Transaction, who: Actor, job_id: JobId) -> Job:
        job = store.by_id(tx, job_id)
        if job is None or job.workspace_id not in (who.workspace_id, SERVER):
            raise NoSuchJob(id=job_id)
        return job

    def _plan_periodic(self) -> None:
        """Make a row for each periodic job, and run one earlier whose period became shorter."""
        with self._database.begin() as tx:
            now = self._clock.now()
            for name, kind in self._kinds.items():
                if kind.every is None:
                    continue
                first = now + kind.every
                store.enqueue(
                    tx,
                    workspace=SERVER,
                    kind=name,
                    slot=PERIODIC,
                    subject="null",
                    run_at=first,
                    total=0,
                    now=now,
                )
                row = store.in_slot(tx, name, PERIODIC)
                if row is not None and row.run_at > first:
                    store.set_run_at(tx, row.id, first)

    def _prune(self, tx: Transaction, job: Job) -> JobProgress:
        deleted = store.prune(tx, self._clock.now() - KEPT_FOR, PRUNED_AT_ONCE)
        return FINISHED if deleted < PRUNED_AT_ONCE else JobProgress(done=job.done + deleted)
