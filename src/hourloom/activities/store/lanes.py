"""The SQL of the days of the lane."""

from __future__ import annotations

from hourloom.db.transaction import Rows, Transaction

ALL_DAYS = -1
"""In place of a day: its version counts the changes of all days at once."""


def note_days_changed(tx: Transaction, workspace: int, user: int, first: int, last: int) -> None:
    """Count a change of some days, and drop what was derived of them."""
    tx.execute(
        """
        INSERT INTO lane_days (workspace_id, user_id, day, version)
        WITH RECURSIVE changed (day) AS (
            SELECT CAST(:first AS BIGINT) UNION ALL SELECT day + 1 FROM changed WHERE day < :last
        )
        SELECT :workspace, :user, day, 1 FROM changed WHERE TRUE
        ON CONFLICT (workspace_id, user_id, day)
        DO UPDATE SET version = lane_days.version + 1, shape = NULL, made_at = NULL, body = NULL
        """,
        workspace=workspace,
        user=user,
        first=first,
        last=last,
    )


def forget_days(tx: Transaction, workspace: int, user: int) -> int:
    """Drop all days, whose changes are counted together from then on."""
    return tx.execute(
        "DELETE FROM lane_days WHERE workspace_id = :workspace AND user_id = :user AND day >= 0",
        workspace=workspace,
        user=user,
    )


def day_versions(tx: Transaction, workspace: int, user: int, first: int, last: int) -> Rows:
    """Return day and version, of those days within a time that have one, and of all days at once."""
    return tx.rows(
        """
        SELECT day, version FROM lane_days
        WHERE workspace_id = :workspace AND user_id = :user
          AND (day = -1 OR (day >= :first AND day <= :last))
        """,
        workspace=workspace,
        user=user,
        first=first,
        last=last,
    )


def day_body(tx: Transaction, workspace: int, user: int, day: int, shape: int) -> bytes | None:
    """Return a day that was derived in a certain shape."""
    found = tx.value(
        """
        SELECT body FROM lane_days
        WHERE workspace_id = :workspace AND user_id = :user AND day = :day AND shape = :shape
        """,
        workspace=workspace,
        user=user,
        day=day,
        shape=shape,
    )
    return bytes(found) if isinstance(found, bytes | memoryview) else None


def days_kept(tx: Transaction, workspace: int, user: int, shape: int) -> Rows:
    """Return the days that are there in a certain shape."""
    return tx.rows(
        """
        SELECT day FROM lane_days
        WHERE workspace_id = :workspace AND user_id = :user AND day >= 0 AND shape = :shape
        """,
        workspace=workspace,
        user=user,
        shape=shape,
    )


def put_day(  # noqa: PLR0913 - each is a column, or what must still hold
    tx: Transaction,
    workspace: int,
    user: int,
    day: int,
    *,
    version: int,
    of_all: int,
    shape: int,
    now: int,
    body: bytes,
) -> int:
    """Keep a day, unless it changed since it was read in these versions."""
    return tx.execute(
        """
        INSERT INTO lane_days (workspace_id, user_id, day, version, shape, made_at, body)
        SELECT :workspace, :user, :day, 0, :shape, :now, :body
        WHERE coalesce((
            SELECT version FROM lane_days WHERE workspace_id = :workspace AND user_id = :user AND day = -1
        ), 0) = :of_all AND (:version = 0 OR EXISTS (
            SELECT 1 FROM lane_days WHERE workspace_id = :workspace AND user_id = :user AND day = :day
        ))
        ON CONFLICT (workspace_id, user_id, day)
        DO UPDATE SET shape = excluded.shape, made_at = excluded.made_at, body = excluded.body
        WHERE lane_days.version = :version
        """,
        workspace=workspace,
        user=user,
        day=day,
        version=version,
        of_all=of_all,
        shape=shape,
        now=now,
        body=body,
    )


def drop_days_of_the_future(tx: Transaction, now: int) -> int:
    """Drop what was derived by a clock that was ahead: its days may not have been over."""
    return tx.execute(
        """
        UPDATE lane_days SET version = version + 1, shape = NULL, made_at = NULL, body = NULL
        WHERE made_at > :now
        """,
        now=now,
    )


def people(tx: Transaction) -> Rows:
    """Return workspace and user of everybody who has a device."""
    return tx.rows("SELECT DISTINCT workspace_id, user_id FROM devices ORDER BY workspace_id, user_id")
