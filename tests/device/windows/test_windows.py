"""The foreground window of Microsoft Windows, by a stand-in for its calls, and by Windows itself."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Sequence

import pytest

from hourloom.device.ports import CannotBind
from hourloom.device.windows import windows
from hourloom.device.windows.windows import Windows
from hourloom.testing.sources import WindowSourceContract, bound_to, loses, nothing, observed, shapes, titled

FRAME = "C:\\Windows\\System32\\ApplicationFrameHost.exe"


class FakeWin32:
    """Windows as its documents describe it: hooks call back on the thread that set them."""

    def __init__(self) -> None:
        self.works = True
        self.windows: dict[int, tuple[str, str, int]] = {}
        """The title, the class and the process of each."""
        self.programs = {
            10: "C:\\Program Files\\Editor\\Editor.EXE",
            20: FRAME,
            30: "C:\\Apps\\Calculator.exe",
        }
        self.inside: dict[int, list[int]] = {}
        self.front = 0
        self.asked_on: set[int] = set()
        self._messages: queue.Queue[int | None] = queue.Queue()
        self.source = Windows(system=self)

    def listen(self, ready: Callable[[bool], None], changed: Callable[[int], None]) -> None:
        # A thread that begins has a queue of its own, and what stopped another one is not in it.
        self._messages = queue.Queue()
        ready(self.works)
        while self.works and (window := self._messages.get()) is not None:
            changed(window)

    def stop(self) -> None:
        self._messages.put(None)

    def foreground(self) -> int:
        return self.front

    def title(self, window: int) -> str:
        self.asked_on.add(threading.get_ident())
        return self.windows[window][0]

    def kind(self, window: int) -> str:
        return self.windows[window][1]

    def process(self, window: int) -> int:
        return self.windows[window][2]

    def children(self, window: int) -> Sequence[int]:
        return self.inside.get(window, [])

    def program(self, process: int) -> str | None:
        return self.programs.get(process)

    def told_of(self, window: int) -> None:
        self._messages.put(window)

    def show(self, title: str) -> None:
        found = next((each for each, (name, _, _) in self.windows.items() if name == title), None)
        self.front = found or len(self.windows) + 100
        self.windows[self.front] = (title, "Edit", 10)
        self.told_of(self.front)

    def retitle(self, title: str) -> None:
        self.windows[self.front] = (title, *self.windows[self.front][1:])
        self.told_of(self.front)
        self.told_of(self.front)

    def end(self) -> None:
        self.stop()


@pytest.fixture
def desktop() -> FakeWin32:
    return FakeWin32()


@pytest.fixture
def doomed() -> FakeWin32:
    return FakeWin32()


class TestWindows(WindowSourceContract):
    """What Windows tells leads to what the contract wants."""


def test_a_program_is_named_without_its_directory_and_ending(desktop: FakeWin32) -> None:
    desktop.show("a")
    with bound_to(desktop.source) as bound:
        assert observed(bound, titled("a"))[-1].data == {"app": "Editor", "title": "a"}
        desktop.programs.pop(10)
        desktop.show("of somebody else")
        assert observed(bound, titled("of somebody else"))[-1].data == {
            "app": "unknown",
            "title": "of somebody else",
        }


def test_titles_of_windows_behind_wake_nobody(desktop: FakeWin32) -> None:
    desktop.show("behind")
    behind = desktop.front
    desktop.show("front")
    with bound_to(desktop.source) as bound:
        observed(bound, titled("front"))
        for _ in range(100):
            desktop.told_of(behind)
        desktop.retitle("front, changed")
        assert shapes(observed(bound, titled("front, changed"))) == [
            {"app": "Editor", "title": "front, changed"}
        ]
        assert desktop.asked_on == {threading.get_ident()}


def test_an_app_of_the_store_is_found_inside_of_its_frame(desktop: FakeWin32) -> None:
    desktop.windows |= {
        1: ("Calculator", "ApplicationFrameWindow", 20),
        2: ("", "Title", 20),
        3: ("", "Core", 30),
    }
    desktop.inside[1] = [2, 3]
    desktop.front = 1
    with bound_to(desktop.source) as bound:
        assert observed(bound, titled("Calculator"))[-1].data == {"app": "Calculator", "title": "Calculator"}


def test_an_app_that_comes_into_its_frame_late_is_looked_for_again(
    desktop: FakeWin32, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "LOOK_AGAIN", 0.01)
    desktop.show("before")
    desktop.windows |= {1: ("Calculator", "ApplicationFrameWindow", 20), 3: ("", "Core", 30)}
    with bound_to(desktop.source) as bound:
        observed(bound, titled("before"))
        desktop.front = 1
        desktop.told_of(1)
        assert bound.observe() == [] or bound.due() is not None
        desktop.inside[1] = [3]
        assert observed(bound, titled("Calculator"))[-1].data == {"app": "Calculator", "title": "Calculator"}
        desktop.inside[1] = []
        desktop.retitle("A frame of nothing")
        assert observed(bound, titled("A frame of nothing"))[-1].data == {
            "app": "ApplicationFrameHost",
            "title": "A frame of nothing",
        }
        assert bound.due() is None


def test_the_desktop_the_lock_screen_and_no_window_are_nothing(desktop: FakeWin32) -> None:
    desktop.windows |= {1: ("Program Manager", "Progman", 10), 2: ("Lock", "Windows.UI.Core", 40)}
    desktop.programs[40] = "C:\\Windows\\SystemApps\\Microsoft.LockApp\\LockApp.exe"
    with bound_to(desktop.source) as bound:
        assert shapes(observed(bound, nothing)) == [None]
        for window in (1, 2):
            desktop.show("here")
            observed(bound, titled("here"))
            desktop.front = window
            desktop.told_of(window)
            observed(bound, nothing)


def test_hooks_that_are_refused_are_a_reason(desktop: FakeWin32) -> None:
    desktop.works = False
    with pytest.raises(CannotBind, match="refuses"):
        desktop.source.bind()


def test_hooks_that_fail_are_a_reason(desktop: FakeWin32) -> None:
    with bound_to(desktop.source) as bound:
        observed(bound, nothing)
        desktop.stop()
        assert "no more" in loses(bound).message


if sys.platform == "win32":

    def test_windows_itself_tells_the_present() -> None:
        with bound_to(Windows()) as bound:
            assert len(bound.observe()) == 1
