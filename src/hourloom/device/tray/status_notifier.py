"""The icon as a StatusNotifierItem, which KDE, most panels and, with an extension, GNOME show."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from hourloom.device.bus import Address, Body, Bus, Exported, Failed, Heard, Method, Property, session_bus
from hourloom.device.ports import Observation
from hourloom.device.tray import dbus_menu, icons
from hourloom.device.tray.dbus_menu import DBusMenu
from hourloom.device.tray.menu import headline_of
from hourloom.device.tray.notifications import Notifications
from hourloom.device.tray.ports import Choice, Look, TrayState

PATH = "/StatusNotifierItem"
INTERFACE = "org.kde.StatusNotifierItem"
WATCHER = Address("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher", "org.kde.StatusNotifierWatcher")
TITLE = "Hourloom"
MOST_CHOSEN = 20
NO_PLACE = (
    "No panel here shows icons of programs; on GNOME the extension AppIndicator does, "
    "everything else works without it"
)

_numbers = itertools.count(1)
Pixmaps = list[tuple[int, int, bytes]]


class StatusNotifier:
    """Shows icons by D-Bus; a source like those of watchers."""

    name = "StatusNotifier"
    polls = False

    def __init__(
        self,
        environment: Mapping[str, str],
        state: Callable[[], TrayState],
        bound: Callable[[StatusNotifierIcon], None],
        chosen: Callable[[Choice], None],
    ) -> None:
        self._environment, self._state, self._told, self._chosen = environment, state, bound, chosen

    def bind(self) -> StatusNotifierIcon:
        """Offer the icon to whatever panel there is, or comes; raises CannotBind without a session bus."""
        icon = StatusNotifierIcon(session_bus(self._environment), self._state(), self._chosen)
        self._told(icon)
        return icon


class StatusNotifierIcon:
    """One icon on one bus. What is chosen is acted on in `observe`, after the panel has its answer."""

    def __init__(self, bus: Bus, state: TrayState, chosen: Callable[[Choice], None]) -> None:
        self._bus, self._state, self._chosen = bus, state, chosen
        self._waiting: deque[Choice] = deque(maxlen=MOST_CHOSEN)
        self._name = f"{INTERFACE}-{os.getpid()}-{next(_numbers)}"
        self._is_named = self._has_host = False
        self._watcher = ""
        self._notifications = Notifications(bus, lambda: self._waiting.append(Choice.OPEN))
        self._menu = DBusMenu(bus, state, self._waiting.append)
        bus.export(PATH, INTERFACE, self._exported())
        bus.own(self._name, self._named)
        bus.watch(WATCHER.name, self._watcher_changed)
        for member in ("StatusNotifierHostRegistered", "StatusNotifierHostUnregistered"):
            bus.match(
                lambda _: self._ask_for_host(),
                sender=WATCHER.name,
                interface=WATCHER.interface,
                member=member,
            )

    def show(self, state: TrayState) -> None:
        """Show a state from now on; panels are told of what differs."""
        before, self._state = self._state, state
        if state == before:
            return
        if state.look is not before.look:
            for signal in ("NewIcon", "NewAttentionIcon"):
                self._bus.emit(PATH, INTERFACE, signal)
            self._bus.emit(PATH, INTERFACE, "NewStatus", "s", self._status())
        self._bus.emit(PATH, INTERFACE, "NewToolTip")
        self._menu.show(state)

    def notify(self, title: str, text: str) -> None:
        """Say something by the desktop's notifications."""
        self._notifications.notify(title, text)

    def obstacle(self) -> str | None:
        """Return why nobody sees the icon, or None."""
        return None if self._has_host else NO_PLACE

    def fileno(self) -> int:
        """Return the descriptor of the bus."""
        return self._bus.fileno()

    def due(self) -> float | None:
        """Return when a call that got no answer has failed."""
        return self._bus.due()

    def observe(self) -> Sequence[Observation]:
        """Answer panels, and act on what was chosen."""
        self._bus.read()
        while self._waiting:
            self._chosen(self._waiting.popleft())
        return ()

    def close(self) -> None:
        """Take the icon away: the panel sees that its program hung up."""
        self._bus.close()

    def _named(self, is_ours: bool) -> None:  # noqa: FBT001 - as the bus tells it
        # Without a name of its own the icon goes by that of the connection, which most panels take too.
        self._is_named = is_ours
        self._name = self._name if is_ours else self._bus.unique_name
        self._register()

    def _watcher_changed(self, owner: str) -> None:
        self._watcher, self._has_host = owner, False
        self._register()

    def _register(self) -> None:
        """Tell the one who keeps the list of icons; whoever starts later is told when it starts."""
        if not self._watcher or not (self._is_named or self._name.startswith(":")):
            return
        self._bus.call(WATCHER, "RegisterStatusNotifierItem", "s", self._name)
        self._ask_for_host()

    def _ask_for_host(self) -> None:
        def answered(answer: Body | Failed) -> None:
            match answer:
                case ((str(), bool(there)),):
                    self._has_host = there
                case _:
                    pass

        self._bus.call(
            WATCHER.properties(),
            "Get",
            "ss",
            WATCHER.interface,
            "IsStatusNotifierHostRegistered",
            then=answered,
        )

    def _exported(self) -> Exported:
        return Exported(
            methods={
                "Activate": Method("ii", "", self._activated),
                "SecondaryActivate": Method("ii", "", lambda _: ()),
                "ContextMenu": Method("ii", "", lambda _: ()),
                "Scroll": Method("is", "", lambda _: ()),
            },
            properties={
                "Category": Property("s", lambda: "ApplicationStatus"),
                "Id": Property("s", lambda: "hourloom"),
                "Title": Property("s", lambda: TITLE),
                "Status": Property("s", self._status),
                "WindowId": Property("i", lambda: 0),
                "IconName": Property("s", str),
                "IconThemePath": Property("s", str),
                "IconPixmap": Property("a(iiay)", lambda: _pixmaps(self._state.look)),
                "OverlayIconName": Property("s", str),
                "OverlayIconPixmap": Property("a(iiay)", list),
                "AttentionIconName": Property("s", str),
                "AttentionIconPixmap": Property("a(iiay)", lambda: _pixmaps(Look.ATTENTION)),
                "AttentionMovieName": Property("s", str),
                "ToolTip": Property("(sa(iiay)ss)", lambda: ("", [], TITLE, headline_of(self._state))),
                "ItemIsMenu": Property("b", lambda: True),
                "Menu": Property("o", lambda: dbus_menu.PATH),
            },
            signals={
                "NewTitle": "",
                "NewIcon": "",
                "NewAttentionIcon": "",
                "NewOverlayIcon": "",
                "NewToolTip": "",
                "NewStatus": "s",
            },
        )

    def _activated(self, _: Heard) -> Body:
        self._waiting.append(Choice.OPEN)
        return ()

    def _status(self) -> str:
        return "NeedsAttention" if self._state.look is Look.ATTENTION else "Active"


def _pixmaps(look: Look) -> Pixmaps:
    return [(size, size, icons.pixels_of(look, size)) for size in icons.SIZES]
