"""What is kept of the past is as right as what is worked out anew."""

from __future__ import annotations

from typing import Any

from hourloom.activities.model.filter import Filter, filter_of, parameters_of
from hourloom.activities.service.activities import Activities
from hourloom.core.clock import HOUR, parse_instant
from hourloom.testing import ServerInMemory
from tests.activities.lanes import AFK, CODE, WINDOW, a_day, add, days_kept, keep


def ask(server: ServerInMemory, method: str, path: str, body: Any = None, etag: str = "") -> Any:
    """Return an answer to somebody who may do all."""
    more = {} if body is None else {"json": body}
    return server.client_with("admin").request(
        method, path, headers={"if-none-match": etag} if etag else None, **more
    )


def total(server: ServerInMemory, path: str = "range=2026-02-27") -> float:
    answer = ask(server, "GET", f"/api/v1/reports/summary?{path}").json()
    return float(answer["total_seconds"])


def test_days_that_a_clock_ahead_closed_go_on(server: ServerInMemory) -> None:
    a_day(server)
    server.clock.set("2026-03-01T12:00:00Z")
    before = total(server)
    keep(server, 5)
    answer = ask(server, "GET", "/api/v1/reports/summary?range=2026-02-27")
    server.clock.set("2026-02-27T12:00:00Z")
    total(server)
    assert server.server.understanding.lanes.behind is not None
    late = {"app": "Late", "title": ""}
    heartbeat = {"timestamp": "2026-02-27T11:59:00Z", "duration": 0, "data": late}
    ask(server, "POST", f"/api/0/buckets/{WINDOW}/heartbeat?pulsetime=60", heartbeat)
    here = {"timestamp": "2026-02-27T11:58:00Z", "duration": 120, "data": {"status": "not-afk"}}
    ask(server, "POST", f"/api/0/buckets/{AFK}/heartbeat?pulsetime=60", here)
    heartbeat["timestamp"] = "2026-02-27T11:59:30Z"
    ask(server, "POST", f"/api/0/buckets/{WINDOW}/heartbeat?pulsetime=60", heartbeat)
    server.clock.set("2026-03-01T13:00:00Z")

    again = ask(server, "GET", "/api/v1/reports/summary?range=2026-02-27", etag=answer.headers["etag"])

    assert again.status == 200
    assert total(server) == before + 30
    lanes = server.server.understanding.lanes

    def drop() -> None:
        with server.database.begin() as tx:
            lanes.drop_days_of_the_future(tx)

    server.write(drop)
    assert lanes.behind is None
    assert not days_kept(server)
    assert total(server) == before + 30


def test_a_visit_over_midnight_settles_once_it_may_have_lasted(server: ServerInMemory) -> None:
    a_day(server)
    server.clock.set("2026-02-28T12:00:00Z")
    activities, who, now = server.service(Activities), server.owner, parse_instant("2026-02-28T12:00:00Z")
    plain = activities.settled(who, now)
    rule = {"conditions": [{"field": "dwell", "seconds": 7200}], "outcome": {"category_id": 1}}
    assert ask(server, "POST", "/api/v1/rules", rule).status == 201

    assert activities.settled(who, now) == plain - 2 * HOUR


def test_the_zone_of_rules_is_part_of_the_version(server: ServerInMemory) -> None:
    activities = server.service(Activities)
    before = activities.version(server.owner)

    ask(server, "PUT", "/api/v1/settings/time_zone", {"value": "Asia/Kathmandu"})

    assert activities.version(server.owner) != before


def test_a_bucket_that_becomes_another_type_leaves_its_days(server: ServerInMemory) -> None:
    a_day(server)
    server.clock.set("2026-03-01T12:00:00Z")
    assert total(server) == 80 * 60

    body = {"type": "other", "client": "test", "hostname": "desk"}
    assert ask(server, "PUT", f"/api/0/buckets/{AFK}", body).status == 200

    assert total(server) == 90 * 60


def test_none_is_a_source_and_may_be_an_app() -> None:
    assert filter_of({"source": "none"}) == Filter(sources=("none",))
    assert filter_of({"app": "none"}) == Filter(apps=("",))
    for where in (Filter(apps=("none", "", "a,b", "a\\b")), Filter(sources=("none", "rule"))):
        assert filter_of(parameters_of(where)) == where


