"""Messages to the person who sits here, by org.freedesktop.Notifications."""

from __future__ import annotations

from collections.abc import Callable

from hourloom.device.bus import Address, Body, Bus, Failed, Heard
from hourloom.device.markup import escaped

SERVICE = Address(
    "org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications"
)
LONGEST_TITLE, LONGEST_TEXT = 100, 500
MOST_REMEMBERED = 20
_AS_LONG_AS_USUAL = -1


class Notifications:
    """Shows messages; a click on one of them calls `clicked`."""

    def __init__(self, bus: Bus, clicked: Callable[[], None]) -> None:
        self._bus, self._clicked = bus, clicked
        self._shown: list[int] = []
        self._is_listening = False

    def notify(self, title: str, text: str) -> None:
        """Show a message; where no program shows any, nothing happens."""
        if not self._is_listening:
            self._is_listening = True
            self._bus.match(
                self._acted, sender=SERVICE.name, interface=SERVICE.interface, member="ActionInvoked"
            )
        # Desktops take the text for markup, but not the title.
        self._bus.call(
            SERVICE,
            "Notify",
            "susssasa{sv}i",
            "Hourloom",
            0,
            "",
            _line(title, LONGEST_TITLE),
            escaped(_line(text, LONGEST_TEXT)),
            ["default", "Open Hourloom"],
            {"desktop-entry": ("s", "hourloom")},
            _AS_LONG_AS_USUAL,
            then=self._answered,
        )

    def _answered(self, answer: Body | Failed) -> None:
        match answer:
            case (int(number),):
                self._shown = [*self._shown, number][-MOST_REMEMBERED:]
            case _:
                pass

    def _acted(self, heard: Heard) -> None:
        match heard.body:
            case (int(number), "default") if number in self._shown:
                self._clicked()
            case _:
                pass


def _line(text: str, longest: int) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text[:longest]).strip()
