"""The SQL of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from hourloom.core.ids import JobId
from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Transaction, whole
from hourloom.jobs.model import Job, Postponement


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


class Admitted(NamedTuple):
    """Which jobs may begin now, apart from when they are due."""

    kinds: Sequence[str]
    among: bool
    """Whether these kinds may, or all others."""
    mine: Sequence[int]
    """What is under way here already."""
    patient: Sequence[str]
    """Kinds that are put off."""
    waits: Postponement


def claim(tx: Transaction, *, now: int, leased_until: int, limit: int, admitted: Admitted) -> list[Job]:
    """Lease jobs that are due, that nobody works on, and that may begin now."""
    return tx.all(
        Job,
        ByDialect(
            sqlite="""
            UPDATE jobs SET leased_until = :leased_until, attempts = attempts + 1
            WHERE id IN (
                SELECT id FROM jobs
                WHERE finished_at IS NULL AND run_at <= :now
                    AND (leased_until IS NULL OR leased_until <= :now)
                    AND (kind IN (SELECT value FROM json_each(:kinds))) = :among
                    AND id NOT IN (SELECT value FROM json_each(:mine))
                    AND run_at + CASE
                        WHEN kind NOT IN (SELECT value FROM json_each(:patient)) THEN 0
                        WHEN slot = 'periodic' THEN :periodic_wait
                        ELSE :queued_wait
                    END <= :now
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
                    AND (kind = ANY(:kinds)) = (:among = 1)
                    AND id <> ALL(:mine)
                    AND run_at + CASE
                        WHEN kind <> ALL(:patient) THEN 0
                        WHEN slot = 'periodic' THEN :periodic_wait
                        ELSE :queued_wait
                    END <= :now
                ORDER BY run_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
            )
            RETURNING id, workspace_id, kind, slot, subject, run_at, leased_until, attempts, done, total,
                error, created_at, finished_at
            """,
        ),
        now=now,
        leased_until=leased_until,
        limit=limit,
        kinds=_listed(tx, admitted.kinds),
        among=int(admitted.among),
        mine=_listed(tx, admitted.mine),
        patient=_listed(tx, admitted.patient),
        periodic_wait=admitted.waits.periodic,
        queued_wait=admitted.waits.queued,
    )


def next_due(tx: Transaction, admitted: Admitted) -> int | None:
    """Return when the next job may be claimed, or None where none waits."""
    found = tx.value(
        ByDialect(
            sqlite="""
            SELECT min(max(
                coalesce(leased_until, 0),
                run_at + CASE
                    WHEN kind NOT IN (SELECT value FROM json_each(:patient)) THEN 0
                    WHEN slot = 'periodic' THEN :periodic_wait
                    ELSE :queued_wait
                END
            ))
            FROM jobs
            WHERE finished_at IS NULL
                AND (kind IN (SELECT value FROM json_each(:kinds))) = :among
                AND id NOT IN (SELECT value FROM json_each(:mine))
            """,
            postgresql="""
            SELECT min(greatest(
                coalesce(leased_until, 0),
                run_at + CASE
                    WHEN kind <> ALL(:patient) THEN 0
                    WHEN slot = 'periodic' THEN :periodic_wait
                    ELSE :queued_wait
                END
            ))
            FROM jobs
            WHERE finished_at IS NULL
                AND (kind = ANY(:kinds)) = (:among = 1)
                AND id <> ALL(:mine)
            """,
        ),
        kinds=_listed(tx, admitted.kinds),
        among=int(admitted.among),
        mine=_listed(tx, admitted.mine),
        patient=_listed(tx, admitted.patient),
        periodic_wait=admitted.waits.periodic,
        queued_wait=admitted.waits.queued,
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


def keep(
    tx: Transaction,
    job: JobId,
    *,
    subject: str,
    done: int,
    total: int,
    attempts: int,
    leased_until: int,
) -> None:
    """Keep how far a long job has come, and its lease."""
    tx.execute(
        """
        UPDATE jobs SET subject = :subject, done = :done, total = :total, attempts = :attempts,
            leased_until = :leased_until
        WHERE id = :job
        """,
        job=job,
        subject=subject,
        done=done,
        total=total,
        attempts=attempts,
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


def count_by_state(tx: Transaction, now: int) -> dict[str, int]:
    """Return how many jobs are in each state, in all workspaces together."""
    rows = tx.rows(
        """
        SELECT CASE
            WHEN finished_at IS NULL AND leased_until > :now THEN 'running'
            WHEN finished_at IS NULL AND error IS NOT NULL THEN 'retrying'
            WHEN finished_at IS NULL THEN 'waiting'
            WHEN error IS NULL THEN 'finished'
            WHEN error = 'cancelled' THEN 'cancelled'
            ELSE 'failed' END AS state, count(*)
        FROM jobs GROUP BY 1 ORDER BY 1
        """,
        now=now,
    )
    return {str(state): whole(number) for state, number in rows}


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


def _listed(tx: Transaction, values: Sequence[int] | Sequence[str]) -> Any:
    """Return a list as the dialect takes it in one parameter."""
    return msgspec.json.encode(values).decode() if tx.dialect == "sqlite" else list(values)
