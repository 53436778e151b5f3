"""The away watcher in the loop of the device program, by mechanisms and clocks that the test moves."""

from __future__ import annotations

from hourloom.core.clock import SECOND, Duration
from hourloom.device.away import AwayWatcher, Returned
from hourloom.device.away.presence import Rule
from hourloom.device.away.sources import Hint, TickingBound
from hourloom.device.loop import Loop
from hourloom.device.ports import SourceLost
from hourloom.device.pulse import Span
from tests.device.fakes import START, FakeSource, FixedClocks


class Rig:
    """A loop with one mechanism for input and one for the session; times are seconds since the start."""

    def __init__(self, rule: Rule | None = None) -> None:
        self.clocks = FixedClocks()
        self.input, self.session = FakeSource("input"), FakeSource("session")
        self.returned: list[Returned] = []
        self.stored: dict[str, list[tuple[float, float, str]]] = {}
        self.watcher = AwayWatcher(
            {},
            self.clocks,
            rule=rule or Rule(),
            returned=self.returned.append,
            groups=[[self.input], [self.session]],
        )
        self.loop = Loop([self.watcher], self.clocks, self.record)
        self.loop.turn(())

    def record(self, stream: str, span: Span) -> None:
        data = str(span.data.get("status", span.data.get("state")))
        spans = self.stored.setdefault(stream, [])
        start, end = self.second(span.start), self.second(span.end)
        if spans and spans[-1][1:] == (start, data):
            spans[-1] = (spans[-1][0], end, data)
        elif start < end:
            spans.append((start, end, data))

    def second(self, instant: int) -> float:
        return (instant - START) / SECOND

    def say(self, source: FakeSource, state: str, ago: float = 0, by: str = "it") -> None:
        hint = Hint("input" if source is self.input else "session", state, by)
        observation = hint.at(self.clocks.now() - round(ago * SECOND))
        source.bound.told.append(observation)
        self.loop.turn([source.bound.fileno()])

    def go(self, seconds: float, *, active: bool = False) -> None:
        """Let time pass, the program awake every five seconds, as its heartbeat and timers make it."""
        for _ in range(round(seconds / 5)):
            self.clocks.go(5)
            if active:
                self.say(self.input, "active")
            self.tick()

    def tick(self) -> None:
        for slot in self.loop.slots:
            slot.due = self.clocks.read().awake
        for bound in (getattr(slot, "_bound", None) for slot in self.loop.slots):
            if isinstance(bound, TickingBound):
                bound._next = 0.0
        self.loop.turn(())

    def lose(self, source: FakeSource) -> None:
        source.bound.fails = SourceLost(reason="gone")
        for _ in range(2):
            self.loop.turn([source.bound.fileno()])

    def away(self) -> list[tuple[float, float, str]]:
        """Return what is stored of presence when the program ends now."""
        self.loop.close()
        return self.stored.get("away", [])


def test_away_is_stored_from_the_last_input_on_and_the_return_is_announced() -> None:
    rig = Rig()
    rig.say(rig.input, "active")
    rig.go(100, active=True)
    rig.go(60)
    rig.say(rig.input, "idle", ago=60)
    rig.go(400)
    rig.say(rig.input, "active")
    rig.go(20, active=True)
    assert rig.away() == [(0, 100, "not-afk"), (100, 560, "afk"), (560, 580, "not-afk")]
    assert rig.stored["input"] == [(0, 100, "active"), (100, 560, "idle"), (560, 580, "active")]
    (back,) = rig.returned
    assert (rig.second(back.away_from), rig.second(back.back_at), back.why) == (100, 560, "idle")


def test_a_short_pause_is_stored_raw_and_counts_as_presence() -> None:
    rig = Rig()
    rig.say(rig.input, "active")
    rig.go(160)
    rig.say(rig.input, "idle", ago=60)
    rig.go(100)
    rig.say(rig.input, "active")
    assert rig.away() == [(0, 260, "not-afk")]
    assert rig.stored["input"] == [(0, 100, "active"), (100, 260, "idle")]
    assert rig.returned == []


def test_a_lock_is_away_at_once_and_the_unlocking_input_ends_it() -> None:
    rig = Rig()
    rig.say(rig.input, "active")
    rig.go(50, active=True)
    rig.say(rig.session, "locked")
    rig.go(30, active=True)
    rig.say(rig.session, "unlocked")
    rig.go(20, active=True)
    assert rig.away() == [(0, 50, "not-afk"), (50, 80, "afk"), (80, 100, "not-afk")]
    assert [each.why for each in rig.returned] == ["locked"]
    assert rig.stored["session"] == [(50, 80, "locked"), (80, 100, "open")]


def test_two_that_tell_of_locks_must_both_say_that_it_is_open() -> None:
    rig = Rig()
    rig.say(rig.input, "active")
    rig.go(10, active=True)
    rig.say(rig.session, "locked", by="one")
    rig.say(rig.session, "locked", by="two")
    rig.go(10)
    rig.say(rig.session, "unlocked", by="one")
    rig.go(10)
    rig.say(rig.session, "unlocked", by="two")
    assert rig.away() == [(0, 10, "not-afk"), (10, 30, "afk")]


