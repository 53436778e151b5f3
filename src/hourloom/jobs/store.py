"""The SQL of jobs."""

from __future__ import annotations

from hourloom.core.ids import JobId
from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Transaction
from hourloom.jobs.model import Job


def enqueue(  # noqa: PLR0913 - each is a column
    tx: Transaction, *, workspace: int, kind: str, slot: str, subject: str, run_at: int, total: int, now: int
) -> int | None:
    """Return the new job's number, or None while a job holds the slot."""
    found = tx.value(
        """
        INSERT INTO jobs (workspace_id, kind, slot, subject, run_at, attempts, done, total, created_at)
        VALUES (:workspace, :kind, :slot, :subject, :run_at, 0, 0, :total, :now)
        ON CONFLICT (kind, slot) DO NOTHING
        RETURNING id
        """,
        workspace=workspace,
        kind=kind,
        slot=slot,
        subject=subject,
        run_at=run_at,
        total=total,
        now=now,
    )
    return found if isinstance(found, int) else None


def free_slot(tx: Transaction, kind: str, slot: str) -> None:
    """Delete the job that ended in a slot, so that another can have it."""
    tx.execute(
        "DELETE FROM jobs WHERE kind = :kind AND slot = :slot AND finished_at IS NOT NULL",
        kind=kind,
        slot=slot,
    )


def in_slot(tx: Transaction, kind: str, slot: str) -> Job | None:
    return tx.one(
        Job,
        """
        SELECT id, workspace_id, kind, slot, subject, run_at, leased_until, attempts, done, total, error,
            created_at, finished_at
        FROM jobs WHERE kind = :kind AND slot = :slot
        """,
        kind=kind,
        slot=slot,
    )


def set_run_at(tx: Transaction, job: int, run_at: int) -> None:
    tx.execute("UPDATE jobs SET run_at = :run_at WHERE id = :job", job=job, run_at=run_at)


def by_id(tx: Transaction, job: int) -> Job | None:
    return tx.one(
        Job,
        """
        SELECT id, workspace_id, kind, slot, subject, run_at, leased_until, attempts, done, total, error,
            created_at, finished_at
        FROM jobs WHERE id = :job
        """,
        job=job,
    )


def newest(tx: Transaction, workspace: int, before: int, limit: int) -> list[Job]:
    """Return the jobs of a workspace and of the server, the newest first."""
    return tx.all(
        Job,
        """
        SELECT id, workspace_id, kind, slot, subject, run_at, leased_until, attempts, done, total, error,
            created_at, finished_at
        FROM jobs WHERE workspace_id IN (:workspace, 0) AND id < :before ORDER BY id DESC LIMIT :limit
        """,
        workspace=workspace,
        before=before,
        limit=limit,
    )


def claim(tx: Transaction, now: int, leased_until: int, limit: int) -> list[Job]:
    """Lease the jobs that are due and that nobody works on."""
    return tx.all(
        Job,
        ByDialect(
            sqlite="""
            UPDATE jobs SET leased_until = :leased_until, attempts = attempts + 1
            WHERE id IN (
                SELECT id FROM jobs
                WHERE finished_at IS NULL AND run_at <= :now
                    AND (leased_until IS NULL OR leased_until <= :now)
                ORDER BY run_at, id LIMIT :limit
            )
            RETURNING id, workspace_id, kind, slot, subject, run_at, leased_until, attempts, done, total,
                error, created_at, finished_at
            """,
            postgresql="""
            UPDATE jobs SET leased_until = :leased_until, attempts = attempts + 1
            WHERE id IN (
                SELECT id FROM jobs
                WHERE finished_at IS NULL AND run_at <= :now
                    AND (leased_until IS NULL OR leased_until <= :now)
                ORDER BY run_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
            )
            RETURNING id, workspace_id, kind, slot, subject, run_at, leased_until, attempts, done, total,
                error, created_at, finished_at
            """,
        ),
        now=now,
        leased_until=leased_until,
        limit=limit,
    )


def next_due(tx: Transaction) -> int | None:
    """Return when the next job may be claimed, or None where none waits."""
    found = tx.value(
        """
        SELECT min(CASE WHEN leased_until > run_at THEN leased_until ELSE run_at END)
        FROM jobs WHERE finished_at IS NULL
        """
    )
    return found if isinstance(found, int) else None


def held(tx: Transaction, job: int, leased_until: int) -> Job | None:
    """Return an open job that is still leased to whoever leased it until then."""
    return tx.one(
        Job,
        """
        SELECT id, workspace_id, kind, slot, subject, run_at, leased_until, attempts, done, total, error,
            created_at, finished_at
        FROM jobs WHERE id = :job AND leased_until = :leased_until AND finished_at IS NULL
        """,
        job=job,
        leased_until=leased_until,
    )


def go_on(tx: Transaction, job: JobId, *, subject: str, done: int, total: int, leased_until: int) -> None:
    """Keep how far a job has come, and its lease."""
    tx.execute(
        """
        UPDATE jobs SET subject = :subject, done = :done, total = :total, leased_until = :leased_until,
            attempts = 0, error = NULL
        WHERE id = :job
        """,
        job=job,
        subject=subject,
        done=done,
        total=total,
        leased_until=leased_until,
    )


def put_back(tx: Transaction, job: JobId, *, run_at: int, attempts: int, error: str | None) -> None:
    """Give up the lease; the job is due again at a time."""
    tx.execute(
        """
        UPDATE jobs SET run_at = :run_at, leased_until = NULL, attempts = :attempts, error = :error
        WHERE id = :job
        """,
        job=job,
        run_at=run_at,
        attempts=attempts,
        error=error,
    )


def finish(tx: Transaction, job: JobId, now: int, error: str | None) -> None:
    tx.execute(
        "UPDATE jobs SET finished_at = :now, leased_until = NULL, error = :error WHERE id = :job",
        job=job,
        now=now,
        error=error,
    )


def prune(tx: Transaction, before: int, limit: int) -> int:
    """Delete jobs that ended before a time; return how many."""
    return tx.execute(
        """
        DELETE FROM jobs
        WHERE id IN (SELECT id FROM jobs WHERE finished_at < :before ORDER BY id LIMIT :limit)
        """,
        before=before,
        limit=limit,
    )
