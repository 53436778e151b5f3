"""Today in a browser against its budget: how soon it is seen and can be used, by a fast and a slow processor.

Playwright and Chromium are needed. A visit is cold: an empty cache, a day of 5,000 events that was not
asked for before. The times of ActivityWatch's own page are those of a study of 2026 with as many events, on
another machine; `webui.py` measures both side by side.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.connection import Connection
from benchmarks.servers import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, StorageState

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
EVENTS = 5_000
FIRST = datetime.fromisoformat("2025-03-03T08:00:00+00:00")
PATIENCE = 120_000

WATCH = """(() => {
  const seen = (globalThis.__seen = { largest: 0, usable: 0, blocked: 0, moved: 0 });
  const watch = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  watch("largest-contentful-paint", (each) => (seen.largest = each.startTime));
  watch("longtask", (each) => (seen.blocked += each.duration - 50));
  watch("layout-shift", (each) => { if (!each.hadRecentInput) seen.moved += each.value; });
  const look = () => {
    if (document.querySelector(%s)) setTimeout(() => (seen.usable = performance.now()));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
"""Notes what a visit is measured by; usable is a page once the frame that has its data is painted."""


@dataclass(frozen=True)
class Measure:
    """What is measured, its budget at full speed and at a quarter, and ActivityWatch's in the study."""

    name: str
    unit: str
    budget: tuple[float, float] | None
    study: str = "-"


MEASURES = {
    "largest": Measure("largest paint", "ms", (250, 700), "1,400-2,500"),
    "usable": Measure("data usable", "ms", (400, 1200), "1,400"),
    "blocked": Measure("blocked by long tasks", "ms", (50, 250)),
    "moved": Measure("moved while it loads", "", (0.02, 0.02)),
    "requests": Measure("requests", "", (6, 6), "48-59"),
    "transfer": Measure("transfer", "kB", (120, 120), "811"),
    "nodes": Measure("nodes", "", (800, 800), "454"),
}
SPEEDS = (1, 4)
Values = dict[tuple[str, int], list[float]]


@dataclass(frozen=True)
class Site:
    """A page to measure: where it is for a day, what tells that its data are there, and how to sign in."""

    name: str
    address: Callable[[str], str]
    shows: str
    sign_in: Callable[["Page"], None] = lambda _page: None


def screens(server: Server, rounds: int) -> str:
    """Measure Today and return its table."""
    if CHROMIUM is None:
        return "Today was not measured: Chromium is not installed."
    days = [record_day(server, number) for number in range(rounds * len(SPEEDS))]
    return table(measured(hourloom_site(server), days))


def hourloom_site(server: Server) -> Site:
    """Return our Today."""
    base = f"http://localhost:{server.port}"

    def sign_in(page: "Page") -> None:
        link = server.run(server.command[0], "open", "--print", "--data-dir", str(server.data_dir))
        page.goto(f"{base}/#{link.partition('#')[2]}")
        page.wait_for_selector("[data-state=live]", state="attached", timeout=PATIENCE)

    return Site(
        "hourloom", lambda day: f"{base}/today/{day}", "section[aria-labelledby=apps] tbody tr", sign_in
    )


def record_day(server: Server, number: int) -> str:
    """Record a day of 5,000 windows in nine hours, and return which."""
    begun, step = FIRST + timedelta(days=number), timedelta(hours=9) / EVENTS
    apps = ["Code", "Firefox", "Slack", "thunderbird", "zoom", "Alacritty", "Spotify", "Gimp"]
    windows = [
        {
            "timestamp": (begun + n * step).isoformat(),
            "duration": step.total_seconds(),
            "data": {"app": apps[n * n % len(apps)], "title": f"Document {n * 7 % 613}"},
        }
        for n in range(EVENTS)
    ]
    here = {"timestamp": begun.isoformat(), "duration": 9 * 3600, "data": {"status": "not-afk"}}
    connection = server.connect()
    try:
        for kind, events in (("currentwindow", windows), ("afkstatus", [here])):
            bucket = f"/api/0/buckets/{kind}_desk"
            post(connection, bucket, {"client": "bench", "type": kind, "hostname": "desk"})
            for at in range(0, len(events), 1000):
                post(connection, f"{bucket}/events", events[at : at + 1000])
    finally:
        connection.close()
    return f"{begun:%Y-%m-%d}"


def post(connection: Connection, path: str, body: object) -> None:
    """Send JSON, or fail."""
    answer = connection.ask("POST", path, json.dumps(body).encode())
    if answer.status not in (200, 304):
        raise RuntimeError(f"{path}: {answer.status}")


def measured(site: Site, days: list[str]) -> Values:
    """Visit each day once, at each speed in turn."""
    values: Values = {}
    with chromium() as browser:
        state = signed_in(browser, site)
        for place, day in enumerate(days):
            speed = SPEEDS[place % len(SPEEDS)]
            for name, value in visit(browser, state, site, day, speed).items():
                values.setdefault((name, speed), []).append(value)
    return values


@contextmanager
def chromium(*more: str) -> Iterator["Browser"]:
    """Run the browser, with more flags where a measurement needs them."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only who measures screens has it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *more])
        try:
            yield browser
        finally:
            browser.close()


def signed_in(browser: "Browser", site: Site) -> "StorageState":
    """Sign in once for all visits."""
    context = browser.new_context(service_workers="block")
    try:
        site.sign_in(context.new_page())
        return context.storage_state()
    finally:
        context.close()


def visit(browser: "Browser", state: "StorageState", site: Site, day: str, speed: int) -> dict[str, float]:
    """Open the page once with nothing kept, and return what that came to."""
    context: BrowserContext = browser.new_context(
        viewport={"width": 1360, "height": 900}, locale="en-GB", storage_state=state, service_workers="block"
    )
    try:
        page = context.new_page()
        page.add_init_script(WATCH % json.dumps(site.shows))
        client = context.new_cdp_session(page)
        client.send("Network.enable")
        client.send("Emulation.setCPUThrottlingRate", {"rate": speed})
        requests: list[str] = []
        sizes: list[float] = []
        page.on("request", lambda request: requests.append(request.url))
        client.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
        page.goto(site.address(day))
        page.wait_for_function("() => globalThis.__seen?.usable > 0", timeout=PATIENCE)
        page.wait_for_load_state("networkidle")
        seen: dict[str, Any] = page.evaluate("globalThis.__seen")
        nodes = page.evaluate("document.querySelectorAll('*').length")
        return seen | {"requests": len(requests), "transfer": sum(sizes) / 1000, "nodes": nodes}
    finally:
        context.close()


def table(values: Values) -> str:
    """Return one line for each measure: medians, budgets and what the study saw."""
    heads = [f"{speed}x" for speed in SPEEDS]
    lines = [
        f"{'Today of 5,000 events, cold':28}"
        + "".join(f"{head:>10} {'budget':>8} {'':6}" for head in heads)
        + "  aw-webui's Activity (study, 5,000 events)"
    ]
    for name, measure in MEASURES.items():
        cells = []
        for place, speed in enumerate(SPEEDS):
            found, budget = median(values[name, speed]), measure.budget
            verdict = "" if budget is None else "kept" if found <= budget[place] else "OVER"
            told = f"{budget[place]:g}" if budget else "-"
            cells.append(
                f"{found:>10,.3g} {told:>8} {verdict:6}"
                if found < 1
                else f"{found:>10,.0f} {told:>8} {verdict:6}"
            )
        title = f"{measure.name}, {measure.unit}".removesuffix(", ")
        lines.append(f"{title:28}{''.join(cells)}  {measure.study}")
    return "\n".join(lines)
