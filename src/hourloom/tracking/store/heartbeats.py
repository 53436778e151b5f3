"""The one call by which a team database records heartbeats."""

from __future__ import annotations

import msgspec

from hourloom.db.statements import WRITE_LOCK, ByDialect
from hourloom.db.transaction import Rows, Transaction


class HeartbeatColumns(msgspec.Struct, frozen=True):
    """Heartbeats in columns, and the payloads that they may need."""

    workspaces: list[int]
    buckets: list[str]
    starts: list[int]
    ends: list[int]
    pulsetimes: list[int]
    digests: list[bytes]
    types: list[str | None]
    payload_workspaces: list[int]
    payload_digests: list[bytes]
    payload_bodies: list[str]


def record_heartbeats(tx: Transaction, beats: HeartbeatColumns, settled: int) -> Rows:
    """Apply heartbeats on a team database; return problem, event, start and end for each, in their order."""
    return tx.rows(
        ByDialect(
            sqlite="SELECT NULL, NULL, NULL, NULL WHERE FALSE",
            postgresql="""
                SELECT problem, event, began, ended FROM record_heartbeats(
                    :workspaces::bigint[], :buckets::text[], :starts::bigint[], :ends::bigint[],
                    :pulsetimes::bigint[], :digests::bytea[], :types::text[],
                    :payload_workspaces::bigint[], :payload_digests::bytea[], :payload_bodies::text[],
                    :settled::bigint, :write_lock::bigint
                ) ORDER BY place
            """,
        ),
        workspaces=beats.workspaces,
        buckets=beats.buckets,
        starts=beats.starts,
        ends=beats.ends,
        pulsetimes=beats.pulsetimes,
        digests=beats.digests,
        types=beats.types,
        payload_workspaces=beats.payload_workspaces,
        payload_digests=beats.payload_digests,
        payload_bodies=beats.payload_bodies,
        settled=settled,
        write_lock=WRITE_LOCK,
    )
