"""The focused window of KDE, by a script that only KWin itself is believed to run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.device.bus import Address, CallFailed
from hourloom.device.ports import CannotBind
from hourloom.device.windows import kwin
from hourloom.device.windows.focus import Focus
from hourloom.device.windows.kwin import INTERFACE, PATH, PLUGIN, KWin, KWinWindows
from hourloom.testing.sources import (
    WindowSourceContract,
    bound_to,
    flickers,
    loses,
    nothing,
    observed,
    titled,
)
from tests.device.away.buses import PrivateBus
from tests.device.waiting import until
from tests.device.windows.services import FakeKWin


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBus]:
    running = PrivateBus(tmp_path_factory.mktemp("bus"))
    yield running
    running.end()


@pytest.fixture
def desktop(bus: PrivateBus, tmp_path: Path) -> Iterator[FakeKWin]:
    running = FakeKWin(bus, tmp_path)
    yield running
    running.end()


@pytest.fixture
def doomed(desktop: FakeKWin) -> FakeKWin:
    return desktop


class TestKWin(WindowSourceContract):
    """What KWin says over D-Bus leads to what the contract wants."""


def test_the_script_is_there_as_long_as_it_is_listened_to(desktop: FakeKWin, tmp_path: Path) -> None:
    bound = desktop.source.bind()
    assert list(desktop.scripts) == [PLUGIN]
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]
    bound.close()
    until(lambda: not desktop.scripts)
    assert list(tmp_path.iterdir()) == []


def test_a_script_of_a_program_that_was_killed_is_replaced(desktop: FakeKWin) -> None:
    desktop.scripts[PLUGIN] = ":1.9999"
    desktop.show("present")
    with bound_to(desktop.source) as bound:
        observed(bound, titled("present"))
        assert desktop.scripts[PLUGIN] != ":1.9999"


def test_an_empty_word_is_ignored_and_no_window_is_told_when_it_stays(desktop: FakeKWin) -> None:
    desktop.show("here")
    with bound_to(desktop.source) as bound:
        observed(bound, titled("here"))
        desktop.focus(True, "", "", "", "0")
        desktop.focus(False, "", "", "", "0")
        desktop.show("there")
        told = observed(bound, titled("there"))
        assert told[-1].data == {"app": "konsole", "title": "there"}
        assert not flickers(told)
        desktop.focus(False, "", "", "", "0")
        observed(bound, nothing)
        desktop.focus(True, "", "kscreenlocker_greet", "Password", "0")
        desktop.focus(True, "", "", "only a title", "nonsense")
        assert observed(bound, titled("only a title"))[-1].data == {"app": "unknown", "title": "only a title"}


def test_only_kwin_may_say_which_window_is_in_use(desktop: FakeKWin, bus: PrivateBus) -> None:
    desktop.show("true")
    with bound_to(desktop.source) as bound, bus.connected() as stranger:
        observed(bound, titled("true"))
        answers: list[object] = []
        listener = Address(desktop.scripts[PLUGIN], PATH, INTERFACE)
        stranger.call(listener, "Focus", "bssss", True, "evil", "evil", "false", "0", then=answers.append)

        def answered() -> bool:
            stranger.read()
            return bool(answers) or bool(bound.observe())

        until(answered)
        assert "AccessDenied" in str(answers)
        desktop.show("true again")
        assert len(observed(bound, titled("true again"))) == 1


def test_what_is_no_window_is_refused(desktop: FakeKWin) -> None:
    with bound_to(desktop.source) as bound:
        observed(bound, nothing)
        listener = Address(desktop.scripts[PLUGIN], PATH, INTERFACE)
        desktop.do(lambda: desktop.bus.call(listener, "Focus", "s", "odd"))
        desktop.show("after")
        observed(bound, titled("after"))


def test_another_program_under_the_name_is_another_kwin(
    desktop: FakeKWin, bus: PrivateBus, tmp_path: Path
) -> None:
    with bound_to(desktop.source) as bound:
        desktop.end()
        other = FakeKWin(bus, tmp_path)
        try:
            assert loses(bound).message == "KWin has ended."
        finally:
            other.end()


def test_without_kwin_it_cannot_be_bound(bus: PrivateBus, tmp_path: Path) -> None:
    with pytest.raises(CannotBind, match="KWin does not run"):
        KWin(bus.environment | {"XDG_RUNTIME_DIR": str(tmp_path)}).bind()
    with pytest.raises(CannotBind):
        KWin({"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path / 'none'}"}).bind()


def test_a_script_that_is_not_run_is_given_up(desktop: FakeKWin, bus: PrivateBus, tmp_path: Path) -> None:
    desktop.runs = False
    connection = bus.connect()
    with pytest.raises(CannotBind, match="not run it"):
        KWinWindows(connection, Focus(), str(tmp_path), patience=0.05)
    connection.close()
    assert list(tmp_path.iterdir()) == []


def test_a_script_that_cannot_be_written_is_a_reason(
    desktop: FakeKWin, bus: PrivateBus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kwin, "SCRIPT", tmp_path / "missing.js")
    with pytest.raises(CannotBind, match="cannot be written"):
        desktop.source.bind()
    monkeypatch.undo()
    with bus.connected() as asking, pytest.raises(CallFailed):
        asking.ask(Address(kwin.KWIN, "/nothing", "no.thing"), "Nothing")
