"""Reports: what is asked stands in the address, and every number opens what is behind it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.ui.conftest import Show


def test_a_row_opens_what_is_behind_it(page: Page, show: Show) -> None:
    show("/reports?date=2026-11-18")
    row = page.get_by_role("row").filter(has_text="Programming")
    time = row.get_by_role("cell").first.inner_text()
    row.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"by=app.*category=\d+"))
    expect(page.get_by_role("main").get_by_role("definition").first).to_have_text(re.compile(re.escape(time)))
    page.get_by_role("button", name=re.compile("Drop the filter Category")).click()
    expect(page).not_to_have_url(re.compile("category="))


def test_the_period_the_groups_and_the_comparison_are_chosen(page: Page, show: Show) -> None:
    show("/reports?date=2026-11-18")
    expect(page.get_by_role("heading", name="Hours of the week")).to_be_visible()
    page.get_by_role("button", name="The period before").first.click()
    expect(page).to_have_url(re.compile("date=2026-11-15"))
    page.get_by_role("combobox", name=re.compile(r"^by\b")).select_option("app")
    page.get_by_role("combobox", name=re.compile(r"^then by\b")).select_option("category")
    page.get_by_label("Compare with the period before").check()
    expect(page).to_have_url(re.compile("by=app.*then=category.*compare=1"))
    expect(page.get_by_role("columnheader", name="Change")).to_be_visible()


def test_a_report_is_saved_opened_and_deleted(page: Page, show: Show) -> None:
    show("/reports?range=month&date=2026-11-18&by=app")
    page.get_by_role("button", name="Save this report").click()
    dialog = page.get_by_role("dialog", name="Save this report")
    dialog.get_by_label("Name").fill("Apps of the month")
    dialog.get_by_role("button", name="Save this report").click()
    expect(page.get_by_text("Saved as “Apps of the month”.")).to_be_visible()
    show("/reports")
    page.get_by_label("Saved reports").select_option(label="Apps of the month")
    expect(page).to_have_url(re.compile("range=month.*by=app"))


def test_a_report_is_fetched_as_a_file(page: Page, show: Show) -> None:
    show("/reports?date=2026-11-18")
    expect(page.get_by_role("row").filter(has_text="Programming")).to_be_visible()
    with page.expect_download() as fetched:
        page.get_by_label("Export as …").select_option("csv")
    assert fetched.value.suggested_filename.startswith("hourloom-report-2026-11-16")
    assert "Programming" in fetched.value.path().read_text("utf-8")
