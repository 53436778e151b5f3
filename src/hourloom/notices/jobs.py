"""What the clock starts for notices, and the notices that tell of background work itself."""

from __future__ import annotations

from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Transaction
from hourloom.jobs.model import AGAIN, FINISHED, SERVER, Job, JobProgress
from hourloom.jobs.service import Jobs
from hourloom.notices.service import Notices

PRUNE_EVERY = 86_400.0


def register(jobs: Jobs, notices: Notices, operator: WorkspaceId) -> None:
    """Register the daily deletion, and tell of a job that failed until one of its kind succeeds.

    What happens to the server itself is told to the operator's workspace.
    """

    def prune(_tx: Transaction, _job: Job) -> JobProgress:
        return AGAIN if notices.prune() else FINISHED

    def failed(_tx: Transaction, job: Job) -> None:
        notices.raised(told_to(job), "job_failed", job.kind, job=job.kind, error=job.error)

    def succeeded(_tx: Transaction, job: Job) -> None:
        notices.cleared(told_to(job), "job_failed", job.kind)

    def told_to(job: Job) -> WorkspaceId:
        return operator if job.workspace_id == SERVER else job.workspace_id

    jobs.every("notices.prune", PRUNE_EVERY, prune)
    jobs.on_failure(failed)
    jobs.on_success(succeeded)
