"""What must hold of every page, in each scheme and at each width.

No violation of WCAG that a program can see, no complaint on the console or of the policy, no scrolling
sideways, not too many nodes.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

import hatch_build
from tests.plugins.figures import Figure
from tests.polling import until
from tests.ui.conftest import PATIENCE, ROOT
from tests.web.asking import RealServer
from tests.web.browser import Faults, Scheme

AXE = hatch_build.SOURCES / "node_modules" / "axe-core" / "axe.min.js"
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="axe is not installed: no npm")
WIDE, PHONE, NARROW = 1360, 390, 320
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

DAY = "2026-11-18"
ADDRESSES = {
    "today": [f"/today/{DAY}", "/today"],
    "timeline": [f"/timeline/{DAY}"],
    "week": [f"/week/{DAY}"],
    "reports": [f"/reports?range=week&date={DAY}"],
    "raw": ["/raw", "/raw/aw-watcher-window_{host}", "/raw/query"],
    "goals": ["/goals", "/goals/new"],
    "settings": ["/settings/general", "/settings/privacy", "/settings/data", "/settings/advanced"],
    "setup": ["/setup", "/setup/more", "/setup/categories", "/setup/done"],
}
"""Where there is something to see; any other page is looked at as it opens."""
REQUESTS, TRANSFER = 6, 120_000
BUSY_DAY, BUSY_EVENTS = "2026-10-20", 5_000
NODES = {"today": 800, "timeline": 400, "week": 1500}


def names() -> list[str]:
    text = (ROOT / "ui" / "src" / "pages.ts").read_text("utf-8")
    return re.findall(r'\bname: "([a-z-]+)"', text)


@pytest.fixture(scope="module")
def opened(browser: Browser, signed_in: StorageState) -> Iterator[Page]:
    """Keep one window for all pages."""
    context: BrowserContext = browser.new_context(
        viewport={"width": WIDE, "height": 900},
        locale="en-GB",
        timezone_id="UTC",
        storage_state=signed_in,
        service_workers="block",
    )
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def seen(opened: Page) -> Faults:
    return Faults(opened)


def show(page: Page, server: RealServer, address: str) -> None:
    """Open an address and wait until all it asked for is there."""
    page.goto(f"http://localhost:{server.port}{address}", wait_until="networkidle")
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    # What comes over the live socket is no request.
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def addresses(name: str, server: RealServer) -> list[str]:
    found = ADDRESSES.get(name, [f"/{name}"])
    host = server.owner("GET", "/api/v1/buckets")[0]["hostname"]
    return [address.format(host=host) for address in found]


def violations(page: Page, only: str = "") -> list[str]:
    """Return what axe finds against WCAG 2.2 A and AA, each with the places where."""
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE.read_text("utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    asked = {"type": "rule", "values": [only]} if only else {"type": "tag", "values": tags}
    found = page.evaluate(
        "only => axe.run(document, { runOnly: only, resultTypes: ['violations'] })"
        ".then(({ violations }) => violations.flatMap(({ id, nodes }) =>"
        "  nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`)))",
        asked,
    )
    return [str(each) for each in found]


def keeps_rules(page: Page, where: str, only: str = "") -> None:
    """Demand that axe finds nothing."""
    found = violations(page, only)
    assert not found, "\n".join([where, *found])


def fits(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    # What follows the width is drawn in the next frame.
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    reached = page.evaluate("document.documentElement.scrollWidth")
    wide = page.evaluate(
        "width => [...document.querySelectorAll('body *')].filter((each) => each.checkVisibility() &&"
        " each.getBoundingClientRect().right > width + 1).slice(-3).map((each) => each.outerHTML)",
        width,
    )
    assert reached <= width, wide


@needs_axe
@pytest.mark.parametrize("name", names())
def test_a_page_keeps_the_rules(opened: Page, seen: Faults, server: RealServer, name: str) -> None:
    opened.emulate_media(color_scheme="light")
    opened.set_viewport_size({"width": WIDE, "height": 900})
    address = addresses(name, server)[0]
    show(opened, server, address)
    keeps_rules(opened, address)
    fits(opened, NARROW)
    assert seen.found == []


@pytest.mark.soak
@needs_axe
@pytest.mark.parametrize("name", names())
def test_a_page_keeps_all_rules(opened: Page, seen: Faults, server: RealServer, name: str) -> None:
    for address in addresses(name, server):
        opened.set_viewport_size({"width": WIDE, "height": 900})
        opened.emulate_media(color_scheme="light")
        show(opened, server, address)
        for width in (WIDE, PHONE):
            fits(opened, width)
            opened.emulate_media(color_scheme="light")
            keeps_rules(opened, f"{address} {width}")
            # A scheme changes nothing but colours.
            opened.emulate_media(color_scheme="dark")
            keeps_rules(opened, f"{address} {width} dark", "color-contrast")
        fits(opened, NARROW)
    assert seen.found == []


@needs_axe
def test_what_opens_over_a_page_keeps_them_too(opened: Page, server: RealServer) -> None:
    opened.set_viewport_size({"width": WIDE, "height": 900})
    show(opened, server, f"/today/{DAY}")
    for key in ("Control+k", "?"):
        opened.keyboard.press(key)
        expect(opened.get_by_role("dialog"), key).to_be_visible()
        for scheme in SCHEMES:
            opened.emulate_media(color_scheme=scheme)
            keeps_rules(opened, f"{key} {scheme}")
        opened.keyboard.press("Escape")
        expect(opened.get_by_role("dialog")).to_be_hidden()


@needs_axe
def test_the_way_in_keeps_them_too(browser: Browser, server: RealServer) -> None:
    context = browser.new_context(viewport={"width": PHONE, "height": 844})
    try:
        page = context.new_page()
        faults = Faults(page)
        page.goto(f"http://localhost:{server.port}/")
        expect(page.get_by_role("heading", name="Hourloom")).to_be_visible()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            keeps_rules(page, scheme)
        fits(page, NARROW)
        assert faults.found == []
    finally:
        context.close()


@pytest.mark.parametrize("name", [name for name in names() if name in NODES])
def test_a_page_has_not_too_many_nodes(opened: Page, server: RealServer, figure: Figure, name: str) -> None:
    opened.set_viewport_size({"width": WIDE, "height": 900})
    show(opened, server, ADDRESSES[name][0])
    nodes = opened.evaluate("document.querySelectorAll('*').length")
    figure(f"nodes of {name}", f"{nodes} of {NODES[name]}")
    assert nodes <= NODES[name]


@pytest.fixture(scope="module")
def busy_day(server: RealServer) -> str:
    """Record a day of 5,000 windows in nine hours."""
    kinds = {each["type"]: each["name"] for each in server.owner("GET", "/api/v1/buckets")}
    begun, step = (
        datetime.fromisoformat(f"{BUSY_DAY}T08:00:00+00:00"),
        timedelta(seconds=9 * 3600 / BUSY_EVENTS),
    )
    apps = ["Code", "Firefox", "Slack", "thunderbird", "zoom", "Alacritty", "Spotify", "Gimp"]
    windows = [
        {
            "timestamp": (begun + n * step).isoformat(),
            "duration": step.total_seconds(),
            "data": {"app": apps[n * n % len(apps)], "title": f"Document {n * 7 % 613}"},
        }
        for n in range(BUSY_EVENTS)
    ]
    here = {"timestamp": begun.isoformat(), "duration": 9 * 3600, "data": {"status": "not-afk"}}
    with server.connect(unix=True) as connection:
        for name, events in ((kinds["currentwindow"], windows), (kinds["afkstatus"], [here])):
            for at in range(0, len(events), 1000):
                path = f"/api/0/buckets/{name}/events"
                answer = connection.ask("POST", path, content=json.dumps(events[at : at + 1000]))
                assert answer.status == 200, answer
    # A page that hears of what was recorded asks again; here it is to be told before.
    until(lambda: tells_more(server), lambda more: not more)
    return f"/today/{BUSY_DAY}"


def tells_more(server: RealServer) -> bool:
    """Return whether the live feed tells of anything within some turns; it does so at most once a second."""
    before = server.owner("GET", "/api/v1/frame")["sequence"]
    time.sleep(3)
    return bool(server.owner("GET", "/api/v1/frame")["sequence"] != before)


def test_the_document_asks_for_the_day_before_any_script_has_come(
    browser: Browser, signed_in: StorageState, server: RealServer
) -> None:
    context = browser.new_context(storage_state=signed_in, service_workers="block")
    try:
        page = context.new_page()
        faults = Faults(page)
        page.route("**/assets/*.js", lambda route: None)
        with page.expect_response(lambda answer: "/api/v1/today" in answer.url) as asked:
            page.goto(f"http://localhost:{server.port}/today/{BUSY_DAY}", wait_until="commit")
        assert asked.value.url.endswith(f"?date={BUSY_DAY}")
        assert asked.value.status == 200
        assert faults.found == []
    finally:
        context.close()


def test_today_comes_in_few_and_small_answers(
    browser: Browser, signed_in: StorageState, server: RealServer, figure: Figure, busy_day: str
) -> None:
    context = browser.new_context(storage_state=signed_in, service_workers="block", locale="en-GB")
    try:
        page = context.new_page()
        faults = Faults(page)
        client = context.new_cdp_session(page)
        client.send("Network.enable")
        sizes: list[float] = []
        client.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        show(page, server, busy_day)
        # The live feed is the last that is asked for, and what it says by itself costs no request.
        page.wait_for_selector("[data-state=live]", state="attached", timeout=PATIENCE)
        page.evaluate("() => new Promise((done) => requestIdleCallback(done))")
        expect(page.get_by_role("region", name="Score")).to_have_attribute("aria-busy", "false")
        nodes = page.evaluate("document.querySelectorAll('*').length")
        figure(
            "Today of 5,000 events, cold",
            f"{len(asked)} requests and a socket, {sum(sizes):.0f} bytes, {nodes} nodes",
        )
        assert len(asked) <= REQUESTS, asked
        assert len(sockets) == 1
        assert sum(sizes) <= TRANSFER
        assert nodes <= NODES["today"]
        assert faults.found == []
    finally:
        context.close()
