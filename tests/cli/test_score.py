"""`hourloom score`, with a server and without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.program import Program

DAY = "2026-02-16"


def an_export(path: Path) -> Path:
    """Write an hour of work and a glance at mail as ActivityWatch exports it."""

    def event(minute: int, lasted: int, data: dict[str, str]) -> dict[str, object]:
        return {"timestamp": f"{DAY}T10:{minute:02}:00Z", "duration": lasted * 60, "data": data}

    window = [
        event(0, 30, {"app": "code", "title": "x"}),
        event(30, 5, {"app": "thunderbird", "title": "x"}),
        event(35, 25, {"app": "code", "title": "x"}),
    ]
    buckets = {
        name: {"id": name, "type": kind, "client": "test", "hostname": "desk", "events": events}
        for name, kind, events in (
            ("aw-watcher-window_desk", "currentwindow", window),
            ("aw-watcher-afk_desk", "afkstatus", [event(0, 60, {"status": "not-afk"})]),
        )
    }
    for bucket in buckets.values():
        bucket["created"] = f"{DAY}T00:00:00Z"
    path.write_text(json.dumps({"buckets": buckets}), "utf-8")
    return path


def test_a_day_and_a_week_are_scored_with_their_parts(hourloom: Program, tmp_path: Path) -> None:
    hourloom("import", "activitywatch", str(an_export(tmp_path / "in.json")))
    told = hourloom("score", DAY).stdout
    assert f"Monday {DAY}: " in told
    for part in ("pulse", "focus_ratio", "deep_share", "fragmentation", "switches"):
        assert part in told
    assert "55.0 min of 1.0 h" in told
    assert "█" in told
    assert "1 interruptions, back after 5.0 min" in told
    week = hourloom("score", "week", "--date", "2026-02-18").stdout
    assert f"{DAY} to 2026-02-22: " in week
    assert "Mon 2026-02-16" in week
    found = hourloom.json("score", DAY)
    assert found["figures"]["active_seconds"] == 3600
    assert found["score"]["value"] == pytest.approx(
        hourloom.json("score", "week", "--date", DAY)["score"]["value"]
    )
    assert "nothing was recorded" in hourloom("score", "2020-01-01").stderr
    assert "nothing was recorded" in hourloom("score", "yesterday").stderr
    assert "no time zone" in hourloom.refused("score", DAY, "--zone", "Mars/Olympus")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["month"], "there are today, yesterday, day, week"),
        ([DAY, "--date", "2026-02-17"], "give the day once"),
    ],
)
def test_what_is_no_day_is_said(hourloom: Program, words: list[str], said: str) -> None:
    assert said in hourloom("score", *words, code=2).stderr
