"""What tracking asks of parts that it does not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from hourloom.core.clock import Instant

Erase = Callable[[Any], None]  # given a connection to the copy, which nobody else uses


class CopiesElsewhere(Protocol):
    """Copies of the database outside of it, which an erasure does not reach by itself."""

    def discard(self) -> int:
        """Remove the copies that only wait on this computer to be fetched; return how many there were."""
        ...

    def holding(self, came_at: Instant, gone_at: Instant) -> list[str]:
        """Return the names of the copies that hold what was in the database between two instants."""
        ...

    def rewrite(
        self,
        came_at: Instant,
        gone_at: Instant,
        erase: Erase,
        pause: Callable[[], None],
    ) -> None:
        """Erase something from each of these copies and put it back; calls `pause` between its steps."""
        ...