def test_a_preview_sees_whole_visits_over_midnight(server: ServerInMemory) -> None:
    a_day(server)
    evening = 14 * 60  # an hour before midnight
    add(server, WINDOW, (evening, evening + 120, CODE))
    add(server, AFK, (evening, evening + 120, {"status": "not-afk"}))
    server.clock.set("2026-03-01T12:00:00Z")
    category = ask(server, "POST", "/api/v1/categories", {"name": "Long"}).json()["category"]["id"]
    rule = {"conditions": [{"field": "dwell", "seconds": 7000}], "outcome": {"category_id": category}}
    edit = {"add": rule, "started_at": "2026-02-28T00:00:00Z", "ended_at": "2026-02-28T12:00:00Z"}

    moved = ask(server, "POST", "/api/v1/rules/preview", edit).json()

    assert ask(server, "POST", "/api/v1/rules", rule).status == 201
    window = f"range=2026-02-28T00:00:00Z..2026-02-28T12:00:00Z&category={category}"
    assert total(server, window) == moved["seconds"] == 3600


def test_what_the_shipped_table_gives_goes_where_its_category_goes(server: ServerInMemory) -> None:
    a_day(server)
    listed = ask(server, "GET", "/api/v1/categories").json()["categories"]
    numbers = {" > ".join(each["path"]): each["id"] for each in listed}
    before = ask(server, "GET", "/api/v1/reports/summary?range=2026-02-27&by=category").json()["rows"]
    given = next(row for row in before if row["key"] == "Work > Programming")
    gone = f"/api/v1/categories/{numbers['Work > Programming']}?reassign_to={numbers['Media']}"

    assert ask(server, "DELETE", gone).status == 200

    after = ask(server, "GET", "/api/v1/reports/summary?range=2026-02-27&by=category").json()["rows"]
    assert {row["key"]: row["seconds"] for row in after}["Media"] == given["seconds"]


def test_an_app_is_called_as_it_was_written_the_longest_whatever_was_asked_before(
    server: ServerInMemory,
) -> None:
    a_day(server)
    for day, names in ((2, ("Vim", "vim.exe", "Vim")), (3, ("vim.exe", "Vim", "vim.exe"))):
        at = day * 24 * 60
        add(server, AFK, (at, at + 60, {"status": "not-afk"}))
        for place, name in enumerate(names):
            add(server, WINDOW, (at + 20 * place, at + 20 * place + 20, {"app": name, "title": "x"}))
    server.clock.set("2026-03-05T12:00:00Z")

    def key(day: str) -> list[str]:
        answer = ask(server, "GET", f"/api/v1/reports/summary?range={day}&by=app").json()
        return [row["key"] for row in answer["rows"]]

    asked = [key(day) for day in ("2026-03-01", "2026-03-02", "2026-03-01", "2026-03-01..2026-03-02")]

    assert asked == [["Vim"], ["vim.exe"], ["Vim"], ["Vim"]]


def test_a_goal_counts_a_visit_that_outlasts_its_day(server: ServerInMemory) -> None:
    a_day(server)
    server.clock.set("2026-02-28T00:10:00Z")
    draft = {"name": "v", "measure": "activities", "target": 1, "shortest_seconds": 3600}
    made = ask(server, "POST", "/api/v1/goals", {**draft, "starts_on": "2026-02-27"})
    goal = made.json()["goal"]["id"]
    late = 14 * 60 + 50  # ten minutes before midnight
    add(server, WINDOW, (late, late + 20, CODE))
    add(server, AFK, (late, late + 20, {"status": "not-afk"}))

    def done() -> Any:
        periods = ask(server, "GET", f"/api/v1/goals/{goal}/history").json()["periods"]
        return next(each["done"] for each in periods if each["first_day"] == "2026-02-27")

    before = done()
    add(server, WINDOW, (late + 20, late + 90, CODE))
    add(server, AFK, (late + 20, late + 90, {"status": "not-afk"}))
    server.clock.set("2026-02-28T04:00:00Z")

    assert done() == before + 1
