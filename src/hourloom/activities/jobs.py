"""What the clock starts for activities: days of the lane are kept once they are over."""

from __future__ import annotations

from hourloom.activities.service.keeping import DaysToKeep, Keeping
from hourloom.db.transaction import Transaction
from hourloom.jobs.model import FINISHED, SERVER, Job, JobProgress
from hourloom.jobs.service import Jobs

KEEP = "activities.keep_days"
LOOK_EVERY = 300.0
SLOT = "newest"


def register(jobs: Jobs, keeping: Keeping) -> None:
    """Register the keeping of days: derived on a reading thread, written a few at a time."""

    def look(tx: Transaction, _job: Job) -> JobProgress:
        keeping.drop_days_of_the_future(tx)
        if keeping.has_work(tx):
            jobs.enqueue(SERVER, KEEP, slot=SLOT)
        return FINISHED

    def derive(tx: Transaction, _job: Job) -> DaysToKeep:
        return keeping.derive(tx)

    def keep(tx: Transaction, job: Job, found: DaysToKeep) -> JobProgress:
        keeping.keep(tx, found)
        done = job.done + len(found.days)
        return JobProgress(done=done, finished=not found.more)

    jobs.every("activities.look", LOOK_EVERY, look)
    jobs.register_reading(KEEP, derive, keep)
