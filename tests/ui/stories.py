"""What stories of several pages do: tap, let an answer fail, start a server that knows nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.ui.conftest import PATIENCE
from tests.web.asking import RealServer
from tests.web.browser import Faults, a_bucket, a_link

BROKEN = '{"title":"Broken","status":500,"detail":"The disk is full.","code":"broken"}'


@contextmanager
def a_phone(browser: Browser, server: RealServer, state: StorageState | None = None) -> Iterator[Page]:
    """Open a window that is touched and has no mouse; without a state it signs in anew."""
    context: BrowserContext = browser.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        locale="en-GB",
        timezone_id="UTC",
        storage_state=state,
        service_workers="block",
    )
    context.set_default_timeout(PATIENCE)
    try:
        page = context.new_page()
        if state is None:
            page.goto(a_link(server))
            page.wait_for_selector("[data-state=live]", state="attached", timeout=PATIENCE)
        yield page
    finally:
        context.close()


def visit(page: Page, server: RealServer, address: str) -> None:
    """Open an address and wait until it is live."""
    page.goto(f"http://localhost:{server.port}{address}")
    page.wait_for_selector("[data-state=live]", state="attached", timeout=PATIENCE)


def breaks(page: Page, faults: Faults, part: str) -> Callable[[], None]:
    """Let answers whose address has a part say that the disk is full until the returned is called."""
    # A browser notes each answer that is an error.
    faults.expected.append("the server responded with a status of 500")
    pattern = f"**/api/**{part}**"
    page.route(
        pattern, lambda route: route.fulfill(status=500, content_type="application/problem+json", body=BROKEN)
    )
    return lambda: page.unroute(pattern)


def recovers(page: Page, whole: Callable[[], None], otherwise: str | None = None) -> None:
    """Demand that the page tells of its broken answer, keeps the rest, and shows all when asked again."""
    alert = page.get_by_role("main").get_by_role("alert").first
    expect(alert).to_contain_text("The disk is full.")
    if otherwise is not None:
        expect(page.get_by_role("main").get_by_text(otherwise).first).to_be_visible()
    whole()
    again = alert.get_by_role("button", name="Try again")
    again.click()
    expect(page.get_by_role("main").get_by_text("The disk is full.")).to_have_count(0)


@contextmanager
def an_empty_server(start_server: Callable[..., RealServer], directory: Path) -> Iterator[RealServer]:
    """Run a server that nothing has reported to."""
    running = start_server(directory)
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@contextmanager
def the_night_the_clocks_go_back(server: RealServer) -> Iterator[None]:
    """Live in Berlin, and record the four hours from midnight, of which the one at two comes twice."""
    a_bucket(server, "night", "currentwindow", "tower")
    event = {
        "started_at": "2026-10-24T22:00:00Z",
        "duration": 4 * 3600,
        "data": {"app": "Code", "title": "night"},
    }
    server.owner("POST", "/api/v1/buckets/night/events", [event])
    server.owner("PUT", "/api/v1/settings/time_zone", {"value": "Europe/Berlin"})
    try:
        yield
    finally:
        server.owner("PUT", "/api/v1/settings/time_zone", {"value": "UTC"})
        server.owner("DELETE", "/api/v1/buckets/night")
