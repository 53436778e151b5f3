"""What the clock starts for tracking: deleting payloads that no event has any more."""

from __future__ import annotations

from hourloom.db.transaction import Transaction
from hourloom.jobs.model import FINISHED, SERVER, Job, JobProgress
from hourloom.jobs.service import Jobs
from hourloom.tracking.service.clean_up import CleanUp, Orphans

LOOK_EVERY = 86_400.0


def register(jobs: Jobs, clean_up: CleanUp) -> None:
    """Register the daily clean-up: looking for orphans reads much, so it is done outside the writer."""

    def plan(_tx: Transaction, _job: Job) -> JobProgress:
        jobs.enqueue(SERVER, "tracking.delete_orphans", slot="daily")
        return FINISHED

    def find(tx: Transaction, _job: Job) -> Orphans:
        return clean_up.find(tx)

    def delete(tx: Transaction, job: Job, found: Orphans) -> JobProgress:
        deleted = clean_up.delete(tx, found)
        return JobProgress(done=job.done + deleted, finished=not found.more)

    jobs.every("tracking.clean_up", LOOK_EVERY, plan)
    jobs.register_reading("tracking.delete_orphans", find, delete)
