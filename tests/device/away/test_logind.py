"""Sleep, locks and hints of a logind that python-dbusmock plays, and its screen saver."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.core.clock import SECOND
from hourloom.device import bus as dbus
from hourloom.device.away import logind
from hourloom.device.away.logind import MANAGER, NAME, SESSION, Logind, LogindIdle
from hourloom.device.away.screensaver import ScreenSavers
from hourloom.device.bus import Address
from hourloom.device.ports import CannotBind
from tests.device.away.asking import lost, next_of, state_of, states
from tests.device.away.buses import MOCK, PrivateBus
from tests.device.waiting import until

SESSION_PATH = "/org/freedesktop/login1/session/c1"
UID = os.getuid()


class Mocked:
    """logind on a private bus, with one session of this user."""

    def __init__(self, bus: PrivateBus) -> None:
        self.bus = bus
        bus.mock(NAME, ["--system", "--template", "logind"])
        self.hand = bus.connect()
        self.hand.ask(
            Address(NAME, MANAGER.path, MOCK), "AddSession", "ssusb", "c1", "seat0", UID, "me", True
        )
        self.environment = bus.environment

    def emit(
        self, path: str, interface: str, member: str, signature: str = "", *values: tuple[str, object]
    ) -> None:
        to = Address(NAME, path, MOCK)
        self.hand.ask(to, "EmitSignal", "sssav", interface, member, signature, list(values))

    def set(self, name: str, value: tuple[str, object]) -> None:
        self.hand.ask(Address(NAME, SESSION_PATH, MOCK), "UpdateProperties", "sa{sv}", SESSION, {name: value})

    def inhibitors(self) -> list[object]:
        (listed,) = self.hand.ask(MANAGER, "ListInhibitors")
        return list(listed)


@pytest.fixture(scope="module")
def mocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mocked]:
    bus = PrivateBus(tmp_path_factory.mktemp("logind"))
    try:
        playing = Mocked(bus)
        yield playing
        playing.hand.close()
    finally:
        bus.end()


@pytest.fixture
def sleeper(mocked: Mocked) -> Iterator[logind.SleepAndLocks]:
    for name, value in (("LockedHint", False), ("Active", True), ("IdleHint", False)):
        mocked.set(name, ("b", value))
    bound = Logind(mocked.environment).bind()
    assert isinstance(bound, logind.SleepAndLocks)
    assert [state_of(each) for each in bound.observe()] == ["awake", "unlocked", "unlocked"]
    yield bound
    bound.close()


def test_sleep_is_told_at_once_and_held_up_until_it_is_stored(
    mocked: Mocked, sleeper: logind.SleepAndLocks
) -> None:
    until(lambda: not sleeper.observe() and len(mocked.inhibitors()) == 1)
    mocked.emit(MANAGER.path, MANAGER.interface, "PrepareForSleep", "b", ("b", True))
    states(sleeper, "asleep")
    assert sleeper.due() is not None
    until(lambda: not sleeper.observe() and not mocked.inhibitors())
    mocked.emit(MANAGER.path, MANAGER.interface, "PrepareForSleep", "b", ("b", False))
    states(sleeper, "awake")
    until(lambda: not sleeper.observe() and len(mocked.inhibitors()) == 1)
    sleeper.close()
    until(lambda: not mocked.inhibitors())


def test_the_wish_to_lock_counts_until_the_desktop_or_a_person_says_otherwise(
    mocked: Mocked, sleeper: logind.SleepAndLocks
) -> None:
    mocked.emit(SESSION_PATH, SESSION, "Lock")
    states(sleeper, "locking")
    mocked.set("LockedHint", ("b", True))
    states(sleeper, "locked")
    mocked.emit(SESSION_PATH, SESSION, "Unlock")
    states(sleeper, "unlocked")
    mocked.set("LockedHint", ("b", False))
    states(sleeper, "unlocked")


def test_another_session_at_the_screen_is_a_lock(mocked: Mocked, sleeper: logind.SleepAndLocks) -> None:
    mocked.set("Active", ("b", False))
    (locked,) = states(sleeper, "locked")
    assert locked.data is not None
    assert locked.data["by"] == "logind seat"
    mocked.set("Active", ("b", True))
    states(sleeper, "unlocked")


def test_the_idle_hint_is_the_last_resort(mocked: Mocked) -> None:
    mocked.set("IdleHint", ("b", False))
    bound = LogindIdle(mocked.environment).bind()
    states(bound, "active")
    since = round((time.time() - 100) * SECOND)
    to = Address(NAME, SESSION_PATH, MOCK)
    mocked.hand.ask(
        to, "UpdateProperties", "sa{sv}", SESSION, {"IdleHint": ("b", True), "IdleSinceHint": ("t", since)}
    )
    (idle,) = states(bound, "idle")
    assert idle.at == since
    mocked.set("IdleHint", ("b", False))
    states(bound, "active")
    bound.close()


def test_signals_that_others_forge_are_not_believed(mocked: Mocked, sleeper: logind.SleepAndLocks) -> None:
    with mocked.bus.connected() as forger:
        forger.emit(MANAGER.path, MANAGER.interface, "PrepareForSleep", "b", True)
        forger.ask(dbus.Address(dbus.DAEMON, dbus.PATH, dbus.DAEMON), "GetId")
    mocked.set("Active", ("b", False))
    assert state_of(next_of(sleeper, lambda each: True)) == "locked"


def test_a_session_of_somebody_else_is_not_watched(mocked: Mocked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hourloom.device.away.logind.os.getuid", lambda: UID + 1)
    with pytest.raises(CannotBind):
        LogindIdle(mocked.environment).bind()
    bound = Logind(mocked.environment).bind()
    assert [state_of(each) for each in bound.observe()] == ["awake"]
    bound.close()


def test_logind_that_ends_is_lost(private_bus: PrivateBus) -> None:
    dying = Mocked(private_bus)
    bound = Logind(dying.environment).bind()
    bound.observe()
    private_bus.end()
    assert lost(bound) < 1000
    bound.close()
    dying.hand.close()


def test_without_a_bus_nothing_binds(tmp_path: Path) -> None:
    nowhere = {
        "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/no",
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/no",
    }
    for source in (Logind(nowhere), LogindIdle(nowhere), ScreenSavers(nowhere)):
        with pytest.raises(CannotBind):
            source.bind()


def test_a_bus_without_logind_is_not_enough(private_bus: PrivateBus) -> None:
    with pytest.raises(CannotBind, match="logind does not answer"):
        Logind(private_bus.environment).bind()


def test_a_screen_saver_is_a_lock_while_it_is_active(private_bus: PrivateBus) -> None:
    bound = ScreenSavers(private_bus.environment).bind()
    bound.observe()
    private_bus.mock("org.gnome.ScreenSaver", ["--session", "--template", "gnome_screensaver"])
    saver = Address("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver", "org.gnome.ScreenSaver")
    with private_bus.connected() as hand:
        hand.ask(saver, "SetActive", "b", True)
        states(bound, "locked")
        hand.ask(saver, "SetActive", "b", False)
        states(bound, "unlocked")
        hand.ask(saver, "SetActive", "b", True)
        states(bound, "locked")
        # One that already covers the screen is known from the beginning.
        late = ScreenSavers(private_bus.environment).bind()
        states(late, "locked")
        late.close()
    private_bus.end_services()
    states(bound, "unlocked")
    bound.close()
