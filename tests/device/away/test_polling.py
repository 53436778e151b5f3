"""Windows and macOS by stand-ins for what is called of them."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from hourloom.core.clock import SECOND, Duration, Instant
from hourloom.device.away.macos import MacCalls
from hourloom.device.away.mechanisms import mechanisms
from hourloom.device.away.polling import Polled, Polling
from hourloom.device.away.presence import Rule
from hourloom.device.away.win32 import LastInput, WindowsCalls, word_of
from hourloom.device.ports import CannotBind, SourceLost
from tests.device.away.asking import state_of

MINUTE = Rule(Duration(60 * SECOND))
NOW = Instant(1_790_000_000 * SECOND)


class StandIn:
    """A system of which the test says what it answers."""

    def __init__(self) -> None:
        self.idle_for, self.words, self.closed = 0.0, list[str](), False

    def open(self) -> None:
        pass

    def idle(self) -> float:
        return self.idle_for

    def session(self) -> Sequence[str]:
        words, self.words = self.words, []
        return words

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        self.closed = True


def test_it_is_asked_as_rarely_as_it_may_be() -> None:
    system = StandIn()
    bound = Polled("Windows", lambda: system, lambda: MINUTE, lambda: NOW).bind()
    told = []
    for idle in (0, 50, 60.5, 70, 0.2):
        system.idle_for = idle
        (each,) = bound.observe()
        told.append((state_of(each), (NOW - each.at) / SECOND, bound.due()))
    assert told == [
        ("active", 0, 15),
        ("active", 50, 10),
        ("idle", 60.5, 1),
        ("idle", 70, 1),
        ("active", 0.2, 15),
    ]
    bound.close()
    assert system.closed


def test_locks_and_sleep_are_told_apart() -> None:
    system = StandIn()
    bound = Polled("Windows", lambda: system, lambda: MINUTE, lambda: NOW).bind()
    system.words = ["locked", "asleep", "awake", "unlocked"]
    observed = bound.observe()
    assert [(state_of(each), (each.data or {})["by"]) for each in observed] == [
        ("locked", "Windows lock"),
        ("asleep", "Windows sleep"),
        ("awake", "Windows sleep"),
        ("unlocked", "Windows lock"),
        ("active", "Windows"),
    ]


@pytest.mark.parametrize(
    ("message", "parameter", "word"),
    [
        (0x2B1, 7, "locked"),
        (0x2B1, 8, "unlocked"),
        (0x2B1, 2, "locked"),
        (0x2B1, 1, None),
        (0x218, 4, "asleep"),
        (0x218, 0x12, "awake"),
        (0x218, 7, "awake"),
        (0x218, 0xA, None),
        (0x10, 0, None),
    ],
)
def test_messages_of_windows(message: int, parameter: int, word: str | None) -> None:
    assert word_of(message, parameter) == word


def test_windows_counts_in_thirty_two_bits() -> None:
    calls = WindowsCalls("win32", lambda name: None)
    ticks = {"now": 5, "last": 0xFFFF_FFFF - 4_994}

    def last_input(reference: object) -> int:
        info = reference._obj  # type: ignore[attr-defined]
        assert isinstance(info, LastInput)
        assert info.size == 8
        info.ticks = ticks["last"]
        return 1

    calls._user = SimpleNamespace(GetLastInputInfo=last_input)
    calls._kernel = SimpleNamespace(GetTickCount=lambda: ticks["now"])
    assert calls.idle() == 5.0
    calls._user = SimpleNamespace(GetLastInputInfo=lambda _: 0)
    with pytest.raises(SourceLost):
        calls.idle()
    calls.close()


def test_the_thread_of_windows_wakes_ours() -> None:
    import select

    calls = WindowsCalls("win32", lambda name: None)
    calls.heard(0x2B1, 7)
    calls.heard(0x10, 0)
    assert select.select([calls.fileno()], [], [], 30)[0]
    assert calls.session() == ["locked"]
    assert calls.session() == []
    assert not select.select([calls.fileno()], [], [], 0)[0]
    calls.close()


def test_macos_tells_of_locks_when_they_change() -> None:
    calls = MacCalls("darwin")
    locked: list[object] = [None]
    calls._session = lambda: 1
    calls._key = 2
    calls._value = lambda dictionary, key: locked[0]
    calls._is_true = bool
    calls._release = lambda dictionary: None
    calls._since = lambda source, kind: 12.5
    assert calls.idle() == 12.5
    assert calls.session() == ["unlocked"]
    assert calls.session() == []
    locked[0] = 1
    assert calls.session() == ["locked"]
    calls._session = lambda: 0
    with pytest.raises(SourceLost):
        calls.session()


def test_elsewhere_they_do_not_bind() -> None:
    for make in (lambda: WindowsCalls("linux"), lambda: MacCalls("linux")):
        with pytest.raises(CannotBind):
            Polled("it", make, lambda: MINUTE).bind()


def test_each_system_has_its_mechanisms() -> None:
    names = {
        platform: [[each.name for each in group] for group in mechanisms({}, lambda: MINUTE, platform)]
        for platform in ("linux", "win32", "darwin")
    }
    assert names["win32"] == [["Windows"]]
    assert names["darwin"] == [["macOS"]]
    first, *others = names["linux"]
    assert first[-2:] == ["X11", "logind (idle hint)"]
    assert others == [["logind"], ["screen saver"], ["media players"], ["microphone and camera"]]


def test_a_system_that_stops_answering_is_closed() -> None:
    system = StandIn()

    def fails() -> float:
        raise SourceLost(reason="gone")

    system.idle = fails  # type: ignore[method-assign]
    with pytest.raises(SourceLost):
        Polled("Windows", lambda: system, lambda: MINUTE).bind()
    assert system.closed
    assert Polling is not None
