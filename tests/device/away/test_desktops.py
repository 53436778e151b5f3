"""Input on Wayland, by a real Sway, and on GNOME, by a stand-in for Mutter on a real bus."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from hourloom.core.clock import SECOND, Duration, Instant
from hourloom.device.away.compositor import ExtIdleNotify, IdleNotices, KdeIdle, bound_to, notify, time_out
from hourloom.device.away.mutter import LATER, MONITOR, Mutter
from hourloom.device.away.presence import Rule
from hourloom.device.bus import Bus, Exported, Heard, Method
from hourloom.device.ports import Bound, CannotBind
from tests.device.away.asking import lost, next_of, seconds_before, state_of, states
from tests.device.away.buses import PrivateBus
from tests.device.windows.compositor import Compositor
from tests.device.windows.sway_desktop import SwayDesktop, a_sway_desktop, needed

TWO = Rule(Duration(2 * SECOND))


@pytest.fixture(scope="module")
def sway() -> Iterator[SwayDesktop]:
    with a_sway_desktop() as running:
        yield running


def of(sway: SwayDesktop, rule: Rule) -> Bound:
    """Bind by the protocol that this version of Sway has."""
    environment = {"XDG_RUNTIME_DIR": sway.environment["XDG_RUNTIME_DIR"]}
    try:
        return ExtIdleNotify(environment, lambda: rule).bind()
    except CannotBind:
        return KdeIdle(environment, lambda: rule).bind()


@needed
@pytest.mark.desktop
def test_sway_tells_of_pauses_and_returns(sway: SwayDesktop) -> None:
    bound = of(sway, TWO)
    began = time.time()
    states(bound, "active")
    (idle,) = states(bound, "idle")
    assert abs(seconds_before(idle, began)) < 1
    moved = time.time()
    sway.message("seat", "-", "cursor", "move", "5", "5")
    (active,) = states(bound, "active")
    assert abs(seconds_before(active, moved)) < 5
    bound.close()


@needed
@pytest.mark.desktop
def test_a_compositor_that_ends_is_lost() -> None:
    with a_sway_desktop() as dying:
        bound = of(dying, TWO)
        bound.observe()
        dying.end()
        assert lost(bound) < 1000
        bound.close()


SEAT, GLOBAL, NOTICE, SYNC = 4, 5, 6, 7
"""The numbers that the client gives, one after the other."""


@pytest.mark.parametrize(
    ("offered", "version", "ask", "request_"),
    [
        ("ext_idle_notifier_v1", 1, notify, (1, [NOTICE, 60_000, SEAT])),
        ("ext_idle_notifier_v1", 2, notify, (2, [NOTICE, 60_000, SEAT])),
        ("org_kde_kwin_idle", 1, time_out, (0, [NOTICE, SEAT, 60_000])),
    ],
)
def test_both_protocols_say_when_a_pause_is_long_enough(
    offered: str, version: int, ask: Callable[..., bool], request_: tuple[int, list[int]]
) -> None:
    now = [1_000 * SECOND]
    with Compositor(("wl_seat", 1), (offered, version)) as compositor:
        connection = compositor.connection(30.0)
        compositor.answer_sync(SYNC)
        bound = bound_to(connection, 60 * SECOND, lambda: Instant(now[0]), ask)
        assert isinstance(bound, IdleNotices)
        assert request_ in requests_to(compositor, GLOBAL)
        told = [bound.observe()]
        for seconds, event in ((30, None), (100, None), (160, 0), (300, None), (400, 1)):
            now[0] = (1_000 + seconds) * SECOND
            if event is not None:
                compositor.send(NOTICE, event)
            bound._confirm_at = 0.0
            told.append(bound.observe())
        # Asked now and then, it knows that there was input a minute ago unless there is a pause.
        found = [[(state_of(each), each.at // SECOND - 1_000) for each in observed] for observed in told]
        assert found == [[("active", 0)], [], [("active", 40)], [("idle", 100)], [], [("active", 400)]]
        compositor.hang_up()
        assert lost(bound) < 10
        bound.close()


def test_a_compositor_without_either_is_none() -> None:
    with Compositor(("wl_seat", 1)) as compositor, pytest.raises(CannotBind):
        bound_to(compositor.connection(), 60 * SECOND, lambda: Instant(0), notify)
    with Compositor(("ext_idle_notifier_v1", 1)) as seatless, pytest.raises(CannotBind):
        bound_to(seatless.connection(), 60 * SECOND, lambda: Instant(0), notify)


def requests_to(compositor: Compositor, object_: int) -> list[tuple[int, list[int]]]:
    """Return the number and the arguments of each request that an object got."""
    raw, found = compositor._ours.recv(65536), []
    while raw:
        to, word = struct.unpack_from("=II", raw)
        size = word >> 16
        if to == object_:
            found.append((word & 0xFFFF, list(struct.unpack_from(f"={(size - 8) // 4}I", raw, 8))))
        raw = raw[size:]
    return found


class StandInForMutter:
    """Mutter's IdleMonitor as far as it is used: what fires is sent to everybody."""

    def __init__(self, bus: Bus) -> None:
        self.bus, self.idle = bus, 0
        self.watches: dict[int, int] = {}
        self.enders: list[int] = []
        self.owned: list[bool] = []
        bus.export(
            MONITOR.path,
            MONITOR.interface,
            Exported(
                {
                    "GetIdletime": Method("", "t", lambda _: (self.idle,)),
                    "AddIdleWatch": Method("t", "u", self._add),
                    "AddUserActiveWatch": Method("", "u", self._end),
                }
            ),
        )
        bus.own(MONITOR.name, self.owned.append)

    def _add(self, call: Heard) -> tuple[int]:
        number = len(self.watches) + len(self.enders) + 1
        self.watches[number] = call.body[0]
        if self.idle >= call.body[0]:
            # The signal beats the reply.
            self._fire(number)
        return (number,)

    def _end(self, _call: Heard) -> tuple[int]:
        number = len(self.watches) + len(self.enders) + 1
        self.enders.append(number)
        return (number,)

    def _fire(self, number: int) -> None:
        self.bus.emit(MONITOR.path, MONITOR.interface, "WatchFired", "u", number)

    def pass_to(self, milliseconds: int) -> None:
        """Let the pause be so long."""
        before, self.idle = self.idle, milliseconds
        if milliseconds < before:
            enders, self.enders = self.enders, []
            for number in enders:
                self._fire(number)
        for number, length in self.watches.items():
            if before < length <= milliseconds:
                self._fire(number)


