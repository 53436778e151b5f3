"""What the clock starts for backups, and the long work that it or somebody asks for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from hourloom.backups.service import MAKE, VERIFY, Backups
from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError
from hourloom.db.transaction import Stopping
from hourloom.jobs.model import Job, JobCancelled, Report
from hourloom.jobs.service import Jobs

log = logging.getLogger(__name__)

LOOK_EVERY = 900.0


class _Subject(msgspec.Struct):
    to: str | None = None
    name: str | None = None


def register(jobs: Jobs, backups: Backups) -> None:
    """Register the work of backups, and the look whether one is due."""

    def make(job: Job, report: Report) -> None:
        # Whoever waits is told by a Change and a notice, and the next look tries again.
        with _noted():
            backups.now(_subject(job).to, report)

    def verify(job: Job, report: Report) -> None:
        with _noted():
            backups.verify(_subject(job).name, report)

    def look(_job: Job, _report: Report) -> None:
        backups.look()

    jobs.register_long(MAKE, make)
    jobs.register_long(VERIFY, verify)
    jobs.register_long("backups.look", look, every=LOOK_EVERY)


@contextmanager
def _noted() -> Iterator[None]:
    """Let a failure of which the service has told end here; what stops the job goes on."""
    try:
        yield
    except (JobCancelled, Stopping):
        raise
    except HourloomError as error:
        log.warning("no backup: %s", error.code)


def _subject(job: Job) -> _Subject:
    return decode(job.subject, _Subject)
