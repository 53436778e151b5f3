"""Asks for summaries as ActivityWatch's own clients do; run with a Python that has aw-client."""
# mypy: disable-error-code="import-not-found"

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from aw_client import ActivityWatchClient
from aw_client.classes import get_classes
from aw_client.queries import DesktopQueryParams, canonicalEvents, fullDesktopQuery
from aw_core.models import Event

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WINDOW, AFK, WEB = "aw-watcher-window_peer", "aw-watcher-afk_peer", "aw-watcher-web-firefox_peer"


def events(*stretches: Any) -> list[Event]:
    at, made = START, []
    for minutes, data in stretches:
        made.append(Event(timestamp=at, duration=timedelta(minutes=minutes), data=data))
        at += timedelta(minutes=minutes)
    return made


def main(port: int) -> None:
    client = ActivityWatchClient("summaries", host="127.0.0.1", port=port)
    client.create_bucket(WINDOW, "currentwindow")
    client.create_bucket(AFK, "afkstatus")
    client.create_bucket(WEB, "web.tab.current")
    client.insert_events(
        WINDOW,
        events(
            (30, {"app": "Code", "title": "summary.py"}),
            (20, {"app": "Firefox", "title": "A film"}),
            (10, {"app": "Code", "title": "summary.py"}),
            (15, {"app": "Strange", "title": "Something"}),
        ),
    )
    client.insert_events(AFK, events((65, {"status": "not-afk"}), (10, {"status": "afk"})))
    client.set_setting(
        "classes",
        [
            {"id": 0, "name": ["Making"], "rule": {"type": "none"}},
            {
                "id": 1,
                "name": ["Making", "Code"],
                "rule": {"type": "regex", "regex": "^code$", "ignore_case": True},
            },
            {"id": 2, "name": ["Films"], "rule": {"type": "regex", "regex": "film"}},
        ],
    )
    # With browsers this query of theirs holds "{default_limit}", which no server understands.
    params = DesktopQueryParams(bid_window=WINDOW, bid_afk=AFK, classes=get_classes())
    period = [(START - timedelta(hours=9), START + timedelta(hours=15))]
    full = client.query(fullDesktopQuery(params), period)[0]
    only = DesktopQueryParams(
        bid_window=WINDOW,
        bid_afk=AFK,
        bid_browsers=[WEB],
        classes=get_classes(),
        filter_classes=[["Making", "Code"]],
    )
    chosen = client.query(canonicalEvents(only) + "\nRETURN = events;", period)[0]
    told = {
        "classes": [[name, rule["type"]] for name, rule in get_classes()],
        "duration": full["window"]["duration"],
        "categories": {
            " > ".join(event["data"]["$category"]): event["duration"]
            for event in full["window"]["cat_events"]
        },
        "apps": {event["data"]["app"]: event["duration"] for event in full["window"]["app_events"]},
        "chosen": sum(event["duration"] for event in chosen),
    }
    print(json.dumps(told))


main(int(sys.argv[1]))
