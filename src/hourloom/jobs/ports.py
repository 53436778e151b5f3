"""What the runner of jobs asks of the computer it runs on."""

from __future__ import annotations

from typing import Protocol

from hourloom.jobs.model import Load


class Computer(Protocol):
    """The computer as far as background work should spare it."""

    def load(self) -> Load:
        """Return how it is doing; may take a moment, so not on the server's loop."""
        ...
