"""The week: seven days on the clock, what they add up to, and the ways to what is behind the numbers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.ui.conftest import Show
from tests.ui.stories import a_phone, the_night_the_clocks_go_back, visit
from tests.web.asking import RealServer

pytestmark = pytest.mark.soak


def test_a_week_shows_its_days_and_leads_behind_them(page: Page, show: Show) -> None:
    show("/week/2026-11-18")
    expect(page.get_by_role("heading", level=1)).to_have_text("November 16 – 22, 2026")
    days = page.get_by_role("region", name="The days")
    expect(days.get_by_role("listitem")).to_have_count(7)
    expect(days.get_by_role("link", name="Tue, Nov 17")).to_contain_text(re.compile(r"\d:[0-5]\d"))
    days.get_by_text("As a table").click()
    row = days.get_by_role("row", name="Tue, Nov 17")
    expect(row.get_by_role("cell").first).to_have_text(re.compile(r"^\d\d:\d\d$"))
    stack = page.get_by_role("region", name="Hours by category")
    piles = stack.get_by_role("group", name=re.compile("Hours by category, .* in all: Work "))
    piles.get_by_role("link").first.focus()
    expect(piles.locator(":focus")).to_have_attribute("aria-label", re.compile("^Mon, Nov 16 · Work, "))
    page.keyboard.press("ArrowRight")
    expect(piles.locator(":focus")).to_have_attribute("aria-label", re.compile("^Tue, Nov 17 · Work, "))
    page.keyboard.press("ArrowUp")
    expect(piles.locator(":focus")).to_have_attribute("aria-label", re.compile("^Tue, Nov 17 · (?!Work)"))
    expect(stack.get_by_role("link", name="Work", exact=True).first).to_be_visible()
    categories = page.get_by_role("region", name="Where the hours went")
    categories.get_by_role("link", name="Work › Programming").click()
    expect(page).to_have_url(
        re.compile(r"/reports\?date=2026-11-16&by=app&then=title&category=\d+&exact=category$")
    )
    expect(page.get_by_role("row").nth(1)).to_be_visible()


def test_keys_walk_through_weeks_days_and_stretches(page: Page, show: Show) -> None:
    show("/week/2026-11-18")
    expect(page.get_by_role("heading", level=1)).to_contain_text("November 16")
    board = page.get_by_role("application", name="The days")
    told = page.locator("#week-told")
    expect(board).to_be_visible()
    board.focus()
    board.press("Home")
    expect(told).to_contain_text("Mon, Nov 16")
    board.press("ArrowRight")
    expect(told).to_contain_text("Tue, Nov 17")
    board.press("ArrowDown")
    expect(told).to_contain_text(re.compile(r"\d\d:\d\d–\d\d:\d\d · "))
    board.press("[")
    expect(page.get_by_role("heading", level=1)).to_contain_text("November 9")
    assert page.url.endswith("/week/2026-11-09")
    page.keyboard.press("]")
    expect(page.get_by_role("heading", level=1)).to_contain_text("November 16")
    board.focus()
    board.press("Home")
    board.press("Enter")
    expect(page).to_have_url(re.compile(r"/timeline/2026-11-16$"))


def test_a_week_without_anything_says_so(page: Page, show: Show) -> None:
    show("/week/2025-01-01")
    expect(page.get_by_text("Nothing was recorded in this week.")).to_be_visible()


def test_a_week_is_read_by_taps(browser: Browser, server: RealServer, signed_in: StorageState) -> None:
    with a_phone(browser, server, signed_in) as page:
        visit(page, server, "/week/2026-11-18")
        page.get_by_role("button", name="The week before").first.tap()
        expect(page).to_have_url(re.compile("/week/2026-11-09$"))
        days = page.get_by_role("region", name="The days")
        days.get_by_text("As a table").tap()
        expect(days.get_by_role("row", name="Tue, Nov 10")).to_be_visible()
        days.get_by_role("link", name="Tue 10").tap()
        expect(page).to_have_url(re.compile("/today/2026-11-10$"))


def test_the_week_in_which_clocks_go_back_has_a_longer_day(
    page: Page, server: RealServer, show: Show
) -> None:
    with the_night_the_clocks_go_back(server):
        show("/week/2026-10-25")
        days = page.get_by_role("region", name="The days")
        days.get_by_text("As a table").click()
        sunday = days.get_by_role("row", name="Sun, Oct 25")
        expect(sunday).to_contain_text("25 hours")
        expect(sunday.get_by_role("cell").nth(0)).to_have_text("00:00")
        expect(sunday.get_by_role("cell").nth(1)).to_have_text("03:00")
        expect(sunday.get_by_role("cell").nth(2)).to_have_text("4:00")
