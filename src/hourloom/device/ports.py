"""What a mechanism of an operating system offers to a watcher, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from hourloom.core.clock import Instant
from hourloom.core.errors import Unavailable

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


class CannotBind(Unavailable):
    """{reason}. {next_step}."""


class SwitchedOff(CannotBind):
    """{reason}. {next_step}."""


class SourceLost(Unavailable):
    """{reason}."""


class Observation(NamedTuple):
    """From `at` on, what a watcher observes is `data`; None means that it observes nothing.

    `stream` names the kind of bucket it belongs to: "window", "away", "input". The same data again says that
    it went on until then at least.
    """

    stream: str
    at: Instant
    data: Mapping[str, Json] | None
    lag: float = 0.0
    """For how many seconds back its end may still be told: what is stored cannot be shortened any more."""


class Bound(Protocol):
    """A mechanism that works here: it is asked after its descriptor became readable, or when it is due.

    Everything runs on one thread, so no method waits. A mechanism with threads of its own (Windows, macOS)
    wakes this one through a socket pair.
    """

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when there is something to observe."""
        ...

    def due(self) -> float | None:
        """Return in how many seconds to ask although nothing arrived, or None to wait for the descriptor."""
        ...

    def observe(self) -> Sequence[Observation]:
        """Return what changed since the last call, oldest first; the first call tells the present state.

        Raises SourceLost when the mechanism is gone (a display, a compositor, a bus).
        """
        ...

    def close(self) -> None:
        """Let go of the mechanism."""
        ...


class Source(Protocol):
    """A mechanism that may or may not work here."""

    name: str
    """What health tells a person: "X11", "Sway and its kin", "KDE"."""
    polls: bool
    """Whether it has to ask again and again, because nothing better exists here; health says so."""

    def bind(self) -> Bound:
        """Try it for real: what binds is used, whatever environment variables say.

        Raises CannotBind with the reason and the exact next step of the user.
        """
        ...


class Watcher(Protocol):
    """Observes one thing through the best mechanism that works here."""

    name: str
    """"window" or "away": the word in health, settings and the command line."""

    def choices(self) -> Sequence[Sequence[Source]]:
        """Return groups of sources, the best first: of each group the first that binds is used."""
        ...

    def refine(self, observation: Observation) -> Sequence[Observation]:
        """Decide what is to be stored of what a source observed."""
        ...
