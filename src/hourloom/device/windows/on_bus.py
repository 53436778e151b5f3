"""What window watchers over D-Bus have in common: somebody under a well-known name tells of the focus."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.device.bus import Bus
from hourloom.device.ports import Observation, SourceLost
from hourloom.device.windows.focus import Focus


class WindowsOnBus:
    """The window that the first owner of a name tells of, for as long as it owns the name."""

    whose_end = "The desktop has ended"
    """What to say when that is over."""

    def __init__(self, bus: Bus, focus: Focus, name: str) -> None:
        self._bus, self._focus = bus, focus
        self._owner = ""
        self._has_ended = False
        bus.watch(name, self._owned_by)

    def fileno(self) -> int:
        return self._bus.fileno()

    def due(self) -> float | None:
        dues = [due for due in (self._bus.due(), self._focus.due()) if due is not None]
        return min(dues, default=None)

    def observe(self) -> Sequence[Observation]:
        self._bus.read()
        if self._has_ended:
            raise SourceLost(reason=self.whose_end)
        return self._focus.take()

    def close(self) -> None:
        self._bus.close()

    def _owned_by(self, owner: str) -> None:
        # Another program under the name knows nothing of us.
        self._has_ended = self._has_ended or not owner or self._owner not in ("", owner)
        self._owner = owner
