"""Input on a real X server, by xdotool."""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from hourloom.core.clock import SECOND, Duration, Instant
from hourloom.device.away import AwayWatcher, Returned
from hourloom.device.away.presence import Rule
from hourloom.device.away.x11 import IdleAlarms, XSync
from hourloom.device.clocks import SystemClocks
from hourloom.device.loop import Loop
from hourloom.device.ports import CannotBind
from hourloom.device.pulse import Span
from hourloom.device.windows import x11_wire
from tests.device.away.asking import lost, next_of, seconds_before, state_of, states
from tests.device.screen import Screen, a_screen, needed

TWO = Rule(Duration(2 * SECOND))


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with a_screen() as running:
        yield running


def touch(screen: Screen) -> float:
    """Move the pointer; return when."""
    screen.run("xdotool", "mousemove_relative", "1", "0")
    return time.time()


@needed
@pytest.mark.desktop
def test_a_pause_begins_at_the_last_input_and_ends_with_the_next(screen: Screen) -> None:
    bound = XSync(screen.environment, lambda: TWO).bind()
    touched = touch(screen)
    idle = next_of(bound, lambda each: state_of(each) == "idle")
    assert abs(seconds_before(idle, touched)) < 1
    before = time.time()
    back = touch(screen)
    (active,) = states(bound, "active")
    assert before - 0.5 <= active.at / SECOND <= back + 0.5
    # Input goes on after it, and another pause is seen by the same alarms.
    (again,) = states(bound, "idle")
    assert abs(seconds_before(again, back)) < 1
    bound.close()


@needed
@pytest.mark.desktop
def test_a_pause_that_began_before_is_known_at_once(screen: Screen) -> None:
    touched = touch(screen)
    bound = XSync(screen.environment, lambda: Rule(Duration(SECOND // 100))).bind()
    (first,) = bound.observe()
    assert state_of(first) in ("idle", "active")
    assert abs(seconds_before(first, touched)) < 1
    bound.close()


@needed
@pytest.mark.desktop
def test_the_server_is_asked_until_when_there_was_input(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = XSync(screen.environment, lambda: Rule(Duration(3600 * SECOND))).bind()
    assert len(bound.observe()) == 1
    assert isinstance(bound, IdleAlarms)
    touched = touch(screen)
    bound._confirm_at = 0.0
    (confirmed,) = states(bound, "active")
    assert abs(seconds_before(confirmed, touched)) < 1
    assert bound.due() is not None
    bound.close()


@needed
@pytest.mark.desktop
def test_a_server_that_ends_is_lost_without_a_busy_loop() -> None:
    with a_screen() as dying:
        bound = XSync(dying.environment, lambda: TWO).bind()
        bound.observe()
    assert lost(bound) < 1000
    bound.close()


@pytest.mark.parametrize("display", ["", "nonsense", ":99999", "elsewhere:0"])
def test_where_no_server_is_nothing_binds(display: str) -> None:
    with pytest.raises(CannotBind):
        XSync({"DISPLAY": display}, lambda: TWO).bind()


def a_server(answers: list[bytes]) -> socket.socket:
    """Return our end of a server that says this, whatever it is asked."""
    ours, theirs = socket.socketpair()
    theirs.sendall(b"".join(answers))
    theirs.close()
    ours.settimeout(5)
    return ours


WELCOME = struct.pack("<BxHHH", 1, 11, 0, 2) + struct.pack("<II", 1, 0x200000)


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [b"\0\0\0\0\0\0\0\0"],
        [WELCOME],
        [WELCOME, struct.pack("<BxHI24x", 1, 1, 0xFFFFFFF)],
        [WELCOME, struct.pack("<BBH28x", 0, 1, 1)],
    ],
    ids=["nothing", "refused", "gone", "endless", "error"],
)
def test_a_server_that_misbehaves_is_no_mechanism(answers: list[bytes]) -> None:
    link = a_server(answers)
    from hourloom.core.errors import HourloomError

    with pytest.raises((HourloomError, OSError)):
        IdleAlarms(link, b"", b"", 1000, lambda: Instant(0))
    link.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has abstract names")
def test_another_user_s_socket_is_not_told_the_cookie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "authority"
    parts = (b"", b"", b"MIT-MAGIC-COOKIE-1", b"secret-cookie-16")
    of_any_host = struct.pack(">H", 65535)
    file.write_bytes(of_any_host + b"".join(struct.pack(">H", len(part)) + part for part in parts))
    monkeypatch.setattr(x11_wire, "uid_of_unix_peer", lambda _: 12_345)
    with socket.socket(socket.AF_UNIX) as listener:
        number = 20_000 + os.getpid() % 20_000
        listener.bind(f"\0/tmp/.X11-unix/X{number}")
        listener.listen(2)
        with pytest.raises(CannotBind):
            XSync({"DISPLAY": f":{number}", "XAUTHORITY": str(file)}, lambda: TWO).bind()
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(1000) == b""


def test_a_missing_authority_file_is_none(tmp_path: Path) -> None:
    missing = {"XAUTHORITY": str(tmp_path / "none")}
    assert x11_wire.cookie_of(missing, x11_wire.DisplayName(0, 0)) == (b"", b"")


@needed
@pytest.mark.desktop
def test_the_whole_watcher_stores_an_absence_to_within_a_second(screen: Screen) -> None:
    stored: list[tuple[str, Span]] = []
    returned: list[Returned] = []
    # Nothing but the display: the buses of this computer are left alone.
    nowhere = {
        "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere",
    }
    environment = screen.environment | nowhere | {"XDG_RUNTIME_DIR": "/nowhere"}
    watcher = AwayWatcher(environment, rule=TWO, returned=returned.append)
    loop = Loop([watcher], SystemClocks(), lambda stream, span: stored.append((stream, span)))

    def until(status: str) -> None:
        latest = time.monotonic() + 30
        ready: Collection[int] = ()
        while (loop.observed.get("away", (0, None))[1] or {}).get("status") != status:
            assert time.monotonic() < latest
            ready = loop.wait(min(0.2, loop.turn(ready)))

    touched = touch(screen)
    until("not-afk")
    until("afk")
    before = time.time()
    back = touch(screen)
    until("not-afk")
    loop.close()
    away = [span for stream, span in stored if stream == "away" and span.data == {"status": "afk"}]
    assert abs(away[0].start / SECOND - touched) < 1
    assert before - 0.5 <= away[-1].end / SECOND <= back + 0.5
    (told,) = returned
    assert told.why == "idle"
    # The clocks are read one after the other.
    assert abs(told.away_from - away[0].start) < SECOND // 10
    assert abs(told.back_at - away[-1].end) < SECOND // 10
    assert {stream for stream, _ in stored} == {"input", "away"}
