"""Status bar, summaries and statistics agree with each other and with what was sent."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hourloom.core.clock import SECOND, Instant
from hourloom.testing import Client, FixedClock, ServerInMemory
from hourloom.tracking.reduction import reduced
from hourloom.wakatime.service import EditorTime
from tests.wakatime.sent import CODE, NINE, a_beat, an_editor, codes, sends

ME = "/api/v1/users/current"
TODAY, SUNDAY = "2026-03-02", "2026-03-01"


@pytest.fixture
def dialect() -> str:
    """Test on SQLite; what differs on PostgreSQL is in a module of its own."""
    return "sqlite"


@pytest.fixture(autouse=True)
def _zone(server: ServerInMemory) -> None:
    server.client_with("settings:write").put("/api/v1/settings/time_zone", {"value": "Europe/Berlin"})


@pytest.fixture
def editor(server: ServerInMemory) -> Client:
    """Have two hours of work on two projects in two editors, some of it yesterday."""
    client = an_editor(server)
    beats = [
        a_beat(-3_600),
        a_beat(-3_300, entity="b.md", language="Markdown", dependencies=["flask", "os"]),
        a_beat(-3_000, project="zeta", branch="dev", user_agent=CODE, is_write=True),
        a_beat(-2_700),
        a_beat(-2_700 + 500, category="debugging", is_write=True),
        a_beat(-2_100),
        a_beat(-900, project=None, language=None, type="domain", entity="example.com", category=None),
        a_beat(-600, machine="laptop"),
        a_beat(-86_400, project="zeta"),
        a_beat(-86_400 + 120, project="zeta"),
    ]
    assert set(codes(sends(client, *beats))) == {201}
    return client


def seconds(listed: list[dict[str, Any]]) -> dict[str, float]:
    return {one["name"]: one["total_seconds"] for one in listed}


def test_the_status_bar_shows_today(editor: Client) -> None:
    for path in ("statusbar/today", "status_bar/today"):
        answer = editor.get(f"{ME}/{path}").json()
        day = answer["data"]
        assert answer["cached_at"] == "2026-03-02T09:00:00Z"
        assert day["grand_total"] == {
            "decimal": "0.50", "digital": "0:30", "hours": 0, "minutes": 30,
            "text": "30 mins", "total_seconds": 1_800.0,
        }  # fmt: skip
        assert seconds(day["categories"]) == {"Coding": 1_400, "Browsing": 300, "Debugging": 100}
        assert seconds(day["projects"]) == {"acme": 1_200, "zeta": 300, "Unknown Project": 300}
        assert seconds(day["languages"]) == {"Python": 1_200, "Other": 300, "Markdown": 300}
        assert seconds(day["editors"]) == {"Vim": 1_500, "VS Code": 300}
        assert seconds(day["operating_systems"]) == {"Linux": 1_800}
        assert seconds(day["machines"]) == {"desk": 1_800}
        assert seconds(day["dependencies"]) == {"flask": 300, "os": 300}
        assert sum(one["percent"] for one in day["projects"]) == pytest.approx(100, abs=0.02)
        assert day["range"] == {
            "date": TODAY, "start": "2026-03-01T23:00:00Z", "end": "2026-03-02T22:59:59Z",
            "text": "Today", "timezone": "Europe/Berlin",
        }  # fmt: skip


def test_lists_have_the_fields_that_clients_read(editor: Client) -> None:
    day = editor.get(f"{ME}/statusbar/today").json()["data"]
    fields = {"decimal", "digital", "hours", "minutes", "name", "percent", "seconds", "text", "total_seconds"}
    lists = (
        "categories",
        "dependencies",
        "editors",
        "languages",
        "machines",
        "operating_systems",
        "projects",
    )
    for name in lists:
        assert [set(one) for one in day[name]] == [fields] * len(day[name]), name
        assert day[name] == sorted(day[name], key=lambda one: -one["total_seconds"])
    assert set(day) == {*lists, "grand_total", "range"}
    assert day["categories"][0] == {
        "decimal": "0.39", "digital": "0:23:20", "hours": 0, "minutes": 23, "name": "Coding",
        "percent": 77.78, "seconds": 20, "text": "23 mins", "total_seconds": 1_400.0,
    }  # fmt: skip


def test_summaries_are_of_days_both_ends_included(editor: Client) -> None:
    answer = editor.get(f"{ME}/summaries?start={SUNDAY}&end=today").json()
    assert [(day["range"]["date"], day["grand_total"]["total_seconds"]) for day in answer["data"]] == [
        (SUNDAY, 120),
        (TODAY, 1_800),
    ]
    assert (answer["start"], answer["end"]) == ("2026-02-28T23:00:00Z", "2026-03-02T22:59:59Z")
    assert answer["cumulative_total"]["seconds"] == 1_920
    assert (answer["daily_average"]["seconds"], answer["daily_average"]["holidays"]) == (960, 0)
    assert answer["timeout"] == 10
    assert (
        answer["data"][1]["grand_total"] == editor.get(f"{ME}/statusbar/today").json()["data"]["grand_total"]
    )
    named = editor.get(f"{ME}/summaries?range=Last 7 Days".replace(" ", "%20")).json()
    assert (len(named["data"]), named["cumulative_total"]["seconds"]) == (7, 1_920)
    assert len(editor.get(f"{ME}/summaries").json()["data"]) == 1


def test_a_project_has_of_a_day_what_it_had_among_others(editor: Client) -> None:
    (day,) = editor.get(f"{ME}/summaries?start=today&end=today&project=acme").json()["data"]
    assert day["grand_total"]["total_seconds"] == 1_200
    assert seconds(day["branches"]) == {"main": 1_200}
    assert seconds(day["entities"]) == {"/home/dev/acme/app.py": 900, "b.md": 300}
    assert {one["type"] for one in day["entities"]} == {"file"}
    (day,) = editor.get(f"{ME}/summaries?start=today&end=today&project=zeta&branches=main,x").json()["data"]
    assert day["grand_total"]["total_seconds"] == 0
    (day,) = editor.get(f"{ME}/summaries?start=today&project=Unknown%20Project").json()["data"]
    assert seconds(day["entities"]) == {"example.com": 300}


def test_the_timeout_is_a_setting_and_shown_beside_totals(server: ServerInMemory, editor: Client) -> None:
    def total(more: str = "") -> tuple[float, float]:
        answer = editor.get(f"{ME}/summaries?start=today{more}").json()
        return answer["timeout"], answer["cumulative_total"]["seconds"]

    assert total() == (10, 1_800)
    assert total("&timeout=60") == (60, 3_000)
    assert total("&timeout=1") == (1, 0)
    server.client_with("settings:write").put("/api/v1/settings/editor_join_minutes", {"value": 6})
    assert total() == (6, 1_300)
    assert editor.get(f"{ME}/stats").json()["data"]["timeout"] == 6
    for wrong in ("0", "61", "x", "nan"):
        assert editor.get(f"{ME}/summaries?timeout={wrong}").status == 400


def test_only_writes_may_be_counted(editor: Client) -> None:
    answer = editor.get(f"{ME}/summaries?start=today&writes_only=true&timeout=60").json()
    assert (answer["cumulative_total"]["seconds"], answer["writes_only"]) == (800, True)


def test_statistics_are_the_sum_of_their_days(editor: Client) -> None:
    data = editor.get(f"{ME}/stats/last_7_days").json()["data"]
    assert (
        data
        == editor.get(f"{ME}/stats").json()["data"]
        == editor.get(f"{ME}/stats?range=last_7_days").json()["data"]
    )
    assert (data["total_seconds"], data["human_readable_total"]) == (1_920, "32 mins")
    assert seconds(data["projects"]) == {"acme": 1_200, "zeta": 420, "Unknown Project": 300}
    assert (data["daily_average"], data["days_minus_holidays"], data["holidays"]) == (960, 2, 5)
    assert data["best_day"] == {"date": TODAY, "text": "30 mins", "total_seconds": 1_800}
    assert (data["status"], data["is_up_to_date"], data["range"]) == ("ok", True, "last_7_days")
    assert editor.get(f"{ME}/stats/yesterday").json()["data"]["total_seconds"] == 120
    assert editor.get(f"{ME}/stats/all_time?project=zeta").json()["data"]["total_seconds"] == 420
    for wrong in ("never", "9999-99", "%00"):
        assert editor.get(f"{ME}/stats/{wrong}").status == 400


def test_all_time_begins_with_the_first_beat(editor: Client) -> None:
    data = editor.get(f"{ME}/all_time_since_today").json()["data"]
    assert (data["total_seconds"], data["text"], data["is_up_to_date"]) == (1_920, "32 mins", True)
    assert (data["range"]["start_date"], data["range"]["end_date"]) == (SUNDAY, TODAY)
    assert editor.get(f"{ME}/all_time_since_today?project=acme").json()["data"]["total_seconds"] == 1_200


def test_spans_are_sliced_by_what_is_asked_for(editor: Client) -> None:
    answer = editor.get(f"{ME}/durations?date={TODAY}").json()
    assert [(one["project"], one["time"] - NINE, one["duration"]) for one in answer["data"]] == [
        ("acme", -3_600, 600),
        ("zeta", -3_000, 300),
        ("acme", -2_700, 600),
        ("Unknown Project", -900, 300),
        ("acme", -600, 0),
    ]
    assert answer["branches"] == ["dev", "main"]
    for name in ("entity", "language", "dependencies", "os", "editor", "category", "machine", "branch"):
        sliced = editor.get(f"{ME}/durations?date=today&slice_by={name}").json()["data"]
        assert sum(one["duration"] for one in sliced) == 1_800, name
        assert all(set(one) == {name, "time", "duration"} for one in sliced)
    one_project = editor.get(f"{ME}/durations?date=today&project=zeta").json()["data"]
    assert [one["duration"] for one in one_project] == [300]
    assert editor.get(f"{ME}/durations?slice_by=mood").status == 400


def test_beats_are_given_back_as_they_came(editor: Client) -> None:
    answer = editor.get(f"{ME}/heartbeats?date={TODAY}").json()
    times = [beat["time"] - NINE for beat in answer["data"]]
    assert times == [-3_600, -3_300, -3_000, -2_700, -2_200, -2_100, -900, -600]
    assert (answer["data"][6]["entity"], answer["data"][6]["type"]) == ("example.com", "domain")
    agents = {one["id"]: one["editor"] for one in editor.get(f"{ME}/user_agents").json()["data"]}
    machines = {one["id"]: one["value"] for one in editor.get(f"{ME}/machine_names").json()["data"]}
    assert [agents[beat["user_agent_id"]] for beat in answer["data"]].count("VS Code") == 1
    assert [machines[beat["machine_name_id"]] for beat in answer["data"]][-2:] == ["desk", "laptop"]
    assert editor.get(f"{ME}/heartbeats?date=someday").status == 400


def test_projects_are_listed_the_last_one_first(editor: Client) -> None:
    found = editor.get(f"{ME}/projects").json()["data"]
    assert [(one["name"], one["last_heartbeat_at"]) for one in found] == [
        ("acme", "2026-03-02T08:50:00Z"),
        ("zeta", "2026-03-02T08:15:00Z"),
    ]
    assert [one["name"] for one in editor.get(f"{ME}/projects?q=AC").json()["data"]] == ["acme"]
    for known in (found[0]["id"], "acme"):
        assert editor.get(f"{ME}/projects/{known}").json()["data"]["name"] == "acme"
    assert editor.get(f"{ME}/projects/nothing").status == 404


def test_whoever_asks_is_shown(server: ServerInMemory, editor: Client) -> None:
    data = editor.get(ME).json()["data"]
    assert (data["id"], data["timezone"], data["timeout"]) == ("1", "Europe/Berlin", 10)
    assert (data["last_heartbeat_at"], data["last_project"]) == ("2026-03-02T08:50:00Z", "acme")
    assert data["last_plugin_name"] == "Vim"
    assert editor.get("/api/v1/users/1").json()["data"] == data


def test_a_goal_that_there_is_not(editor: Client) -> None:
    answer = editor.get(f"{ME}/goals/00000000-0000-4000-8000-000000000000")
    assert (answer.status, answer.json()["error"]) == (404, "There is no such goal.")


def test_without_anything_every_answer_is_empty(server: ServerInMemory) -> None:
    client = an_editor(server)
    assert client.get(f"{ME}/statusbar/today").json()["data"]["grand_total"]["text"] == "0 secs"
    assert client.get(f"{ME}/summaries?range=last_month").json()["cumulative_total"]["seconds"] == 0
    assert client.get(f"{ME}/stats/all_time").json()["data"]["best_day"]["total_seconds"] == 0
    assert client.get(f"{ME}/all_time_since_today").json()["data"]["range"]["start_date"] == TODAY
    assert client.get(ME).json()["data"]["last_heartbeat_at"] is None
    for path in ("durations", "heartbeats", "projects", "user_agents", "machine_names", "external_durations"):
        assert client.get(f"{ME}/{path}").json()["data"] == []


def test_summaries_have_a_bound(editor: Client) -> None:
    assert editor.get(f"{ME}/summaries?start=2020-01-01&end=today").status == 400
    assert editor.get(f"{ME}/summaries?start=today&end=2020-01-01").status == 400


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2025-10-26", 25)])
def test_days_on_which_clocks_change_have_all_of_their_hours(
    server: ServerInMemory, clock: FixedClock, day: str, hours: int
) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = datetime.fromisoformat(day).replace(tzinfo=zone).timestamp()
    end = (datetime.fromisoformat(day) + timedelta(days=1)).replace(tzinfo=zone).timestamp()
    assert end - start == hours * 3_600
    clock.set(f"{day}T23:30:00Z")
    client = an_editor(server)
    client.headers["timezone"] = "Europe/Berlin"
    beats = [a_beat(time=at) for at in range(round(start) - 1_200, round(end) + 1_200, 300)]
    assert set(codes(sends(client, *beats))) == {201}
    answer = client.get(f"{ME}/summaries?start={day}&end={day}").json()
    assert answer["cumulative_total"]["seconds"] == hours * 3_600 - 300
    assert sum(one["duration"] for one in client.get(f"{ME}/durations?date={day}").json()["data"]) == (
        hours * 3_600 - 300
    )


def test_a_day_begins_when_the_user_says(server: ServerInMemory, clock: FixedClock) -> None:
    server.client_with("settings:write").put("/api/v1/settings/day_starts_at", {"value": 240})
    client = an_editor(server)
    night = NINE - 8 * 3_600
    sends(client, a_beat(time=night), a_beat(time=night + 60))
    assert (
        client.get(f"{ME}/summaries?start={SUNDAY}&end={SUNDAY}").json()["cumulative_total"]["seconds"] == 60
    )
    assert client.get(f"{ME}/statusbar/today").json()["data"]["grand_total"]["total_seconds"] == 0
    clock.set("2026-03-02T02:30:00Z")
    assert client.get(f"{ME}/statusbar/today").json()["data"]["range"]["date"] == SUNDAY


def test_a_zone_may_be_named_for_once(editor: Client) -> None:
    (day,) = editor.get(f"{ME}/summaries?start=today&timezone=America/New_York").json()["data"]
    assert (day["range"]["timezone"], day["range"]["start"]) == ("America/New_York", "2026-03-02T05:00:00Z")
    assert editor.get(f"{ME}/summaries?timezone=Nowhere/At_All").status == 400


def test_what_comes_late_is_counted_at_once(server: ServerInMemory, editor: Client) -> None:
    path = f"{ME}/summaries?start={SUNDAY}&end={SUNDAY}"
    assert [editor.get(path).json()["cumulative_total"]["seconds"] for _ in range(2)] == [120, 120]
    sends(editor, a_beat(-86_400 + 240))
    assert editor.get(path).json()["cumulative_total"]["seconds"] == 240
    owner = server.client_with("admin")
    owner.delete("/api/0/buckets/editor-vim_desk?force=1")
    assert editor.get(path).json()["cumulative_total"]["seconds"] == 0


def test_other_features_read_spans_of_a_period(server: ServerInMemory, editor: Client) -> None:
    time = server.service(EditorTime)
    start, end = Instant(round(NINE - 3_100) * SECOND), Instant(round(NINE - 2_700) * SECOND)
    spans = time.durations(server.owner, start, end)
    assert [(span.start // SECOND - NINE, span.length // SECOND, span.key.project) for span in spans] == [
        (-3_300, 300, "acme"),
        (-3_000, 300, "zeta"),
    ]


def test_activitywatchs_queries_do_not_count_editors(server: ServerInMemory, editor: Client) -> None:
    watcher = server.client_with("admin")
    for name, kind, data in [
        ("aw-watcher-window_desk", "currentwindow", {"app": "Vim", "title": "a.py"}),
        ("aw-watcher-afk_desk", "afkstatus", {"status": "not-afk"}),
    ]:
        watcher.post(f"/api/0/buckets/{name}", {"client": "c", "type": kind, "hostname": "desk"})
        event = {"timestamp": "2026-03-02T08:00:00Z", "duration": 3_600, "data": data}
        watcher.post(f"/api/0/buckets/{name}/events", [event])
    canonical = [
        'window = flood(query_bucket(find_bucket("aw-watcher-window_")));',
        'afk = flood(query_bucket(find_bucket("aw-watcher-afk_")));',
        'afk = filter_keyvals(afk, "status", ["not-afk"]);',
        "events = filter_period_intersect(window, afk);",
        "RETURN = sum_durations(events);",
    ]
    period = "2026-03-02T00:00:00+00:00/2026-03-03T00:00:00+00:00"
    answer = watcher.post("/api/0/query", {"query": canonical, "timeperiods": [period]})
    assert answer.json() == [3_600.0]


def test_what_retention_leaves_of_a_beat_still_counts() -> None:
    beat = {"entity": "/secret.py", "project": "p", "language": "Go", "app": "Vim", "type": "file"}
    assert reduced("app.editor.beat", beat) == {"language": "Go", "app": "Vim", "type": "file"}
    site = {"url": "https://bank.example/account?x=1", "app": "Firefox", "type": "url"}
    assert reduced("app.editor.beat", site)["url"] == "https://bank.example/"
