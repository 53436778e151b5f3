"""The timeline: lanes, a selection of time, and what can be said about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState, expect

from tests.polling import until
from tests.ui.conftest import PATIENCE, Show
from tests.web.asking import RealServer
from tests.web.browser import Faults

soak = pytest.mark.soak
DAY = "/timeline/2026-11-18"
DENSE = "2026-10-01"


def lanes(page: Page) -> tuple[float, float, float]:
    """Return where the lanes are on the page, once they are drawn: left, top and width."""
    board = page.get_by_role("application", name="Lanes")
    expect(board).to_be_visible()
    box = board.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"]


def drag(page: Page, start: float, end: float) -> Locator:
    """Select a part of the lanes, and return what tells of it."""
    left, top, width = lanes(page)
    page.mouse.move(left + width * start, top + 45)
    page.mouse.down()
    page.mouse.move(left + width * (start + end) / 2, top + 45)
    page.mouse.move(left + width * end, top + 45)
    page.mouse.up()
    chosen = page.get_by_role("region", name="Selection")
    expect(chosen.get_by_role("listitem").first).to_be_visible()
    return chosen


def undo(page: Page, server: RealServer | None = None) -> None:
    """Take the last change back; with a server until nothing is said any more."""
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_text("Undone.").last).to_be_visible()
    if server is not None:
        assert until(lambda: marks(server), lambda found: found == []) == []


@pytest.fixture
def clean(server: RealServer) -> Iterator[RealServer]:
    """Leave nothing that was said about any time."""
    yield server
    for mark in server.owner("GET", "/api/v1/marks")["marks"]:
        server.owner("DELETE", f"/api/v1/marks/{mark['id']}")


def marks(server: RealServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.owner("GET", "/api/v1/marks")["marks"]
    return found


@soak
def test_a_source_is_a_lane_and_its_events_are_listed(page: Page, show: Show) -> None:
    show(DAY)
    lanes(page)
    few = page.get_by_role("application", name="Lanes").bounding_box()
    page.get_by_role("combobox", name="What is a lane").select_option(label="By source")
    expect(page).to_have_url(re.compile("lanes=sources"))
    expect(page.get_by_text("aw-watcher-window").first).to_be_visible()
    many = page.get_by_role("application", name="Lanes").bounding_box()
    assert few is not None
    assert many is not None
    assert many["height"] > few["height"]
    page.get_by_role("button", name="List").click()
    expect(page.get_by_role("columnheader", name="Source")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="aw-watcher-window").first).to_be_visible()
    page.keyboard.press("[")
    expect(page).to_have_url(re.compile("2026-11-17.*lanes=sources"))


def test_a_drag_selects_time_which_is_marked_away_and_taken_back(
    page: Page, show: Show, clean: RealServer
) -> None:
    show(DAY)
    chosen = drag(page, 0.25, 0.4)
    expect(chosen.get_by_role("heading")).to_have_text(re.compile(r"^\d\d:\d\d–\d\d:\d\d · "))
    chosen.get_by_role("button", name="Mark as away").click()
    expect(page.get_by_text("Marked as away; it does not count.")).to_be_visible()
    expect(chosen.get_by_text("Nothing was recorded then.")).to_be_visible()
    assert [each["presence"] for each in marks(clean)] == ["away"]
    undo(page, clean)
    expect(chosen.get_by_text("Nothing was recorded then.")).to_have_count(0)
    chosen.get_by_role("button", name="Close").click()
    expect(chosen).to_have_count(0)


@soak
def test_the_mouse_splits_merges_and_says_what_a_stretch_was(
    page: Page, show: Show, clean: RealServer
) -> None:
    show(DAY)
    chosen = drag(page, 0.25, 0.4)
    chosen.get_by_role("button", name="Split", exact=True).click()
    form = chosen.get_by_role("form", name="Split")
    form.get_by_role("combobox").first.select_option(label="Media › Games")
    form.get_by_role("combobox").last.select_option(label="away")
    form.get_by_role("button", name="Split there").click()
    expect(page.get_by_text("Split; each part is what you said.")).to_be_visible()
    expect(
        chosen.get_by_role("list", name="What you said about this time").get_by_role("listitem")
    ).to_have_count(2)
    one, other = sorted(marks(clean), key=lambda each: each["start"])
    assert (one["end"], one["presence"], other["presence"]) == (other["start"], None, "away")
    undo(page, clean)
    expect(form).to_have_count(0)
    chosen.get_by_role("button", name="Merge").click()
    expect(page.get_by_text(re.compile("^Merged into "))).to_be_visible()
    (merged,) = marks(clean)
    assert merged["outcome"]["category_id"]
    undo(page, clean)
    chosen.get_by_role("combobox", name="to", exact=True).select_option(label="Media › Games")
    chosen.get_by_role("textbox", name="Note").fill("a try")
    chosen.get_by_role("button", name="Assign").click()
    expect(chosen.get_by_text("Media › Games · a try")).to_be_visible()
    chosen.get_by_role("button", name="Take back").click()
    expect(chosen.get_by_role("button", name="Take back")).to_have_count(0)
    assert until(lambda: marks(clean), lambda found: found == []) == []


@soak
def test_the_keyboard_walks_splits_merges_marks_and_takes_back(
    page: Page, show: Show, clean: RealServer
) -> None:
    show(DAY)
    board = page.get_by_role("application", name="Lanes")
    board.focus()
    page.keyboard.press("ArrowRight")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    chosen = page.get_by_role("region", name="Selection")
    expect(chosen.get_by_role("listitem").nth(1)).to_be_visible()
    page.keyboard.press("m")
    expect(page.get_by_text(re.compile("^Merged into "))).to_be_visible()
    page.keyboard.press("Control+z")
    assert until(lambda: marks(clean), lambda found: found == []) == []
    page.keyboard.press("x")
    form = chosen.get_by_role("form", name="Split")
    expect(form.get_by_role("combobox").first).to_be_focused()
    page.keyboard.type("away")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Split; each part is what you said.")).to_be_visible()
    (mark,) = marks(clean)
    assert mark["presence"] == "away"
    board.focus()
    page.keyboard.press("a")
    expect(chosen.get_by_role("combobox", name="to", exact=True)).to_be_focused()
    page.keyboard.type("Media › Games")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Noted for this stretch of time.")).to_be_visible()
    board.focus()
    page.keyboard.press("w")
    expect(page.get_by_text("Marked as away; it does not count.")).to_be_visible()
    chosen.get_by_label("Note").press("Escape")
    expect(chosen).to_be_visible()
    chosen.get_by_role("combobox").first.press("Escape")
    expect(chosen).to_have_count(0)
    page.keyboard.press("l")
    expect(page.get_by_role("region", name="List").get_by_role("row").nth(2)).to_be_visible()


@soak
def test_what_is_said_for_ever_is_remembered_and_time_can_be_deleted(page: Page, show: Show) -> None:
    show(DAY)
    chosen = drag(page, 0.45, 0.5)
    chosen.get_by_role("combobox", name="Assign").select_option(index=1)
    chosen.get_by_role("combobox", name="to", exact=True).select_option(label="Media › Games")
    chosen.get_by_role("button", name="Assign").click()
    expect(page.get_by_text("Assigned; it is remembered")).to_be_visible()
    undo(page)
    page.get_by_role("application", name="Lanes").focus()
    page.keyboard.press("Delete")
    expect(page.get_by_text("Deleted; for seven days")).to_be_visible()
    undo(page)
    chosen = drag(page, 0.45, 0.5)
    chosen.get_by_role("link", name="Make a rule").click()
    expect(page).to_have_url(re.compile(r"/rules\?new="))


@pytest.fixture
def phone(browser: Browser, signed_in: StorageState, server: RealServer) -> Iterator[Page]:
    """Open a phone."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        timezone_id="UTC",
        storage_state=signed_in,
        service_workers="block",
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"http://localhost:{server.port}{DAY}")
    yield page
    context.close()


