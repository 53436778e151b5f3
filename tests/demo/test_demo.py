"""The demonstration's four weeks."""

import json
import os
import time
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from hourloom.core.clock import HOUR, MINUTE, instant_of
from hourloom.demo.cast import PROJECTS
from hourloom.demo.days import UnknownZone, last_clock_change, local, period
from hourloom.demo.scenes import DESKTOP, LAPTOP, DemoEvent, Device
from hourloom.demo.weeks import buckets, weeks
from hourloom.demo.writer import fill

BERLIN = "Europe/Berlin"
ZONE = ZoneInfo(BERLIN)
NOVEMBER = date(2026, 11, 20)
DATES = [
    NOVEMBER,
    date(2026, 10, 26),
    date(2026, 10, 25),
    date(2026, 7, 20),
    date(2026, 3, 30),
    date(2027, 1, 1),
]
PLACES = [BERLIN, "America/New_York", "Pacific/Auckland", "Asia/Kolkata", "UTC"]


@lru_cache(maxsize=2)  # many tests look at the same weeks
def lanes(until: date = NOVEMBER, zone: str = BERLIN, seed: int = 1) -> dict[str, list[DemoEvent]]:
    found: dict[str, list[DemoEvent]] = defaultdict(list)
    for event in weeks(until, zone, seed):
        found[event.bucket_id].append(event)
    return found


def seconds_by_hour(events: list[DemoEvent], day: date, zone: ZoneInfo) -> list[float]:
    """Cut events into the hours of a local day."""
    edges = range(local(day, 0, zone), local(day + timedelta(days=1), 0, zone) + 1, HOUR)
    return [
        sum(max(0, min(event.ended_at, end) - max(event.started_at, start)) for event in events) / 1e6
        for start, end in pairwise(edges)
    ]


def test_the_same_day_zone_and_seed_give_the_same_weeks_and_another_seed_others() -> None:
    assert list(weeks(NOVEMBER, BERLIN, 1)) == list(weeks(NOVEMBER, BERLIN, 1))
    assert list(weeks(NOVEMBER, BERLIN, 1)) != list(weeks(NOVEMBER, BERLIN, 2))


@pytest.mark.parametrize("until", DATES)
@pytest.mark.parametrize("zone", PLACES)
def test_no_lane_overlaps_itself_and_all_lies_within_the_weeks(until: date, zone: str) -> None:
    place, seed = ZoneInfo(zone), until.day
    first = period(until, place, seed).first
    start, end = local(first, 0, place), local(first + timedelta(days=28), 0, place)
    found = lanes(until, zone, seed)
    assert set(found) == {bucket.id for bucket in buckets()}
    assert first + timedelta(days=28) <= until
    for events in found.values():
        assert start <= events[0].started_at
        assert events[-1].ended_at <= end
        assert all(event.started_at <= event.ended_at for event in events)
        assert all(before.ended_at <= after.started_at for before, after in pairwise(events))
    assert 20_000 <= sum(len(events) for events in found.values()) <= 60_000


@pytest.mark.parametrize("until", DATES)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Auckland"])
def test_a_clock_change_lies_inside_and_its_day_is_watched_from_midnight_to_midnight(
    until: date, zone: str
) -> None:
    place = ZoneInfo(zone)
    chosen = period(until, place, seed=1)
    change = chosen.clock_change
    assert change
    assert chosen.first < change < chosen.first + timedelta(days=28)
    hours = seconds_by_hour(lanes(until, zone)[DESKTOP.afk], change, place)
    assert len(hours) in {23, 25}
    assert hours == [3600.0] * len(hours)


def test_the_last_sunday_of_october_has_25_hours_and_that_of_march_23() -> None:
    assert last_clock_change(NOVEMBER, ZONE) == date(2026, 10, 25)
    assert sum(seconds_by_hour(lanes()[DESKTOP.afk], date(2026, 10, 25), ZONE)) == 25 * 3600
    assert sum(seconds_by_hour(lanes(date(2026, 4, 9))[DESKTOP.afk], date(2026, 3, 29), ZONE)) == 23 * 3600


def test_a_zone_without_clock_changes_gets_the_four_weeks_before() -> None:
    assert last_clock_change(NOVEMBER, ZoneInfo("UTC")) is None
    assert period(NOVEMBER, ZoneInfo("UTC"), 1).first == NOVEMBER - timedelta(days=28)


@pytest.mark.parametrize("device", [LAPTOP, DESKTOP])
def test_no_window_changes_while_nobody_is_there(device: Device) -> None:
    found = lanes()
    starts = sorted(event.started_at for event in found[device.window])
    for event in found[device.afk]:
        if event.data["status"] == "afk":
            inside = [at for at in starts if event.started_at < at < event.ended_at]
            # Only where one absence follows another, as a break after a call, is the window seen anew.
            assert len(inside) <= 2, datetime.fromtimestamp(event.started_at / 1e6, UTC)


