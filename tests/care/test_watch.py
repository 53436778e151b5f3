"""What the server stands on: the clock, the disk, the keys."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from hourloom.care.model import (
    ENOUGH_SPACE,
    LITTLE_SPACE,
    MIB,
    ClockReading,
    Surroundings,
    is_low,
    jump_between,
    told_space,
)
from hourloom.care.watch import Watch
from hourloom.core.clock import SECOND, Duration, Instant, SystemClock, awake_for
from hourloom.core.errors import StorageFull
from hourloom.notices.service import Notices
from hourloom.testing import ServerInMemory


class Computer:
    """A computer whose clock, disk and keys a test decides about."""

    def __init__(self, server: ServerInMemory) -> None:
        self.server = server
        self.awake, self.free, self.pending = 1_000.0, 100 * 1024 * MIB, False
        around = Surroundings(
            awake_for=lambda: Duration(round(self.awake * SECOND)),
            free_space=self._free,
            ballast_held=lambda: True,
            recovery_pending=lambda: self.pending,
        )
        notices, home = server.service(Notices), server.owner.workspace_id
        self.watch = Watch(server.database, server.clock, notices, home, around)

    def _free(self) -> int:
        if self.free < 0:
            raise OSError("gone")
        return self.free

    def goes_on(self, seconds: float = 30, *, clock_set_by: float = 0) -> None:
        self.awake += seconds
        self.server.clock.advance(seconds + clock_set_by)
        self.watch.look()

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        found = self.server.client_with("notices:read").get("/api/v1/notices").json()["notices"]
        # The time that passes lets other jobs tell of backups.
        return [(each["kind"], each["facts"]) for each in found if not each["kind"].startswith("backup")]


@pytest.fixture
def computer(server: ServerInMemory) -> Computer:
    found = Computer(server)
    found.watch.look()
    return found


@pytest.mark.parametrize("hours", [-1, 24])
def test_a_clock_that_was_set_is_told_of_and_logged(
    computer: Computer, hours: int, caplog: pytest.LogCaptureFixture
) -> None:
    computer.goes_on()
    with caplog.at_level(logging.WARNING, "hourloom.care"):
        computer.goes_on(clock_set_by=hours * 3600)
    direction = "back" if hours < 0 else "ahead"
    seconds = abs(hours) * 3600
    assert computer.told() == [("clock_jumped", {"direction": direction, "seconds": seconds})]
    assert f"the clock jumped {seconds} s {direction}" in caplog.text
    computer.goes_on()
    seen = computer.watch.seen
    assert seen is not None
    assert seen.jump is not None
    assert seen.jump.seconds == seconds


def test_sleep_and_slow_corrections_are_no_jump(computer: Computer) -> None:
    computer.goes_on(8 * 3600)
    for _ in range(10):
        computer.goes_on(clock_set_by=0.5)
    computer.goes_on(clock_set_by=59)
    assert computer.told() == []


def test_a_jump_is_what_two_clocks_do_not_agree_about() -> None:
    before = ClockReading(Instant(0), Duration(0))
    after = ClockReading(Instant(100 * SECOND), Duration(30 * SECOND))
    found = jump_between(before, after)
    assert found is not None
    assert (found.seconds, found.direction) == (70, "ahead")
    assert jump_between(before, ClockReading(Instant(0), Duration(61 * SECOND))) is not None
    assert jump_between(before, ClockReading(Instant(0), Duration(60 * SECOND))) is None


def test_a_disk_that_fills_up_is_told_of_until_there_is_clearly_more_room(computer: Computer) -> None:
    told = []
    for mebibytes in (600, 500, 490, 600, 300, 30, 29, 767, 800, 600):
        computer.free = mebibytes * MIB
        computer.goes_on()
        told.append([facts["mebibytes"] for _, facts in computer.told()])
    assert told == [[], [448], [448], [576], [256], [30], [29], [704], [], []]
    assert is_low(LITTLE_SPACE, was_low=False) is False
    assert is_low(ENOUGH_SPACE - 1, was_low=True) is True
    assert told_space(5 * MIB + 1) == 5


def test_a_disk_that_cannot_be_asked_is_taken_as_it_was(computer: Computer) -> None:
    computer.free = 100 * MIB
    computer.goes_on()
    computer.free = -1
    computer.goes_on()
    assert [kind for kind, _ in computer.told()] == ["disk_low"]


def test_a_recovery_code_that_nobody_confirmed_is_told_of_until_somebody_does(computer: Computer) -> None:
    computer.pending = True
    computer.goes_on()
    computer.goes_on()
    assert computer.told() == [("recovery_code_pending", {})]
    computer.pending = False
    computer.goes_on()
    assert computer.told() == []


def test_what_an_earlier_server_told_is_set_right_by_the_first_look(server: ServerInMemory) -> None:
    home = server.owner.workspace_id
    server.write(lambda: server.service(Notices).raised(home, "disk_low", mebibytes=1))
    computer = Computer(server)
    computer.watch.look()
    assert computer.told() == []


def test_what_could_not_be_told_is_told_at_the_next_look(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageFull

    computer.free = MIB
    with monkeypatch.context() as until:
        until.setattr(computer.server.database, "write", full)
        computer.goes_on()
    assert computer.told() == []
    computer.goes_on()
    assert computer.told() == [("disk_low", {"mebibytes": 1})]


def test_the_computers_own_clocks_go_on_together() -> None:
    clock = SystemClock()
    before = ClockReading(clock.now(), awake_for())
    assert before.awake_for > 0
    assert jump_between(before, ClockReading(clock.now(), awake_for())) is None
