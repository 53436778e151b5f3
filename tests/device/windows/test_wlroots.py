"""The focused window of a real Sway, and of compositors that are not what they seem."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hourloom.device.ports import CannotBind, SourceLost
from hourloom.device.windows.app import LONGEST_TITLE
from hourloom.device.windows.focus import Focus
from hourloom.device.windows.wlroots import WlrootsWindows
from hourloom.testing.sources import (
    WindowSourceContract,
    bound_to,
    flickers,
    nothing,
    observed,
    shapes,
    titled,
)
from tests.device.windows.compositor import Compositor
from tests.device.windows.sway_desktop import SwayDesktop, a_sway_desktop, needed


@pytest.fixture(scope="module")
def desktop() -> Iterator[SwayDesktop]:
    with a_sway_desktop() as running:
        yield running


@pytest.fixture
def doomed() -> Iterator[SwayDesktop]:
    with a_sway_desktop() as running:
        yield running


@needed
@pytest.mark.desktop
class TestSway(WindowSourceContract):
    """Sway keeps to the contract."""


@needed
@pytest.mark.desktop
def test_windows_open_and_close_and_the_last_leaves_nothing(desktop: SwayDesktop) -> None:
    desktop.show("stays")
    with bound_to(desktop.source) as bound:
        observed(bound, titled("stays"))
        desktop.open("passing", app="org.example.Passing")
        assert observed(bound, titled("passing"))[-1].data == {"app": "Passing", "title": "passing"}
        desktop.message('[title="^passing$"] kill')
        told = observed(bound, titled("stays"))
        assert not flickers(told)
        desktop.message("workspace", "empty")
        observed(bound, nothing)
        desktop.focus("stays")
        observed(bound, titled("stays"))


@needed
@pytest.mark.desktop
def test_a_storm_of_titles_and_a_long_one_end_in_the_last(desktop: SwayDesktop) -> None:
    desktop.show("calm")
    with bound_to(desktop.source) as bound:
        observed(bound, titled("calm"))
        pipe = desktop._pipes[desktop._front]
        desktop.print(pipe, b"".join(b"\033]0;spin %d\a" % n for n in range(2_000)))
        observed(bound, titled("spin 1999"))
        desktop.print(pipe, b"\033]0;" + "ü".encode() * 1_200 + b"\a")
        observed(bound, titled("ü" * LONGEST_TITLE))
    desktop.retitle("calm")


def test_a_compositor_that_lists_no_windows_cannot_be_bound() -> None:
    with Compositor(("wl_seat", 7), ("xdg_wm_base", 2)) as weston:
        with pytest.raises(CannotBind, match="does not list its windows") as raised:
            WlrootsWindows(weston.connection(), Focus())
        assert raised.value.fields["next_step"]


def test_a_window_is_told_when_the_compositor_says_that_it_is_complete() -> None:
    with Compositor(("zwlr_foreign_toplevel_manager_v1", 3)) as compositor:
        connection = compositor.connection()
        compositor.answer_sync(5)
        windows = WlrootsWindows(connection, Focus())
        assert shapes(windows.observe()) == [None]
        first, second = 0xFF000000, 0xFF000001
        for window, title in ((first, "a"), (second, "b")):
            compositor.send(4, 0, "n", window)
            compositor.send(window, 0, "s", title)
            compositor.send(window, 1, "s", "org.example.Both")
        compositor.send(first, 4, "a", (2).to_bytes(4, "little"))
        assert windows.observe() == []
        compositor.send(first, 5)
        assert shapes(windows.observe()) == [{"app": "Both", "title": "a"}]
        compositor.send(first, 4, "a", b"")
        compositor.send(first, 5)
        compositor.send(second, 4, "a", (2).to_bytes(4, "little") + b"odd")
        compositor.send(second, 5)
        compositor.send(first, 6)
        observed(windows, titled("b"))
        # A number that was given back may be given to another window.
        compositor.send(second, 6)
        compositor.send(4, 0, "n", second)
        compositor.send(second, 5)
        observed(windows, nothing)
        compositor.send(4, 1)
        with pytest.raises(SourceLost, match="no more"):
            windows.observe()
        windows.close()
