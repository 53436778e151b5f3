"""Watches the focused window of Sway and its kin, which list their windows to whoever asks."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hourloom.core.clock import Clock
from hourloom.device import wayland
from hourloom.device.ports import CannotBind, Observation, SourceLost
from hourloom.device.wayland import Connection, Event, Interface, Message, Object
from hourloom.device.windows.app import LONGEST_APP, LONGEST_TITLE, Clues
from hourloom.device.windows.focus import Focus, Window, a_window

HANDLE = Interface(
    "zwlr_foreign_toplevel_handle_v1",
    (
        Message("title", "s"),
        Message("app_id", "s"),
        Message("output_enter", "o"),
        Message("output_leave", "o"),
        Message("state", "a"),
        Message("done"),
        Message("closed"),
        Message("parent", "o"),
    ),
)
MANAGER = Interface(
    "zwlr_foreign_toplevel_manager_v1",
    (Message("toplevel", "n", makes=HANDLE), Message("finished")),
)
DESTROY = 7
"""The number of the request by which a handle is given back."""
ACTIVATED = 2


class Wlroots:
    """A compositor with wlr-foreign-toplevel-management: Sway, Hyprland, labwc, river, Wayfire, COSMIC."""

    name = "Sway and its kin"
    polls = False

    def __init__(self, environment: Mapping[str, str], clock: Clock | None = None) -> None:
        self._environment = environment
        self._clock = clock

    def bind(self) -> WlrootsWindows:
        connection = wayland.connect(self._environment)
        try:
            return WlrootsWindows(connection, Focus(self._clock))
        except SourceLost as fault:
            connection.close()
            raise CannotBind(reason=fault.message.rstrip("."), next_step="Try again") from None
        except BaseException:
            connection.close()
            raise


class Toplevel(NamedTuple):
    """What a compositor says of a window."""

    title: str = ""
    app_id: str = ""
    activated: bool = False


class WlrootsWindows:
    """The window that says of itself that it is activated."""

    def __init__(self, connection: Connection, focus: Focus) -> None:
        """Raise CannotBind if the compositor does not list its windows; wait for the present ones."""
        self._connection, self._focus = connection, focus
        self._shown: dict[int, Toplevel] = {}
        self._coming: dict[int, Toplevel] = {}
        """What was said of a window since it was last said to be complete."""
        if connection.bind(MANAGER, 3) is None:
            raise CannotBind(
                reason="This Wayland compositor does not list its windows to programs",
                next_step="Use the mechanism of your desktop, or a compositor that lists them, such as Sway",
            )
        connection.roundtrip()
        self._hear()
        self._tell()

    def fileno(self) -> int:
        return self._connection.fileno()

    def due(self) -> float | None:
        return self._focus.due()

    def observe(self) -> Sequence[Observation]:
        self._hear()
        return self._focus.take()

    def close(self) -> None:
        self._connection.close()

    def _hear(self) -> None:
        for event in self._connection.read():
            if event.sender.interface is HANDLE:
                self._said(event.sender, event)
            elif event.name == "finished":
                raise SourceLost(reason="The Wayland compositor lists its windows no more")

    def _said(self, handle: Object, event: Event) -> None:
        coming = self._coming.get(handle.id, Toplevel())
        match event.name, event.arguments:
            case "title", (title,):
                self._coming[handle.id] = coming._replace(title=str(title or "")[: 2 * LONGEST_TITLE])
            case "app_id", (app_id,):
                self._coming[handle.id] = coming._replace(app_id=str(app_id or "")[: 2 * LONGEST_APP])
            case "state", (bytes(states),):
                self._coming[handle.id] = coming._replace(activated=_is_activated(states))
            case "done", _:
                self._shown[handle.id] = coming
                self._tell()
            case "closed", _:
                self._closed(handle)
            case _:
                pass

    def _closed(self, handle: Object) -> None:
        self._coming.pop(handle.id, None)
        self._shown.pop(handle.id, None)
        self._connection.send(handle, DESTROY)
        self._connection.forget(handle)
        self._tell()

    def _tell(self) -> None:
        active = next((window for window in reversed(self._shown.values()) if window.activated), None)
        self._focus.on(None if active is None else _described(active))


def _described(window: Toplevel) -> Window | None:
    # The windows of X programs have their class where those of Wayland programs have their id.
    return a_window(Clues(desktop=window.app_id), window.title)


def _is_activated(states: bytes) -> bool:
    whole = states[: len(states) // 4 * 4]
    return (ACTIVATED,) in struct.iter_unpack("=I", whole)
