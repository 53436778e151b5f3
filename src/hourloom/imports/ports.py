"""What every source of an import can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from hourloom.imports.model import Batch, Cursor, SourceBucket


class Source(Protocol):
    """Something that holds another tracker's buckets: a file, a database, a running server."""

    @property
    def title(self) -> str:
        """Say what this is, for people."""
        ...

    def buckets(self) -> list[SourceBucket]:
        """Return all buckets, in an order that stays the same."""
        ...

    def events(self, bucket_id: str, after: Cursor | None = None) -> Iterator[Batch]:
        """Yield a bucket's events in bounded batches, from a batch's cursor on if one is given."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
