"""Write the demonstration through a way to the server, for this computer's time zone and today."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from hourloom.cli.handed import Count, Invented
from hourloom.demo.days import DAYS, period
from hourloom.demo.writer import fill
from hourloom.sdk.api import JSON, Way, checked

SEED = 1
LOCALTIME = Path("/etc/localtime")


def fill_demo(way: Way, count: Count) -> Invented:
    """Write all events that have ended by now; return how many they are, and of which days."""

    def post(path: str, body: bytes) -> bytes:
        return checked(way.request("POST", path, body, JSON)).body

    zone = local_zone()
    today = datetime.now(ZoneInfo(zone)).date()
    events = fill(post, today, zone, SEED, count, time.time_ns() // 1000)
    first = period(today, ZoneInfo(zone), SEED).first
    return Invented(events, first, first + timedelta(days=DAYS - 1))


def local_zone(environment: Mapping[str, str] = os.environ, localtime: Path = LOCALTIME) -> str:
    """Return the name of this computer's time zone, or UTC where it cannot be told."""
    told = environment.get("TZ", "").removeprefix(":")
    if not told and localtime.is_symlink():
        told = str(localtime.resolve()).partition("zoneinfo/")[2]
    return told if told in available_timezones() else "UTC"