def test_windows_are_seen_whenever_somebody_is_there() -> None:
    found = lanes()
    for device in (LAPTOP, DESKTOP):
        present = [event for event in found[device.afk] if event.data["status"] == "not-afk"]
        active = sum(event.ended_at - event.started_at for event in present)
        seen = sum(
            max(0, min(window.ended_at, event.ended_at) - max(window.started_at, event.started_at))
            for event in present
            for window in found[device.window]
            if window.started_at < event.ended_at and window.ended_at > event.started_at
        )
        assert 0.85 * active < seen <= active


def test_pages_and_files_are_seen_only_under_their_windows() -> None:
    found = lanes()
    for device in (LAPTOP, DESKTOP):
        windows = {event.started_at: event for event in found[device.window]}
        for page in found[device.web]:
            assert windows[page.started_at].data["app"] == device.browser_app
            assert str(windows[page.started_at].data["title"]).startswith(str(page.data["title"]))
        for edited in found[device.editor]:
            assert windows[edited.started_at].data["app"] == "Code"


def test_nothing_plays_for_hours_in_an_empty_room() -> None:
    found = lanes()
    audible = [event for event in found[LAPTOP.web] + found[DESKTOP.web] if event.data["audible"]]
    assert audible
    assert max(event.ended_at - event.started_at for event in audible) < HOUR


def test_calls_are_in_front_while_there_is_no_input() -> None:
    found = lanes()
    calls = [e for e in found[LAPTOP.window] + found[DESKTOP.window] if e.data["app"] == "zoom"]
    absences = [e for e in found[LAPTOP.afk] + found[DESKTOP.afk] if e.data["status"] == "afk"]
    silent = [call for call in calls for a in absences if 0 <= a.started_at - call.started_at <= 1000]
    assert sum(call.ended_at - call.started_at for call in calls) > 10 * HOUR
    assert any(call.ended_at - call.started_at > 5 * MINUTE for call in silent)


def test_all_clients_are_worked_for_on_both_devices_and_some_days_are_free() -> None:
    found = lanes()
    chosen = period(NOVEMBER, ZONE, 1)
    for device in (LAPTOP, DESKTOP):
        projects = {str(event.data["project"]).rpartition("/")[2] for event in found[device.editor]}
        assert projects == {project.name for project in PROJECTS}
    assert sum(sum(seconds_by_hour(events, chosen.day_off, ZONE)) for events in found.values()) == 0
    night = instant_of(datetime.combine(chosen.late_night, datetime.min.time(), ZONE)) + 27 * HOUR
    (left_on,) = [event for event in found[DESKTOP.afk] if event.started_at <= night < event.ended_at]
    assert left_on.data == {"status": "afk"}


def test_an_unknown_zone_is_said() -> None:
    for zone in ("Mars/Olympus", "../etc", ""):
        with pytest.raises(UnknownZone, match="not a time zone"):
            list(weeks(NOVEMBER, zone, 1))


class Recorder:
    """A server that remembers what it was sent."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, bytes]] = []

    def __call__(self, path: str, body: bytes) -> bytes:
        self.posts.append((path, body))
        return b"null"


def test_filling_creates_each_bucket_before_its_events_and_tells_how_far_it_is() -> None:
    server, heard = Recorder(), list[tuple[int, int]]()
    began = time.perf_counter()
    total = fill(server, NOVEMBER, BERLIN, 1, lambda done, of: heard.append((done, of)))
    assert time.perf_counter() - began < 100
    assert total == sum(len(events) for events in lanes().values())
    assert heard[-1] == (total, total)
    created: set[str] = set()
    for path, body in server.posts:
        if path.endswith("/events"):
            assert path.removesuffix("/events") in created
            assert 1 <= len(json.loads(body)) <= 1000
            assert len(body) < 1 << 20
        else:
            assert set(json.loads(body)) == {"client", "type", "hostname"}
            created.add(path)
    assert len(created) == 8


def test_nothing_is_written_that_has_not_yet_ended() -> None:
    server = Recorder()
    noon = local(NOVEMBER - timedelta(days=2), 12 * 60, ZONE)
    written = fill(server, NOVEMBER, BERLIN, 1, before=noon)
    assert written == sum(event.ended_at <= noon for event in weeks(NOVEMBER, BERLIN, 1))


def test_the_machines_own_time_zone_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = list(weeks(NOVEMBER, BERLIN, 1))[:500]
    monkeypatch.setitem(os.environ, "TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert list(weeks(NOVEMBER, BERLIN, 1))[:500] == expected
    finally:
        monkeypatch.undo()
        time.tzset()
