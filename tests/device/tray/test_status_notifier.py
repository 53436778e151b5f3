"""The icon on a real bus: a panel finds it, draws it, calls its menu as panels do, and may come and go."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.core.clock import Instant
from hourloom.device.bus import Address
from hourloom.device.ports import CannotBind, SourceLost
from hourloom.device.tray import Choice, Look, TrayState, TrayWatcher
from hourloom.device.tray.status_notifier import StatusNotifierIcon
from tests.device.away.buses import PrivateBus
from tests.device.tray.desktop import Desktop
from tests.device.waiting import until

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is no D-Bus")

PAUSED = TrayState(Look.PAUSED, "Paused.")


class Shown:
    """An icon, and what was chosen in its menu."""

    def __init__(self, private_bus: PrivateBus) -> None:
        self.chosen: list[Choice] = []
        self.watcher = TrayWatcher(self.chosen.append, private_bus.environment)
        ((source,),) = self.watcher.choices()
        icon = source.bind()
        assert isinstance(icon, StatusNotifierIcon)
        self.icon = icon


@pytest.fixture(scope="module")
def private_bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBus]:
    running = PrivateBus(tmp_path_factory.mktemp("bus"))
    yield running
    running.end()


@pytest.fixture
def shown(private_bus: PrivateBus) -> Iterator[Shown]:
    made = Shown(private_bus)
    yield made
    made.icon.close()


@pytest.fixture
def desktop(private_bus: PrivateBus) -> Iterator[Desktop]:
    made = Desktop(private_bus)
    yield made
    made.close()


def registered(desktop: Desktop, shown: Shown) -> None:
    desktop.until(shown.icon, lambda: desktop.registered and shown.watcher.obstacle() is None)


def test_a_panel_finds_the_icon_and_all_that_it_draws(desktop: Desktop, shown: Shown) -> None:
    registered(desktop, shown)
    of, item = shown.icon, desktop.item()
    (told,) = desktop.ask(of, item.properties(), "GetAll", "s", item.interface)
    assert told["Id"] == ("s", "hourloom")
    assert told["Status"] == ("s", "Active")
    assert told["Menu"] == ("o", "/MenuBar")
    assert [(width, len(pixels)) for width, _, pixels in told["IconPixmap"][1]] == [
        (22, 22 * 22 * 4),
        (44, 44 * 44 * 4),
    ]
    assert told["ToolTip"][1][2:] == ("Hourloom", "Recording.")
    assert list(desktop.labels(of)) == [
        "Recording.",
        "Pause for 15 minutes",
        "Pause for 1 hour",
        "Pause until tomorrow",
        "Open Hourloom",
        "Quit",
    ]


@pytest.mark.parametrize(
    ("label", "choice"),
    [
        ("Pause for 15 minutes", Choice.PAUSE_15_MINUTES),
        ("Pause for 1 hour", Choice.PAUSE_1_HOUR),
        ("Pause until tomorrow", Choice.PAUSE_UNTIL_TOMORROW),
        ("Resume recording", Choice.RESUME),
        ("Open Hourloom", Choice.OPEN),
        ("Quit", Choice.QUIT),
    ],
)
def test_each_line_of_the_menu_is_chosen_by_a_click(
    desktop: Desktop, shown: Shown, label: str, choice: Choice
) -> None:
    registered(desktop, shown)
    shown.watcher.show(PAUSED)
    desktop.click(shown.icon, label)
    desktop.until(shown.icon, lambda: shown.chosen)
    assert shown.chosen == [choice]


def test_the_icon_and_its_menu_change_with_the_state(desktop: Desktop, shown: Shown) -> None:
    registered(desktop, shown)
    desktop.signals.clear()
    shown.watcher.show(TrayState(Look.ATTENTION, "The server wants a_sign-in."))
    desktop.until(shown.icon, lambda: ("LayoutUpdated", (2, 0)) in desktop.signals)
    assert ("NewStatus", ("NeedsAttention",)) in desktop.signals
    assert desktop.get(shown.icon, desktop.item(), "Status") == "NeedsAttention"
    assert next(iter(desktop.labels(shown.icon))) == "The server wants a__sign-in."
    shown.watcher.show(TrayState(Look.PAUSED, "Paused.", Instant(1_772_442_000_000_000)))
    desktop.until(shown.icon, lambda: ("LayoutUpdated", (3, 0)) in desktop.signals)
    assert next(iter(desktop.labels(shown.icon))).startswith("Paused until ")
    desktop.signals.clear()
    shown.watcher.show(TrayState(Look.PAUSED, "Paused.", Instant(1_772_442_000_000_000)))
    desktop.get(shown.icon, desktop.item(), "Status")
    assert desktop.signals == [], "what is the same is not told again"


def test_what_a_panel_asks_one_by_one_is_answered(desktop: Desktop, shown: Shown) -> None:
    registered(desktop, shown)
    of, menu = shown.icon, desktop.menu()
    assert desktop.ask(of, menu, "AboutToShow", "i", 0) == (False,)
    assert desktop.ask(of, menu, "GetProperty", "is", 9, "label") == (("s", "Quit"),)
    (found,) = desktop.ask(of, menu, "GetGroupProperties", "aias", [2, 9], ["label", "type"])
    assert found == [(2, {"type": ("s", "separator")}), (9, {"label": ("s", "Quit")})]
    _, (number, _, children) = desktop.ask(of, menu, "GetLayout", "iias", 9, -1, [])
    assert (number, children) == (9, [])
    events = [(8, "clicked", ("s", ""), 0), (77, "clicked", ("s", ""), 0), (9, "hovered", ("s", ""), 0)]
    assert desktop.ask(of, menu, "EventGroup", "a(isvu)", events) == ([77],)
    assert shown.chosen == [Choice.OPEN]


def test_a_panel_that_starts_later_or_again_gets_the_icon(private_bus: PrivateBus, shown: Shown) -> None:
    obstacle = shown.watcher.obstacle()
    assert obstacle is not None
    assert obstacle.startswith("No panel here shows icons")
    for _ in range(2):
        desktop = Desktop(private_bus)
        registered(desktop, shown)
        desktop.close()

        def gone() -> bool:
            shown.icon.observe()
            return shown.watcher.obstacle() is not None

        until(gone)


def test_a_list_of_icons_that_no_panel_shows_is_said(private_bus: PrivateBus, shown: Shown) -> None:
    desktop = Desktop(private_bus, has_host=False)
    try:
        desktop.until(shown.icon, lambda: desktop.registered)
        assert shown.watcher.obstacle() is not None
        desktop.tell_host(there=True)
        desktop.until(shown.icon, lambda: shown.watcher.obstacle() is None)
        desktop.tell_host(there=False)
        desktop.until(shown.icon, lambda: shown.watcher.obstacle() is not None)
    finally:
        desktop.close()


def test_while_nothing_happens_nothing_is_due(desktop: Desktop, shown: Shown) -> None:
    registered(desktop, shown)
    desktop.until(shown.icon, lambda: shown.icon.due() is None)


def test_a_message_is_shown_as_text_and_a_click_on_it_opens_hourloom(desktop: Desktop, shown: Shown) -> None:
    registered(desktop, shown)
    shown.watcher.notify("Recording paused", "<b>Until</b> 15:00\nor so")
    desktop.until(shown.icon, lambda: desktop.messages)
    _, _, _, title, text, actions, *_ = desktop.messages[0]
    assert (title, text) == ("Recording paused", "&lt;b&gt;Until&lt;/b&gt; 15:00 or so")
    assert actions[0] == "default"

    def clicked() -> bool:
        for number in (6, 7):
            desktop.bus.emit(
                "/org/freedesktop/Notifications",
                "org.freedesktop.Notifications",
                "ActionInvoked",
                "us",
                number,
                "default",
            )
        return bool(shown.chosen)

    desktop.until(shown.icon, clicked)
    assert set(shown.chosen) == {Choice.OPEN}


def test_nonsense_from_others_harms_nothing(desktop: Desktop, shown: Shown) -> None:
    registered(desktop, shown)
    menu = desktop.menu()
    for signature, body in [("s", ("x",)), ("isvu", (1, "clicked", ("s", ""), 0)), ("", ())]:
        desktop.bus.call(menu, "Event", signature, *body)
        desktop.bus.call(menu, "EventGroup", signature, *body)
        desktop.bus.call(menu, "GetLayout", signature, *body)
        desktop.bus.call(menu, "GetGroupProperties", signature, *body)
    assert desktop.get(shown.icon, Address(menu.name, menu.path, menu.interface), "Version") == 3
    assert shown.chosen == []


def test_without_a_bus_that_is_said_and_the_state_is_kept(tmp_path: Path) -> None:
    environment = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path / 'none'}"}
    watcher = TrayWatcher(lambda choice: None, environment)
    watcher.show(PAUSED)
    watcher.notify("a", "b")
    ((source,),) = watcher.choices()
    with pytest.raises(CannotBind):
        source.bind()
    assert watcher.obstacle() is None


def test_a_bus_that_ends_is_lost_and_another_shows_the_state(tmp_path: Path, private_bus: PrivateBus) -> None:
    ending = PrivateBus(tmp_path)
    shown = Shown(ending)
    ending.end()

    def lost() -> bool:
        try:
            shown.icon.observe()
        except SourceLost:
            return True
        return False

    until(lost)
    shown.watcher.show(PAUSED)
    shown.watcher.show(PAUSED._replace(sentence="Still."))
    shown.icon.close()
    private = Shown(private_bus)
    private.icon.close()
