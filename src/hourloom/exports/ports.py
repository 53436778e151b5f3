"""What every format does with rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from hourloom.exports.model import Row

AT_ONCE = 500
"""So many rows are written in one go."""


class Writing(Protocol):
    """Turns rows into the bytes of one format, some at a time."""

    def begin(self) -> Iterator[bytes]:
        """Yield what stands before the rows."""
        ...

    def take(self, rows: Sequence[Row]) -> Iterator[bytes]:
        """Yield what some rows come to; it may be kept back until later."""
        ...

    def end(self) -> Iterator[bytes]:
        """Yield the rest."""
        ...


def written(writing: Writing, rows: Iterable[Row], at_once: int = AT_ONCE) -> Iterator[bytes]:
    """Yield a whole file, reading rows as they are needed."""
    yield from writing.begin()
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == at_once:
            yield from writing.take(batch)
            batch = []
    if batch:
        yield from writing.take(batch)
    yield from writing.end()
