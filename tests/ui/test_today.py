"""The day: where its hours went, and the way to the days beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.ui.conftest import Show
from tests.web.asking import RealServer
from tests.web.browser import a_link


def test_a_day_shows_where_its_hours_went(page: Page, show: Show) -> None:
    show("/today/2026-11-18")
    expect(page.get_by_role("heading", level=1)).to_contain_text("November 18")
    expect(page.get_by_role("region", name="Where the hours went").get_by_role("row").nth(1)).to_be_visible()
    expect(page.get_by_role("region", name="Apps and sites")).to_contain_text("Code")
    active = page.get_by_role("main").get_by_role("definition").first
    expect(active).to_have_text(re.compile(r"^[1-9]:[0-5]\d$"))


def test_buttons_and_keys_lead_to_the_days_beside_it_and_back(page: Page, show: Show) -> None:
    show("/today/2026-11-18")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("November 18")
    page.get_by_role("button", name="The day before").click()
    expect(heading).to_contain_text("November 17")
    assert page.url.endswith("/today/2026-11-17")
    page.keyboard.press("]")
    expect(heading).to_contain_text("November 18")
    page.keyboard.press("]")
    expect(heading).to_contain_text("November 19")
    page.go_back()
    expect(heading).to_contain_text("November 18")
    page.keyboard.press(".")
    expect(page).to_have_url(page.url.partition("/today")[0] + "/today")


def test_a_day_without_anything_says_so(page: Page, show: Show) -> None:
    show("/today/2026-11-14")
    expect(page.get_by_text("Nothing was recorded on this day.")).to_be_visible()


def test_an_empty_record_says_what_to_do(
    page: Page, start_server: Callable[..., RealServer], tmp_path: Path
) -> None:
    empty = start_server(tmp_path)
    try:
        empty.wait()
        page.goto(a_link(empty))
        expect(page.get_by_role("main").get_by_role("link").first).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
    finally:
        empty.stop()