def test_a_lock_that_nobody_confirms_ends_with_the_next_input() -> None:
    rig = Rig()
    rig.say(rig.input, "active")
    rig.go(10, active=True)
    rig.say(rig.session, "locking")
    rig.say(rig.input, "active")  # the keys that locked
    rig.go(60)
    rig.say(rig.input, "active")
    assert rig.away() == [(0, 10, "not-afk"), (10, 70, "afk")]


def test_an_announced_sleep_is_away_until_the_first_input_after_it() -> None:
    rig = Rig()
    rig.say(rig.input, "active")
    rig.go(20, active=True)
    rig.say(rig.session, "asleep")
    rig.clocks.go(3600, asleep=True)
    rig.say(rig.session, "awake")
    rig.say(rig.input, "active", ago=30)  # what was known before
    rig.go(15)
    rig.say(rig.input, "active")
    rig.go(5, active=True)
    # What was asleep is stored by nobody: the loop ends streams before a sleep and begins them after it.
    assert rig.away() == [(0, 20, "not-afk"), (3620, 3635, "afk"), (3635, 3640, "not-afk")]
    assert [(rig.second(each.away_from), each.why) for each in rig.returned] == [(20, "asleep")]


def test_a_sleep_that_nobody_announced_is_seen_in_the_clocks() -> None:
    rig = Rig()
    rig.say(rig.input, "active")
    rig.go(20, active=True)
    rig.clocks.go(3600, asleep=True)
    rig.tick()
    rig.go(15)
    rig.say(rig.input, "active")
    rig.go(5, active=True)
    assert rig.away() == [(0, 20, "not-afk"), (3620, 3635, "afk"), (3635, 3640, "not-afk")]
    assert [(rig.second(each.away_from), rig.second(each.back_at)) for each in rig.returned] == [(20, 3635)]


def test_setting_the_clock_makes_nobody_away_or_present() -> None:
    for jump in (7200, -7200):
        rig = Rig()
        rig.say(rig.input, "active")
        rig.go(100)
        rig.say(rig.input, "idle", ago=60)
        rig.clocks.jump(jump)
        rig.tick()
        rig.go(200)
        rig.say(rig.input, "active")
        rig.go(10, active=True)
        assert {status for _, _, status in rig.away()} == {"not-afk"}
        assert sum(end - start for start, end, _ in rig.stored["away"]) == 310
        assert rig.returned == []


def test_an_absence_is_as_long_as_it_was_though_the_clock_was_set_meanwhile() -> None:
    rig = Rig()
    rig.say(rig.input, "idle", ago=0)
    rig.go(400)
    rig.clocks.jump(3600)
    rig.tick()
    rig.go(100)
    rig.say(rig.input, "active")
    (back,) = rig.returned
    assert (back.back_at - back.away_from) / SECOND == 500


def test_a_lost_mechanism_leaves_a_gap_that_is_unknown() -> None:
    rig = Rig()
    rig.say(rig.input, "active")
    rig.go(50, active=True)
    rig.lose(rig.input)
    rig.go(100)
    rig.say(rig.input, "active")
    rig.go(10, active=True)
    first, second = rig.away()
    assert (first, second) == ((0, 50, "not-afk"), (150, 160, "not-afk"))
    assert rig.returned == []


def test_a_lock_is_taken_back_when_the_one_that_told_of_it_is_lost() -> None:
    rig = Rig()
    rig.say(rig.input, "active")
    rig.say(rig.session, "locked")
    rig.go(20)
    rig.lose(rig.session)
    rig.say(rig.input, "active")
    rig.go(20, active=True)
    assert rig.away()[-1] == (20, 40, "not-afk")


def test_another_threshold_counts_from_now_on_and_a_short_one_asks_anew() -> None:
    rig = Rig()
    rig.say(rig.input, "active")
    rig.go(160)
    rig.say(rig.input, "idle", ago=60)
    rig.watcher.follow(Rule(Duration(120 * SECOND)))
    rig.go(60)
    assert rig.loop.observed["away"][1] == {"status": "afk"}
    bound = rig.input.bound
    rig.watcher.follow(Rule(Duration(20 * SECOND)))
    rig.tick()
    rig.tick()
    rig.go(60)
    assert rig.input.bound is not bound


def test_where_only_locks_are_told_of_presence_is_unknown_but_for_them() -> None:
    rig = Rig()
    rig.say(rig.session, "unlocked")
    rig.go(50)
    rig.say(rig.session, "locked")
    rig.go(50)
    rig.say(rig.session, "unlocked")
    assert rig.away() == [(50, 100, "afk")]


def test_what_was_before_the_program_began_is_announced_and_not_stored_again() -> None:
    rig = Rig()
    rig.say(rig.input, "idle", ago=1000)
    rig.go(30)
    rig.say(rig.input, "active")
    rig.go(10, active=True)
    assert rig.away() == [(0, 30, "afk"), (30, 40, "not-afk")]
    assert [(rig.second(each.away_from), rig.second(each.back_at)) for each in rig.returned] == [(-1000, 30)]
