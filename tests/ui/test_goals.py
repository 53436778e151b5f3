"""Goals: set one, be told what contradicts, change, end and delete it, and take that back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState, expect

from tests.ui.conftest import Show
from tests.ui.stories import a_phone, visit
from tests.web.asking import RealServer
from tests.web.browser import Faults

pytestmark = pytest.mark.soak


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name)


def test_a_goal_is_set_refused_changed_and_deleted(page: Page, show: Show, faults: Faults) -> None:
    # The browser tells of the refusal too.
    faults.expected.append("409 (Conflict)")
    show("/goals")
    page.get_by_role("link", name="Set a goal").first.click()
    page.get_by_label("Name").fill("Deep work")
    target = page.get_by_label("Hours and minutes")
    target.fill("soon")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Write a time such as 4:30")).to_be_visible()
    target.fill("6h30")
    expect(page.get_by_text("= 6 h 30 min")).to_be_visible()
    page.get_by_label("Categories").select_option(label="Work › Programming")
    page.get_by_role("button", name="Save").click()
    expect(card(page, "Deep work")).to_contain_text("at least 6:30 a day · Work › Programming")

    page.get_by_role("link", name="Set a goal").click()
    page.get_by_label("Name").fill("Not so much")
    page.get_by_label("Direction").select_option("at_most")
    target.fill("4")
    page.get_by_label("Categories").select_option(label="Work › Programming")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text('"Deep work"')
    page.get_by_role("button", name="Cancel").click()

    card(page, "Deep work").get_by_role("link", name="Edit").click()
    expect(target).to_have_value("6:30")
    target.fill("90 min")
    page.get_by_label("Notify me").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(card(page, "Deep work")).to_contain_text("at least 1:30 a day")
    expect(card(page, "Deep work")).to_contain_text("without notices")

    card(page, "Deep work").get_by_role("button", name="Delete").click()
    expect(card(page, "Deep work")).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(card(page, "Deep work")).to_be_visible()


def test_a_goal_is_set_with_the_keyboard_alone(page: Page, show: Show) -> None:
    show("/goals/new")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Good weeks")
    page.keyboard.press("Tab")
    page.keyboard.type("pulse")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("70")
    page.keyboard.press("Tab")
    page.keyboard.type("a week")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    found = card(page, "Good weeks")
    expect(found).to_contain_text("at least 70 pulse a week")
    expect(found.get_by_role("progressbar", name="Good weeks")).to_be_visible()
    end = found.get_by_role("button", name="End")
    end.focus()
    end.press("Enter")
    expect(found).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(found).to_be_visible()


def test_a_goal_is_set_and_deleted_by_taps(
    browser: Browser, server: RealServer, signed_in: StorageState
) -> None:
    with a_phone(browser, server, signed_in) as page:
        visit(page, server, "/goals/new")
        page.get_by_label("Name").fill("Less mail")
        page.get_by_label("Hours and minutes").fill("1:00")
        page.get_by_role("button", name="Save").tap()
        expect(card(page, "Less mail")).to_contain_text("at least 1:00 a day")
        card(page, "Less mail").get_by_role("button", name="Delete").tap()
        expect(card(page, "Less mail")).to_have_count(0)
        page.get_by_role("button", name="Undo").last.tap()
        expect(card(page, "Less mail")).to_be_visible()
