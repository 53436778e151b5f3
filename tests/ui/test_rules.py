"""Rules and categories: what something is, tried and looked at before it holds."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.ui.conftest import Show
from tests.ui.stories import a_phone, visit
from tests.web.asking import RealServer
from tests.web.browser import Faults

pytestmark = pytest.mark.soak


def test_a_rule_is_written_looked_at_saved_and_removed(page: Page, show: Show) -> None:
    show("/rules?new=" + '{"app":"code"}')
    page.get_by_label("then it is").select_option(label="Learning › Courses")
    expect(page.get_by_text(re.compile(r"\d+ activities, .+ of the last four weeks move"))).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    rules = page.get_by_role("list", name="Rules")
    expect(rules.get_by_role("listitem")).to_contain_text(["Learning › Courses"])
    rules.get_by_role("button", name="Switch off").click()
    expect(rules.get_by_role("button", name="Switch on")).to_be_visible()
    rules.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No rule yet.")).to_be_visible()


def test_a_pattern_that_is_none_is_told_beside_the_form(page: Page, show: Show, faults: Faults) -> None:
    # A browser notes each answer that refuses.
    faults.expected += ["the server responded with a status of 4"]
    show("/rules?new=")
    page.get_by_label("How", exact=True).select_option("pattern")
    page.get_by_label("Text", exact=True).fill("(?=x")
    page.get_by_label("then it is").select_option(label="Media › Games")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_what_something_is_can_be_asked(page: Page, show: Show) -> None:
    show("/rules")
    page.get_by_label("App", exact=True).fill("Slack")
    page.get_by_role("button", name="What is this?").click()
    expect(page.get_by_role("status").filter(has_text="Chat")).to_contain_text("the shipped table")


def test_a_category_gets_a_score_and_it_is_taken_back(page: Page, show: Show) -> None:
    show("/rules/categories")
    page.get_by_label("Score: Travel").select_option("2")
    expect(page.get_by_text("Changed Travel.")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Undone.")).to_be_visible()
    expect(page.get_by_label("Score: Travel")).to_have_value("0")


def test_categories_are_named_in_the_language_of_the_screens(
    page: Page, show: Show, server: RealServer
) -> None:
    server.owner("PUT", "/api/v1/settings/language", {"value": "de"})
    try:
        show("/rules/categories")
        page.get_by_role("button", name="Auf Deutsch benennen").click()
        expect(page.get_by_role("rowheader", name="Programmieren")).to_be_visible()
        expect(page.get_by_text("englische Namen")).to_have_count(0)
        page.keyboard.press("Control+z")
        expect(page.get_by_role("rowheader", name="Programming")).to_be_visible()
        expect(page.get_by_text("englische Namen")).to_be_visible()
    finally:
        server.owner("PUT", "/api/v1/settings/language", {"value": "system"})


def test_a_category_is_added_by_keys_and_a_rule_by_taps(
    page: Page, show: Show, browser: Browser, server: RealServer, signed_in: StorageState
) -> None:
    show("/rules/categories")
    top = page.get_by_label("New category")
    top.focus()
    page.keyboard.type("שלום \N{BAR CHART}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader", name="שלום")).to_be_visible()
    with a_phone(browser, server, signed_in) as phone:
        visit(phone, server, "/rules")
        phone.get_by_role("link", name="New rule").tap()
        phone.get_by_label("Text", exact=True).fill("harbour")
        phone.get_by_label("then it is").select_option(label="שלום \N{BAR CHART}")
        phone.get_by_role("button", name="Save", exact=True).tap()
        rules = phone.get_by_role("list", name="Rules")
        expect(rules.get_by_role("listitem")).to_contain_text(["שלום"])
        rules.get_by_role("button", name="Delete").first.tap()
        expect(rules).to_have_count(0)
