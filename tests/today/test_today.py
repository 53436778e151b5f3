"""What the screens open with: each part as its own operation answers it, and no more than may be read."""

from __future__ import annotations

from typing import Any

import pytest

from hourloom.core.clock import parse_instant
from hourloom.notices.service import Notices
from hourloom.testing import Client, FixedClock, ServerInMemory
from hourloom.today.model import MOST_UNKNOWN, WORTH_ASKING, unknown, untold
from tests.goals.made import terms_as_sent
from tests.reports.test_routes import AFK, MONDAY, WINDOW, a_morning, record

TODAY, FRAME, WAITING = "/api/v1/today", "/api/v1/frame", "/api/v1/waiting"
EVERYTHING = ("reports:read", "goals:write", "settings:write", "notices:read", "tracking:read")
on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    """Record two mornings, a week ago and today, and set two goals."""
    a_morning(server)
    a_morning(server, "2026-03-01")
    record(server, WINDOW, "currentwindow", "2026-03-02T06:00:00Z", (40, {"app": "Qqz", "title": "?"}))
    record(server, AFK, "afkstatus", "2026-03-02T06:00:00Z", (40, {"status": "not-afk"}))
    server.write(
        lambda: server.service(Notices).raised(
            server.owner.workspace_id, "watcher_silent", WINDOW, bucket=WINDOW, minutes=40
        )
    )
    client = server.client_with(*EVERYTHING)
    assert client.put("/api/v1/settings/time_zone", {"value": "UTC"}).status == 200
    for name in ("Long", "Longer"):
        answer = client.post("/api/v1/goals", terms_as_sent(name=name, target=3600 * len(name)))
        assert answer.status == 201, answer.body
    return client


