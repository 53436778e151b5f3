"""The icon of Windows and macOS, against a stand-in for pystray that calls from another thread as it does."""

from __future__ import annotations

import select
import sys
import threading
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest

from hourloom.device.ports import CannotBind
from hourloom.device.tray import Choice, Look, TrayState
from hourloom.device.tray.by_pystray import Pystray, PystrayIcon
from tests.device.waiting import until

SEPARATOR = object()


class Icon:
    """What pystray.Icon does, as far as it is used."""

    HAS_NOTIFICATION = True

    def __init__(self, name: str, icon: object, title: str, menu: list[object]) -> None:
        self.name, self.icon, self.title, self.menu = name, icon, title, menu
        self.messages: list[tuple[str, str]] = []
        self.state = "made"

    def run_detached(self) -> None:
        self.state = "running"

    def stop(self) -> None:
        self.state = "stopped"

    def notify(self, message: str, title: str) -> None:
        self.messages.append((title, message))

    def click(self, label: str) -> None:
        (act,) = [entry.act for entry in self.menu if getattr(entry, "label", "") == label]  # type: ignore[attr-defined]
        thread = threading.Thread(target=act)
        thread.start()
        thread.join()


def menu_item(label: str, act: Callable[[], None], *, enabled: bool, visible: bool) -> SimpleNamespace:
    return SimpleNamespace(label=label, act=act, enabled=enabled, visible=visible)


class Menu(list[object]):
    SEPARATOR = SEPARATOR

    def __init__(self, *entries: object) -> None:
        super().__init__(entries)


@pytest.fixture
def pystray(monkeypatch: pytest.MonkeyPatch) -> list[Icon]:
    made: list[Icon] = []

    def icon(*words: object) -> Icon:
        made.append(Icon(*words))  # type: ignore[arg-type]
        return made[-1]

    module, pil, image = ModuleType("pystray"), ModuleType("PIL"), ModuleType("PIL.Image")
    vars(module).update(Icon=icon, Menu=Menu, MenuItem=menu_item)
    vars(image).update(frombytes=lambda mode, size, data: (mode, size, data))
    vars(pil).update(Image=image)
    for name, each in {"pystray": module, "PIL": pil, "PIL.Image": image}.items():
        monkeypatch.setitem(sys.modules, name, each)
    return made


def bound(chosen: list[Choice]) -> PystrayIcon:
    return Pystray(TrayState, lambda icon: None, chosen.append).bind()


def test_a_choice_of_another_thread_wakes_the_loop_and_is_acted_on_there(pystray: list[Icon]) -> None:
    chosen: list[Choice] = []
    icon = bound(chosen)
    pystray[0].click("Pause for 1 hour")
    assert chosen == []
    until(lambda: bool(select.select([icon], [], [], 0.1)[0]))
    assert list(icon.observe()) == []
    assert chosen == [Choice.PAUSE_1_HOUR]
    assert icon.due() is None
    icon.close()
    assert pystray[0].state == "stopped"


def test_the_icon_shows_the_state_and_messages(pystray: list[Icon]) -> None:
    icon = bound([])
    drawn = pystray[0].icon
    assert isinstance(drawn, tuple)
    mode, size, pixels = drawn
    assert (mode, size, len(pixels)) == ("RGBA", (64, 64), 64 * 64 * 4)
    middle = pixels[(32 * 64 + 32) * 4 :][:4]
    assert middle == bytes((0x2E, 0xA0, 0x8A, 0xFF))
    icon.show(TrayState(Look.PAUSED, "Paused."))
    assert pystray[0].title == "Hourloom: Paused."
    visible = [entry.label for entry in pystray[0].menu if getattr(entry, "visible", False)]  # type: ignore[attr-defined]
    assert "Resume recording" in visible
    icon.notify("Hourloom", "Paused.")
    assert pystray[0].messages == [("Hourloom", "Paused.")]
    assert icon.obstacle() is None
    icon.close()


def test_without_the_packages_it_says_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pystray", None)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(CannotBind, match=r"hourloom\[tray\]"):
        bound([])
