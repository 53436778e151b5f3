"""The inbox: what nothing is known of gets a category, an old backup a new one, and both go."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Show
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
