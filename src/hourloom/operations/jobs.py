"""What the clock starts for operations: deleting what was kept only for undo."""

from __future__ import annotations

from hourloom.db.transaction import Transaction
from hourloom.jobs.model import AGAIN, FINISHED, Job, JobProgress
from hourloom.jobs.service import Jobs
from hourloom.operations.service import Operations

PURGE_EVERY = 3600.0


def register(jobs: Jobs, operations: Operations) -> None:
    """Register the periodic jobs of operations."""

    def purge(_tx: Transaction, _job: Job) -> JobProgress:
        return AGAIN if operations.purge_some() else FINISHED

    jobs.every("operations.purge", PURGE_EVERY, purge)
