"""Activities as they are asked for: stretches, sums, names, and the events behind them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hourloom.activities.model.filter import Filter
from hourloom.activities.model.lane import CutsNotInOrder, Key, KeyValue, TooLongToTell
from hourloom.activities.service.activities import Activities
from hourloom.core.clock import DAY, HOUR, MINUTE, Instant, format_instant
from hourloom.testing import ServerInMemory
from tests.activities.lanes import (
    AFK,
    CODE,
    MIDNIGHT,
    NINE,
    ORDINARY,
    TYPES,
    WINDOW,
    a_day,
    add,
    keep,
    told,
)


@pytest.fixture
def dialect() -> str:
    """Run on one database; what both must do is in `test_lane_days`."""
    return "sqlite"


@pytest.fixture
def server(server: ServerInMemory) -> ServerInMemory:
    """Have recorded a day."""
    a_day(server)
    return server


KEYS: list[tuple[Key, ...]] = [
    (),
    *((key,) for key in get_args(Key)),
    ("category", "title"),
    ("app", "title"),
]


def test_sums_are_the_same_however_they_are_grouped_and_cut(server: ServerInMemory) -> None:
    activities, who = server.service(Activities), server.owner

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.integers(-DAY, 2 * DAY), max_size=5), st.sampled_from(KEYS))
    def hold(cuts: list[int], keys: tuple[Key, ...]) -> None:
        edges = [Instant(MIDNIGHT + at) for at in sorted({-DAY, 2 * DAY, *cuts})]
        with server.database.read():
            sums = activities.sums(who, edges, keys)
        assert sum(each.active for each in sums) == 80 * MINUTE
        assert sum(each.away for each in sums) == 20 * MINUTE
        assert [(each.start, each.end) for each in sums] == list(pairwise(edges))

    hold()


@pytest.mark.parametrize("moments_matter", [False, True])
def test_what_is_told_one_after_the_other_adds_up_to_the_sums(
    server: ServerInMemory, *, moments_matter: bool
) -> None:
    activities, who = server.service(Activities), server.owner
    if moments_matter:
        times = {"field": "time", "times": {"starts": "09:20", "ends": "09:50"}}
        rule = {"conditions": [times], "outcome": {"category_id": 1}, "priority": 1}
        assert server.client_with("activities:write").post("/api/v1/rules", rule).status == 201

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.tuples(st.integers(-DAY, 2 * DAY), st.integers(-DAY, 2 * DAY)).map(sorted),
        st.sampled_from(KEYS),
        st.sampled_from([None, Filter(apps=("firefox",)), Filter(title="docs")]),
        st.booleans(),
    )
    def hold(period: list[int], keys: tuple[Key, ...], where: Filter | None, shared: bool) -> None:  # noqa: FBT001
        start, end = (Instant(MIDNIGHT + at) for at in period)
        with activities.shared() if shared else server.database.read():
            (sums,) = activities.sums(who, [start, end], keys, where)
            told = activities.told(who, start, end, keys, where)
        added: dict[tuple[KeyValue, ...], int] = {}
        for s, e, key in told.stretches:
            added[key] = added.get(key, 0) + e - s
        assert added == {key: lasted for key, lasted in sums.by.items() if lasted}
        assert sum(e - s for s, e in told.away) == sums.away
        times = sorted([*((s, e) for s, e, _ in told.stretches), *told.away])
        assert all(s < e for s, e in times)
        assert all(before[1] <= after[0] for before, after in pairwise(times))
        assert not times or (start <= times[0][0] and times[-1][1] <= end)

    hold()


def test_sums_tell_the_parts_that_a_filter_means(server: ServerInMemory) -> None:
    activities, who = server.service(Activities), server.owner
    edges = [MIDNIGHT, Instant(MIDNIGHT + DAY)]

    def minutes(keys: tuple[Key, ...], **where: Any) -> dict[tuple[Any, ...], float]:
        with server.database.read():
            (sums,) = activities.sums(who, edges, keys, Filter(**where))
        return {key: lasted / MINUTE for key, lasted in sums.by.items()}

    assert minutes(("app",)) == {("vscode",): 60, ("firefox",): 20}
    assert minutes(("domain",), apps=("firefox",)) == {("",): 5, ("python.org",): 15}
    assert minutes(("app",), domains=("python.org",)) == {("firefox",): 15}
    assert minutes(("title",), title="DOCS") == {("Docs",): 20}
    assert minutes(("title",), title="Docs", exact=("title",)) == {("Docs",): 20}
    assert minutes(("app",), title="nowhere") == {}
    assert minutes(("app",), unassigned=True, devices=(99,)) == {}
    assert sum(minutes((), tags=(None,), projects=(None,)).values()) == 80
    with server.database.read():
        assert activities.names(who, "app", ["firefox", "", "unknown"]) == {
            "firefox": "Firefox",
            "": None,
            "unknown": "unknown",
        }
        assert list(activities.names(who, "device", [1]).values()) == ["desk"]
        assert activities.names(who, "tags", [()]) == {(): None}
        assert activities.spans(who, edges[0], edges[1]) == [(NINE, NINE + 80 * MINUTE)]
        assert activities.spans(who, edges[0], edges[1], Filter(apps=("firefox",))) == [
            (NINE + 60 * MINUTE, NINE + 80 * MINUTE)
        ]


def test_the_version_changes_with_what_settled(server: ServerInMemory) -> None:
    activities, who = server.service(Activities), server.owner
    before = activities.version(who)
    assert activities.version(who) == before
    add(server, WINDOW, (300, 301, CODE))
    assert activities.version(who) != before


def test_periods_that_make_no_sense_are_refused(server: ServerInMemory) -> None:
    activities, who = server.service(Activities), server.owner
    with pytest.raises(CutsNotInOrder):
        activities.sums(who, [Instant(2), Instant(1)], ())
    with pytest.raises(TooLongToTell):
        activities.between(who, Instant(0), Instant(200 * 366 * DAY))
    assert activities.sums(who, [], ()) == []


def test_totals_of_deleted_events_count(server: ServerInMemory) -> None:
    """What retention keeps of a quarter of an hour: five minutes of windows, four of them with input."""
    from hourloom.tracking import store as tracking_store

    def write() -> None:
        with server.database.begin() as tx:
            payloads = server.server.recorder.payloads
            who = server.owner.workspace_id
            rows = []
            for bucket, data, lasted in (
                (WINDOW, b'{"app":"Code"}', 3),
                (WINDOW, b'{"app":"Firefox"}', 2),
                (AFK, b'{"status":"not-afk"}', 4),
            ):
                found = tracking_store.bucket_by_name(tx, who, bucket)
                assert found is not None
                number = payloads.number_of(tx, who, data)
                rows.append([found.id, NINE - HOUR, number, lasted * MINUTE])
            tracking_store.add_totals(tx, who, rows)

    server.write(write)
    server.service(Activities).forget()
    found = told(server)
    assert [row[2] for row in found[:2]] == ["vscode", "firefox"]
    assert found[0][0] == -60
    assert sum(end - start for start, end, *_ in found[:2]) == pytest.approx(4)


def test_changes_of_settled_time_are_announced(server: ServerInMemory) -> None:
    def tell() -> None:
        with server.database.begin() as tx:
            server.server.understanding.lanes.news.tell(tx)

    server.write(tell)
    server.changes.clear()
    add(server, WINDOW, (300, 301, CODE))
    add(server, WINDOW, (310, 311, CODE))
    server.write(tell)
    changed = [change for change in server.changes if change.kind == "ActivitiesChanged"]
    assert len(changed) == 1
    assert msgspec.json.decode(changed[0].body) == {
        "started_at": "2026-02-27T14:00:00Z",
        "ended_at": "2026-02-27T14:11:00Z",
    }


def test_settings_say_who_is_there(server: ServerInMemory) -> None:
    add(server, WINDOW, (300, 310, {"app": "zoom"}))
    assert told(server)[-1] == (300, 310, "zoom", "")
    client = server.client_with("settings:write")
    client.request("PUT", "/api/v1/settings/calls_are_present", json={"value": False})
    assert told(server) == ORDINARY


def test_a_call_left_open_over_midnight_ends_where_it_was_quiet_for_too_long(server: ServerInMemory) -> None:
    """Each day is derived by itself, and a late event of one evening moves the end on the next morning."""

    def calls() -> list[tuple[float, float]]:
        with server.database.read():
            until = Instant(MIDNIGHT + 2 * DAY)
            lane = server.service(Activities).between(server.owner, MIDNIGHT, until, Filter(apps=("zoom",)))
        return [((each.start - NINE) / MINUTE, (each.end - NINE) / MINUTE) for each in lane.activities]

    evening, morning = 13 * 60, 23 * 60
    add(server, AFK, (evening, evening + 5, {"status": "not-afk"}))
    add(server, AFK, (evening + 5, morning, {"status": "afk"}))
    add(server, WINDOW, (evening, morning, {"app": "zoom"}))
    for _ in range(2):
        assert calls() == [(evening, evening + 5 + 180)]
        keep(server)
    add(server, AFK, (evening + 60, evening + 61, {"status": "not-afk"}))
    assert calls() == [(evening, evening + 61 + 180)]
    client = server.client_with("settings:write")
    assert client.put("/api/v1/settings/longest_quiet_call_hours", {"value": 12}).status == 200
    assert calls() == [(evening, morning)]
    assert client.put("/api/v1/settings/longest_quiet_call_hours", {"value": 0}).status == 400


def test_the_api_tells_activities_page_by_page(server: ServerInMemory) -> None:
    client = server.client_with("activities:read")
    period = f"start={format_instant(MIDNIGHT)}&end={format_instant(MIDNIGHT + DAY)}".replace("+", "%2B")
    first = client.request("GET", f"/api/v1/activities?{period}&limit=2").json()
    assert [each["app"] for each in first["activities"]] == ["vscode", "firefox"]
    rest = client.request("GET", f"/api/v1/activities?{period}&limit=2&cursor={first['next_cursor']}").json()
    (last,) = rest["activities"]
    assert (last["domain"], last["title"], last["duration_seconds"]) == ("python.org", "Docs", 15 * 60)
    assert rest["next_cursor"] is None
    assert len(rest["away"]) == 1
    (code,) = client.request("GET", f"/api/v1/activities?{period}&app=vscode").json()["activities"]
    assert (code["start"], code["title"]) == ("2026-02-27T09:00:00Z", "a.py - Code")
    events = client.request("GET", f"/api/v1/activities/events?{period}").json()["events"]
    assert {event["bucket"] for event in events} == set(TYPES)
    assert client.request("GET", f"/api/v1/activities?{period}&cursor=!").status == 400
    assert client.request("GET", "/api/v1/activities?start=2026-01-02&end=2026-01-01").status == 400
    assert server.client_with("tracking:read").request("GET", f"/api/v1/activities?{period}").status == 403
