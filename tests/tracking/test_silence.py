"""Watchers that fall silent are told of; nights, holidays and closed programs are not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hourloom.core.clock import DAY, HOUR, Duration, Instant, format_instant
from hourloom.jobs.model import FINISHED
from hourloom.notices.service import Notices
from hourloom.settings.service import Settings
from hourloom.testing import ServerInMemory
from hourloom.tracking.service import WatcherSilence
from hourloom.tracking.silence import LOOK_EVERY, Heard, Stream, listened, silent

START = Instant(20_000 * DAY)
HOUR_OF_USE = Duration(HOUR)

WINDOW, AFK, WEB = 1, 2, 3
STEADY = {WINDOW: True, AFK: True, WEB: False}


class Day:
    """Looks again and again while the watchers of a device report or do not."""

    def __init__(self) -> None:
        self.now, self.remembered = START, Heard()
        self.heard = {WINDOW: START, AFK: START, WEB: START}
        self.alarms: list[str] = []

    def goes_on(
        self, duration: int, reporting: Iterable[int] = (), *, present: bool = True, looking: bool = True
    ) -> set[str]:
        """Let time pass while some watchers report; return which are told of as silent in the end."""
        found: dict[str, int] = {}
        for _ in range(duration // LOOK_EVERY):
            self.now = Instant(self.now + LOOK_EVERY)
            self.heard |= dict.fromkeys(reporting, self.now)
            if looking:
                streams = [
                    Stream(bucket, 7, str(bucket), STEADY[bucket], at, bucket != AFK or present)
                    for bucket, at in self.heard.items()
                ]
                self.remembered = listened(self.remembered, streams, self.now)
                found = silent(streams, self.remembered, HOUR_OF_USE)
                self.alarms += found
        return set(found)


def test_a_watcher_that_stops_while_the_other_goes_on_is_told_of_and_then_heard_again() -> None:
    day = Day()
    assert not day.goes_on(HOUR, [WINDOW, AFK])
    assert not day.goes_on(HOUR - LOOK_EVERY, [AFK])
    assert day.goes_on(LOOK_EVERY, [AFK]) == {"1"}
    assert day.goes_on(3 * HOUR, [AFK]) == {"1"}
    assert not day.goes_on(LOOK_EVERY, [WINDOW, AFK])


def test_the_watcher_for_absence_can_fall_silent_too() -> None:
    day = Day()
    day.goes_on(HOUR, [WINDOW, AFK])
    assert day.goes_on(HOUR, [WINDOW]) == {"2"}


def test_nothing_is_told_when_all_is_off() -> None:
    day = Day()
    for _ in range(10):
        day.goes_on(8 * HOUR, [WINDOW, AFK, WEB])
        day.goes_on(16 * HOUR)
    day.goes_on(3 * DAY)
    day.goes_on(HOUR, [WINDOW, AFK])
    assert day.alarms == []


def test_nothing_is_told_of_a_night_in_which_only_absence_is_reported() -> None:
    day = Day()
    for _ in range(10):
        day.goes_on(8 * HOUR, [WINDOW, AFK, WEB])
        day.goes_on(16 * HOUR, [AFK], present=False)
    assert day.alarms == []


def test_nothing_is_told_when_one_watcher_starts_before_the_other() -> None:
    day = Day()
    for _ in range(30):
        day.goes_on(8 * HOUR, [WINDOW, AFK, WEB])
        day.goes_on(16 * HOUR)
        day.goes_on(2 * LOOK_EVERY, [AFK])
    assert day.alarms == []


def test_a_server_that_was_off_itself_blames_nobody() -> None:
    day = Day()
    day.goes_on(HOUR, [WINDOW, AFK])
    day.goes_on(5 * DAY, [AFK], looking=False)
    day.goes_on(2 * LOOK_EVERY, [AFK])
    assert day.alarms == []


def test_a_browser_that_is_seldom_open_is_given_a_working_week() -> None:
    day = Day()
    day.goes_on(HOUR, [WINDOW, AFK, WEB])
    assert not day.goes_on(39 * HOUR, [WINDOW, AFK])
    assert day.goes_on(HOUR, [WINDOW, AFK]) == {"3"}


def test_a_bucket_that_was_given_up_long_ago_is_not_told_of() -> None:
    day = Day()
    day.heard[WINDOW] = Instant(START - 15 * DAY)
    day.heard[WEB] = Instant(START - 400 * DAY)
    day.goes_on(3 * DAY, [AFK])
    assert day.alarms == []


def test_an_event_that_ends_in_the_future_tells_nothing() -> None:
    day = Day()
    day.heard[AFK] = Instant(START + 10 * DAY)
    day.heard[WEB] = Instant(START + 400 * DAY)
    day.goes_on(DAY, [])
    assert day.alarms == []


def test_a_lone_watcher_is_never_silent() -> None:
    day = Day()
    del day.heard[WINDOW], day.heard[WEB]
    day.goes_on(DAY, [AFK])
    day.goes_on(DAY)
    assert day.alarms == []


def test_zero_minutes_are_never() -> None:
    day = Day()
    day.goes_on(5 * HOUR, [AFK])
    streams = [Stream(WINDOW, 7, "1", steady=True, heard=START, tells_presence=True)]
    assert silent(streams, day.remembered, HOUR_OF_USE) == {"1": 240}
    assert silent(streams, day.remembered, Duration(0)) == {}


def a_listener(server: ServerInMemory) -> WatcherSilence:
    settings, notices = server.service(Settings), server.service(Notices)
    return WatcherSilence(server.database, server.clock, settings, notices, server.owner)


class Desk:
    """A device with two watchers that report to a server, and the looks of the server at them."""

    def __init__(self, server: ServerInMemory) -> None:
        self.server, self.remembered = server, "null"
        self.silence = a_listener(server)
        # The looks are those of the test alone.
        server.server.jobs.register("tracking.listen", lambda _tx, _job: FINISHED)
        for name, kind in (("window", "currentwindow"), ("afk", "afkstatus")):
            body = {"client": "c", "type": kind, "hostname": "desk"}
            assert server.client.post(f"/api/0/buckets/{name}", body).status == 200

    def report(self, bucket: str, data: dict[str, str]) -> None:
        beat = {"timestamp": format_instant(self.server.clock.now()), "duration": 0, "data": data}
        answer = self.server.client.post(f"/api/0/buckets/{bucket}/heartbeat?pulsetime=600", beat)
        assert answer.status == 200, answer

    def goes_on(self, minutes: int, *, window: bool, status: str) -> None:
        for _ in range(minutes // 5):
            self.server.clock.advance(300)
            if window:
                self.report("window", {"app": "editor", "title": "secret"})
            self.report("afk", {"status": status})
            self.remembered = self.server.write(lambda: self.silence.look(self.remembered))

    def notices(self) -> list[tuple[str, dict[str, Any]]]:
        found = self.server.client_with("notices:read").get("/api/v1/notices").json()["notices"]
        # The time that passes lets other jobs tell of backups.
        return [(each["slot"], each["facts"]) for each in found if each["kind"] == "watcher_silent"]


def test_the_server_tells_of_a_silent_watcher_until_it_is_heard(server: ServerInMemory) -> None:
    desk = Desk(server)
    desk.goes_on(20, window=True, status="not-afk")
    desk.goes_on(120, window=False, status="afk")
    assert desk.notices() == []
    desk.goes_on(60, window=False, status="not-afk")
    assert desk.notices() == [("window", {"bucket": "window", "minutes": 60})]
    assert "secret" not in desk.remembered
    desk.goes_on(5, window=True, status="not-afk")
    assert desk.notices() == []


def test_the_threshold_is_a_setting(server: ServerInMemory) -> None:
    client = server.client_with("settings:write")
    assert client.put("/api/v1/settings/watcher_silence_minutes", {"value": 10}).status == 200
    desk = Desk(server)
    desk.goes_on(10, window=True, status="not-afk")
    desk.goes_on(10, window=False, status="not-afk")
    assert [slot for slot, _ in desk.notices()] == ["window"]
    assert client.put("/api/v1/settings/watcher_silence_minutes", {"value": 0}).status == 200
    desk.goes_on(5, window=False, status="not-afk")
    assert desk.notices() == []


def test_a_deleted_bucket_is_told_of_no_longer(server: ServerInMemory) -> None:
    desk = Desk(server)
    desk.goes_on(10, window=True, status="not-afk")
    desk.goes_on(60, window=False, status="not-afk")
    assert [slot for slot, _ in desk.notices()] == ["window"]
    assert server.client_with("admin").delete("/api/v1/buckets/window").status < 300
    desk.goes_on(5, window=False, status="not-afk")
    assert desk.notices() == []


def test_what_another_version_remembered_is_forgotten(server: ServerInMemory) -> None:
    silence = a_listener(server)
    assert server.write(lambda: silence.look('{"words": 1}')) == "{}"
