"""Totals per app are those of ActivityWatch's own desktop query, to the second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from benchmarks.year import AFK, BROWSER, WEB, WINDOW, Year
from hourloom.activities.lane import DeviceRecord, Facts, Options, derive, facts_of
from hourloom.core.clock import DAY, SECOND, instant_of
from hourloom.demo.scenes import DESKTOP, LAPTOP, Device
from hourloom.demo.weeks import weeks
from hourloom.tracking.query.events import Events, Payload
from tests.tracking.query.builders import answer_over

Seen = tuple[int, int, Mapping[str, Any]]  # data as watchers send them

LIKE_ACTIVITYWATCH = Options(calls_are_present=False)


def desktop_query(app: str) -> list[str]:
    """Return what aw-client asks for: `queries.canonicalEvents` and its totals per app."""
    return [
        'events = flood(query_bucket("window"));',
        'not_afk = flood(query_bucket("afk"));',
        'not_afk = filter_keyvals(not_afk, "status", ["not-afk"]);',
        "browser_events = [];",
        'events_b = flood(query_bucket("web"));',
        f'window_b = filter_keyvals(events, "app", ["{app}"]);',
        "events_b = filter_period_intersect(events_b, window_b);",
        "events_b = split_url_events(events_b);",
        "browser_events = concat(browser_events, events_b);",
        "browser_events = sort_by_timestamp(browser_events);",
        'audible_events = filter_keyvals(browser_events, "audible", [true]);',
        "not_afk = period_union(not_afk, audible_events);",
        "events = filter_period_intersect(events, not_afk);",
        'RETURN = {"apps": merge_events_by_keys(events, ["app"]), "urls": browser_events,',
        '"both": merge_events_by_keys(filter_period_intersect(browser_events, not_afk), ["url"])};',
    ]


def by_query(buckets: Mapping[str, list[Seen]], app: str, start: int, end: int) -> dict[str, Counter[str]]:
    """Return how long each app and page was used, as ActivityWatch counts."""
    period = "/".join(datetime.fromtimestamp(at / SECOND, UTC).isoformat() for at in (start, end))
    events: dict[str, Events] = {
        name: [(None, s, e, Payload.of(dict(data))) for s, e, data in seen] for name, seen in buckets.items()
    }
    answer: Any = answer_over(events, *desktop_query(app), period=period)  # what the query's last line says
    return {
        what: _added((data_of(event)[key], event[2] - event[1]) for event in answer[where])
        for what, where, key in (("apps", "apps", "app"), ("urls", "both", "url"))
    }


def data_of(event: Any) -> Any:  # an event of a query
    return event[3].data


def by_lane(buckets: Mapping[str, list[Seen]], program: str, start: int, end: int) -> dict[str, Counter[str]]:
    """Return how long each app and page was used, by the lane."""
    numbers: dict[str, int] = {}
    texts: dict[int, Mapping[str, Any]] = {}
    laid: dict[str, list[tuple[int, int, int]]] = {}
    for name, seen in buckets.items():
        for began, ended, data in seen:
            body = msgspec.json.encode(data, order="sorted").decode()
            number = numbers.setdefault(body, len(numbers) + 1)
            texts[number] = data
            laid.setdefault(name, []).append((began, ended, number))
    facts: dict[int, Facts] = {number: facts_of(body) for body, number in numbers.items()}
    record = DeviceRecord(
        1,
        laid["window"],
        windows_from=0,
        presence=[laid["afk"]],
        known_from=min(s for s, _, _ in laid["afk"]),
        details=[(program, laid["web"])],
    )
    lane = derive([record], facts, start, end, LIKE_ACTIVITYWATCH).stretches
    return {
        "apps": _added((texts[subject.window]["app"], e - s) for s, e, subject in lane),
        "urls": _added((texts[subject.detail]["url"], e - s) for s, e, subject in lane if subject.detail),
    }


def _added(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    added: Counter[str] = Counter()
    for name, lasted in pairs:
        added[name] += lasted
    return added


def a_month_of_the_year() -> tuple[dict[str, list[Seen]], int, int]:
    year = Year(end=date(2026, 3, 1), days=5, events=5 * 2740)
    buckets: dict[str, list[Seen]] = {"window": [], "afk": [], "web": []}
    for day, events in year.generate():
        midnight = instant_of(day)
        for short, name in (("window", WINDOW), ("afk", AFK), ("web", WEB)):
            buckets[short] += [
                (midnight + e.start * 1000, midnight + (e.start + e.length) * 1000, e.payload)
                for e in events[name]
            ]
    return (
        buckets,
        instant_of(datetime(2026, 2, 24, tzinfo=UTC)),
        instant_of(datetime(2026, 3, 1, tzinfo=UTC)),
    )


def weeks_of_the_demo(device: Device) -> tuple[dict[str, list[Seen]], int, int]:
    buckets: dict[str, list[Seen]] = {"window": [], "afk": [], "web": []}
    lanes = {device.window: "window", device.afk: "afk", device.web: "web"}
    for event in weeks(date(2026, 3, 2), "Europe/Berlin", 1):
        if event.bucket_id in lanes:
            buckets[lanes[event.bucket_id]].append((event.started_at, event.ended_at, event.data))
    first = min(s for seen in buckets.values() for s, _, _ in seen)
    last = max(e for seen in buckets.values() for _, e, _ in seen)
    return buckets, first - DAY, last + DAY


@pytest.mark.parametrize("what", ["year", "laptop", "desktop"])
def test_totals_agree_with_the_desktop_query(what: str) -> None:
    if what == "year":
        (buckets, start, end), app, program = a_month_of_the_year(), BROWSER, "chrome"
    else:
        device = LAPTOP if what == "laptop" else DESKTOP
        (buckets, start, end), app, program = weeks_of_the_demo(device), device.browser_app, device.browser
    asked, derived = by_query(buckets, app, start, end), by_lane(buckets, program, start, end)
    for kind in ("apps", "urls"):
        differences = {
            name: derived[kind][name] - asked[kind][name]
            for name in {*derived[kind], *asked[kind]}
            if abs(derived[kind][name] - asked[kind][name]) >= SECOND
        }
        assert differences == {}, kind
    assert abs(derived["apps"].total() - asked["apps"].total()) < SECOND
    assert derived["apps"].total() > 5 * 3600 * SECOND
