"""The inbox: what nothing is known of gets a category, an old backup a new one, and both go."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.ui.conftest import Show
from tests.ui.stories import a_phone, visit
from tests.web.asking import RealServer
from tests.web.browser import a_bucket, an_event

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module", autouse=True)
def unknown_app(server: RealServer) -> None:
    """Record half an hour in an app that nobody knows."""
    a_bucket(server, "looms", "currentwindow", "loomhost")
    an_event(server, "looms", {"app": "Frobnicator", "title": "frob"}, 4_000, 1_800)


def test_an_unknown_app_gets_a_category_and_that_is_taken_back(page: Page, show: Show) -> None:
    show("/inbox")
    rail = page.get_by_role("navigation", name="Main")
    expect(rail.get_by_role("link", name="waiting")).to_be_visible()
    item = page.get_by_role("listitem").filter(has_text="Frobnicator")
    expect(item).to_contain_text("30 min")
    page.get_by_role("combobox", name="Frobnicator").select_option(label="Work › Programming")
    expect(item).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(item).to_have_count(1)
    item.get_by_role("link", name="Make a rule").click()
    expect(page.get_by_role("textbox", name="Text")).to_have_value("frobnicator")


def test_an_inbox_that_is_empty_says_so(page: Page, server: RealServer, show: Show) -> None:
    server.owner("DELETE", "/api/v1/buckets/looms")
    for notice in server.owner("GET", "/api/v1/notices")["notices"]:
        server.owner("POST", f"/api/v1/notices/{notice['id']}/read")
    show("/reports")
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()


def test_something_unknown_gets_a_category_by_keys_and_by_taps(
    page: Page, show: Show, browser: Browser, server: RealServer, signed_in: StorageState
) -> None:
    a_bucket(server, "anvils", "currentwindow", "loomhost")
    an_event(server, "anvils", {"app": "Quuxinator", "title": "q"}, 9_000, 1_800)
    show("/inbox")
    choice = page.get_by_role("combobox", name="Quuxinator")
    choice.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    item = page.get_by_role("listitem").filter(has_text="Quuxinator")
    expect(item).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(item).to_have_count(1)
    with a_phone(browser, server, signed_in) as phone:
        visit(phone, server, "/inbox")
        phone.get_by_role("listitem").filter(has_text="Quuxinator").get_by_role(
            "link", name="Make a rule"
        ).tap()
        expect(phone.get_by_role("textbox", name="Text")).to_have_value("quuxinator")
    server.owner("DELETE", "/api/v1/buckets/anvils")
