"""The focused window of macOS, by a stand-in for its calls in the real program, and by macOS itself."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.device.ports import CannotBind
from hourloom.device.windows.focus import Focus
from hourloom.device.windows.macos import TELLER, WITHOUT_TITLES, MacOS, MacWindows
from hourloom.testing.sources import WindowSourceContract, bound_to, loses, nothing, observed, shapes, titled
from tests.device.waiting import until

STAND_IN = Path(__file__).with_name("mac_stand_in.py")
pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes, as macOS has them")


class FakeMacDesktop:
    """Gives orders to the stand-in; the pipe is opened for both directions, so that neither end waits."""

    def __init__(self, pipe: Path) -> None:
        os.mkfifo(pipe)
        self._orders = os.fdopen(os.open(pipe, os.O_RDWR), "w")
        self.source = MacOS(teller=(sys.executable, str(STAND_IN), str(pipe)))
        self._titles: list[str] = []

    def order(self, **words: object) -> None:
        self._orders.write(json.dumps(words) + "\n")
        self._orders.flush()

    def show(self, title: str) -> None:
        if title not in self._titles:
            self._titles.append(title)
        process = 200 + self._titles.index(title)
        self.order(
            titles={process: title}, front=(process, f"/Applications/App {process}.app", "com.example.App")
        )

    def retitle(self, title: str) -> None:
        self.order(titles={200 + len(self._titles) - 1: title})

    def end(self) -> None:
        self._orders.write("not json\n")
        self._orders.flush()

    def close(self) -> None:
        self._orders.close()


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[FakeMacDesktop]:
    made = FakeMacDesktop(tmp_path / "orders")
    yield made
    made.close()


@pytest.fixture
def doomed(desktop: FakeMacDesktop) -> FakeMacDesktop:
    return desktop


class TestMacOS(WindowSourceContract):
    """What macOS tells leads to what the contract wants."""


def test_an_application_is_named_by_its_bundle(desktop: FakeMacDesktop) -> None:
    with bound_to(desktop.source) as bound:
        assert shapes(observed(bound, titled("first words"))) == [
            {"app": "Text Edit", "title": "first words"}
        ]
        desktop.order(front=(7, "", "com.apple.Safari"), titles={7: "a page"})
        assert observed(bound, titled("a page"))[-1].data == {"app": "Safari", "title": "a page"}


def test_without_permission_there_are_no_titles_and_the_next_step_is_said(desktop: FakeMacDesktop) -> None:
    with bound_to(desktop.source) as bound:
        observed(bound, titled("first words"))
        assert desktop.source.name == "macOS"
        desktop.order(trusted=False)
        assert observed(bound, titled(""))[-1].data == {"app": "Text Edit", "title": ""}
        assert desktop.source.name == WITHOUT_TITLES
        desktop.order(trusted=True)
        observed(bound, titled("first words"))
        assert desktop.source.name == "macOS"
        desktop.order(titles={100: "followed again"})
        observed(bound, titled("followed again"))


def test_the_lock_screen_is_nothing(desktop: FakeMacDesktop) -> None:
    with bound_to(desktop.source) as bound:
        observed(bound, titled("first words"))
        desktop.order(front=(9, "/System/Library/CoreServices/loginwindow.app", "com.apple.loginwindow"))
        observed(bound, nothing)
        desktop.show("unlocked")
        observed(bound, titled("unlocked"))
        desktop.order(locked=True)
        observed(bound, nothing)


def test_only_titles_of_the_application_in_front_are_followed(desktop: FakeMacDesktop) -> None:
    with bound_to(desktop.source) as bound:
        observed(bound, titled("first words"))
        desktop.show("front")
        observed(bound, titled("front"))
        desktop.order(titles={100: "behind"})
        desktop.retitle("front, changed")
        assert [each["title"] for each in shapes(observed(bound, titled("front, changed"))) if each] == [
            "front, changed"
        ]


@pytest.mark.parametrize(
    ("mode", "reason"),
    [("missing", "package AppKit is missing"), ("nonsense", "not understood"), ("endless", "not understood")],
)
def test_a_program_that_cannot_tell_is_a_reason(mode: str, reason: str) -> None:
    if mode == "missing" and sys.platform == "darwin":
        pytest.skip("macOS has what is missing elsewhere")
    with pytest.raises(CannotBind, match=reason) as raised:
        MacOS(teller=(sys.executable, str(STAND_IN), mode)).bind()
    assert raised.value.fields["next_step"]


def test_a_program_that_says_nothing_is_given_up() -> None:
    with pytest.raises(CannotBind, match="has ended"):
        MacOS(teller=(sys.executable, str(STAND_IN), "silent")).bind()
    waits = (sys.executable, "-c", "import sys; sys.stdin.read()")
    with pytest.raises(CannotBind, match="does not answer"):
        MacWindows(waits, Focus(), patience=0.05)


def test_the_program_ends_with_ours(desktop: FakeMacDesktop) -> None:
    bound = desktop.source.bind()
    assert bound._program.stdin is not None
    bound._program.stdin.close()
    assert "ended" in loses(bound).message
    until(lambda: bound._program.poll() is not None)
    bound.close()


if sys.platform == "darwin":

    def test_macos_itself_tells_the_present() -> None:
        with contextlib.suppress(CannotBind), bound_to(MacOS(teller=TELLER)) as bound:
            assert len(bound.observe()) == 1
