"""The Demo workspace on the screens: filled, looked at under its badge, left, and removed by one click."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.polling import until
from tests.ui.conftest import Show
from tests.web.asking import RealServer
from tests.web.browser import Faults

pytestmark = pytest.mark.soak

BADGE = "Demo"
FILL = "Fill the demo and look at it"


@pytest.fixture(autouse=True)
def without_demo(server: RealServer) -> Iterator[None]:
    """Begin each test without a Demo workspace; they share a server."""
    yield
    if server.owner("GET", "/api/v1/demo")["state"] not in ("none", "leaving"):
        server.owner("DELETE", "/api/v1/demo")
    gone = until(
        lambda: server.owner("GET", "/api/v1/demo")["state"], lambda state: state == "none", seconds=30
    )
    assert gone == "none"


def filled(page: Page, show: Show) -> None:
    show("/setup/done")
    page.get_by_role("button", name=FILL).press("Enter")
    expect(page.get_by_role("region", name=BADGE)).to_be_visible()


def names(server: RealServer) -> list[str]:
    return sorted(server.owner("GET", "/api/0/buckets/"))


def test_it_is_filled_looked_at_and_removed(page: Page, server: RealServer, show: Show) -> None:
    before = names(server)
    show("/setup/done")
    page.get_by_role("button", name=FILL).click()
    badge = page.get_by_role("region", name=BADGE)
    expect(badge).to_contain_text("What you see is invented.")
    expect(page).to_have_url(re.compile(r"/today/\d{4}-\d\d-\d\d$"))
    expect(page.get_by_text("Work › Programming").or_(page.get_by_text("Programming")).first).to_be_visible()
    assert names(server) == before
    badge.get_by_role("button", name="Remove the demo data").click()
    expect(badge).to_have_count(0)
    expect(page).to_have_url(re.compile("/today$"))
    assert names(server) == before


def test_by_keys_it_is_left_and_looked_at_again_and_another_tab_follows(
    page: Page, server: RealServer, show: Show, faults: Faults
) -> None:
    other = page.context.new_page()
    other.goto(f"http://localhost:{server.port}/goals")
    filled(page, show)
    expect(other.get_by_role("region", name=BADGE)).to_be_visible()
    expect(other.get_by_text("Videos in the week").first).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("demo leave")
    page.keyboard.press("Enter")
    for each in (page, other):
        expect(each.get_by_role("region", name=BADGE)).to_have_count(0)
    show("/settings/data")
    page.get_by_role("button", name="Look at it").press("Enter")
    expect(page.get_by_role("region", name=BADGE)).to_be_visible()
    faults.expected.append("401 (Unauthorized)")
    server.owner("DELETE", "/api/v1/demo")
    page.reload()
    expect(page.get_by_role("region", name=BADGE)).to_have_count(0)


def test_on_a_phone_its_badge_is_on_every_page(
    browser: Browser, signed_in: StorageState, server: RealServer
) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 700},
        has_touch=True,
        is_mobile=True,
        storage_state=signed_in,
        locale="en-GB",
        service_workers="block",
    )
    try:
        page = context.new_page()
        page.goto(f"http://localhost:{server.port}/setup/done")
        page.get_by_role("button", name=FILL).tap()
        badge = page.get_by_role("region", name=BADGE)
        expect(badge).to_be_visible()
        for name in ("today", "timeline", "week", "reports", "rules", "goals", "inbox", "raw", "settings"):
            page.goto(f"http://localhost:{server.port}/{name}")
            expect(badge.get_by_role("button", name="Leave")).to_be_in_viewport()
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
        badge.get_by_role("button", name="Leave").tap()
        expect(badge).to_have_count(0)
    finally:
        context.close()
