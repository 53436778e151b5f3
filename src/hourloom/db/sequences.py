"""The numbers that a database gives out by itself: moved on past those that came from elsewhere."""

from __future__ import annotations

from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Transaction


def skip_numbers(tx: Transaction, table: str, upto: int) -> None:
    """Let no row of a table be numbered up to here any more, unless it says so itself."""
    if tx.dialect == "sqlite":
        _begin(tx, table)
    tx.execute(
        ByDialect(
            sqlite="UPDATE sqlite_sequence SET seq = max(seq, :upto) WHERE name = :name",
            postgresql="""
                SELECT setval(
                    pg_get_serial_sequence(:name, 'id'),
                    greatest(
                        :upto, 1,
                        coalesce(pg_sequence_last_value(pg_get_serial_sequence(:name, 'id')::regclass), 1)
                    )
                )
            """,
        ),
        name=table,
        upto=upto,
    )


def _begin(tx: Transaction, table: str) -> None:
    """Let SQLite know a table that it has numbered no row of."""
    tx.execute(
        """
        INSERT INTO sqlite_sequence (name, seq)
        SELECT :name, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :name)
        """,
        name=table,
    )
