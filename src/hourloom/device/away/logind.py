"""Sleep, locks and, where nothing better is, idleness as logind tells of them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping, Sequence

from hourloom.device import bus as dbus
from hourloom.device.away.sources import CONFIRM, Hint, Now, wall
from hourloom.device.bus import Address, Body, Bus, CallFailed, Failed, Heard
from hourloom.device.ports import Bound, CannotBind, Observation, SourceLost

NAME, MANAGER_PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
MANAGER = Address(NAME, MANAGER_PATH, "org.freedesktop.login1.Manager")
SESSION = "org.freedesktop.login1.Session"
GRAPHICAL = ("wayland", "x11", "mir")
SESSIONS = 32
RELEASE_AFTER = 0.3
"""Seconds for which sleep is held up, so that what is known is stored before; logind waits 5 by default."""

BINDING = (CallFailed, SourceLost)


class Logind:
    """Sleep, locks and switches to other people's sessions."""

    name = "logind"
    polls = False

    def __init__(self, environment: Mapping[str, str], now: Now = wall) -> None:
        self._environment, self._now = environment, now

    def bind(self) -> Bound:
        bus = dbus.system_bus(self._environment, descriptors=True)
        try:
            return SleepAndLocks(bus, session_of(bus, self._environment), self._now)
        except BINDING:
            bus.close()
            raise _absent() from None


class LogindIdle:
    """What a desktop tells logind of idleness: few do, none tells all."""

    name = "logind (idle hint)"
    polls = False

    def __init__(self, environment: Mapping[str, str], now: Now = wall) -> None:
        self._environment, self._now = environment, now

    def bind(self) -> Bound:
        bus = dbus.system_bus(self._environment)
        try:
            session = session_of(bus, self._environment)
            if session is None:
                raise SourceLost(reason="This login is no session")
            return IdleHint(bus, session, self._now)
        except BINDING:
            bus.close()
            raise _absent() from None


def _absent() -> CannotBind:
    return CannotBind(reason="logind does not answer", next_step="Install systemd-logind or elogind")


def session_of(bus: Bus, environment: Mapping[str, str]) -> Address | None:
    """Return the session of this login: the stated one, or this user's with a screen, or None."""
    (listed,) = bus.ask(MANAGER, "ListSessions")
    mine = []
    for each in listed[:SESSIONS]:
        match each:
            case (str(id), int(uid), str(), str(), str(path)) if uid == os.getuid():
                mine.append((id == environment.get("XDG_SESSION_ID"), Address(NAME, path, SESSION)))
    stated = [address for is_stated, address in mine if is_stated]
    if stated:
        return stated[0]
    screens = [each for _, each in mine if bus.get(each, "Type") in GRAPHICAL]
    others = [each for _, each in mine]
    return next(iter([*screens, *others]), None)


