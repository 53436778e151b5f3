"""Debian's Chromium, driven by Playwright, on a server with a day of records."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.web.asking import RealServer

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Scheme = Literal["light", "dark"]
WINDOW, AWAY, TAB = "aw-watcher-window_tower", "aw-watcher-afk_tower", "aw-watcher-web-firefox"
LAPTOP = "aw-watcher-window_laptop"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Faults:
    """What a page complained of: errors of its scripts, violations of its policy, requests elsewhere."""

    def __init__(self, page: Page) -> None:
        # Windows of tests have no service worker unless the test is about it.
        self.expected = ["Service Worker registration blocked by Playwright"]
        self._found: list[str] = []
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._found.append(str(error)))

    @property
    def found(self) -> list[str]:
        """Return all that was not expected."""
        return [fault for fault in self._found if not any(part in fault for part in self.expected)]

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self._found.append(f"{kind}: {text}")


def a_link(server: RealServer) -> str:
    """Return the address with which a browser signs in."""
    code = server.owner("POST", "/api/v1/sign-in-codes")["code"]
    return f"http://localhost:{server.port}/#code={code}"


def sign_in(page: Page, server: RealServer) -> None:
    """Open the page by a new link and wait until it is live."""
    page.goto(a_link(server))
    page.wait_for_selector("[data-state=live]", timeout=30_000)


def a_bucket(server: RealServer, name: str, kind: str, host: str) -> None:
    server.owner("POST", "/api/v1/buckets", {"name": name, "type": kind, "client": "test", "hostname": host})


def an_event(server: RealServer, bucket: str, data: dict[str, Any], ago: float, lasted: float = 0) -> None:
    begun = datetime.now(UTC) - timedelta(seconds=ago)
    event = {"started_at": begun.isoformat(), "duration": lasted, "data": data}
    server.owner("POST", f"/api/v1/buckets/{bucket}/events", [event])


def a_heartbeat(server: RealServer, bucket: str, data: dict[str, Any], later: float = 0) -> None:
    """Send a heartbeat as a watcher does: over loopback, without a token; `later` than the one before."""
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=later)
    beat = json.dumps({"timestamp": at.isoformat(), "data": data})
    with server.connect() as connection:
        answer = connection.ask("POST", f"/api/0/buckets/{bucket}/heartbeat?pulsetime=60", content=beat)
        assert answer.status == 200, answer


def a_day(server: RealServer) -> None:
    """Record what a person did in the last hours."""
    a_bucket(server, LAPTOP, "currentwindow", "laptop")
    an_event(server, LAPTOP, {"app": "Terminal", "title": "ssh tower"}, 90_000, 1_800)
    a_bucket(server, TAB, "web.tab.current", "tower")
    a_bucket(server, AWAY, "afkstatus", "tower")
    a_bucket(server, WINDOW, "currentwindow", "tower")
    an_event(server, AWAY, {"status": "not-afk"}, 7_300, 7_290)
    news = {"title": "What\u2019s New In Python 3.11", "url": "https://docs.python.org/3/whatsnew/3.11.html"}
    an_event(server, TAB, news, 5_100, 880)
    for ago, lasted, app, title in [
        (7_300, 1_260, "Thunderbird", "Inbox"),
        (6_040, 940, "Code", "intervals.py — hourloom"),
        (5_100, 880, "Firefox", "What\u2019s New In Python 3.11"),
        (4_220, 2_640, "Code", "test_intervals.py — hourloom"),
        (1_580, 620, "Zoom", "Weekly planning"),
        (960, 950, "LibreOffice Writer", "Offer for the harbour office.odt"),
    ]:
        an_event(server, WINDOW, {"app": app, "title": title}, ago, lasted)
