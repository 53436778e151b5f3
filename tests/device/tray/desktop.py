"""A desktop for the icon: one that keeps the list of icons, and a panel that draws its menu."""

from __future__ import annotations

import select
from typing import Any

from hourloom.device import bus as dbus
from hourloom.device.bus import Address, Body, Exported, Failed, Heard, Method, Property
from tests.device.away.buses import PrivateBus
from tests.device.waiting import until

WATCHER = "org.kde.StatusNotifierWatcher"
WATCHER_PATH = "/StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
NOTIFICATIONS = "org.freedesktop.Notifications"


class Desktop:
    """A panel and what it needs, on one connection."""

    def __init__(self, private_bus: PrivateBus, *, has_host: bool = True) -> None:
        self.bus = private_bus.connect()
        self.registered: list[str] = []
        self.signals: list[tuple[str, Body]] = []
        self.messages: list[Body] = []
        self.has_host = has_host
        self.bus.export(
            WATCHER_PATH,
            WATCHER,
            Exported(
                methods={"RegisterStatusNotifierItem": Method("s", "", self._register)},
                properties={"IsStatusNotifierHostRegistered": Property("b", lambda: self.has_host)},
            ),
        )
        self.bus.export(
            "/org/freedesktop/Notifications",
            NOTIFICATIONS,
            Exported(methods={"Notify": Method("susssasa{sv}i", "u", self._notify)}),
        )
        for interface in (ITEM, MENU):
            self.bus.match(lambda heard: self.signals.append((heard.member, heard.body)), interface=interface)
        self._own(WATCHER)
        self._own(NOTIFICATIONS)

    def close(self) -> None:
        self.bus.close()

    def item(self) -> Address:
        return Address(self.registered[-1], "/StatusNotifierItem", ITEM)

    def menu(self) -> Address:
        return Address(self.registered[-1], "/MenuBar", MENU)

    def ask(self, of: Any, to: Address, member: str, signature: str = "", *body: object) -> Body:
        """Call a method of the icon while the icon's own loop goes on."""
        answers: list[Body | Failed] = []
        self.bus.call(to, member, signature, *body, then=answers.append)
        self.until(of, lambda: bool(answers))
        assert not isinstance(answers[0], Failed), answers[0]
        return answers[0]

    def get(self, of: Any, to: Address, name: str) -> Any:
        ((_, value),) = self.ask(of, to.properties(), "Get", "ss", to.interface, name)
        return value

    def until(self, of: Any, met: Any) -> None:
        """Turn both loops until something is so."""

        def turned() -> bool:
            select.select([self.bus, of], [], [], 0.01)
            self.bus.read()
            of.observe()
            return bool(met())

        until(turned)

    def labels(self, of: Any) -> dict[str, int]:
        """Return the numbers of the menu's visible lines by their labels."""
        _, (_, _, children) = self.ask(of, self.menu(), "GetLayout", "iias", 0, -1, [])
        lines = [child for _, child in children]
        return {
            told["label"][1]: number
            for number, told, _ in lines
            if "label" in told and told.get("visible", ("b", True))[1]
        }

    def click(self, of: Any, label: str) -> None:
        number = self.labels(of)[label]
        self.ask(of, self.menu(), "Event", "isvu", number, "clicked", ("s", ""), 0)

    def tell_host(self, *, there: bool) -> None:
        self.has_host = there
        member = "StatusNotifierHostRegistered" if there else "StatusNotifierHostUnregistered"
        self.bus.emit(WATCHER_PATH, WATCHER, member)

    def _register(self, heard: Heard) -> Body:
        self.registered.append(str(heard.body[0]))
        return ()

    def _notify(self, heard: Heard) -> Body:
        self.messages.append(heard.body)
        return (7,)

    def _own(self, name: str) -> None:
        owned: list[bool] = []
        self.bus.own(name, owned.append)

        def turned() -> bool:
            select.select([self.bus], [], [], 0.01)
            self.bus.read()
            return bool(owned)

        until(turned)
        assert owned == [True]


__all__ = ["Desktop", "dbus"]
