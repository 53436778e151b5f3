"""The loop: mechanisms come and go, none hurts another, and it never runs in circles."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pytest

from hourloom.core.clock import SECOND, Instant
from hourloom.device.loop import Loop
from hourloom.device.ports import Observation
from hourloom.device.pulse import Span
from hourloom.device.slot import IN_VAIN
from tests.device.fakes import START, FakeSource, FakeWatcher, FixedClocks, gone

A, B = {"app": "A"}, {"app": "B"}


class Rig:
    """Two watchers on a loop whose turns are counted by hand."""

    def __init__(self) -> None:
        self.clocks = FixedClocks()
        self.window, self.other, self.away = FakeSource("window"), FakeSource("other"), FakeSource("away")
        self.stored: list[tuple[str, Span]] = []
        watchers = [FakeWatcher("window", [self.window, self.other]), FakeWatcher("away", [self.away])]
        self.loop = Loop(watchers, self.clocks, lambda stream, span: self.stored.append((stream, span)))

    def turn(self) -> float:
        """Take one turn with what is readable now, without waiting."""
        return self.loop.turn(self.loop.wait(0))

    def go(self, seconds: float) -> None:
        """Let time pass as the loop would: it wakes whenever it asked to."""
        end = self.clocks.read().awake + round(seconds * SECOND)
        while (left := (end - self.clocks.read().awake) / SECOND) > 0:
            self.clocks.go(min(left, max(0.001, self.turn())))
        self.turn()

    def see(self, data: dict[str, str] | None, stream: str = "window") -> None:
        source = self.window if stream == "window" else self.away
        source.bound.tell(stream, self.clocks.now(), data)
        self.turn()

    def seconds(self, stream: str = "window") -> dict[str, float]:
        found: dict[str, float] = {}
        for where, span in self.stored:
            if where == stream:
                app = str(next(iter(span.data.values())))
                found[app] = found.get(app, 0) + (span.end - span.start) / SECOND
        return {app: round(length, 3) for app, length in found.items()}


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    rig.turn()
    yield rig
    rig.loop.close()


def test_what_is_observed_is_stored_at_once_and_kept_alive(rig: Rig) -> None:
    rig.see(A)
    assert rig.stored == [("window", Span(START, START, A))]
    rig.go(31)
    assert rig.seconds() == {"A": 30}
    rig.see(B)
    assert rig.seconds() == {"A": 31, "B": 0}


def test_it_sleeps_a_heartbeat_when_nothing_happens(rig: Rig) -> None:
    rig.see(A)
    assert rig.turn() == 15
    turns, end = 0, rig.clocks.now() + 60 * SECOND
    while rig.clocks.now() < end:
        rig.clocks.go(rig.turn())
        turns += 1
    assert turns == 4


def test_a_sleep_in_the_midst_of_a_turn_is_nobodys(rig: Rig) -> None:
    rig.see(A)
    rig.clocks.go(15)

    def fall_asleep() -> list[Observation]:
        rig.clocks.go(3600, asleep=True)
        return []

    rig.away.bound.observe = fall_asleep  # type: ignore[method-assign]
    rig.away.bound.wait = 0
    os.write(rig.away.bound.writer, b"x")
    rig.turn()
    del rig.away.bound.observe
    rig.go(30)
    assert rig.seconds() == {"A": 45}
    assert [found.kind for found in rig.loop.breaks] == ["slept"]


def test_what_is_observed_right_after_a_sleep_in_a_turn_does_not_reach_back(rig: Rig) -> None:
    rig.see(A)
    rig.clocks.go(10)
    observe = rig.window.bound.observe

    def fall_asleep() -> Sequence[Observation]:
        rig.clocks.go(3600, asleep=True)
        rig.window.bound.tell("window", rig.clocks.now(), B)
        return observe()

    rig.window.bound.observe = fall_asleep  # type: ignore[method-assign]
    os.write(rig.window.bound.writer, b"x")
    rig.turn()
    del rig.window.bound.observe
    rig.go(30)
    assert rig.seconds() == {"A": 10, "B": 30}


def test_the_first_source_that_binds_is_used(rig: Rig) -> None:
    assert rig.window.bounds
    assert not rig.other.bounds


def test_a_source_that_is_lost_ends_its_event_and_the_next_one_takes_over(rig: Rig) -> None:
    rig.see(A)
    rig.go(5)
    rig.window.works = False
    rig.window.bound.fails = gone()
    rig.window.bound.tell("window", START, B)
    rig.turn()
    assert rig.window.bound.closed
    assert rig.loop.slots[0].lost == "window: the display is gone"
    rig.go(1)
    assert rig.loop.slots[0].source is rig.other
    rig.go(60)
    assert rig.seconds() == {"A": 5}


def test_a_source_that_is_gone_comes_back(rig: Rig) -> None:
    rig.see(A)
    rig.go(3)
    rig.window.works = rig.other.works = False
    rig.window.bound.fails = gone()
    os.write(rig.window.bound.writer, b"x")
    rig.turn()
    rig.go(200)
    assert 8 <= rig.window.tries <= 14  # 0.5, 1, 2, … 30 s
    assert [each.next_step for each in rig.loop.slots[0].failures] == ["Start window", "Start other"]
    rig.window.works = True
    rig.go(31)
    rig.see(B)
    rig.go(4)
    rig.see(None)
    assert rig.seconds() == {"A": 3, "B": 4}


def test_a_source_that_raises_anything_hurts_no_other(rig: Rig) -> None:
    rig.see(A)
    rig.see({"status": "not-afk"}, "away")
    rig.go(5)
    rig.window.bound.fails = RuntimeError("a title")
    os.write(rig.window.bound.writer, b"x")
    rig.turn()
    assert rig.loop.slots[0].lost == "window: it failed"
    rig.go(10)
    assert rig.seconds("away") == {"not-afk": 15}
    assert rig.loop.slots[0].is_bound


def test_a_descriptor_that_is_readable_for_ever_is_throttled_and_reported(rig: Rig) -> None:
    bound = rig.window.bound
    bound.stays_readable = True
    os.write(bound.writer, b"x")
    before = rig.clocks.now()
    while not bound.closed and rig.clocks.now() < before + 60 * SECOND:
        wait = rig.turn()
        rig.clocks.go(0.0005 if rig.loop.wait(0) else wait)
    assert bound.closed
    assert bound.asked <= IN_VAIN + 60
    assert rig.clocks.now() - before >= 5 * SECOND
    assert "again and again" in (rig.loop.slots[0].lost or "")


def test_a_flood_of_titles_keeps_the_last_and_loses_no_time(rig: Rig) -> None:
    rig.see(A)
    for number in range(5_000):
        rig.window.bound.tell("window", rig.clocks.now(), {"app": "A", "title": str(number)})
        rig.clocks.go(min(rig.turn(), 0.0002))
    rig.go(1)
    rig.see(None)
    assert sum(span.start == span.end for _, span in rig.stored) <= 14
    assert rig.stored[-1][1].data["title"] == "4999"
    assert rig.seconds() == {"A": round((rig.clocks.now() - START) / SECOND, 3)}


def test_titles_are_brought_within_bounds_before_anything_is_stored(rig: Rig) -> None:
    title = "\ud800\x1b[31mNotes\n" + "x" * 1_000_000
    rig.see({"app": "y" * 500, "title": title})
    data = rig.stored[-1][1].data
    assert len(str(data["app"])) == 255
    assert str(data["title"]).startswith("[31mNotes xxx")
    assert len(str(data["title"])) == 2_000
    assert str(data["title"]).endswith("…")
    str(data).encode()


def test_a_pause_ends_what_is_recorded_and_begins_it_again(rig: Rig) -> None:
    rig.see(A)
    rig.go(10)
    rig.loop.is_paused = True
    rig.go(100)
    rig.see(B)
    rig.go(100)
    assert rig.seconds() == {"A": 10}
    rig.loop.is_paused = False
    rig.go(5)
    rig.see(None)
    assert rig.seconds() == {"A": 10, "B": 5}
    paused = range(START + 10 * SECOND + 1, START + 210 * SECOND)
    assert not any(span.start in paused or span.end in paused for _, span in rig.stored)


def test_what_is_told_late_does_not_reach_back_into_a_pause(rig: Rig) -> None:
    rig.see(A)
    rig.go(10)
    rig.see(None)
    rig.loop.is_paused = True
    rig.go(60)
    rig.loop.is_paused = False
    rig.go(5)
    rig.window.bound.tell("window", rig.clocks.now() - 30 * SECOND, B)
    rig.go(10)
    rig.see(None)
    assert rig.seconds() == {"A": 10, "B": 15}


def test_sleep_and_clock_are_noticed_and_told(rig: Rig) -> None:
    rig.see(A)
    rig.go(10)
    rig.clocks.go(600, asleep=True)
    rig.turn()
    rig.go(10)
    rig.clocks.jump(3600)
    rig.turn()
    rig.go(10)
    rig.see(None)
    assert rig.seconds() == {"A": 30}
    assert [(each.kind, each.length) for each in rig.loop.breaks] == [
        ("slept", 600 * SECOND),
        ("set forward", 3600 * SECOND),
    ]


def test_after_sleep_mechanisms_are_asked_at_once(rig: Rig) -> None:
    asked = rig.window.bound.asked
    rig.clocks.go(600, asleep=True)
    rig.turn()
    assert rig.window.bound.asked == asked + 1


def test_the_end_of_the_program_stores_what_is_known(rig: Rig) -> None:
    rig.see(A)
    rig.clocks.go(7)
    rig.loop.close()
    assert rig.seconds() == {"A": 7}
    assert rig.window.bound.closed
    rig.loop = Rig().loop


def test_an_observation_from_the_future_is_of_now(rig: Rig) -> None:
    rig.window.bound.tell("window", rig.clocks.now() + 10**12, A)
    rig.turn()
    assert rig.stored[0][1].start == Instant(START)
