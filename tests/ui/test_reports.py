"""Reports: what is asked stands in the address, and every number opens what is behind it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.ui.conftest import Show
from tests.ui.stories import a_phone, the_night_the_clocks_go_back, visit
from tests.ui.test_every_page import NARROW, SCHEMES, fits, keeps_rules, needs_axe
from tests.web.asking import RealServer


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
    show("/reports?range=month&date=2026-11-18&by=app&shape=tree")
    page.get_by_role("button", name="Save this report").click()
    dialog = page.get_by_role("dialog", name="Save this report")
    dialog.get_by_label("Name").fill("Apps of the month")
    dialog.get_by_role("button", name="Save this report").click()
    expect(page.get_by_text("Saved as “Apps of the month”.")).to_be_visible()
    show("/reports")
    page.get_by_label("Saved reports").select_option(label="Apps of the month")
    expect(page).to_have_url(re.compile("range=month.*by=app.*shape=tree"))
    expect(page.get_by_role("button", name="Tree map")).to_have_attribute("aria-pressed", "true")


def test_a_report_is_fetched_as_a_file(page: Page, show: Show) -> None:
    show("/reports?date=2026-11-18")
    expect(page.get_by_role("row").filter(has_text="Programming")).to_be_visible()
    with page.expect_download() as fetched:
        page.get_by_label("Export as …").select_option("csv")
    assert fetched.value.suggested_filename.startswith("hourloom-report-2026-11-16")
    assert "Programming" in fetched.value.path().read_text("utf-8")


@pytest.mark.soak
def test_a_chart_is_chosen_walked_through_by_keys_and_opens_what_is_behind(page: Page, show: Show) -> None:
    show("/reports?date=2026-11-18&then=app")
    page.get_by_role("button", name="Sunburst").press("Enter")
    expect(page).to_have_url(re.compile("shape=sunburst"))
    chart = page.get_by_role("group", name=re.compile("Time by category, then by app, .* in all: Work "))
    # One stop of the Tab key; the arrows go out, across and back.
    expect(chart.locator("[tabindex='0']")).to_have_count(1)
    chart.get_by_role("link").first.focus()
    expect(chart.locator(":focus")).to_have_attribute("aria-label", re.compile("^Work, .* %$"))
    page.keyboard.press("ArrowDown")
    expect(chart.locator(":focus")).to_have_attribute("aria-label", re.compile("^Work › Programming, "))
    page.keyboard.press("ArrowRight")
    expect(chart.locator(":focus")).to_have_attribute("aria-label", re.compile("^Work › (?!Programming)"))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"by=app.*category=1$"))
    expect(page.get_by_role("table", name="Time by app")).to_contain_text("Code")
    page.go_back()
    page.get_by_role("button", name="Tree map").press("Enter")
    tiles = page.get_by_role("group", name=re.compile("Time by category, then by app, "))
    expect(tiles.get_by_role("link", name=re.compile("^Work › Programming › Code, "))).to_be_visible()
    # The same numbers stand in the table below.
    table = page.get_by_role("table", name="Time by category, then by app")
    expect(table.get_by_role("link", name="Work › Programming")).to_be_visible()


@pytest.mark.soak
def test_numbers_lead_to_what_is_behind_them(page: Page, show: Show) -> None:
    show("/reports?date=2026-11-18&compare=1")
    facts = page.get_by_role("main").get_by_role("definition")
    facts.first.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("by=app&then=title"))
    page.go_back()
    facts.nth(1).get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Away")).to_be_visible()
    page.go_back()
    facts.nth(3).get_by_role("link").click()
    expect(page).to_have_url(re.compile("/timeline/2026-11-1"))
    page.go_back()
    page.get_by_role("group", name=re.compile("Hours of the week, ")).get_by_role(
        "link", name=re.compile("^Tuesday 10:00–11:00: ")
    ).click()
    expect(page).to_have_url(re.compile("hour=10&weekday=tuesday"))
    expect(page.get_by_role("table", name="Time by app, then by title")).to_be_visible()
    page.get_by_role("button", name="Drop the filter Hour").click()
    expect(page).to_have_url(re.compile("weekday=tuesday$"))


@pytest.mark.soak
def test_a_report_is_read_and_narrowed_by_taps(
    browser: Browser, server: RealServer, signed_in: StorageState
) -> None:
    with a_phone(browser, server, signed_in) as page:
        visit(page, server, "/reports?date=2026-11-18&shape=tree")
        page.get_by_role("group", name=re.compile("Time by category, ")).get_by_role("link").first.tap(
            position={"x": 30, "y": 12}
        )
        expect(page).to_have_url(re.compile(r"by=app&category=1$"))
        page.get_by_role("button", name="Sunburst").tap()
        expect(page.get_by_role("group", name=re.compile("Time by app, "))).to_be_visible()
        page.get_by_role("button", name=re.compile("Drop the filter Category")).tap()
        page.get_by_label("Compare with the period before").tap()
        expect(page.get_by_role("columnheader", name="Change")).to_be_visible()
        page.get_by_role("button", name="The period before").first.tap()
        expect(page).to_have_url(re.compile("date=2026-11-15"))


@pytest.mark.soak
@needs_axe
@pytest.mark.parametrize("shape", ["tree", "sunburst"])
def test_charts_keep_the_rules(page: Page, show: Show, shape: str) -> None:
    show(f"/reports?date=2026-11-18&then=app&shape={shape}")
    expect(page.get_by_role("group", name=re.compile("Time by category, then by app, "))).to_be_visible()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        keeps_rules(page, f"{shape} {scheme}")
    page.emulate_media(color_scheme="light", forced_colors="active")
    keeps_rules(page, f"{shape} forced", "color-contrast")
    fits(page, NARROW)


@pytest.mark.soak
def test_paper_shows_the_report_and_nothing_to_press(page: Page, show: Show) -> None:
    show("/reports?date=2026-11-18")
    expect(page.get_by_role("row").filter(has_text="Programming")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(page.get_by_role("button", name="Save this report")).to_be_hidden()
    expect(page.get_by_text(re.compile("16 – 22, 2026 · Time by category"))).to_be_visible()


@pytest.mark.soak
def test_the_hour_that_comes_twice_holds_two(page: Page, server: RealServer, show: Show) -> None:
    with the_night_the_clocks_go_back(server):
        show("/reports?range=day&date=2026-10-25&by=hour")
        row = page.get_by_role("table", name="Time by hour").get_by_role("row", name="2:00")
        expect(row.get_by_role("cell").first).to_have_text("2:00")
        show("/reports?range=week&date=2026-10-25&by=day")
        sunday = page.get_by_role("table", name="Time by day").get_by_role("row", name="Sun, Oct 25")
        expect(sunday.get_by_role("cell").first).to_have_text("4:00")