def asked(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status == 200, answer.body
    return answer.json()


@pytest.mark.parametrize("day", ["", MONDAY, "2026-03-01", "2026-02-01"])
@on_sqlite
def test_each_part_is_what_its_own_operation_answers(client: Client, day: str) -> None:
    found = asked(client, f"{TODAY}?date={day}" if day else TODAY)
    day = day or "2026-03-02"
    report, of = "/api/v1/reports", f"range=day&date={day}"
    assert (found["date"], found["today"], found["zone"]) == (day, "2026-03-02", "UTC")
    assert found["categories"] == asked(client, f"{report}/summary?{of}&by=category&limit=12&compare=true")
    assert found["apps"] == asked(client, f"{report}/summary?{of}&by=app&limit=10")
    assert found["timeline"] == asked(client, f"{report}/timeline?{of}&by=category")
    goals = asked(client, "/api/v1/goals")
    kept = [{"goal": each["goal"], "progress": each["progress"]} for each in goals["goals"]]
    # Goals of today did not hold before.
    assert found["goals"] == goals | {"goals": kept if day == "2026-03-02" else []}
    assert found["frame"] == asked(client, FRAME)
    assert asked(client, f"{TODAY}?date={day}&frame=false") == found | {"frame": None}


@on_sqlite
def test_goals_of_a_day_that_is_gone_are_those_of_then(client: Client) -> None:
    terms = terms_as_sent(name="Since then", target=60, starts_on="2026-03-01")
    assert client.post("/api/v1/goals", terms).status == 201

    def told(day: str) -> list[tuple[str, str, str]]:
        found = asked(client, f"{TODAY}?date={day}&frame=false")["goals"]["goals"]
        return [
            (each["goal"]["name"], each["progress"]["first_day"], each["progress"]["state"]) for each in found
        ]

    assert told("2026-03-01") == [("Since then", "2026-03-01", "reached")]
    assert told("2026-02-28") == []
    assert [name for name, _, _ in told("2026-03-02")] == ["Long", "Longer", "Since then"]
    assert told("2026-03-05") == told("2026-03-02")


@on_sqlite
def test_a_zone_moves_all_of_a_day(client: Client) -> None:
    zone = "zone=Pacific/Auckland"
    found = asked(client, f"{TODAY}?date={MONDAY}&{zone}")
    of = f"range=day&date={MONDAY}&{zone}"
    assert found["zone"] == "Pacific/Auckland"
    assert found["timeline"] == asked(client, f"/api/v1/reports/timeline?{of}&by=category")
    assert client.get(f"{TODAY}?zone=Nowhere/Land").status == 400
    assert client.get(f"{TODAY}?date=tomorrow").status == 400


@on_sqlite
def test_the_frame_is_what_settings_notices_and_buckets_say(server: ServerInMemory, client: Client) -> None:
    frame = asked(client, FRAME)
    assert frame["settings"] == {each["name"]: each["value"] for each in asked(client, "/api/v1/settings")}
    assert frame["notices"] == asked(client, "/api/v1/notices")
    buckets = asked(client, "/api/v1/buckets")
    heard = max(each["ended_at"] for each in buckets)
    assert frame["watchers"] == {"buckets": len(buckets), "heard_at": heard, "silent": [WINDOW]}
    assert frame["user_id"] == server.owner.user_id
    assert set(frame["scopes"]) == set(EVERYTHING)
    with server.database.read() as tx:
        assert frame["sequence"] == server.server.live.feed.newest(tx, server.owner.workspace_id) > 0


@on_sqlite
def test_what_waits_is_counted_as_the_inbox_lists_it(client: Client) -> None:
    of = "range=2026-02-17..2026-03-02&unassigned=true&limit=40"
    reports = [asked(client, f"/api/v1/reports/summary?{of}&by={by}") for by in ("app", "domain")]
    rows = [row for report in reports for row in report["rows"] if row["key"] and row["seconds"] >= 600]
    pressing = [
        each
        for each in asked(client, "/api/v1/goals")["goals"]
        if each["progress"]["state"] == "about_to_be_missed"
    ]
    unread = [each for each in asked(client, "/api/v1/notices")["notices"] if not each["read_at"]]
    assert len(rows) > 0
    assert asked(client, WAITING) == {
        "notices": len(unread),
        "unknown": min(10, len(rows)),
        "exports": 0,
        "goals": len(pressing),
    }


@on_sqlite
def test_what_a_token_may_not_read_is_left_out_or_refused(server: ServerInMemory, client: Client) -> None:
    whole = asked(client, TODAY)
    found = asked(server.client_with("reports:read"), TODAY)
    nothing = {"sequence": None, "settings": None, "notices": None, "watchers": None}
    assert found == whole | {
        "goals": None,
        "frame": whole["frame"] | nothing | {"scopes": ["reports:read"]},
    }
    assert asked(server.client_with("settings:read"), FRAME) == whole["frame"] | nothing | {
        "settings": whole["frame"]["settings"],
        "scopes": ["settings:read"],
    }
    waiting = asked(server.client_with("notices:read"), WAITING)
    assert waiting == {"notices": 1, "unknown": None, "exports": None, "goals": None}
    for path, scope in ((TODAY, "settings:read"), (FRAME, "reports:read"), (WAITING, "reports:read")):
        assert server.client_with(scope).get(path).status == 403


@on_sqlite
def test_what_is_known_already_is_not_sent_again(server: ServerInMemory, client: Client) -> None:
    first = client.get(TODAY)
    tag = first.headers["etag"]
    # A browser's cache is a file that nobody seals, and that no erasure and no sign-out reaches.
    assert {first.headers["cache-control"], client.get(FRAME).headers["cache-control"]} == {"no-store"}
    again = client.get(TODAY, headers={"if-none-match": tag})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    record(server, WINDOW, "currentwindow", "2026-03-02T07:00:00Z", (5, {"app": "Code", "title": "new"}))
    assert client.get(TODAY, headers={"if-none-match": tag}).status == 200


@on_sqlite
def test_a_day_begins_with_its_clock_changed_and_at_midnight(
    server: ServerInMemory, client: Client, clock: FixedClock
) -> None:
    assert client.put("/api/v1/settings/time_zone", {"value": "Europe/Berlin"}).status == 200
    timeline = asked(client, f"{TODAY}?date=2026-03-29")["timeline"]
    begun, ended = (parse_instant(timeline[name]) for name in ("started_at", "ended_at"))
    assert ended - begun == 23 * 3600 * 1_000_000
    for now, day in (("2026-03-28T22:59:59Z", "2026-03-28"), ("2026-03-28T23:00:00Z", "2026-03-29")):
        clock.set(now)
        found = asked(client, TODAY)
        assert (found["date"], found["today"], found["goals"]["today"]) == (day, day, day)
        assert found["timeline"]["range"][:10] == day


def test_what_is_worth_a_question_is_counted_up_to_what_is_asked_at_once() -> None:
    assert unknown([("a", WORTH_ASKING), ("b", WORTH_ASKING - 1), (None, 10 * WORTH_ASKING)]) == 1
    assert unknown([("a", WORTH_ASKING)] * 99) == MOST_UNKNOWN


def test_a_goal_of_which_a_notice_tells_does_not_wait_twice() -> None:
    goals = [(1, "Code"), (2, "Read"), (3, "Write")]
    assert untold(goals, [{"goal": "Read"}, {"goal": 3}, {"bucket": "x"}]) == 1
