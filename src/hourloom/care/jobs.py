"""What the clock starts for care: planning kept fresh, free space given back."""

from __future__ import annotations

from hourloom.care.service import Care
from hourloom.jobs.model import Job, Report
from hourloom.jobs.service import Jobs

OPTIMISE_EVERY = GIVE_BACK_EVERY = 86_400.0


def register(jobs: Jobs, care: Care) -> None:
    """Register the daily work; both run on threads of their own and ask the writer for milliseconds."""

    def optimise(_job: Job, _report: Report) -> None:
        care.optimise()

    def give_back(_job: Job, report: Report) -> None:
        care.give_back(report)

    jobs.register_long("care.optimise", optimise, every=OPTIMISE_EVERY)
    jobs.register_long("care.give_back", give_back, every=GIVE_BACK_EVERY)
