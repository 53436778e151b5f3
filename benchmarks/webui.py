"""The screens beside ActivityWatch's, in a browser: what a day and the timeline take, and how they move.

Chromium is needed; without HOURLOOM_AW_WEBUI, a directory with a built aw-webui, ours are measured alone.
Each visit has an empty cache and a day that neither server was asked for before, in a browser as people have
it but for graphics, which are drawn by the processor. How a page moves is measured in another one, in which
frames come as fast as they are ready, so that a frame's time is what it costs; a page that waits for its data
would take the processors from the server there.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import results as figures
from benchmarks.backups import run
from benchmarks.connection import Address, Connection
from benchmarks.load import percentile
from benchmarks.queries import HOST
from benchmarks.reports import wait_for_kept_days
from benchmarks.results import OURS, Figure
from benchmarks.scenarios import Stage
from benchmarks.screens import chromium
from benchmarks.servers import PEERS_PYTHON, Server
from benchmarks.year import Year

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, StorageState

WEBUI = "HOURLOOM_AW_WEBUI"
"""The variable that names the directory of a built aw-webui."""
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
"""The browser asks nobody but the servers here."""
UNPACED = ["--disable-frame-rate-limit", "--disable-gpu-vsync"]
PATIENCE = 300.0
"""Seconds that a page may take."""
REST = 1.0
"""A page is at rest when it has asked for nothing for so many seconds."""
LONG = 50.0
"""Milliseconds that a task may take before the browser tells of it."""
NEAR, CLOSE = 16, 16
"""After so many turns of the wheel a quarter of the view is left; so many more come closer still."""
ASIDE = 20
"""So many turns go aside, twice as many the other way."""

WATCH = """(() => {
  const seen = (globalThis.__seen = { useful: 0, whole: 0, largest: 0, longest: 0 });
  const told = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  told("largest-contentful-paint", (each) => (seen.largest = each.startTime));
  told("longtask", (each) => (seen.longest = Math.max(seen.longest, each.duration)));
  const after = (name) => setTimeout(() => (seen[name] = performance.now()));
  const wanted = new Map([["useful", () => (%(useful)s)], ["whole", () => (%(whole)s)]]);
  const look = () => {
    for (const [name, there] of wanted) if (document.body && there()) wanted.delete(name), after(name);
    if (wanted.size) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
"""Looks in each frame for what is waited for, and notes when the frame that has it was painted."""

CLOCK = """(() => {
  const ahead = %d - Date.now(), Real = Date;
  globalThis.Date = new Proxy(Real, {
    construct: (type, given) => (given.length ? new type(...given) : new type(Real.now() + ahead)),
    get: (type, name) => (name === "now" ? () => Real.now() + ahead : type[name]),
  });
})()"""
"""Lets a page believe that it is another time: ActivityWatch's timeline opens on the last hours only."""

TURN = """async ([selector, turns]) => {
  const box = document.querySelector(selector).getBoundingClientRect();
  const [clientX, clientY] = [box.left + box.width * 0.55, box.top + box.height / 2];
  const dot = document.body.appendChild(document.createElement("div"));
  Object.assign(dot.style, { position: "fixed", top: 0, width: "1px", height: "1px", contain: "strict" });
  const frame = () => new Promise(requestAnimationFrame);
  const times = [];
  let before = await frame();
  for (const [deltaX, deltaY] of turns) {
    const [wheelDeltaX, wheelDeltaY] = [Math.round(-1.2 * deltaX), Math.round(-1.2 * deltaY)];
    const way = { deltaX, deltaY, wheelDeltaX, wheelDeltaY, clientX, clientY };
    const wheel = new WheelEvent("wheel", { bubbles: true, cancelable: true, ...way });
    document.elementFromPoint(clientX, clientY).dispatchEvent(wheel);
    dot.style.background = times.length % 2 ? "black" : "white";
    const now = await frame();
    times.push(now - before);
    before = now;
  }
  dot.remove();
  return times;
}"""
"""Turns the wheel once in each frame and returns how long the frames took.

Frames come without a pause only while the page itself changes; a canvas does not count, hence the dot.
"""


Look = Callable[["Page", "Screen", "Wire"], dict[Figure, float]]
"""What is measured of a page that is there."""


@dataclass(frozen=True)
class Screen:
    """A page: its address, how to tell that it shows something of the day and all of it, and its figures."""

    path: str
    useful: str
    whole: str
    figures: dict[str, Figure]
    board: str = ""
    closer: float = 0
    aside: float = 0


DAY = {
    "requests": figures.DAY_REQUESTS,
    "transfer": figures.DAY_TRANSFER,
    "largest": figures.DAY_LARGEST,
    "useful": figures.DAY_USEFUL,
    "whole": figures.DAY_WHOLE,
    "longest": figures.DAY_LONGEST,
    "nodes": figures.DAY_NODES,
}
TIMELINE = {
    "requests": figures.TIMELINE_REQUESTS,
    "transfer": figures.TIMELINE_TRANSFER,
    "useful": figures.TIMELINE_PAINT,
    "longest": figures.TIMELINE_LONGEST,
    "nodes": figures.TIMELINE_NODES,
}
PAINTED = """(() => {
  const board = document.querySelector("[role=application] canvas");
  if (!board || board.width < 400) return false;
  const seen = board.getContext("2d").getImageData(0, 40, board.width, 1).data;
  return seen.some((part, index) => index % 4 === 3 && part > 0);
})()"""
"""Something is drawn in the uppermost lane."""
OUR_SCREENS = [
    Screen(
        "/today/{day}",
        "document.querySelector('[aria-labelledby=categories] tbody tr')",
        "['.lane canvas', '[aria-labelledby=categories] tbody tr', '[aria-labelledby=apps] tbody tr', "
        "'[aria-labelledby=score] tbody tr'].every((each) => document.querySelector(each))",
        DAY,
    ),
    Screen("/timeline/{day}", PAINTED, PAINTED, TIMELINE, "[role=application]", closer=-35, aside=40),
]
THEIR_SCREENS = [
    Screen(
        f"/#/activity/{HOST}/day/{{day}}/view/",
        "document.querySelector('.aw-summary-container g rect')",
        "document.querySelectorAll('.aw-summary-container g rect').length > 14 && "
        "document.querySelector('#bar-chart') && document.querySelector('.category-value') && "
        "document.querySelector('.viewport svg path') && !document.body.textContent.includes('Loading')",
        DAY,
    ),
    Screen(
        "/#/timeline",
        "document.querySelectorAll('.vis-item').length > 20",
        "document.querySelectorAll('.vis-item').length > 20",
        TIMELINE,
        "#visualization",
        closer=-45,
        aside=96,
    ),
]


def settle(stage: Stage) -> None:
    """Wait until the server has done what it does once with a year."""
    stage.server.start_if_stopped()
    token = run(stage, "token", "create", "--scopes", "jobs:read").strip()
    wait_for_kept_days(Connection(Address(stage.server.port, token)))


@contextmanager
def with_screens(servers: list[Server]) -> Iterator[list[Server]]:
    """Run the servers that have screens, in the zone of the year: ours; aw-server if aw-webui is there."""
    running = [prepared for server in servers if (prepared := with_screen(server))]
    try:
        for server in servers:
            server.stop()
        for server in running:
            server.start()
        yield running
    finally:
        for server in running:
            server.stop()


def with_screen(server: Server) -> Server | None:
    """Return a server that has its screens, on the same data; or None if they are not there."""
    zoned = replace(server, environment=server.environment | {"TZ": "UTC"})
    if server.name == OURS:
        return zoned
    folder, python = os.environ.get(WEBUI), os.environ.get(PEERS_PYTHON)
    if not folder or not python:
        print(f"  webui: aw-webui is left out; {WEBUI} names no directory")
        return None
    program = Path(__file__).with_name("webui_server.py")
    return replace(zoned, command=[python, str(program), folder, *server.command[1:]])


def measure(stage: Stage, year: Year) -> None:
    """Open the pages of a server once, each on a day of its own; before the first time, once unmeasured."""
    screens = OUR_SCREENS if stage.server.name == OURS else THEIR_SCREENS
    tuesday = last_tuesday(year.end) - timedelta(weeks=stage.turn)
    for flags, look in (([], loaded), (UNPACED, frames)):
        with chromium(ALONE, *flags) as browser:
            kept = signed_in(browser, stage.server) if stage.server.name == OURS else None
            for number, screen in enumerate(screens):
                if look is frames and not screen.board:
                    continue
                if not stage.turn:
                    visit(browser, stage.server, screen, tuesday - timedelta(days=70 + number), kept, look)
                found = visit(browser, stage.server, screen, tuesday + timedelta(days=number), kept, look)
                for figure, value in found.items():
                    stage.note(figure, value)


def last_tuesday(before: date) -> date:
    """Return the last day of that name before a day."""
    return before - timedelta(days=(before.weekday() - 2) % 7 + 1)


def signed_in(browser: Browser, server: Server) -> StorageState:
    """Sign in to ours; visits begin with the token that this left."""
    program = str(Path(sys.executable).with_name("hourloom"))
    link = server.run(program, "open", "--print", "--data-dir", str(server.data_dir)).split()[-1]
    with window(browser, None) as context:
        page = context.new_page()
        page.goto(link)
        page.wait_for_selector("[data-state=live]", state="attached", timeout=PATIENCE * 1000)
        return context.storage_state()


@contextmanager
def window(browser: Browser, kept: StorageState | None) -> Iterator[BrowserContext]:
    """Open a window with an empty cache."""
    context = browser.new_context(
        viewport={"width": 1360, "height": 900},
        locale="en-GB",
        timezone_id="UTC",
        service_workers="block",
        storage_state=kept,
    )
    context.set_default_timeout(PATIENCE * 1000)
    try:
        yield context
    finally:
        context.close()


def visit(
    browser: Browser, server: Server, screen: Screen, day: date, kept: StorageState | None, look: Look
) -> dict[Figure, float]:
    """Open a page and return its figures."""
    with window(browser, kept) as context:
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        if server.name != OURS:
            context.add_init_script(CLOCK % (midnight.timestamp() * 1000))
        context.add_init_script(WATCH % {"useful": screen.useful, "whole": screen.whole})
        page = context.new_page()
        wire = Wire(page)
        page.goto(f"http://127.0.0.1:{server.port}{screen.path.format(day=day)}")
        shown(page)
        wire.rest()
        return look(page, screen, wire)


def loaded(page: Page, screen: Screen, wire: Wire) -> dict[Figure, float]:
    """Return what it took until the page was there."""
    seen = page.evaluate("__seen") | {"requests": wire.requests, "transfer": wire.bytes / 1000}
    seen["nodes"] = page.evaluate("document.querySelectorAll('*').length")
    seen["longest"] = max(LONG, seen["longest"])
    return {figure: seen[name] for name, figure in screen.figures.items()}


def shown(page: Page) -> None:
    """Wait until all of the day is painted."""
    ends = time.monotonic() + PATIENCE
    while not page.evaluate("__seen.useful && __seen.whole"):
        if time.monotonic() > ends:
            raise AssertionError(f"{page.url} did not show the day")
        page.wait_for_timeout(100)


class Wire:
    """What a page asks for, and what comes."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.requests, self.bytes, self._last = 0, 0.0, time.monotonic()
        self._open: set[str] = set()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._came)
        session.on("Network.loadingFailed", self._came)

    def rest(self) -> None:
        """Wait until nothing has come for a while."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends and (self._open or time.monotonic() - self._last < REST):
            self._page.wait_for_timeout(100)

    def _asked(self, told: dict[str, Any]) -> None:
        if told["request"]["url"].startswith("http"):
            self.requests += 1
            self._open.add(told["requestId"])
            self._last = time.monotonic()

    def _came(self, told: dict[str, Any]) -> None:
        if told["requestId"] in self._open:
            self._open.discard(told["requestId"])
            self.bytes += told.get("encodedDataLength", 0)
            self._last = time.monotonic()


def frames(page: Page, screen: Screen, _wire: Wire) -> dict[Figure, float]:
    """Come closer, go aside and back, closer still, back again, and return how long the frames took."""
    near, close = [[0, screen.closer]] * NEAR, [[0, screen.closer]] * CLOSE
    aside, other = [[screen.aside, 0]] * ASIDE, [[-screen.aside, 0]] * ASIDE
    closer, moved, still, back = (
        page.evaluate(TURN, [screen.board, turns])
        for turns in (near, aside + other + other + aside, close, [[0, -screen.closer]] * (NEAR + CLOSE))
    )
    zoomed, panned = closer + still + back, moved
    return {
        figures.PAN: percentile(panned, 50),
        figures.PAN_95: percentile(panned, 95),
        figures.ZOOM: percentile(zoomed, 50),
        figures.ZOOM_95: percentile(zoomed, 95),
    }
