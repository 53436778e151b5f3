"""The icon as the device loop runs it: bound like a watcher, bound again when the desktop comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hourloom.core.errors import HourloomError
from hourloom.device.ports import Observation, Source
from hourloom.device.tray import by_pystray
from hourloom.device.tray.by_pystray import Pystray
from hourloom.device.tray.ports import Choice, Tray, TrayState
from hourloom.device.tray.status_notifier import StatusNotifier


class TrayWatcher:
    """Holds what is to be shown, and shows it wherever there is a place for it."""

    name = "tray"

    def __init__(self, chosen: Callable[[Choice], None], environment: Mapping[str, str]) -> None:
        self._chosen, self._environment = chosen, environment
        self._state = TrayState()
        self._tray: Tray | None = None

    def choices(self) -> Sequence[Sequence[Source]]:
        """Return what shows icons on this system."""
        if by_pystray.is_needed():
            return [[Pystray(self._now, self._take, self._chosen)]]
        return [[StatusNotifier(self._environment, self._now, self._take, self._chosen)]]

    def refine(self, observation: Observation) -> Sequence[Observation]:  # noqa: ARG002 - there is none
        """Return nothing: an icon observes nothing."""
        return ()

    def show(self, state: TrayState) -> None:
        """Show a state, now and when there is a place again."""
        if state == self._state:
            return
        self._state = state
        self._tell(lambda tray: tray.show(state))

    def notify(self, title: str, text: str) -> None:
        """Say something to the person who sits here, where there is a way to."""
        self._tell(lambda tray: tray.notify(title, text))

    def obstacle(self) -> str | None:
        """Return why nobody sees the icon, or None."""
        return None if self._tray is None else self._tray.obstacle()

    def _now(self) -> TrayState:
        return self._state

    def _take(self, tray: Tray) -> None:
        self._tray = tray

    def _tell(self, act: Callable[[Tray], None]) -> None:
        if self._tray is None:
            return
        try:
            act(self._tray)
        except (HourloomError, OSError):
            # The loop finds out by itself that it is gone, and binds another.
            self._tray = None
