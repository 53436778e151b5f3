"""Raw data: a bucket page by page, an event and a bucket deleted and brought back, the console."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.ui.conftest import Show
from tests.ui.stories import a_phone, visit
from tests.web.asking import RealServer
from tests.web.browser import Faults, a_bucket

pytestmark = pytest.mark.soak


def test_events_are_paged_opened_deleted_and_brought_back(page: Page, server: RealServer, show: Show) -> None:
    a_bucket(server, "query", "currentwindow", "tower")
    events = [
        {"started_at": f"2026-11-18T{8 + n // 60:02}:{n % 60:02}:00Z", "duration": 60, "data": {"n": n}}
        for n in range(150)
    ]
    server.owner("POST", "/api/v1/buckets/query/events", events)
    show("/raw")
    page.get_by_role("row", name="query").get_by_role("link").click()
    expect(page.get_by_role("definition").last).to_have_text("150")
    rows = page.get_by_role("main").get_by_role("row")
    expect(rows).to_have_count(101)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(151)
    newest = rows.nth(1)
    newest.get_by_text('{"n":149}').click()
    expect(newest.get_by_text('"duration": 60')).to_be_visible()
    newest.get_by_role("button", name="Delete the event").click()
    expect(page.get_by_role("cell", name='{"n":149}')).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("cell", name='{"n":149}')).to_have_count(1)
    page.get_by_role("button", name="Delete this bucket").click()
    expect(page).to_have_url(f"http://localhost:{server.port}/raw")
    expect(page.get_by_role("link", name="query", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("link", name="query", exact=True)).to_have_count(1)


def test_a_query_is_asked_by_keys_and_its_error_is_found(page: Page, show: Show) -> None:
    show("/raw/query?from=2026-11-18&to=2026-11-18")
    query = page.get_by_role("textbox", name="Query")
    query.focus()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("region", name="Answer").get_by_role("row").nth(1)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="answered in")).to_be_visible()
    page.get_by_role("button", name="JSON").press("Enter")
    expect(page.get_by_role("region", name="Answer")).to_contain_text('"app"')
    page.reload()
    expect(query).to_have_value(query.input_value())
    assert "q=" in page.url


def test_an_error_of_a_query_is_led_to(page: Page, show: Show, faults: Faults) -> None:
    faults.expected.append("400")
    show("/raw/query")
    query = page.get_by_role("textbox", name="Query")
    query.fill("a = 1;\nRETURN = find_bucket(1;")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 2, column 23")
    page.get_by_role("button", name="Go to line 2").click()
    expect(query).to_be_focused()
    assert query.evaluate("text => text.value.slice(text.selectionStart)") == ";"


def test_a_bucket_is_opened_by_taps(browser: Browser, server: RealServer, signed_in: StorageState) -> None:
    with a_phone(browser, server, signed_in) as page:
        visit(page, server, "/raw")
        page.get_by_role("link", name=re.compile("aw-watcher-afk_")).first.tap()
        event = page.get_by_role("button", name=re.compile("status")).first
        event.tap()
        expect(event).to_have_attribute("aria-expanded", "true")
        page.get_by_role("link", name="Query").tap()
        page.get_by_role("button", name="Run").tap()
        expect(page.get_by_role("region", name="Answer")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
