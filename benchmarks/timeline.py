"""The lanes of a day in a browser: first paint after the data, and frames while zooming and moving.

    python -m benchmarks.timeline [--rounds N] [--events 5000 50000]

Playwright and Chromium are needed, and the screens built. A frame is the time between two pictures that the
browser shows, of which there are no more than 60 a second: 16.7 ms is as good as can be. Those of a page at
rest say how busy the machine was with other things; drawing is what the script itself takes for a frame.
"""

import argparse
import json
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.connection import Connection
from benchmarks.screens import CHROMIUM, PATIENCE, SPEEDS, chromium, post
from benchmarks.servers import Server, hourloom

if TYPE_CHECKING:
    from playwright.sync_api import Browser, StorageState

COUNTS = (5_000, 50_000)
FIRST = datetime.fromisoformat("2025-04-07T00:00:00+00:00")
BUDGETS = {
    "first paint": (100.0, 300.0),
    "zooming": (20.0, 33.0),
    "moving": (20.0, 33.0),
    "drawing": (8.0, 16.0),
}
"""Milliseconds: of the first paint, and of 95 in a hundred frames, at full speed and at a quarter."""
MOST_NODES = 400
AT_ONCE = 2_000

NOTE = """(() => {
  const told = (globalThis.__told = { data: 0, drawn: 0 });
  const asked = globalThis.fetch;
  globalThis.fetch = async (...given) => {
    const answer = await asked(...given);
    const url = String(given[0]?.url ?? given[0]);
    if (!url.includes("/reports/timeline")) return answer;
    const text = answer.text.bind(answer);
    answer.text = async () => { const found = await text(); told.data = performance.now(); return found; };
    return answer;
  };
  const mark = performance.mark.bind(performance);
  const frame = globalThis.requestAnimationFrame.bind(globalThis);
  globalThis.__drawing = [];
  globalThis.requestAnimationFrame = (work) => frame((at) => {
    const begun = performance.now();
    work(at);
    if (globalThis.__drew) globalThis.__drawing.push(performance.now() - begun);
    globalThis.__drew = false;
  });
  performance.mark = (name, ...more) => {
    globalThis.__drew = globalThis.__drew || name === "timeline.drawn";
    if (name === "timeline.drawn" && told.data && !told.drawn)
      requestAnimationFrame(() => setTimeout(() => {
        told.drawn = told.drawn || performance.now();
        document.documentElement.dataset.drawn = "yes";
      }));
    return mark(name, ...more);
  };
})()"""
"""Notes when the last of the lanes was there, and when the first picture of them was painted."""

FRAMES = """async ([way, frames]) => {
  const board = document.querySelector('[role=application]');
  const box = board.getBoundingClientRect();
  const turn = (deltaY, more = {}) => board.dispatchEvent(new WheelEvent("wheel",
    { deltaY, clientX: box.left + box.width * 0.4, clientY: box.top + 60, bubbles: true, cancelable: true,
      ...more }));
  const next = () => new Promise(requestAnimationFrame);
  if (way === "moving") for (let n = 0; n < 8; n++) { turn(-100); await next(); }
  const times = [];
  let before = await next();
  for (let n = 0; n < frames; n++) {
    if (way === "zooming") turn(n % 60 < 30 ? -60 : 60);
    else if (way === "moving") turn(0, { deltaX: n % 80 < 40 ? 40 : -40 });
    const now = await next();
    times.push(now - before);
    before = now;
  }
  return times;
}"""


