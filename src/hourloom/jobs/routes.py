"""Background work over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core.actors import Actor
from hourloom.core.clock import datetime_of
from hourloom.core.ids import JobId
from hourloom.jobs.model import Job, JobState
from hourloom.jobs.service import Jobs
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "jobs")

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
PageSize = Annotated[int, Meta(ge=1, le=500)]


class JobView(msgspec.Struct):
    """Background work, and how far it has come."""

    id: int
    kind: str
    state: JobState
    done: int
    total: int
    error: str | None
    periodic: bool
    run_at: datetime
    created_at: datetime
    finished_at: datetime | None


class JobPage(msgspec.Struct):
    """Jobs from the newest on."""

    jobs: list[JobView]
    next_cursor: int | None


@routes.on("GET", "/jobs", scope="jobs:read")
def list_jobs(jobs: Jobs, who: Actor, cursor: Number = 2**63 - 1, limit: PageSize = 100) -> JobPage:
    """List background work, the newest first; what has ended is kept for 7 days."""
    found = jobs.newest(who, cursor, limit)
    return JobPage([_view(job) for job in found], found[-1].id if len(found) == limit else None)


@routes.on("GET", "/jobs/{job}", scope="jobs:read")
def show_job(jobs: Jobs, who: Actor, job: Number) -> JobView:
    """Show how far one job has come."""
    return _view(jobs.get(who, JobId(job)))


@routes.on("POST", "/jobs/{job}/cancel", scope="jobs:write", mode=Mode.WRITE)
def cancel_job(jobs: Jobs, who: Actor, job: Number) -> JobView:
    """End a job; what it did so far stays."""
    return _view(jobs.cancel(who, JobId(job)))


def _view(job: Job) -> JobView:
    return JobView(
        id=job.id,
        kind=job.kind,
        state=job.state,
        done=job.done,
        total=job.total,
        error=job.error,
        periodic=job.is_periodic,
        run_at=datetime_of(job.run_at),
        created_at=datetime_of(job.created_at),
        finished_at=None if job.finished_at is None else datetime_of(job.finished_at),
    )
