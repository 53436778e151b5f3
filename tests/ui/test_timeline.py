"""The timeline: lanes, a selection of time, and what can be done with it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Show

pytestmark = pytest.mark.soak


def lanes(page: Page) -> tuple[float, float, float]:
    """Return where the lanes are on the page, once they are drawn: left, top and width."""
    board = page.get_by_role("application", name="Lanes")
    expect(board).to_be_visible()
    box = board.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"]


def test_a_drag_selects_time_and_what_it_was_is_told(page: Page, show: Show) -> None:
    show("/timeline/2026-11-18")
    left, top, width = lanes(page)
    page.mouse.move(left + width * 0.25, top + 45)
    page.mouse.down()
    page.mouse.move(left + width * 0.3, top + 45)
    page.mouse.move(left + width * 0.4, top + 45)
    page.mouse.up()
    chosen = page.get_by_role("region", name="Selection")
    expect(chosen.get_by_role("heading")).to_have_text(re.compile(r"^\d\d:\d\d–\d\d:\d\d · "))
    expect(chosen.get_by_role("listitem").first).to_be_visible()
    chosen.get_by_role("button", name="Close").click()
    expect(chosen).to_have_count(0)


def test_the_keyboard_walks_assigns_and_takes_back(page: Page, show: Show) -> None:
    show("/timeline/2026-11-18")
    board = page.get_by_role("application", name="Lanes")
    board.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    chosen = page.get_by_role("region", name="Selection")
    expect(chosen.get_by_role("listitem").first).to_be_visible()
    chosen.get_by_role("combobox", name=re.compile(r"^to\b")).select_option(label="Media › Games")
    chosen.get_by_role("button", name="Assign").click()
    said = page.get_by_role("status").filter(has_text="Assigned")
    expect(said).to_be_visible()
    said.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()


def test_the_list_says_the_same(page: Page, show: Show) -> None:
    show("/timeline/2026-11-18")
    lanes(page)
    page.keyboard.press("l")
    table = page.get_by_role("region", name="List")
    expect(table.get_by_role("row").nth(3)).to_be_visible()
    table.get_by_role("button").first.click()
    expect(page.get_by_role("region", name="Selection")).to_be_visible()
