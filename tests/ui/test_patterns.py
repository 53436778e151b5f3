"""The score of a day with its parts, and the page of patterns."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.ui.conftest import Show
from tests.ui.stories import a_phone, visit
from tests.web.asking import RealServer

pytestmark = pytest.mark.soak


def test_a_day_shows_its_score_and_what_it_is_made_of(page: Page, show: Show) -> None:
    show("/today/2026-11-18")
    score = page.get_by_role("region", name="Score")
    expect(score).to_contain_text("of 100")
    expect(score.get_by_role("row", name="Pulse")).to_contain_text(re.compile(r"\d"))
    score.get_by_text("How it is computed").click()
    expect(score.get_by_text("sum(weight * points)")).to_be_visible()
    expect(score.get_by_text(re.compile(r"focus runs?"), exact=False).first).to_be_visible()


def test_a_day_without_data_has_no_score(page: Page, show: Show) -> None:
    show("/patterns/2025-01-01")
    expect(page.get_by_text("Not enough data yet")).to_be_visible()
    expect(page.get_by_text("Nothing stands out clearly enough")).to_be_visible()
    expect(page.get_by_text("Not enough data: an hour counts")).to_have_count(2)


def test_patterns_show_hours_and_trends_by_the_keyboard(page: Page, show: Show) -> None:
    show("/patterns/2026-11-19")
    expect(page.get_by_text("For the week Nov 16 – 22, 2026")).to_be_visible()
    table = page.get_by_text("As a table").first
    table.focus()
    table.press("Enter")
    expect(page.get_by_role("table", name="Weekdays")).to_contain_text("10–11")
    by_day = page.get_by_text("Each day as a table")
    by_day.focus()
    by_day.press("Enter")
    expect(
        page.get_by_role("table", name="Each day as a table").get_by_role("link", name="Wed, Nov 18")
    ).to_be_visible()
    page.keyboard.press("[")
    expect(page).to_have_url(re.compile(r"/patterns/2026-11-09$"))
    expect(page.get_by_text("For the week Nov 9 – 15, 2026")).to_be_visible()


def test_a_line_is_walked_along_and_patterns_are_read_by_taps(
    browser: Browser, server: RealServer, signed_in: StorageState
) -> None:
    with a_phone(browser, server, signed_in) as page:
        visit(page, server, "/patterns/2026-11-19")
        page.get_by_text("As a table").first.tap()
        expect(page.get_by_role("table", name="Weekdays")).to_be_visible()
        line = page.get_by_role("application", name=re.compile("^Active time from .*: between "))
        line.press("End")
        expect(line).to_contain_text(re.compile(r"Wed, Nov 18: \d+:\d\d$"))
        line.press("ArrowLeft")
        expect(line).to_contain_text("Tue, Nov 17: ")
        page.get_by_role("button", name="The week before").first.tap()
        expect(page).to_have_url(re.compile(r"/patterns/2026-11-09$"))