class SleepAndLocks:
    """Holds sleep up until it is stored that somebody is away."""

    def __init__(self, bus: Bus, session: Address | None, now: Now) -> None:
        self._bus, self._session, self._now = bus, session, now
        self._observed: list[Observation] = []
        self._gone = False
        self._inhibitor: int | None = None
        self._release_at: float | None = None
        bus.match(self._sleep, sender=NAME, path=MANAGER_PATH, member="PrepareForSleep")
        if session is not None:
            path = session.path
            bus.match(self._lock, sender=NAME, path=path, interface=SESSION, member="Lock")
            bus.match(self._lock, sender=NAME, path=path, interface=SESSION, member="Unlock")
            bus.match(self._changed, sender=NAME, path=path, member="PropertiesChanged")
        bus.watch(NAME, self._owned)
        self._say("asleep" if bus.get(MANAGER, "PreparingForSleep") is True else "awake", "logind sleep")
        if session is not None:
            self._is_locked: object = None
            (properties,) = bus.ask(session.properties(), "GetAll", "s", SESSION)
            self._take({name: value[1] for name, value in properties.items()})
        self._inhibit()

    def fileno(self) -> int:
        return self._bus.fileno()

    def due(self) -> float | None:
        ours = None if self._release_at is None else max(0.0, self._release_at - time.monotonic())
        dues = [due for due in (ours, self._bus.due()) if due is not None]
        return min(dues, default=None)

    def observe(self) -> Sequence[Observation]:
        self._bus.read()
        if self._gone:
            raise SourceLost(reason="logind has ended")
        if self._release_at is not None and time.monotonic() >= self._release_at:
            self._let_go()
        observed, self._observed = self._observed, []
        return observed

    def close(self) -> None:
        self._let_go()
        self._bus.close()

    def _say(self, state: str, by: str) -> None:
        self._observed.append(Hint("session", state, by).at(self._now()))

    def _sleep(self, signal: Heard) -> None:
        match signal.body:
            case (True,):
                self._say("asleep", "logind sleep")
                self._release_at = time.monotonic() + RELEASE_AFTER
            case (False,):
                self._say("awake", "logind sleep")
                if self._inhibitor is None:
                    self._inhibit()
            case _:
                pass

    def _lock(self, signal: Heard) -> None:
        """Take a wish to lock or unlock; whether it was done, the hint tells where the desktop sets it."""
        if signal.member == "Unlock":
            self._say("unlocked", "logind lock")
        elif self._is_locked is not True:
            self._say("locking", "logind lock")

    def _changed(self, signal: Heard) -> None:
        self._take(_changed_of(signal.body))

    def _take(self, properties: Mapping[str, object]) -> None:
        if "LockedHint" in properties:
            self._is_locked = properties["LockedHint"]
            self._say("locked" if self._is_locked is True else "unlocked", "logind lock")
        if "Active" in properties:
            # Somebody else, or nobody, is at the screen: another session or the login screen.
            self._say("unlocked" if properties["Active"] is True else "locked", "logind seat")
        if properties.get("Class") == "greeter":
            self._say("locked", "logind greeter")

    def _inhibit(self) -> None:
        self._bus.call(
            MANAGER,
            "Inhibit",
            "ssss",
            "sleep",
            "Hourloom",
            "Stores until when you were there",
            "delay",
            then=self._inhibited,
        )

    def _inhibited(self, answer: Body | Failed) -> None:
        match answer:
            case (int(descriptor),):
                self._let_go()
                self._inhibitor = descriptor
            case _:
                pass

    def _let_go(self) -> None:
        self._release_at = None
        if self._inhibitor is not None:
            with contextlib.suppress(OSError):
                os.close(self._inhibitor)
            self._inhibitor = None

    def _owned(self, owner: str) -> None:
        self._gone = not owner


def _changed_of(body: Body) -> Mapping[str, object]:
    match body:
        case (str(interface), dict(changed), list()) if interface == SESSION:
            return {name: value[1] for name, value in changed.items()}
        case _:
            return {}


class IdleHint:
    """Says what the desktop told logind: that somebody pauses, and since when."""

    def __init__(self, bus: Bus, session: Address, now: Now) -> None:
        self._bus, self._session, self._now = bus, session, now
        self._observed: list[Observation] = []
        self._gone = False
        self._is_idle = False
        bus.match(self._changed, sender=NAME, path=session.path, member="PropertiesChanged")
        bus.watch(NAME, self._owned)
        (properties,) = bus.ask(session.properties(), "GetAll", "s", SESSION)
        self._take({name: value[1] for name, value in properties.items()})
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
            raise SourceLost(reason="logind has ended")
        if time.monotonic() >= self._confirm_at:
            self._confirm_at = time.monotonic() + CONFIRM
            if not self._is_idle:
                self._observed.append(Hint("input", "active", "logind").at(self._now()))
        observed, self._observed = self._observed, []
        return observed

    def close(self) -> None:
        self._bus.close()

    def _changed(self, signal: Heard) -> None:
        self._take(_changed_of(signal.body))

    def _take(self, properties: Mapping[str, object]) -> None:
        if "IdleHint" not in properties:
            return
        self._is_idle = properties["IdleHint"] is True
        now = self._now()
        since = properties.get("IdleSinceHint")
        at = since if self._is_idle and isinstance(since, int) and 0 < since <= now else now
        self._observed.append(Hint("input", "idle" if self._is_idle else "active", "logind").at(at))

    def _owned(self, owner: str) -> None:
        self._gone = not owner
