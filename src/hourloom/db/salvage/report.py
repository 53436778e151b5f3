"""What a salvage brought back, and exactly what it could not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_SHOWN = 20


@dataclass(frozen=True)
class Loss:
    """Rows of one table that could not be read."""

    table: str
    rows: int | None
    """None where nothing tells how many there were."""
    ids: tuple[tuple[int, int], ...]
    """First and last number of each run of rows; empty where the numbers tell a person nothing."""
    began_at: int | None = None
    ended_at: int | None = None
    """The instants of the rows before and behind, where the table has instants."""


@dataclass
class Report:
    """What a salvage did."""

    pages: int = 0
    damaged_pages: int = 0
    damaged_frames: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    from_indexes: dict[str, int] = field(default_factory=dict)
    """Rows that their table had lost and an index still had."""
    stand_ins: dict[str, int] = field(default_factory=dict)
    """Rows that were lost but for what others say of them."""
    set_aside: int = 0
    """Rows that refer to lost ones and make no sense without them."""
    losses: list[Loss] = field(default_factory=list)
    kept: Path | None = None
    """The damaged file, as it was."""
    aside: Path | None = None


def runs(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Return consecutive numbers as runs.

    numbers  3 4 5 9
    runs     (3, 5) (9, 9)
    """
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return tuple(found)


def in_words(ids: tuple[tuple[int, int], ...]) -> str:
    """Write runs of numbers as people do."""
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in ids[:_SHOWN]]
    more = f" and {len(ids) - _SHOWN} more runs" if len(ids) > _SHOWN else ""
    return ", ".join(shown) + more
