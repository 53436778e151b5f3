"""The page at `/`, in a real browser against a real server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Browser, BrowserContext, Page, expect  # noqa: E402

from tests.web.asking import RealServer  # noqa: E402
from tests.web.browser import (  # noqa: E402
    AWAY,
    CHROMIUM,
    WINDOW,
    Faults,
    Scheme,
    a_bucket,
    a_day,
    a_heartbeat,
    a_link,
    an_event,
    chromium,
    sign_in,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    # Playwright's own loop runs in this thread.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
WIDTHS = [360, 800, 1280]
SCHEMES: list[Scheme] = ["light", "dark"]
PATIENCE = 10_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    running = RealServer(tmp_path_factory.mktemp("page"))
    try:
        running.wait()
        a_day(running)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(autouse=True)
def faults(page: Page) -> Iterator[Faults]:
    """Demand that no test makes the page complain of anything unexpected."""
    seen = Faults(page)
    yield seen
    assert seen.found == []


def told(page: Page, state: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-state", state, timeout=PATIENCE)


def test_a_link_signs_in_and_leaves_no_trace_in_the_address(page: Page, server: RealServer) -> None:
    link = a_link(server)
    page.goto(link)
    told(page, "live")
    assert page.url == f"http://localhost:{server.port}/"
    assert link.partition("=")[2] not in page.content()
    page.go_back()
    assert "code" not in page.url


def test_watchers_are_listed_with_when_they_were_last_heard(page: Page, server: RealServer) -> None:
    sign_in(page, server)
    watchers = page.locator("#watchers li")
    expect(watchers).to_have_count(4)
    expect(page.locator("#watchers li", has_text=WINDOW)).to_contain_text("currentwindow on tower")
    expect(watchers.last).to_contain_text("heard yesterday")


def test_events_are_listed_the_newest_first(page: Page, server: RealServer) -> None:
    sign_in(page, server)
    expect(page.locator("#events li", has_text="Offer for the harbour office.odt")).to_contain_text("15 min")
    begun = page.locator("#events time").evaluate_all("times => times.map(each => each.dateTime)")
    assert begun == sorted(begun, reverse=True)
    assert len(begun) >= 9


def test_a_heartbeat_arrives_live(page: Page, server: RealServer) -> None:
    sign_in(page, server)
    expect(page.locator("#events li").first).to_be_visible()
    for number in range(3):
        a_heartbeat(server, WINDOW, {"app": "Code", "title": f"arriving-{number}.py"})
        page.wait_for_selector(f"#events li.new:has-text('arriving-{number}.py')", timeout=PATIENCE)


def test_a_second_heartbeat_extends_what_is_shown(page: Page, server: RealServer) -> None:
    sign_in(page, server)
    a_heartbeat(server, AWAY, {"status": "afk"})
    row = page.locator("#events li", has_text="Away")
    expect(row).to_have_count(1)
    expect(row.locator(".lasted")).to_have_text("0 s")
    a_heartbeat(server, AWAY, {"status": "afk"}, later=40)
    expect(row.locator(".lasted")).to_have_text(re.compile("^4[0-3] s$"), timeout=PATIENCE)
    expect(row).to_have_count(1)


def test_presence_is_told_in_words_and_odd_words_are_only_text(page: Page, server: RealServer) -> None:
    sign_in(page, server)
    a_bucket(server, "hourloom-session_tower", "hourloom.session", "tower")
    for state in ({"state": "locked"}, {"state": "constructor"}, {"status": "__proto__"}):
        an_event(server, "hourloom-session_tower", state, 0)
    for said in ("Screen locked", "constructor", "__proto__"):
        expect(page.locator("#events .main", has_text=said)).to_have_count(1, timeout=PATIENCE)


def test_a_new_watcher_appears_by_itself(page: Page, server: RealServer) -> None:
    sign_in(page, server)
    a_bucket(server, "aw-watcher-new", "app.editor.activity", "tower")
    try:
        expect(page.locator("#watchers li", has_text="aw-watcher-new")).to_contain_text("never heard")
    finally:
        server.owner("DELETE", "/api/v1/buckets/aw-watcher-new")
    expect(page.locator("#watchers li", has_text="aw-watcher-new")).to_have_count(0)


HOSTILE = [
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>",
    "\u202egnp.exe \u200f\u05e9\u05dc\u05d5\u05dd\u2067 evil",
    "W" * 10_000,
    "a\u0000b\u0007\u001b[31mred\n\n\nline",
    "{{7*7}} ${7*7} %s </li></ol><h1>x",
]


def test_hostile_titles_are_only_text(page: Page, server: RealServer) -> None:
    a_bucket(server, "hostile", "<b>type</b>", "<i>host</i>")
    try:
        for ago, title in enumerate(HOSTILE):
            an_event(server, "hostile", {"app": title, "title": title, "url": "javascript:alert(1)"}, ago)
        sign_in(page, server)
        rows = page.locator("#events li", has_text="hostile")
        expect(rows).to_have_count(len(HOSTILE))
        for row, title in zip(rows.all(), HOSTILE, strict=True):
            assert row.locator(".main").text_content() == title
            box = row.bounding_box()
            assert box is not None
            assert box["height"] < 130
        assert page.title() == "Hourloom"
        assert page.locator("main :is(img, script, h1, i, b, a)").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    finally:
        server.owner("DELETE", "/api/v1/buckets/hostile")


def test_a_used_link_says_so(page: Page, context: BrowserContext, server: RealServer, faults: Faults) -> None:
    faults.expected.append("401")
    link = a_link(server)
    page.goto(link)
    told(page, "live")
    page.evaluate("localStorage.clear()")
    page.goto("about:blank")
    page.goto(link)
    told(page, "out")
    expect(page.locator("#state")).to_contain_text("used already")
    expect(page.locator("#sign-in")).to_be_visible()


def test_signed_out_the_page_shows_nothing_and_says_what_to_do(page: Page, server: RealServer) -> None:
    page.goto(f"http://localhost:{server.port}/")
    told(page, "out")
    expect(page.locator("#sign-in code")).to_have_text("hourloom open")
    expect(page.locator("#watchers")).to_be_hidden()
    assert "tower" not in page.content()


def test_signing_out_forgets_everything_and_revokes_the_token(page: Page, server: RealServer) -> None:
    sign_in(page, server)
    token = page.evaluate("localStorage.getItem('hourloom.token')")
    page.get_by_role("button", name="Sign out").click()
    told(page, "out")
    assert page.evaluate("localStorage.length + document.cookie.length") == 0
    assert "tower" not in page.content()
    with server.connect() as connection:
        shown = [("Authorization", f"Bearer {token}")]
        assert connection.ask("GET", "/api/v1/buckets", shown).status == 401


def test_a_token_revoked_elsewhere_signs_the_page_out(page: Page, server: RealServer, faults: Faults) -> None:
    faults.expected.append("401")
    sign_in(page, server)
    for token in server.owner("GET", "/api/v1/tokens"):
        if token["purpose"] == "ui" and not token["revoked_at"]:
            server.owner("DELETE", f"/api/v1/tokens/{token['id']}")
    a_heartbeat(server, WINDOW, {"app": "Code", "title": "after the end"})
    told(page, "out")
    assert "tower" not in page.content()


def test_signing_out_in_one_tab_signs_out_the_others(
    page: Page, context: BrowserContext, server: RealServer, faults: Faults
) -> None:
    # What one tab is asking for while the other signs out is refused, and the browser notes that.
    faults.expected += ["401 (Unauthorized)"]
    sign_in(page, server)
    other = context.new_page()
    other.goto(f"http://localhost:{server.port}/")
    told(other, "live")
    other.get_by_role("button", name="Sign out").click()
    told(page, "out")


def test_nothing_is_kept_but_the_token(page: Page, context: BrowserContext, server: RealServer) -> None:
    sign_in(page, server)
    assert context.cookies() == []
    assert page.evaluate("Object.keys(localStorage)") == ["hourloom.token"]
    assert page.evaluate("sessionStorage.length") == 0


def test_it_asks_nobody_else(page: Page, server: RealServer) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, server)
    expect(page.locator("#events li").first).to_be_visible()
    assert all(url.startswith(f"http://localhost:{server.port}/") for url in asked)
    assert all("?" not in url or url.endswith("?limit=30") for url in asked)


def test_it_says_when_the_server_is_away_and_goes_on_when_it_is_back(
    page: Page, tmp_path: Path, faults: Faults
) -> None:
    faults.expected += [
        "ERR_CONNECTION_REFUSED",
        "WebSocket connection",
        "ERR_EMPTY_RESPONSE",
        "ERR_CONNECTION_RESET",
    ]
    first = RealServer(tmp_path)
    first.wait()
    try:
        a_bucket(first, "windows", "currentwindow", "tower")
        sign_in(page, first)
    finally:
        first.stop()
    told(page, "offline")
    expect(page.locator("#state")).to_have_text("Offline, trying again…")
    expect(page.locator("#watchers li", has_text="windows")).to_be_visible()
    again = RealServer(tmp_path, port=first.port)
    again.wait()
    try:
        told(page, "live")
        a_heartbeat(again, "windows", {"app": "Code", "title": "back again"})
        expect(page.locator("#events li", has_text="back again")).to_be_visible()
    finally:
        again.stop()


def test_an_empty_record_says_what_to_do(page: Page, tmp_path: Path) -> None:
    empty = RealServer(tmp_path)
    try:
        empty.wait()
        sign_in(page, empty)
        expect(page.locator("#watchers .empty")).to_contain_text("hourloom device doctor")
        expect(page.locator("#events .empty")).to_be_visible()
        expect(page.locator("#events .list")).to_be_hidden()
    finally:
        empty.stop()


def test_everything_is_reached_by_keyboard_and_seen_to_be(page: Page, server: RealServer) -> None:
    sign_in(page, server)
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    expect(focused).to_have_text("Sign out")
    assert focused.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    told(page, "out")
    expect(page.locator("#sign-in")).to_be_visible()


@pytest.mark.parametrize("signed", [True, False], ids=["signed in", "signed out"])
def test_it_fits_and_reads_well_at_every_width(page: Page, server: RealServer, *, signed: bool) -> None:
    if signed:
        sign_in(page, server)
        expect(page.locator("#events li").first).to_be_visible()
    else:
        page.goto(f"http://localhost:{server.port}/")
        told(page, "out")
    for scheme, width in product(SCHEMES, WIDTHS):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator("header").bounding_box()["height"] < 60  # type: ignore[index]
        assert lowest_contrast(page) >= 4.5, (scheme, width)
    if signed:
        assert page.get_by_role("button").bounding_box()["height"] >= 44  # type: ignore[index]


def lowest_contrast(page: Page) -> float:
    """Return the lowest contrast of text with the ground behind it, after WCAG."""
    found = page.evaluate(
        """() => {
            const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
            const rgba = (colour) => {
                canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data];
            };
            const light = (rgb) => rgb.slice(0, 3).map((c) => c / 255)
                .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
                .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
            const ground = (each) => {
                for (; each; each = each.parentElement) {
                    const colour = rgba(getComputedStyle(each).backgroundColor);
                    if (colour[3] === 255) return colour;
                }
                return [255, 255, 255, 255];
            };
            const speaks = (each) => [...each.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
            const texts = [...document.querySelectorAll("body *")]
                .filter((each) => each.checkVisibility() && speaks(each));
            return Math.min(...texts.map((each) => {
                const [a, b] = [light(rgba(getComputedStyle(each).color)), light(ground(each))];
                return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            }));
        }"""
    )
    return float(found)


def test_motion_stops_for_who_asks_for_it(browser: Browser, server: RealServer) -> None:
    context = browser.new_context(reduced_motion="reduce")
    try:
        page = context.new_page()
        sign_in(page, server)
        # What the first list shows is not new.
        expect(page.locator("#events li").first).to_be_visible()
        a_heartbeat(server, WINDOW, {"app": "Code", "title": "quietly"})
        row = page.locator("#events li.new", has_text="quietly")
        expect(row).to_be_visible()
        assert row.evaluate("each => getComputedStyle(each).animationName") == "none"
    finally:
        context.close()


def test_a_page_of_another_site_can_neither_ask_nor_frame_it(
    page: Page, server: RealServer, foreign_site: Callable[[str], str], faults: Faults
) -> None:
    faults.expected += [
        "blocked by CORS",
        "ERR_FAILED",
        "frame-ancestors",
        "ERR_BLOCKED",
        "403",
        "WebSocket",
        "Failed to load",
    ]
    base = f"http://localhost:{server.port}"
    page.goto(foreign_site(f"<iframe src='{base}/'></iframe><img src='{base}/api/0/export'>"))
    outcomes = page.evaluate(
        """async (base) => {
            const tries = {
                read: () => fetch(base + "/api/0/buckets"),
                heartbeat: () => fetch(base + "/api/0/buckets/x/heartbeat?pulsetime=1", {
                    method: "POST", mode: "no-cors", headers: {"content-type": "text/plain"},
                    body: '{"timestamp": "2026-03-02T08:00:00Z", "data": {}}' }),
                bucket: () => fetch(base + "/api/0/buckets/foreign", {
                    method: "POST", mode: "no-cors",
                    body: '{"type": "web.tab.current", "client": "x", "hostname": "x"}' }),
                json: () => fetch(base + "/api/0/buckets/foreign", {
                    method: "POST", headers: {"content-type": "application/json"}, body: "{}" }),
            };
            const outcomes = {};
            for (const [name, attempt] of Object.entries(tries)) {
                try { const a = await attempt(); outcomes[name] = a.type === "opaque" ? "unread" : a.status; }
                catch { outcomes[name] = "refused"; }
            }
            outcomes.socket = await new Promise((done) => {
                const socket = new WebSocket(base.replace("http", "ws") + "/api/v1/live");
                socket.onopen = () => done("open"); socket.onclose = () => done("refused");
            });
            return outcomes;
        }""",
        base,
    )
    assert outcomes.pop("socket") == "refused"
    assert set(outcomes.values()) <= {"refused", "unread"}
    assert "foreign" not in server.owner("GET", "/api/0/buckets")
    frame = page.frames[-1]
    assert frame.url != f"{base}/" or "Hourloom" not in frame.content()


@pytest.fixture
def foreign_site(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Serve a page on another port of this computer: the same site, another origin."""
    import http.server
    import threading

    document: list[bytes] = []

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(document[-1] if document and self.path == "/" else b"")

        def log_message(self, *_: object) -> None:
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()

    def at(html: str) -> str:
        document.append(b"<!doctype html><title>elsewhere</title>" + html.encode())
        return f"http://localhost:{site.server_address[1]}/"

    yield at
    site.shutdown()
    site.server_close()
