"""Input on GNOME: Mutter's IdleMonitor over D-Bus.

Whatever fires, the length of the pause is asked for: a watch may fire before its number is known, at once
when somebody pauses already, and for another program.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from hourloom.device import bus as dbus
from hourloom.device.away.presence import Rule
from hourloom.device.away.sources import CONFIRM, Hint, Now, wall
from hourloom.device.bus import Address, Body, Bus, CallFailed, Failed
from hourloom.device.ports import Bound, CannotBind, Observation, SourceLost

MONITOR = Address(
    "org.gnome.Mutter.IdleMonitor", "/org/gnome/Mutter/IdleMonitor/Core", "org.gnome.Mutter.IdleMonitor"
)
LATER = 50
"""Milliseconds after which the watch fires, so that the pause is as long as it should be by any rounding."""


class Mutter:
    """Input as GNOME counts it."""

    name = "GNOME"
    polls = False

    def __init__(self, environment: Mapping[str, str], rule: Callable[[], Rule], now: Now = wall) -> None:
        self._environment, self._rule, self._now = environment, rule, now

    def bind(self) -> Bound:
        bus = dbus.session_bus(self._environment)
        try:
            if bus.ask(dbus.Address(dbus.DAEMON, dbus.PATH, dbus.DAEMON), "NameHasOwner", "s", MONITOR.name)[
                0
            ]:
                return IdleMonitor(bus, self._rule().raw // 1000, self._now)
        except (CallFailed, SourceLost):
            pass
        bus.close()
        raise CannotBind(reason="GNOME does not run here", next_step="Nothing needs to be done")


class IdleMonitor:
    """Watches of Mutter's: one for pauses, and one for their end whenever there is one."""

    def __init__(self, bus: Bus, pause: int, now: Now) -> None:
        self._bus, self._pause, self._now = bus, pause, now
        self._observed: list[Observation] = []
        self._gone = self._awaits_end = False
        bus.match(lambda _: self._ask(), sender=MONITOR.name, path=MONITOR.path, member="WatchFired")
        bus.watch(MONITOR.name, self._owned)
        bus.ask(MONITOR, "AddIdleWatch", "t", pause + LATER)
        self._told(bus.ask(MONITOR, "GetIdletime"))
        self._confirm_at = time.monotonic() + CONFIRM

    def fileno(self) -> int:
        return self._bus.fileno()

    def due(self) -> float | None:
        ours = max(0.0, self._confirm_at - time.monotonic())
        theirs = self._bus.due()
        return ours if theirs is None else min(ours, theirs)

    def observe(self) -> Sequence[Observation]:
        self._bus.read()
        if self._gone:
            raise SourceLost(reason="GNOME has ended")
        if time.monotonic() >= self._confirm_at:
            self._confirm_at = time.monotonic() + CONFIRM
            self._ask()
        observed, self._observed = self._observed, []
        return observed

    def close(self) -> None:
        self._bus.close()

    def _ask(self) -> None:
        self._bus.call(MONITOR, "GetIdletime", then=self._told)

    def _told(self, answer: Body | Failed) -> None:
        match answer:
            case (int(idle),):
                is_idle = idle >= self._pause
                hint = Hint("input", "idle" if is_idle else "active", "mutter")
                self._observed.append(hint.at(self._now() - idle * 1000))
                if is_idle and not self._awaits_end:
                    self._bus.call(MONITOR, "AddUserActiveWatch", then=lambda _: None)
                    # Input may have come before the watch was there.
                    self._ask()
                self._awaits_end = is_idle
            case _:
                pass

    def _owned(self, owner: str) -> None:
        self._gone = not owner
