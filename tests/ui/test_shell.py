"""The frame of all screens: signing in and out, tabs, the live feed, commands and keys, addresses, faults."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

import hourloom
from tests.ui.conftest import PATIENCE, Show
from tests.web.asking import RealServer
from tests.web.browser import Faults, a_bucket, a_heartbeat, a_link

SIGN_IN = "Type this in a terminal on the computer where Hourloom runs"
DAY = "/today/2026-11-18"


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """Open a window that is not signed in."""
    context = browser.new_context(
        viewport={"width": 1360, "height": 900}, locale="en-GB", service_workers="block"
    )
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture
def stranger_faults(stranger: Page) -> Iterator[Faults]:
    seen = Faults(stranger)
    yield seen
    assert seen.found == []


def live(page: Page) -> None:
    page.wait_for_selector("[data-state=live]", state="attached", timeout=PATIENCE)


def command(page: Page, text: str) -> None:
    """Run a command of the palette by its keys alone."""
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill(text)
    expect(page.get_by_role("option").first).to_contain_text(text)
    page.keyboard.press("Enter")


def test_a_link_signs_in_and_leaves_no_trace_in_the_address(
    stranger: Page, server: RealServer, stranger_faults: Faults
) -> None:
    link = a_link(server)
    stranger.goto(link)
    live(stranger)
    assert stranger.url == f"http://localhost:{server.port}/"
    assert link.partition("=")[2] not in stranger.content()
    stranger.go_back()
    assert "code" not in stranger.url


def test_a_used_link_says_so(stranger: Page, server: RealServer, stranger_faults: Faults) -> None:
    stranger_faults.expected.append("401")
    link = a_link(server)
    stranger.goto(link)
    live(stranger)
    stranger.evaluate("localStorage.clear()")
    stranger.goto("about:blank")
    stranger.goto(link)
    expect(stranger.get_by_role("status")).to_contain_text("used already")
    expect(stranger.get_by_text(SIGN_IN)).to_be_visible()


def test_signed_out_the_page_shows_nothing_and_says_what_to_do(
    stranger: Page, server: RealServer, stranger_faults: Faults
) -> None:
    asked: list[str] = []
    stranger.on("request", lambda request: asked.append(request.url))
    stranger.goto(f"http://localhost:{server.port}{DAY}")
    expect(stranger.get_by_text("hourloom open", exact=True)).to_be_visible()
    expect(stranger.get_by_role("navigation")).to_have_count(0)
    assert [url for url in asked if "/api/" in url] == []


def test_signing_out_forgets_everything_and_revokes_the_token(
    stranger: Page, server: RealServer, stranger_faults: Faults
) -> None:
    # What the page is asking for while it signs out is refused, and the browser notes that.
    stranger_faults.expected.append("401")
    stranger.goto(a_link(server))
    live(stranger)
    token = stranger.evaluate("localStorage.getItem('hourloom.token')")
    command(stranger, "Sign out")
    expect(stranger.get_by_text("You are signed out.")).to_be_visible()
    assert stranger.evaluate("localStorage.length + document.cookie.length") == 0
    expect(stranger.get_by_role("navigation")).to_have_count(0)
    with server.connect() as connection:
        shown = [("Authorization", f"Bearer {token}")]
        stranger.wait_for_function(
            "token => fetch('/api/v1/buckets', {headers: {authorization: 'Bearer ' + token}})"
            ".then(({status}) => status === 401)",
            arg=token,
        )
        assert connection.ask("GET", "/api/v1/buckets", shown).status == 401


def test_a_token_revoked_elsewhere_signs_the_page_out(
    stranger: Page, server: RealServer, stranger_faults: Faults
) -> None:
    stranger_faults.expected.append("401")
    stranger.goto(a_link(server))
    live(stranger)
    newest = max(
        (token for token in server.owner("GET", "/api/v1/tokens") if token["purpose"] == "ui"),
        key=lambda token: int(token["id"]),
    )
    server.owner("DELETE", f"/api/v1/tokens/{newest['id']}")
    expect(stranger.get_by_text(SIGN_IN)).to_be_visible()
    expect(stranger.get_by_role("navigation")).to_have_count(0)


def test_signing_out_in_one_tab_signs_out_the_others(
    stranger: Page, server: RealServer, stranger_faults: Faults
) -> None:
    stranger_faults.expected.append("401")
    stranger.goto(a_link(server))
    live(stranger)
    other = stranger.context.new_page()
    other.goto(f"http://localhost:{server.port}/raw")
    live(other)
    command(other, "Sign out")
    expect(stranger.get_by_text(SIGN_IN)).to_be_visible()


def test_nothing_is_kept_but_the_token_and_the_look(page: Page, context: BrowserContext, show: Show) -> None:
    show(DAY)
    assert context.cookies() == []
    page.wait_for_function("() => localStorage.length === 2")
    kept = page.evaluate("Object.entries(localStorage).filter(([name]) => name !== 'hourloom.token')")
    assert kept == [["hourloom.look", "system system"]]
    assert page.evaluate("sessionStorage.length") == 0


def test_it_asks_nobody_else(page: Page, server: RealServer, show: Show) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    show(DAY)
    expect(page.get_by_role("heading", name="Where the hours went")).to_be_visible()
    assert asked
    assert all(url.startswith(f"http://localhost:{server.port}/") for url in asked)


def test_a_heartbeat_arrives_live(page: Page, server: RealServer, show: Show) -> None:
    a_bucket(server, "arriving", "currentwindow", "tower")
    show("/raw/arriving")
    for number in range(3):
        a_heartbeat(server, "arriving", {"app": "Code", "title": f"arriving-{number}.py"})
        expect(page.get_by_role("table").get_by_text(f"arriving-{number}.py")).to_be_visible()


def test_a_new_watcher_appears_and_goes_by_itself(page: Page, server: RealServer, show: Show) -> None:
    show("/raw")
    row = page.get_by_role("row", name="aw-watcher-new")
    expect(page.get_by_role("row", name="aw-watcher-window_").first).to_be_visible()
    a_bucket(server, "aw-watcher-new", "app.editor.activity", "tower")
    expect(row).to_be_visible()
    server.owner("DELETE", "/api/v1/buckets/aw-watcher-new")
    expect(row).to_have_count(0)


@pytest.mark.soak
def test_it_says_when_the_server_is_away_and_goes_on_when_it_is_back(
    stranger: Page,
    start_server: Callable[..., RealServer],
    tmp_path: Path,
    stranger_faults: Faults,
) -> None:
    stranger_faults.expected += [
        "ERR_CONNECTION_REFUSED",
        "WebSocket connection",
        "ERR_EMPTY_RESPONSE",
        "ERR_CONNECTION_RESET",
    ]
    first = start_server(tmp_path)
    first.wait()
    try:
        a_bucket(first, "windows", "currentwindow", "tower")
        stranger.goto(a_link(first))
        live(stranger)
        stranger.keyboard.press("g")
        stranger.keyboard.press("d")
        expect(stranger.get_by_role("link", name="windows")).to_be_visible()
    finally:
        first.stop()
    expect(stranger.get_by_text("Offline since")).to_be_visible()
    expect(stranger.get_by_role("link", name="windows")).to_be_visible()
    again = start_server(tmp_path, port=first.port)
    again.wait()
    try:
        live(stranger)
        expect(stranger.get_by_text("Offline since")).to_have_count(0)
        stranger.get_by_role("link", name="windows").click()
        a_heartbeat(again, "windows", {"app": "Code", "title": "back again"})
        expect(stranger.get_by_role("table").get_by_text("back again")).to_be_visible()
    finally:
        again.stop()


def test_the_palette_finds_a_page_and_goes_there(page: Page, show: Show) -> None:
    show(DAY)
    page.get_by_role("button", name="Search and commands").click()
    page.get_by_role("combobox").fill("go raw")
    page.get_by_role("option", name="Go to Raw data").click()
    expect(page.get_by_role("heading", name="Raw data", level=1)).to_be_visible()
    assert page.url.endswith("/raw")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("November 18")


def test_the_palette_says_when_nothing_fits_and_escape_closes_it(page: Page, show: Show) -> None:
    show(DAY)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("xyzzy")
    expect(page.get_by_text("Nothing fits “xyzzy”.")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox")).to_be_hidden()


def test_what_opens_over_a_page_goes_by_a_step_back_and_by_a_click_beside_it(page: Page, show: Show) -> None:
    show("/week")
    show(DAY)
    for opened in ("Control+k", "?"):
        page.keyboard.press(opened)
        expect(page.get_by_role("dialog")).to_be_visible()
        page.mouse.click(5, 5)
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.evaluate("history.pushState(null, '', '/week')")
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_score_comes_where_nothing_is_said_over_the_socket(page: Page, server: RealServer) -> None:
    page.route_web_socket("**/api/v1/live", lambda _socket: None)
    page.goto(f"http://localhost:{server.port}{DAY}")
    expect(page.get_by_role("region", name="Score")).to_contain_text("of 100")


def test_the_sheet_shows_every_key_once(page: Page, show: Show) -> None:
    show(DAY)
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    keys = sheet.get_by_role("term").all_inner_texts()
    assert {"?", "[", "]", "."} <= set(keys)
    assert len(keys) == len(set(keys))
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_it_tells_its_version_and_the_licences_of_what_is_built_in(
    page: Page, server: RealServer, show: Show
) -> None:
    show(DAY)
    command(page, "About Hourloom")
    about = page.get_by_role("dialog", name="Hourloom")
    expect(about.get_by_role("heading")).to_have_text(f"Hourloom {hourloom.__version__}")
    assert about.get_by_role("link").get_attribute("href") == "/licences.txt"
    with server.connect() as connection:
        told = connection.ask("GET", "/licences.txt").body.decode()
    assert "svelte 5." in told
    assert "Permission is hereby granted" in told


def test_keys_go_to_every_page_that_is_there(page: Page, show: Show) -> None:
    show(DAY)
    for link in page.get_by_role("navigation", name="Main").get_by_role("listitem").all():
        link.get_by_role("link").click()
        expect(link.get_by_role("link")).to_have_attribute("aria-current", "page")
        expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page).to_have_url(page.url.rpartition("/")[0] + "/today")


def test_keys_do_nothing_while_somebody_writes(page: Page, show: Show) -> None:
    show(DAY)
    page.keyboard.press("Control+k")
    page.keyboard.type("gd?[")
    expect(page.get_by_role("combobox")).to_have_value("gd?[")
    assert page.url.endswith(DAY)


def test_the_first_tab_leads_past_the_navigation_and_is_seen_to(page: Page, show: Show) -> None:
    show(DAY)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    assert skip.evaluate("each => getComputedStyle(each).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_an_address_that_names_no_page_says_so_and_leads_home(page: Page, show: Show) -> None:
    show(DAY)
    page.evaluate("history.pushState(null, '', '/nowhere'); dispatchEvent(new PopStateEvent('popstate'))")
    expect(page.get_by_text("There is no page at this address.")).to_be_visible()
    page.get_by_role("link", name="Go to today").click()
    expect(page).to_have_url(page.url.rpartition("/")[0] + "/today")


def test_a_part_that_fails_says_what_happened_and_the_rest_goes_on(page: Page, show: Show) -> None:
    wrong = {"date": "2026-11-18", "categories": {"total_seconds": 1, "away_seconds": 0, "rows": [None]}}
    page.route("**/api/v1/today?*", lambda route: route.fulfill(json=wrong))
    show(DAY)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This part of the page stopped")
    page.unroute_all()
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Where the hours went")).to_be_visible()
    page.get_by_role("link", name="Raw data").click()
    expect(page.get_by_role("heading", name="Raw data", level=1)).to_be_visible()


def test_a_part_that_an_upgrade_took_away_is_fetched_anew(page: Page, show: Show, faults: Faults) -> None:
    faults.expected.append("404")
    show(DAY)
    page.route("**/assets/Raw-*.js", lambda route: route.fulfill(status=404), times=1)
    page.get_by_role("link", name="Raw data").click()
    expect(page.get_by_role("heading", name="Raw data", level=1)).to_be_visible()
    assert page.url.endswith("/raw")
    assert page.evaluate("history.state") is None


def test_a_part_that_stays_away_is_asked_for_once_more_and_then_by_hand(
    page: Page, show: Show, faults: Faults
) -> None:
    faults.expected.append("404")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/assets/Raw-*.js", lambda route: route.fulfill(status=404))
    show("/raw")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    # Once by each of the two documents; a browser may ask ahead of the script besides.
    assert 2 <= len([url for url in asked if "/assets/Raw-" in url and url.endswith(".js")]) <= 4


def test_a_problem_of_the_server_is_told_in_its_words(page: Page, show: Show, faults: Faults) -> None:
    faults.expected.append("503")
    problem = {"title": "Away", "detail": "The database is being moved."}
    page.route("**/api/v1/today?*", lambda route: route.fulfill(status=503, json=problem))
    show(DAY)
    expect(page.get_by_role("alert").first).to_contain_text("The database is being moved.")
    page.unroute_all()
    page.get_by_role("button", name="Try again").first.click()
    expect(page.get_by_role("heading", name="Where the hours went")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_language_and_theme_follow_in_every_tab(
    page: Page, context: BrowserContext, server: RealServer, show: Show
) -> None:
    show(DAY)
    other = context.new_page()
    other.goto(f"http://localhost:{server.port}/raw")
    live(other)
    try:
        server.owner("PUT", "/api/v1/settings/language", {"value": "de"})
        for each in (page, other):
            expect(each.get_by_role("link", name="Heute")).to_be_visible()
            assert each.evaluate("document.documentElement.lang") == "de"
    finally:
        server.owner("DELETE", "/api/v1/settings/language")
    expect(page.get_by_role("link", name="Today", exact=True)).to_be_visible()
    command(page, "Dark theme")
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    command(other, "Theme of the system")
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


EVENTS = "/api/v1/buckets/{}/events"


def an_hour(server: RealServer, bucket: str, hour: int) -> None:
    """Record an hour in which a program was used, in the night of the day that is looked at."""
    event = {"started_at": f"2026-11-18T{hour:02}:00:00Z", "duration": 3600, "data": {"app": "Blender"}}
    server.owner("POST", EVENTS.format(bucket), [event])


@pytest.mark.soak
def test_two_tabs_stay_in_step(page: Page, context: BrowserContext, server: RealServer, show: Show) -> None:
    a_bucket(server, "in-step", "currentwindow", "tower")
    show(DAY)
    other = context.new_page()
    other.goto(f"http://localhost:{server.port}{DAY}")
    live(other)
    for tab in (page, other):
        expect(tab.locator("body")).not_to_contain_text("Blender")
    an_hour(server, "in-step", 3)
    for tab in (page, other):
        expect(tab.get_by_role("main").get_by_text("Blender").first).to_be_visible()
    command(page, "Dark theme")
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    command(other, "Theme of the system")
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
    server.owner("DELETE", "/api/v1/buckets/in-step")
    for tab in (page, other):
        expect(tab.get_by_role("main").get_by_text("Blender")).to_have_count(0)


@pytest.mark.soak
def test_eight_tabs_work(context: BrowserContext, server: RealServer) -> None:
    a_bucket(server, "for-eight", "currentwindow", "tower")
    tabs = [context.new_page() for _ in range(8)]
    for tab in tabs:
        tab.goto(f"http://localhost:{server.port}{DAY}")
    for tab in tabs:
        live(tab)
        expect(tab.get_by_role("heading", name="Where the hours went")).to_be_visible()
    an_hour(server, "for-eight", 3)
    for tab in tabs:
        expect(tab.get_by_role("main").get_by_text("Blender").first).to_be_visible()
    for number, tab in enumerate(tabs):
        tab.bring_to_front()
        tab.get_by_role("link", name="Raw data" if number % 2 else "Settings", exact=True).click()
        expect(tab.get_by_role("heading", level=1)).to_have_text("Raw data" if number % 2 else "Settings")
    server.owner("DELETE", "/api/v1/buckets/for-eight")


@pytest.mark.soak
def test_today_stays_while_the_server_is_away_and_goes_on_when_it_is_back(
    stranger: Page, start_server: Callable[..., RealServer], tmp_path: Path, stranger_faults: Faults
) -> None:
    stranger_faults.expected += ["ERR_", "WebSocket connection"]
    first = start_server(tmp_path)
    first.wait()
    try:
        first.owner("PUT", "/api/v1/settings/time_zone", {"value": "UTC"})
        a_bucket(first, "windows", "currentwindow", "tower")
        an_hour(first, "windows", 9)
        stranger.goto(a_link(first))
        live(stranger)
        stranger.goto(f"http://localhost:{first.port}{DAY}")
        expect(stranger.get_by_role("main").get_by_text("Blender").first).to_be_visible()
        live(stranger)
    finally:
        first.stop()
    # A moment without a connection is no matter; ten seconds are.
    stranger.wait_for_selector("[data-state=connecting]", state="attached")
    expect(stranger.get_by_text("Offline since")).to_have_count(0)
    stranger.wait_for_selector("[data-state=offline]", state="attached")
    expect(stranger.get_by_text("what you see is as of then")).to_be_visible()
    expect(stranger.get_by_role("main").get_by_text("Blender").first).to_be_visible()
    # Another day cannot be read now, and is not shown with the numbers of this one.
    stranger.keyboard.press("[")
    expect(stranger.get_by_role("alert").first).to_be_visible()
    expect(stranger.get_by_role("main").get_by_text("Blender")).to_have_count(0)
    again = start_server(tmp_path, port=first.port)
    again.wait()
    try:
        live(stranger)
        expect(stranger.get_by_role("main").get_by_text("Nothing was recorded on this day.")).to_be_visible()
        expect(stranger.get_by_role("alert")).to_have_count(0)
        stranger.keyboard.press("]")
        live(stranger)
        expect(stranger.get_by_text("Offline since")).to_have_count(0)
        again.owner(
            "POST",
            EVENTS.format("windows"),
            [{"started_at": "2026-11-18T14:00:00Z", "duration": 600, "data": {"app": "Inkscape"}}],
        )
        expect(stranger.get_by_role("main").get_by_text("Inkscape").first).to_be_visible()
    finally:
        again.stop()


@pytest.fixture
def phone(browser: Browser, signed_in: StorageState) -> Iterator[Page]:
    """Open a window as narrow as phones get, which is touched."""
    context = browser.new_context(
        viewport={"width": 320, "height": 640},
        has_touch=True,
        is_mobile=True,
        locale="en-GB",
        storage_state=signed_in,
        service_workers="block",
    )
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.mark.soak
def test_on_a_phone_the_other_pages_are_behind_one_button(phone: Page, server: RealServer) -> None:
    phone.goto(f"http://localhost:{server.port}/goals")
    live(phone)
    more, sheet = phone.get_by_role("button", name="More"), phone.get_by_role("dialog", name="More")
    more.tap()
    expect(sheet.locator("[aria-current=page]")).to_have_text("Goals")
    for _ in range(12):
        phone.keyboard.press("Tab")
        assert phone.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    phone.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(more).to_be_focused()
    more.tap()
    phone.touchscreen.tap(160, 40)
    expect(sheet).to_be_hidden()
    more.tap()
    sheet.get_by_role("link", name="Raw data").tap()
    expect(sheet).to_be_hidden()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Raw data")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.soak
def test_only_addresses_of_the_web_lead_out(page: Page, show: Show) -> None:
    show("/settings")
    for address, leads in [
        ("javascript:document.title='owned'", False),
        ("data:text/html,x", False),
        ("#x", True),
    ]:
        followed = page.evaluate(
            """(address) => {
                const link = Object.assign(document.createElement("a"), { href: address, textContent: "x" });
                document.querySelector("main").append(link);
                return link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
            }""",
            address,
        )
        assert followed == leads, address
    assert page.title() == "Settings · Hourloom"


def test_motion_stops_for_who_asks_for_it(page: Page, show: Show) -> None:
    page.emulate_media(reduced_motion="reduce")
    show(DAY)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_visible()
    moving = "document.getAnimations().filter((each) => each.effect.getComputedTiming().duration > 1).length"
    assert page.evaluate(moving) == 0


HOSTILE = [
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>",
    "\u202egnp.exe \u200f\u05e9\u05dc\u05d5\u05dd\u2067 evil",
    "W" * 10_000,
    "a\u0000b\u0007\u001b[31mred\n\n\nline",
    "{{7*7}} ${7*7} %s </td></table><h1>x",
]


def test_hostile_titles_are_only_text_and_break_no_page(
    page: Page,
    start_server: Callable[..., RealServer],
    stranger: Page,
    tmp_path: Path,
    stranger_faults: Faults,
) -> None:
    server = start_server(tmp_path)
    try:
        server.wait()
        a_bucket(server, "hostile", "currentwindow", "<i>host</i>")
        for minute, title in enumerate(HOSTILE):
            server.owner(
                "POST",
                "/api/v1/buckets/hostile/events",
                [
                    {
                        "started_at": f"2026-11-18T10:0{minute}:00Z",
                        "duration": 50,
                        "data": {"app": title, "title": title, "url": "javascript:alert(1)"},
                    }
                ],
            )
        stranger.goto(a_link(server))
        live(stranger)
        names = [
            link.get_attribute("href")
            for link in stranger.get_by_role("navigation", name="Main")
            .get_by_role("listitem")
            .get_by_role("link")
            .all()
        ]
        for address in ["/raw/hostile", DAY, *names]:
            stranger.goto(f"http://localhost:{server.port}{address}")
            live(stranger)
            expect(stranger.get_by_role("main").get_by_role("heading").first).to_be_visible()
            assert "owned" not in stranger.title()
            assert stranger.locator("main :is(img:not([src^='/']), script, i:not([class]))").count() == 0
            assert stranger.locator("a[href^='javascript']").count() == 0
            assert stranger.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    finally:
        server.stop()


def test_a_page_of_another_site_can_neither_ask_nor_frame_it(
    stranger: Page, server: RealServer, foreign_site: Callable[[str], str]
) -> None:
    base = f"http://localhost:{server.port}"
    stranger.goto(foreign_site(f"<iframe src='{base}/'></iframe><img src='{base}/api/0/export'>"))
    outcomes = stranger.evaluate(
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
    frame = stranger.frames[-1]
    assert frame.url != f"{base}/" or "Hourloom" not in frame.content()


@pytest.fixture
def foreign_site() -> Iterator[Callable[[str], str]]:
    """Serve a page on another port of this computer: the same site, another origin."""
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
