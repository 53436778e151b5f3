"""What the clock starts for goals."""

from __future__ import annotations

from hourloom.core.clock import SECOND
from hourloom.db.transaction import Transaction
from hourloom.goals.model.telling import LOOK_EVERY
from hourloom.goals.service.looking import GoalLooks, SeenGoals
from hourloom.jobs.model import FINISHED, Job, JobProgress
from hourloom.jobs.service import Jobs


def register(jobs: Jobs, looks: GoalLooks) -> None:
    """Register the look at goals: measuring is done outside the writer."""

    def find(tx: Transaction, _job: Job) -> SeenGoals:
        return looks.find(tx)

    def tell(tx: Transaction, _job: Job, seen: SeenGoals) -> JobProgress:
        looks.tell(tx, seen)
        return FINISHED

    jobs.every_reading("goals.look", LOOK_EVERY / SECOND, find, tell)