def record_day(server: Server, number: int, events: int) -> str:
    """Record a day of so many windows, most of them shorter than a pixel shows, and return which."""
    begun, step = FIRST + timedelta(days=number), timedelta(hours=23) / events
    apps = ["Code", "Firefox", "Slack", "thunderbird", "zoom", "Alacritty", "Spotify", "Gimp"]
    here = {"timestamp": begun.isoformat(), "duration": 23 * 3600, "data": {"status": "not-afk"}}
    connection = server.connect()
    try:
        for kind in ("currentwindow", "afkstatus"):
            bucket = f"/api/0/buckets/{kind}_desk"
            post(connection, bucket, {"client": "bench", "type": kind, "hostname": "desk"})
        post(connection, "/api/0/buckets/afkstatus_desk/events", [here])
        for at in range(0, events, AT_ONCE):
            some = [
                {
                    "timestamp": (begun + n * step).isoformat(),
                    "duration": step.total_seconds(),
                    "data": {"app": apps[n * n % len(apps)], "title": f"Document {n * 7 % 1613}"},
                }
                for n in range(at, min(events, at + AT_ONCE))
            ]
            post(connection, "/api/0/buckets/currentwindow_desk/events", some)
        zone: Connection = connection
        zone.ask("PUT", "/api/v1/settings/time_zone", json.dumps({"value": "UTC"}).encode())
    finally:
        connection.close()
    return f"{begun:%Y-%m-%d}"


def measured(
    browser: "Browser", state: "StorageState", base: str, day: str, speed: int, frames: int
) -> dict[str, float]:
    """Open a day once, then zoom and move."""
    context = browser.new_context(viewport={"width": 1360, "height": 900}, storage_state=state)
    try:
        page = context.new_page()
        page.add_init_script(NOTE)
        slow = context.new_cdp_session(page)
        slow.send("Emulation.setCPUThrottlingRate", {"rate": speed})
        page.goto(f"{base}/timeline/{day}?as=lanes")
        page.wait_for_selector("html[data-drawn]", state="attached", timeout=PATIENCE)
        told = page.evaluate("globalThis.__told")
        found = {"first paint": told["drawn"] - told["data"]}
        for way in ("resting", "zooming", "moving"):
            times = sorted(page.evaluate(FRAMES, [way, frames]))
            found[way] = times[int(len(times) * 0.95)]
        drawing = sorted(page.evaluate("globalThis.__drawing"))
        found["drawing"] = drawing[int(len(drawing) * 0.95)]
        found["nodes"] = page.evaluate("document.querySelectorAll('*').length")
        return found
    finally:
        context.close()


def timeline(server: Server, rounds: int, counts: tuple[int, ...] = COUNTS, frames: int = 240) -> str:
    """Measure and return the table."""
    days = {events: record_day(server, number, events) for number, events in enumerate(counts)}
    base = f"http://localhost:{server.port}"
    values: dict[tuple[str, int, int], list[float]] = {}
    with chromium() as browser:
        page = browser.new_page()
        link = server.run(server.command[0], "open", "--print", "--data-dir", str(server.data_dir))
        page.goto(f"{base}/#{link.partition('#')[2].strip()}")
        page.wait_for_selector("[data-state=live]", state="attached", timeout=PATIENCE)
        state = page.context.storage_state()
        for _ in range(rounds):
            for events, day in days.items():
                for speed in SPEEDS:
                    for name, value in measured(browser, state, base, day, speed, frames).items():
                        values.setdefault((name, events, speed), []).append(value)
    return table(values)


def table(values: dict[tuple[str, int, int], list[float]]) -> str:
    """Return what was measured beside its budget."""
    lines = ["| | events | processor | median | budget | |", "|---|---|---|---|---|---|"]
    for (name, events, speed), found in sorted(values.items()):
        if name == "resting":
            lines.append(f"| frame p95, {name} | {events:,} | 1/{speed} | {median(found):.1f} ms | | |")
            continue
        budget: Any = BUDGETS[name][SPEEDS.index(speed)] if name in BUDGETS else MOST_NODES
        held = "holds" if round(median(found)) <= budget else f"{median(found) / budget:.1f} x"
        what = name if name in ("first paint", "nodes") else f"frame p95, {name}"
        unit = "" if name == "nodes" else " ms"
        lines.append(
            f"| {what} | {events:,} | 1/{speed} | {median(found):.1f}{unit} | {budget:g}{unit} | {held} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure on a server of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, nargs="+", default=list(COUNTS))
    parser.add_argument("--frames", type=int, default=240)
    given = parser.parse_args()
    if CHROMIUM is None:
        raise SystemExit("Chromium is not installed.")
    with tempfile.TemporaryDirectory(prefix="hourloom-timeline-") as folder:
        server = hourloom(Path(folder))
        server.start()
        try:
            print(timeline(server, given.rounds, tuple(given.events), given.frames))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
