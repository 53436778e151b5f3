"""Lists of numbers as one parameter of a statement."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom.db.transaction import Transaction


def as_json(rows: Sequence[Sequence[int]]) -> str:
    return msgspec.json.encode(rows).decode()


def numbers(tx: Transaction, values: list[int]) -> str | list[int]:
    """Return a list of numbers as the dialect takes it in one parameter."""
    if tx.dialect == "sqlite":
        return "[" + ",".join(map(str, values)) + "]"
    return values
