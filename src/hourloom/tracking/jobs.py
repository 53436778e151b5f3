"""What the clock starts for tracking, and what goes on in steps: deleting, retention, listening."""

from __future__ import annotations

import msgspec

from hourloom.core.clock import SECOND
from hourloom.core.decoding import decode
from hourloom.core.ids import ErasureId
from hourloom.db.transaction import Transaction
from hourloom.jobs.model import AGAIN, FINISHED, SERVER, Job, JobProgress, Report
from hourloom.jobs.service import Jobs
from hourloom.tracking.retention import RetentionPlace
from hourloom.tracking.service.clean_up import CleanUp, Orphans
from hourloom.tracking.service.enriching import enrich_some
from hourloom.tracking.service.erasing import DAILY, ERASE, PROVE, REWRITE, WIPE, Erasing, Found
from hourloom.tracking.service.moving_in import UNDO_IMPORT, MovingIn, UndoneImport
from hourloom.tracking.service.proving import Proving
from hourloom.tracking.service.retaining import Found as FoundOld
from hourloom.tracking.service.retention import RETAIN, Retention
from hourloom.tracking.service.silence import WatcherSilence
from hourloom.tracking.service.trash import Trash
from hourloom.tracking.silence import LOOK_EVERY as LISTEN_EVERY

LOOK_EVERY = 86_400.0
EMPTY_EVERY = 3_600.0
SEE_TO_IT_EVERY = 600.0
DELETE_ORPHANS = "tracking.delete_orphans"


def register(jobs: Jobs, clean_up: CleanUp, proving: Proving) -> None:
    """Register the daily clean-up: looking for orphans reads much, so it is done outside the writer."""

    def plan(tx: Transaction, _job: Job) -> JobProgress:
        # Payloads from before there were traits; new ones come with theirs.
        if enrich_some(tx):
            return AGAIN
        jobs.enqueue(SERVER, DELETE_ORPHANS, slot=DAILY)
        return FINISHED

    def find(tx: Transaction, _job: Job) -> Orphans:
        return clean_up.find(tx)

    def delete(tx: Transaction, job: Job, found: Orphans) -> JobProgress:
        deleted, more = clean_up.delete(tx, found)
        if not more and job.done + deleted:
            jobs.enqueue(SERVER, WIPE, slot=DAILY)
        return JobProgress(done=job.done + deleted, finished=not more)

    jobs.every("tracking.clean_up", LOOK_EVERY, plan)
    jobs.register_reading(DELETE_ORPHANS, find, delete)
    jobs.register_long(WIPE, lambda job, report: proving.wipe(lambda: report(0, 0)))


def register_erasing(jobs: Jobs, erasing: Erasing, proving: Proving, trash: Trash) -> None:
    """Register erasures, from the first step to the proof, and the emptying of the trash."""

    def find(tx: Transaction, job: Job) -> Found | None:
        return erasing.find(tx, _number(job))

    def step(tx: Transaction, job: Job, found: Found | None) -> JobProgress:
        stepped = erasing.step(tx, _number(job), found)
        return JobProgress(done=job.done + stepped.done, total=job.total, finished=not stepped.more)

    def prove(job: Job, report: Report) -> None:
        proving.prove(_number(job), lambda: report(0, 0))

    def rewrite(job: Job, report: Report) -> None:
        proving.rewrite_copies(_number(job), lambda: report(0, 0))

    def empty(tx: Transaction, _job: Job) -> JobProgress:
        erasing.resume(tx)
        return AGAIN if trash.erase_old() else FINISHED

    jobs.register_reading(ERASE, find, step)
    jobs.register_long(PROVE, prove, urgent=True)
    jobs.register_long(REWRITE, rewrite, urgent=True)
    jobs.every("tracking.empty_trash", EMPTY_EVERY, empty)


def register_undo(jobs: Jobs, moving_in: MovingIn) -> None:
    """Register what is left of taking back a large import."""

    def step(tx: Transaction, job: Job) -> JobProgress:
        undone = decode(job.subject, UndoneImport)
        more = moving_in.undo_some(tx, undone.workspace_id, undone.operation_id)
        return AGAIN if more else FINISHED

    jobs.register(UNDO_IMPORT, step)


def register_retention(jobs: Jobs, retention: Retention) -> None:
    """Register the look for old records, and the steps in which they go."""

    def plan(tx: Transaction, _job: Job) -> JobProgress:
        retention.plan(tx)
        return FINISHED

    def find(tx: Transaction, job: Job) -> FoundOld:
        return retention.find(tx, decode(job.subject, RetentionPlace))

    def step(tx: Transaction, job: Job, found: FoundOld) -> JobProgress:
        further, done = retention.step(tx, decode(job.subject, RetentionPlace), found)
        count = job.done + done.deleted + done.reduced + done.totals + done.marks
        if further is not None:
            return JobProgress(done=count, subject=msgspec.json.encode(further).decode())
        if count:
            jobs.enqueue(SERVER, DELETE_ORPHANS, slot=DAILY)
        return JobProgress(done=count, finished=True)

    jobs.every("tracking.retention", SEE_TO_IT_EVERY, plan)
    jobs.register_reading(RETAIN, find, step)


def register_silence(jobs: Jobs, silence: WatcherSilence) -> None:
    """Register the look for watchers that have fallen silent."""

    def look(_tx: Transaction, job: Job) -> JobProgress:
        return JobProgress(finished=True, subject=silence.look(job.subject))

    jobs.every("tracking.listen", LISTEN_EVERY / SECOND, look)


def _number(job: Job) -> ErasureId:
    return ErasureId(decode(job.subject, int))
