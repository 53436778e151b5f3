"""Measures over the whole server: from events to scores, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from hourloom.testing import Client, ServerInMemory
from tests.reports.test_routes import AFK, MONDAY, WINDOW, record

FIGURES = "/api/v1/measures"


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    code, mail = ({"app": app, "title": "x"} for app in ("code", "thunderbird"))
    day = [(40, code), (5, mail), (20, code), (10, {"app": "never-heard-of"}), (45, code)]
    for number in range(5):
        begins = f"2026-02-{16 + number}T09:00:00Z"
        record(server, WINDOW, "currentwindow", begins, *day)
        record(server, AFK, "afkstatus", begins, (120, {"status": "not-afk"}))
    begins = f"{MONDAY}T09:00:00Z"
    record(server, WINDOW, "currentwindow", begins, *day)
    record(server, AFK, "afkstatus", begins, (120, {"status": "not-afk"}))
    client = server.client_with("reports:read", "settings:write")
    assert client.put("/api/v1/settings/time_zone", {"value": "UTC"}).status == 200
    return client


def asked(client: Client, path: str) -> Any:
    answer = client.get(f"{FIGURES}/{path}")
    assert answer.status == 200, answer.body
    return answer.json()


def test_events_become_a_score_with_all_its_parts(client: Client) -> None:
    found = asked(client, f"day?date={MONDAY}")
    figures = found["figures"]
    # Code is worth 2 and is focus; mail 0, and interrupts; the rest has no score.
    assert figures["active_seconds"] == 120 * 60
    assert figures["unscored_seconds"] == 10 * 60
    assert figures["level_seconds"] == {"-2": 0, "-1": 0, "0": 300, "1": 0, "2": 6300}
    assert figures["pulse"] == pytest.approx(100 * (4 * 105 + 2 * 5) / (4 * 110))
    assert (figures["focus_seconds"], figures["deep_minutes"]) == (6300, 85)
    assert (figures["switches"], figures["visits"]) == (4, 5)
    assert [
        (each["hour"], each["active_seconds"]) for each in figures["hours"] if each["active_seconds"]
    ] == [
        (9, 3600),
        (10, 3600),
    ]
    assert [each["interruptions"] for each in figures["hours"][8:12]] == [0, 1, 0, 0]
    broken = figures["interruptions"]
    assert (broken["count"], broken["median_lag_minutes"]) == (1, 5)
    assert [(each["category"], each["count"]) for each in broken["triggers"]] == [
        ("Communication > Email", 1)
    ]
    assert figures["longest_run"]["category"] == "Work > Programming"
    assert (figures["first_at"], figures["last_at"]) == (f"{MONDAY}T09:00:00Z", f"{MONDAY}T11:00:00Z")
    parts = {part["name"]: part for part in found["score"]["parts"]}
    assert parts["focus_ratio"]["share"] == {
        "value": pytest.approx(105 / 120),
        "numerator": 6300,
        "denominator": 7200,
        "unit": "seconds",
    }
    weighed = sum(part["weight"] * part["points"] for part in parts.values())
    assert found["score"]["value"] == pytest.approx(weighed / sum(part["weight"] for part in parts.values()))


def test_all_measures_answer_over_a_week(client: Client) -> None:
    week = asked(client, "week?date=2026-02-18")
    assert [day["active_seconds"] for day in week["days"]] == [7200] * 5 + [0, 0]
    assert [day["score"] is None for day in week["days"]] == [False] * 5 + [True] * 2
    assert week["figures"]["active_seconds"] == 5 * 7200
    peaks = asked(client, f"peak-hours?date={MONDAY}")
    assert peaks["weekdays"]["enough_data"]
    assert [each["hour"] for each in peaks["weekdays"]["hours"]] == [9, 10]
    assert not peaks["weekends"]["enough_data"]
    trends = asked(client, f"trends?date={MONDAY}")
    assert {series["name"] for series in trends["series"]} >= {"day_score", "switches"}
    assert (trends["shifts"], trends["unusual_days"]) == ([], [])
    assert asked(client, f"recommendations?date={MONDAY}")["recommendations"] == []
    analysis = asked(client, f"analysis?range=week&date={MONDAY}")
    assert analysis["projects"] == [{"project_id": None, "project": None, "seconds": 7200, "share": 1}]
    assert analysis["productive_seconds"] == 6300
    assert [each["kind"] for each in analysis["distraction_patterns"]] == [
        "frequent_switching",
        "interruptions",
        "fragmented_focus",
    ]


@pytest.mark.parametrize("day", ["1971-01-05", "9998-12-15", "2012-01-03"])
def test_the_edges_of_time_are_answered(client: Client, day: str) -> None:
    for path in ("day", "week", "peak-hours", "trends", "recommendations", "analysis"):
        for zone in ("Pacific/Apia", "Pacific/Kiritimati"):
            assert asked(client, f"{path}?date={day}&zone={zone}")["zone"] == zone


def test_nothing_recorded_is_answered_with_nothing(client: Client) -> None:
    for path in ("day", "week", "peak-hours", "trends", "recommendations", "analysis"):
        found = asked(client, f"{path}?date=2020-01-01")
        assert found.get("score", {"value": None})["value"] is None
    assert asked(client, "day?date=2020-01-01")["figures"]["pulse"] is None


def test_weights_are_a_setting(client: Client) -> None:
    before = asked(client, f"day?date={MONDAY}")["score"]["value"]
    weights = {"pulse": 1, "focus_ratio": 0, "deep_share": 0, "fragmentation": 0, "switches": 0}
    assert client.put("/api/v1/settings/day_score_weights", {"value": weights}).status == 200
    after = asked(client, f"day?date={MONDAY}")
    assert after["score"]["value"] == pytest.approx(after["figures"]["pulse"]) != before
    nothing = dict.fromkeys(weights, 0)
    assert client.put("/api/v1/settings/day_score_weights", {"value": nothing}).status == 400


def test_a_category_that_is_worth_less_now_was_worth_less_then(
    client: Client, server: ServerInMemory
) -> None:
    assert asked(client, f"day?date={MONDAY}")["figures"]["level_seconds"]["2"] == 6300
    owner = server.client_with("activities:write")
    found = owner.get("/api/v1/categories").json()["categories"]
    number = next(each["id"] for each in found if each["name"] == "Programming")
    assert owner.request("PATCH", f"/api/v1/categories/{number}", json={"score": -1}).status == 200
    figures = asked(client, f"day?date={MONDAY}")["figures"]
    assert (figures["level_seconds"]["-1"], figures["level_seconds"]["2"]) == (6300, 0)


def test_what_is_wrong_is_said(client: Client, server: ServerInMemory) -> None:
    for path in (
        "day?date=1970-01-05",
        "day?zone=Mars",
        "analysis?range=never",
        "analysis?range=2026-01-01..2025-01-01",
    ):
        answer = client.get(f"{FIGURES}/{path}")
        assert answer.status == 400, path
        assert answer.json()["detail"]
    assert server.client_with("tracking:read").get(f"{FIGURES}/day").status == 403
