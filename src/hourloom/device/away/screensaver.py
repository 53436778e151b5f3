"""Locks of desktops that logind does not hear of: their screen savers, over D-Bus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hourloom.device import bus as dbus
from hourloom.device.away.sources import Hint, Now, wall
from hourloom.device.bus import Address, Body, Bus, Failed, Heard
from hourloom.device.ports import Bound, Observation

SAVERS = (
    Address("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver", "org.gnome.ScreenSaver"),
    Address("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver"),
    Address("org.freedesktop.ScreenSaver", "/ScreenSaver", "org.freedesktop.ScreenSaver"),
    Address("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver", "org.cinnamon.ScreenSaver"),
    Address("org.mate.ScreenSaver", "/org/mate/ScreenSaver", "org.mate.ScreenSaver"),
    Address("org.xfce.ScreenSaver", "/org/xfce/ScreenSaver", "org.xfce.ScreenSaver"),
)


class ScreenSavers:
    """Any screen saver of this login."""

    name = "screen saver"
    polls = False

    def __init__(self, environment: Mapping[str, str], now: Now = wall) -> None:
        self._environment, self._now = environment, now

    def bind(self) -> Bound:
        return Savers(dbus.session_bus(self._environment), self._now)


class Savers:
    """Hears whether one becomes active; one that ends covers the screen no more."""

    def __init__(self, bus: Bus, now: Now) -> None:
        self._bus, self._now = bus, now
        self._observed: list[Observation] = []
        for saver in SAVERS:
            self._follow(saver)

    def fileno(self) -> int:
        return self._bus.fileno()

    def due(self) -> float | None:
        return self._bus.due()

    def observe(self) -> Sequence[Observation]:
        self._bus.read()
        observed, self._observed = self._observed, []
        return observed

    def close(self) -> None:
        self._bus.close()

    def _follow(self, saver: Address) -> None:
        def told(answer: Body | Failed) -> None:
            match answer:
                case (bool(active),):
                    hint = Hint("session", "locked" if active else "unlocked", saver.path)
                    self._observed.append(hint.at(self._now()))
                case _:
                    pass

        def heard(signal: Heard) -> None:
            told(signal.body)

        def owned(owner: str) -> None:
            # Asking for one that does not run would start it.
            if owner:
                self._bus.call(saver, "GetActive", then=told)
            else:
                told((False,))

        self._bus.match(
            heard, sender=saver.name, path=saver.path, interface=saver.interface, member="ActiveChanged"
        )
        self._bus.watch(saver.name, owned)
