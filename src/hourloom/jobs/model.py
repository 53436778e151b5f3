"""What a job is, how far it has come, and when it is tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from hourloom.core.changes import Change
from hourloom.core.clock import DAY, HOUR, MINUTE, SECOND, Duration, Instant
from hourloom.core.errors import Conflict, HourloomError, NotFound, StorageFull, Unavailable
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
SECONDS_BETWEEN_LOOKS = 0.25
LONGEST_PAUSE = 0.5
"""Seconds for which a job gives way to others at once; and it never rests longer than it worked."""
BUSY_COMMIT = 0.025
"""Seconds of an average commit from which on the disk is busy."""
WAITS_FOR_POWER = Duration(2 * HOUR)
WAITS_FOR_MEMORY = Duration(15 * MINUTE)
"""For so long a job that is not urgent is put off, and no longer: nothing starves."""
HIGH_PRESSURE, LITTLE_MEMORY = 0.2, 0.05
_FIRST_DELAY, _LONGEST_DELAY = 2 * SECOND, 15 * MINUTE

JobState = Literal["open", "finished", "failed", "cancelled"]


class NoSuchJob(NotFound):
    """There is no job with the number {id}."""


class JobHasEnded(Conflict):
    """The job {id} has ended already."""


class JobIsPeriodic(Conflict):
    """The job {id} is part of the server and cannot be cancelled."""


class JobCancelled(HourloomError):
    """The job {id} was cancelled, or the server stops."""


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


class Report(Protocol):
    """What a long job calls often, to tell how far it has come."""

    def __call__(self, done: int, total: int, subject: object | None = None) -> None:
        """Keep progress, renew the lease and announce it once a second; raise JobCancelled when it is over.

        A subject (where to go on: numbers and names, never titles) is on disk when this returns; without one
        at most one call a second writes, so that it may be called for every piece.
        """
        ...


LongWork = Callable[[Job, Report], object]
"""Does a whole job on a thread of its own, outside the writer."""


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


class Load(msgspec.Struct, frozen=True):
    """How the computer is doing, as far as background work should spare it."""

    on_battery: bool = False
    memory_pressure: float = 0.0
    """The share of the last seconds in which something waited for memory."""
    memory_available: float = 1.0
    """The share of the memory that programs can still have."""


class Postponement(msgspec.Struct, frozen=True):
    """For how long jobs that are not urgent are put off."""

    periodic: Duration = Duration(0)
    """Those that come round by themselves."""
    queued: Duration = Duration(0)
    """Those that somebody asked for."""

    @property
    def is_none(self) -> bool:
        """Return whether nothing is put off."""
        return not (self.periodic or self.queued)


def postponement(load: Load) -> Postponement:
    """Return what waits for a computer that is busy or on battery.

    Where memory is short everything waits that may, where it runs on battery what nobody asked for.
    """
    short = load.memory_pressure >= HIGH_PRESSURE or load.memory_available < LITTLE_MEMORY
    for_memory = WAITS_FOR_MEMORY if short else Duration(0)
    for_power = WAITS_FOR_POWER if load.on_battery else Duration(0)
    return Postponement(periodic=max(for_power, for_memory), queued=for_memory)


def pause(waiting: int, commit_seconds: float, worked: float) -> float:
    """Return the seconds to give way for, after so many of work, where others wait for the writer."""
    if waiting == 0 and commit_seconds < BUSY_COMMIT:
        return 0.0
    return min(worked, LONGEST_PAUSE)


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


def fails_again_and_again(job: Job) -> bool:
    """Return whether somebody should hear of a periodic job, which never ends, that failed once more."""
    return job.is_periodic and job.attempts >= MOST_ATTEMPTS - 1


def require_cancellable(job: Job) -> None:
    """Raise unless a job can be cancelled."""
    if job.is_periodic:
        raise JobIsPeriodic(id=job.id)
    if job.finished_at is not None:
        raise JobHasEnded(id=job.id)