@pytest.fixture
def mutter(private_bus: PrivateBus) -> Iterator[StandInForMutter]:
    with private_bus.connected() as connection:
        playing = StandInForMutter(connection)
        while not playing.owned:
            connection.read()
        yield playing


def served(mutter: StandInForMutter, source: Mutter) -> Bound:
    """Bind while the stand-in answers."""
    stop = threading.Event()

    def serve() -> None:
        while not stop.wait(0.002):
            mutter.bus.read()

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        return source.bind()
    finally:
        stop.set()
        serving.join()


def test_mutter_tells_of_pauses_and_returns(mutter: StandInForMutter, private_bus: PrivateBus) -> None:
    bound = served(mutter, Mutter(private_bus.environment, lambda: TWO))
    states(bound, "active", also=mutter.bus.read)
    for _ in range(2):
        mutter.pass_to(2_000 + LATER)
        idle = next_of(bound, lambda each: state_of(each) == "idle", mutter.bus.read)
        assert 1.5 < seconds_before(idle, time.time()) < 20
        while not mutter.enders:
            bound.observe()
            mutter.bus.read()
        mutter.pass_to(0)
        states(bound, "active", also=mutter.bus.read)
    bound.close()


def test_mutter_is_believed_when_somebody_pauses_already(
    mutter: StandInForMutter, private_bus: PrivateBus
) -> None:
    mutter.pass_to(100_000)
    bound = served(mutter, Mutter(private_bus.environment, lambda: TWO))
    (idle,) = states(bound, "idle", also=mutter.bus.read)
    assert 99 < seconds_before(idle, time.time()) < 130
    bound.close()


def test_mutter_that_ends_is_lost(mutter: StandInForMutter, private_bus: PrivateBus) -> None:
    bound = served(mutter, Mutter(private_bus.environment, lambda: TWO))
    mutter.bus.close()
    assert lost(bound) < 1000
    bound.close()


def test_where_no_mutter_is_nothing_binds(private_bus: PrivateBus) -> None:
    with pytest.raises(CannotBind, match="GNOME does not run here"):
        Mutter(private_bus.environment, lambda: TWO).bind()
