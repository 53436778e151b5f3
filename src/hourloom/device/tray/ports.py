"""What an icon shows, what a person can choose in its menu, and what carries both."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from hourloom.core.clock import Instant
from hourloom.device.ports import Observation


class Look(StrEnum):
    """How the icon looks; each differs by its form too, not by colour alone."""

    RECORDING = "recording"
    PAUSED = "paused"
    OFFLINE = "offline"
    ATTENTION = "attention"


class Choice(StrEnum):
    """What a person can choose."""

    PAUSE_15_MINUTES = "pause_15_minutes"
    PAUSE_1_HOUR = "pause_1_hour"
    PAUSE_UNTIL_TOMORROW = "pause_until_tomorrow"
    RESUME = "resume"
    OPEN = "open"
    QUIT = "quit"


class TrayState(NamedTuple):
    """What the icon shows; the sentence names no title."""

    look: Look = Look.RECORDING
    sentence: str = "Recording."
    paused_until: Instant | None = None
    """When recording goes on by itself; a pause without an end has none."""


class Pausing(Protocol):
    """Pauses recording."""

    def pause(self, until: Instant | None) -> None:
        """Record nothing until an instant, or until `resume`."""
        ...

    def resume(self) -> None:
        """Record again."""
        ...


class Tray(Protocol):
    """A place for icons that works here; a mechanism of the device loop like `Bound`."""

    def show(self, state: TrayState) -> None:
        """Show a state from now on."""
        ...

    def notify(self, title: str, text: str) -> None:
        """Say something to the person who sits here, where there is a way to."""
        ...

    def obstacle(self) -> str | None:
        """Return why nobody sees the icon although it is offered, or None."""
        ...

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when there is something to do, or -1."""
        ...

    def due(self) -> float | None:
        """Return in how many seconds to ask although nothing arrived."""
        ...

    def observe(self) -> Sequence[Observation]:
        """Do what is to be done and act on what was chosen; an icon observes nothing."""
        ...

    def close(self) -> None:
        """Take the icon away."""
        ...
