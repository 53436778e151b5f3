"""One long job on a thread of its own: its lease, how far it has come, and when it must end.

run_at       lease 60 s                      renewed by each Report, and by the runner while it is silent
--|-- claim --|=========== work ===== Report ======= Report ===========|-- finished
                   (thread)           subject kept
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable

import msgspec

from hourloom.core.clock import SECOND, Clock, Instant
from hourloom.core.errors import HourloomError, StorageFull, Unavailable
from hourloom.db.transaction import Database, Stopping, answerable
from hourloom.jobs import store
from hourloom.jobs.giving_way import GivingWay
from hourloom.jobs.model import LEASE, Job, JobCancelled, JobProgressed, LongWork

log = logging.getLogger(__name__)

SECONDS_OF_SILENCE = 20.0
"""After so long without a Report the lease is renewed all the same: a large file may take minutes to copy."""


class Reporting:
    """The Report of one long job; called by its thread, and by the runner to renew the lease."""

    def __init__(self, database: Database, clock: Clock, job: Job) -> None:
        self._database, self._clock = database, clock
        self._writing = threading.Lock()
        self._way = GivingWay(database.vitals)
        self._kept_at = clock.now()
        self._told_at: Instant | None = None
        self._must_end = threading.Event()
        self.job = job
        """The job as it stands on disk, with its lease."""
        self.done, self.total = job.done, job.total

    @property
    def must_end(self) -> bool:
        """Return whether the job was cancelled, lost its lease, or the server stops."""
        return self._must_end.is_set()

    def end(self) -> None:
        """Let the next Report raise."""
        self._must_end.set()

    def __call__(self, done: int, total: int, subject: object | None = None) -> None:
        self._give_way()
        self.raise_if_over()
        self.done, self.total = done, total
        # A clock that was set back must not keep it silent until it has caught up.
        if subject is None and abs(self._clock.now() - self._kept_at) < SECOND:
            return
        try:
            self._keep(subject)
        except Stopping:
            self.end()
        except (Unavailable, StorageFull):
            if subject is not None:
                raise
        self.raise_if_over()

    def _give_way(self) -> None:
        """Pause while heartbeats wait, but not once it must end."""
        if self._way.should_look and (seconds := self._way.seconds()) > 0:
            self._must_end.wait(seconds)

    def raise_if_over(self) -> None:
        """Raise where the job must end."""
        if self.must_end:
            raise JobCancelled(id=self.job.id)

    def renew(self) -> None:
        """Renew the lease while the work is silent."""
        try:
            self._keep(None)
        except HourloomError as error:
            log.warning("the lease of job %d cannot be renewed: %s", self.job.id, type(error).__name__)

    def _keep(self, subject: object | None) -> None:
        text = None if subject is None else msgspec.json.encode(subject).decode()
        with self._writing:
            if self.must_end:
                return
            after = self._database.write(lambda: self._write(text))
            if after is None:
                self.end()
            else:
                self.job = after

    def _write(self, subject: str | None) -> Job | None:
        """Keep what is known in one write; return the job as it then stands, or None when it is not ours."""
        with self._database.begin() as tx:
            now = self._clock.now()
            held = store.held(tx, self.job.id, self.job.leased_until or 0)
            if held is None:
                return None
            after = msgspec.structs.replace(
                held,
                subject=held.subject if subject is None else subject,
                done=self.done,
                total=self.total,
                # Only one that can go on further than before has not merely begun again.
                attempts=held.attempts if subject is None or subject == held.subject else 0,
                leased_until=Instant(now + LEASE),
            )
            store.keep(
                tx,
                after.id,
                subject=after.subject,
                done=after.done,
                total=after.total,
                attempts=after.attempts,
                leased_until=now + LEASE,
            )
            self._kept_at = now
            if not after.is_periodic and (self._told_at is None or abs(now - self._told_at) >= SECOND):
                self._told_at = now
                tx.changed(after.workspace_id, JobProgressed(after.id, after.kind, after.done, after.total))
            return after


async def on_a_thread(work: LongWork, reporting: Reporting) -> Exception | None:
    """Do a job on a thread, keeping its lease; return what went wrong."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Exception | None] = loop.create_future()
    job = reporting.job
    # A daemon, for a thread that waits for a disk must not keep a server from ending: it is as if killed.
    threading.Thread(
        target=_do, args=(work, reporting, loop, ended), name=f"hourloom-job-{job.id}", daemon=True
    ).start()
    while True:
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(ended), SECONDS_OF_SILENCE)
        await asyncio.to_thread(reporting.renew)


def _do(
    work: LongWork,
    reporting: Reporting,
    loop: asyncio.AbstractEventLoop,
    ended: asyncio.Future[Exception | None],
) -> None:
    error: Exception | None = None
    try:
        work(reporting.job, reporting)
    except BaseException as caught:  # noqa: BLE001 - a job may fail in any way
        error = answerable(caught)
    with contextlib.suppress(RuntimeError):  # the loop closed meanwhile
        loop.call_soon_threadsafe(_settle(ended, error))


def _settle(ended: asyncio.Future[Exception | None], error: Exception | None) -> Callable[[], None]:
    return lambda: None if ended.done() else ended.set_result(error)
