"""What the clock starts for projects and tags: emptying the trash."""

from __future__ import annotations

from hourloom.db.transaction import Transaction
from hourloom.jobs.model import FINISHED, Job, JobProgress
from hourloom.jobs.service import Jobs
from hourloom.projects.service import Projects, Tags

EMPTY_EVERY = 6 * 3600.0


def register(jobs: Jobs, projects: Projects, tags: Tags) -> None:
    """Register the emptying of the trash."""

    def empty(tx: Transaction, _job: Job) -> JobProgress:
        projects.empty_trash(tx)
        tags.empty_trash(tx)
        return FINISHED

    jobs.every("projects.empty_trash", EMPTY_EVERY, empty)
