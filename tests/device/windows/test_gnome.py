"""The focused window of GNOME, by an extension that only GNOME Shell itself is believed to run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hourloom.device.ports import CannotBind
from hourloom.device.windows.gnome import EXTENSION, Gnome
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
from tests.device.away.buses import PrivateBus
from tests.device.windows.services import FakeGnome


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBus]:
    running = PrivateBus(tmp_path_factory.mktemp("bus"))
    yield running
    running.end()


@pytest.fixture
def desktop(bus: PrivateBus) -> Iterator[FakeGnome]:
    running = FakeGnome(bus)
    yield running
    running.end()


@pytest.fixture
def doomed(desktop: FakeGnome) -> FakeGnome:
    return desktop


class TestGnome(WindowSourceContract):
    """What the extension says over D-Bus leads to what the contract wants."""


def test_the_overview_is_nothing_and_a_flicker_of_it_is_not_told(desktop: FakeGnome) -> None:
    with bound_to(desktop.source) as bound:
        assert shapes(observed(bound, nothing)) == [None]
        desktop.show("a")
        observed(bound, titled("a"))
        desktop.focus(False, "", "", "", 0)
        desktop.show("b")
        assert not flickers(observed(bound, titled("b")))
        desktop.focus(False, "", "", "", 0)
        observed(bound, nothing)
        desktop.focus(True, "window:7", "Sun.Java", "c", 0)
        assert observed(bound, titled("c"))[-1].data == {"app": "Sun.Java", "title": "c"}


def test_only_the_shell_is_believed(desktop: FakeGnome, bus: PrivateBus) -> None:
    desktop.show("true")
    with bound_to(desktop.source) as bound, bus.connected() as stranger:
        observed(bound, titled("true"))
        false = (True, "evil", "evil", "false", 0)
        stranger.emit(EXTENSION.path, EXTENSION.interface, "FocusChanged", "bsssu", *false)
        stranger.emit(EXTENSION.path, EXTENSION.interface, "Ended")
        stranger.ask(EXTENSION, "Focused")
        desktop.show("true again")
        assert [each["title"] for each in shapes(observed(bound, titled("true again"))) if each] == [
            "true again"
        ]


def test_the_end_of_the_extension_is_told(desktop: FakeGnome) -> None:
    with bound_to(desktop.source) as bound:
        desktop.emit("Ended", "")
        assert "extension" in loses(bound).message


def test_what_is_no_window_ends_it(desktop: FakeGnome) -> None:
    with bound_to(desktop.source) as bound:
        desktop.emit("FocusChanged", "s", "odd")
        assert "not understood" in loses(bound).message


def test_without_the_extension_the_next_step_is_said(bus: PrivateBus) -> None:
    shell = FakeGnome(bus, has_extension=False)
    try:
        with pytest.raises(CannotBind, match="ours does not run") as raised:
            shell.source.bind()
        assert "gnome-extension install" in str(raised.value.fields["next_step"])
    finally:
        shell.end()


def test_without_the_shell_it_cannot_be_bound(bus: PrivateBus) -> None:
    with pytest.raises(CannotBind, match="does not run on this desktop"):
        Gnome(bus.environment).bind()
