"""The focused window of a real X11 desktop, whatever its windows, its window manager and its server do."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.core.clock import SECOND, SystemClock
from hourloom.device.ports import CannotBind, SourceLost
from hourloom.device.windows import x11_wire
from hourloom.device.windows.app import LONGEST_TITLE
from hourloom.device.windows.focus import FLICKER
from hourloom.device.windows.x11 import X11
from hourloom.testing.sources import (
    WindowSourceContract,
    bound_to,
    flickers,
    loses,
    nothing,
    observed,
    shapes,
    titled,
)
from tests.device.windows.x_desktop import XDesktop, an_x_desktop, end, needed

pytestmark = [pytest.mark.desktop, needed]


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XDesktop]:
    with an_x_desktop(tmp_path_factory.mktemp("home")) as running:
        running.manage()
        yield running


@pytest.fixture
def doomed(tmp_path: Path) -> Iterator[XDesktop]:
    with an_x_desktop(tmp_path) as running:
        running.manage()
        yield running


class TestX11(WindowSourceContract):
    """An X server with a window manager keeps to the contract."""


def test_no_window_between_two_windows_is_not_told(desktop: XDesktop) -> None:
    desktop.show("before")
    with bound_to(desktop.source) as bound:
        observed(bound, titled("before"))
        told = []
        for title in ("after", "before", "after"):
            desktop.show(title)
            told += observed(bound, titled(title))
    assert not flickers(told)


def test_nothing_is_told_as_of_when_the_last_window_went(desktop: XDesktop) -> None:
    desktop.show("alone")
    with bound_to(desktop.source) as bound:
        observed(bound, titled("alone"))
        began = SystemClock().now()
        for window in desktop.windows:
            desktop.run("windowminimize", "--sync", window)
        told = [each for each in observed(bound, nothing) if each.data is None]
        assert began <= told[0].at <= SystemClock().now() - FLICKER * SECOND
        desktop.show("alone")
        observed(bound, titled("alone"))


def test_a_title_is_told_once_although_two_properties_change(desktop: XDesktop) -> None:
    desktop.show("noticed twice")
    with bound_to(desktop.source) as bound:
        observed(bound, titled("noticed twice"))
        desktop.retitle("changed once")  # xdotool sets both properties, and xterm's notices are two as well
        told = observed(bound, titled("changed once"))
        desktop.retitle("and again")
        told += observed(bound, titled("and again"))
    assert [each["title"] for each in shapes(told) if each] == ["changed once", "and again"]


def test_titles_are_fit_to_be_kept(desktop: XDesktop) -> None:
    desktop.show("plain")
    with bound_to(desktop.source) as bound:
        observed(bound, titled("plain"))
        front = desktop.run("getactivewindow")
        desktop.set_title(front, b"a\x00b\x1b]0;c\x07\r\n\xe2\x80\xa8d" + "🧵".encode())
        observed(bound, titled("a b ]0;c d🧵"))
        desktop.set_title(front, "é".encode() * 500_000)
        observed(bound, titled("é" * LONGEST_TITLE))
        desktop.set_title(front, b"caf\xe9 au lait, which is long enough")
        observed(bound, titled("café au lait, which is long enough"))
    desktop.retitle("plain")


def test_of_titles_that_follow_one_another_at_once_the_last_is_told(desktop: XDesktop) -> None:
    desktop.show("calm")
    with bound_to(desktop.source) as bound:
        observed(bound, titled("calm"))
        began = time.monotonic()
        desktop.set_title(desktop.run("getactivewindow"), *(f"spin {n}".encode() for n in range(1_001)))
        told = observed(bound, titled("spin 1000"))
        # At most one in a tenth of a second.
        assert len(told) <= 2 + (time.monotonic() - began) * 10
    desktop.retitle("calm")


def test_a_window_that_is_destroyed_gives_way_to_the_next(desktop: XDesktop) -> None:
    desktop.show("stays")
    _, program = desktop.open("goes", kind="Passing")
    with bound_to(desktop.source) as bound:
        assert observed(bound, titled("goes"))[-1].data == {"app": "Passing", "title": "goes"}
        end(program)
        observed(bound, titled("stays"))


def test_without_a_window_manager_nothing_is_known(tmp_path: Path) -> None:
    with an_x_desktop(tmp_path) as desktop:
        with pytest.raises(CannotBind, match="No window manager"):
            desktop.source.bind()
        manager = desktop.manage()
        desktop.show("kept")
        with bound_to(desktop.source) as bound:
            observed(bound, titled("kept"))
            end(manager)
            observed(bound, nothing)
            with pytest.raises(CannotBind, match="No window manager"):
                desktop.source.bind()
            desktop.manage()
            desktop.show("two")
            observed(bound, titled("two"))
            desktop.start("openbox", "--replace")
            desktop.show("kept")
            observed(bound, titled("kept"))
            desktop.end()
            assert loses(bound).message == "The X server has ended."


@pytest.mark.parametrize(
    ("display", "reason"),
    [
        ("", "DISPLAY is not set"),
        ("nonsense", "does not name"),
        (":99999", "No X server can be reached"),
        ("localhost:10.0", "another computer"),
        ("example.org:0", "another computer"),
        (":1" + "0" * 100, "does not name"),
    ],
)
def test_what_is_no_display_of_this_computer_cannot_be_bound(display: str, reason: str) -> None:
    with pytest.raises(CannotBind, match=reason) as raised:
        X11({"DISPLAY": display}).bind()
    assert raised.value.fields["next_step"]


def test_a_server_that_never_answers_is_not_waited_for() -> None:
    ours, theirs = socket.socketpair()
    with theirs, pytest.raises(SourceLost, match="does not answer"):
        x11_wire.Connection(ours, 0, b"", b"", patience=0.05)
