"""The week: seven days on the clock, what they add up to, and the ways to what is behind the numbers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Show

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