@soak
def test_on_a_phone_cards_are_tapped_and_nothing_is_dragged(phone: Page, clean: RealServer) -> None:
    cards = phone.get_by_role("region", name="List")
    cards.get_by_role("listitem").nth(2).get_by_role("button").tap()
    chosen = phone.get_by_role("region", name="Selection")
    chosen.get_by_role("button", name="Split", exact=True).tap()
    form = chosen.get_by_role("form", name="Split")
    before = form.get_by_role("combobox").first.locator("xpath=..").inner_text()
    form.get_by_role("slider").press("ArrowRight")
    form.get_by_role("combobox").first.select_option(label="away")
    assert before
    form.get_by_role("button", name="Split there").tap()
    expect(phone.get_by_text("Split; each part is what you said.")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.get_by_role("button", name="Undo").last.tap()
    assert until(lambda: marks(clean), lambda found: found == []) == []
    phone.get_by_role("button", name="Lanes").tap()
    left, top, width = lanes(phone)
    phone.touchscreen.tap(left + width * 0.3, top + 45)
    expect(chosen).to_be_visible()


@soak
def test_a_gap_can_be_filled_with_what_was_done_without_the_computer(
    page: Page, show: Show, clean: RealServer
) -> None:
    show(DAY)
    left, top, width = lanes(page)
    chosen = page.get_by_role("region", name="Selection")
    for share in (0.66, 0.7, 0.74, 0.78):
        page.mouse.click(left + width * share, top + 45)
        nothing = chosen.get_by_text("Nothing was recorded then.")
        expect(nothing.or_(chosen.get_by_role("listitem")).first).to_be_visible()
        if nothing.count():
            break
    expect(chosen.get_by_text("Nothing was recorded then.")).to_be_visible()
    chosen.get_by_role("textbox", name="Note").fill("A walk")
    chosen.get_by_role("button", name="Assign").click()
    expect(chosen.get_by_role("listitem").filter(has_text="A walk").last).to_be_visible()
    assert [(each["presence"], each["note"]) for each in marks(clean)] == [("present", "A walk")]


@soak
def test_the_list_says_the_same_and_scrolls_through_the_day(page: Page, show: Show) -> None:
    show(DAY)
    lanes(page)
    page.keyboard.press("l")
    table = page.get_by_role("region", name="List")
    first = table.get_by_role("row").nth(1)
    expect(first).to_be_visible()
    begun = first.inner_text()
    table.get_by_role("button").first.click()
    chosen = page.get_by_role("region", name="Selection")
    expect(chosen.get_by_role("button", name="Mark as away")).to_be_visible()
    table.evaluate("node => node.scrollTo(0, node.scrollHeight)")
    expect(table.get_by_role("row").nth(2)).not_to_have_text(begun)
    assert page.evaluate("document.querySelectorAll('*').length") <= 600


@soak
@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-18", 24)])
def test_a_day_on_which_clocks_change_is_as_long_as_it_was(
    page: Page, show: Show, server: RealServer, day: str, hours: int
) -> None:
    zone = server.owner("GET", "/api/v1/settings/time_zone")["value"]
    server.owner("PUT", "/api/v1/settings/time_zone", {"value": "Europe/Berlin"})
    try:
        noon = datetime.fromisoformat(f"{day}T10:00:00+00:00")
        record(server, [(noon, 3600.0, "Code", "Noon")])
        show(f"/timeline/{day}")
        lanes(page)
        for _ in range(12):
            page.get_by_role("application").press("-")
        with page.expect_response(re.compile(r"reports/timeline")) as answered:
            page.reload()
        told = answered.value.json()
        length = datetime.fromisoformat(told["ended_at"]) - datetime.fromisoformat(told["started_at"])
        assert length == timedelta(hours=hours)
        board = page.get_by_role("application", name="Lanes")
        board.focus()
        board.press("End")
        expect(page.locator("#board-told")).to_contain_text(re.compile(r"1[1-3]:00–1[2-4]:00 · 1 h|·"))
    finally:
        server.owner("PUT", "/api/v1/settings/time_zone", {"value": zone})


@soak
def test_what_goes_on_over_midnight_ends_with_the_day_and_begins_with_the_next(
    page: Page, show: Show, server: RealServer
) -> None:
    record(server, [(datetime.fromisoformat("2026-09-10T23:30:00+00:00"), 3600.0, "Code", "Late")])
    board = page.get_by_role("application", name="Lanes")
    for day, told in (("2026-09-10", "23:30–00:00 · 30 min"), ("2026-09-11", "00:00–00:30 · 30 min")):
        show(f"/timeline/{day}")
        lanes(page)
        board.focus()
        board.press("Home")
        expect(page.locator("#board-told")).to_contain_text(told)


@soak
def test_a_day_of_fifty_thousand_events_is_drawn_and_walked_through(
    page: Page, show: Show, server: RealServer
) -> None:
    begun, step = datetime.fromisoformat(f"{DENSE}T00:00:00+00:00"), 82_800 / 50_000
    apps = ["Code", "Firefox", "Slack", "thunderbird", "zoom"]
    record(
        server,
        [
            (begun + timedelta(seconds=n * step), step, apps[n * n % 5], f"Page {n * 7 % 613}")
            for n in range(50_000)
        ],
    )
    show(f"/timeline/{DENSE}")
    lanes(page)
    assert page.evaluate("document.querySelectorAll('*').length") <= 400
    board = page.get_by_role("application", name="Lanes")
    board.focus()
    for key in ("ArrowRight", "+", "+", "+", "Shift+ArrowRight", "0"):
        board.press(key)
    expect(page.get_by_role("region", name="Selection")).to_be_visible()
    expect(page.locator("#board-told")).to_contain_text("–")


@soak
def test_an_empty_day_says_why_and_leads_on(page: Page, show: Show) -> None:
    show("/timeline/2001-02-03")
    expect(page.get_by_text("Nothing was recorded on this day: the computer was off")).to_be_visible()
    expect(page.get_by_role("application")).to_have_count(0)
    page.get_by_role("link", name="To the last recorded day").click()
    lanes(page)


@soak
def test_lanes_that_cannot_be_read_say_why_and_come_again(page: Page, show: Show, faults: Faults) -> None:
    faults.expected += ["Failed to load resource", "503"]
    problem = {"title": "Unavailable", "status": 503, "detail": "The weather is bad.", "code": "weather"}
    page.route(
        "**/reports/timeline*",
        lambda route: route.fulfill(
            status=503, content_type="application/problem+json", body=json.dumps(problem)
        ),
    )
    show(DAY)
    expect(page.get_by_role("alert")).to_contain_text("The weather is bad.")
    page.unroute("**/reports/timeline*")
    page.get_by_role("alert").get_by_role("button").click()
    lanes(page)


def record(server: RealServer, windows: list[tuple[datetime, float, str, str]]) -> None:
    """Record windows of a desk at which somebody sat all the time."""
    with server.connect(unix=True) as connection:
        for kind in ("currentwindow", "afkstatus"):
            made = {"client": "test", "type": kind, "hostname": "desk"}
            connection.ask("POST", f"/api/0/buckets/{kind}_desk", content=json.dumps(made))
        begins, ends = windows[0][0], windows[-1][0] + timedelta(seconds=windows[-1][1])
        there = [
            {
                "timestamp": begins.isoformat(),
                "duration": (ends - begins).total_seconds(),
                "data": {"status": "not-afk"},
            }
        ]
        events = [
            {"timestamp": at.isoformat(), "duration": lasts, "data": {"app": app, "title": title}}
            for at, lasts, app, title in windows
        ]
        for kind, some in (("afkstatus", there), ("currentwindow", events)):
            for first in range(0, len(some), 2000):
                body = json.dumps(some[first : first + 2000])
                answer = connection.ask("POST", f"/api/0/buckets/{kind}_desk/events", content=body)
                assert answer.status == 200, answer
