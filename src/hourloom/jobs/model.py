"""What a job is, how far it has come, and when it is tried again."""

from __future__ import annotations

from typing import Literal

import msgspec

from hourloom.core.changes import Change
from hourloom.core.clock import DAY, HOUR, MINUTE, SECOND, Duration, Instant
from hourloom.core.errors import Conflict, NotFound, StorageFull, Unavailable
from hourloom.core.ids import JobId, WorkspaceId

SERVER = WorkspaceId(0)
"""Jobs of the server itself belong to no workspace."""
PERIODIC = "periodic"
"""The slot of periodic jobs: one row per kind, so two servers cannot run one twice."""
CANCELLED = "cancelled"
INTERRUPTED = "Interrupted"
MOST_ATTEMPTS = 8
LEASE = Duration(MINUTE)
KEPT_FOR = Duration(7 * DAY)
UNKNOWN_KIND_WAITS = Duration(HOUR)
_FIRST_DELAY, _LONGEST_DELAY = 2 * SECOND, 15 * MINUTE

JobState = Literal["open", "finished", "failed", "cancelled"]


class NoSuchJob(NotFound):
    """There is no job with the number {id}."""


class JobHasEnded(Conflict):
    """The job {id} has ended already."""


class JobIsPeriodic(Conflict):
    """The job {id} is part of the server and cannot be cancelled."""


class Job(msgspec.Struct, frozen=True):
    """A piece of background work, done in steps."""

    id: JobId
    workspace_id: WorkspaceId
    kind: str
    slot: str
    subject: str
    """What it is about and where it goes on, as JSON of numbers and names: never titles or URLs."""
    run_at: Instant
    leased_until: Instant | None
    attempts: int
    """How often it was begun since the last step that succeeded."""
    done: int
    total: int
    error: str | None
    """The class of the last error, or how it ended."""
    created_at: Instant
    finished_at: Instant | None

    @property
    def state(self) -> JobState:
        """Return how it stands; a job that is retried is still open."""
        if self.finished_at is None:
            return "open"
        if self.error is None:
            return "finished"
        return "cancelled" if self.error == CANCELLED else "failed"

    @property
    def is_periodic(self) -> bool:
        """Return whether it comes round again."""
        return self.slot == PERIODIC


class JobProgress(msgspec.Struct, frozen=True):
    """What a step answers: how far the job has come, and whether that was all."""

    done: int = 0
    total: int = 0
    finished: bool = False
    subject: str | None = None
    """Where the next step goes on, in place of the job's subject."""


FINISHED = JobProgress(finished=True)
AGAIN = JobProgress()


class JobEnqueued(Change, frozen=True):
    """A job was queued."""

    id: JobId
    job_kind: str
    total: int


class JobProgressed(Change, frozen=True):
    """A job came further, or met an error after which it is tried again."""

    id: JobId
    job_kind: str
    done: int
    total: int
    error: str | None = None


class JobFinished(Change, frozen=True):
    """A job ended: it finished, failed for good or was cancelled."""

    id: JobId
    job_kind: str
    state: JobState
    done: int
    total: int
    error: str | None = None


def delay_after(attempts: int) -> Duration:
    """Return how long to wait after so many attempts in a row.

    attempts   1    2    3    4  ...  8
    seconds    2    4    8   16  ... 256, never more than 900
    """
    return Duration(min(_FIRST_DELAY * 2 ** min(attempts - 1, 20), _LONGEST_DELAY))


def is_hopeless(job: Job, error: BaseException) -> bool:
    """Return whether to give up; a periodic job never is, nor one that waits for disk or database."""
    if job.is_periodic or isinstance(error, Unavailable | StorageFull):
        return False
    return job.attempts >= MOST_ATTEMPTS


def require_cancellable(job: Job) -> None:
    """Raise unless a job can be cancelled."""
    if job.is_periodic:
        raise JobIsPeriodic(id=job.id)
    if job.finished_at is not None:
        raise JobHasEnded(id=job.id)
