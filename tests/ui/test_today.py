"""The day: where its hours went, and the way to the days beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, StorageState, expect

from tests.ui.conftest import PATIENCE, Show
from tests.web.asking import RealServer
from tests.web.browser import Faults, a_link

soak = pytest.mark.soak


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


@soak
def test_a_day_without_anything_says_so(page: Page, show: Show) -> None:
    show("/today/2026-11-14")
    expect(page.get_by_text("Nothing was recorded on this day.")).to_be_visible()


@soak
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


@soak
def test_the_keyboard_is_enough(page: Page, show: Show) -> None:
    show("/today/2026-11-18")
    expect(page.get_by_role("region", name="Apps and sites")).to_contain_text("Code")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="The day before")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("November 17")
    first = page.get_by_role("region", name="Where the hours went").get_by_role("link").first
    for _ in range(20):
        if first.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/reports[?].*2026-11-17"))


@pytest.fixture
def phone(browser: Browser, signed_in: StorageState) -> Iterator[Page]:
    """Open a phone's window, that can only be touched."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        locale="en-GB",
        storage_state=signed_in,
        service_workers="block",
    )
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@soak
def test_taps_are_enough(phone: Page, server: RealServer) -> None:
    seen = Faults(phone)
    phone.goto(f"http://localhost:{server.port}/today/2026-11-18")
    phone.get_by_role("button", name="The day before").tap()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("November 17")
    phone.get_by_role("region", name="Where the hours went").get_by_role("link").first.tap()
    expect(phone).to_have_url(re.compile("/reports[?].*2026-11-17"))
    assert seen.found == []


@soak
def test_at_midnight_today_is_the_next_day(page: Page, show: Show, server: RealServer) -> None:
    day = ["2026-11-18"]

    def answer(route: Route) -> None:
        # The server's own clock stands elsewhere: it is asked for the day that it is in this story.
        address = f"http://localhost:{server.port}/api/v1/today?date={day[0]}"
        told = route.fetch(url=address).json()
        route.fulfill(json=told | {"today": day[0]})

    page.route("**/api/v1/today*", answer)
    page.clock.install(time="2026-11-18T23:58:00Z")
    show("/today")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("November 18")
    day[0] = "2026-11-19"
    page.clock.fast_forward("03:00")
    expect(heading).to_contain_text("November 19")
    expect(page.get_by_role("button", name="Today", exact=True)).to_be_disabled()
    assert page.url.endswith("/today")


@soak
def test_a_day_of_25_hours_is_shown_as_clocks_told_it(page: Page, show: Show, server: RealServer) -> None:
    kinds = {each["type"]: each["name"] for each in server.owner("GET", "/api/v1/buckets")}
    seen = {"currentwindow": {"app": "Code", "title": "late.py"}, "afkstatus": {"status": "not-afk"}}
    for kind, told in seen.items():
        # From half past two to half past two.
        event = {"started_at": "2026-10-25T00:30:00Z", "duration": 3600, "data": told}
        server.owner("POST", f"/api/v1/buckets/{kinds[kind]}/events", [event])
    server.owner("PUT", "/api/v1/settings/time_zone", {"value": "Europe/Berlin"})
    try:
        show("/today/2026-10-25")
        numbers = page.get_by_role("main").get_by_role("definition")
        expect(numbers.first).to_have_text("1:00")
        expect(page.get_by_text("02:30\u201302:30")).to_be_visible()
        page.keyboard.press("[")
        expect(page.get_by_role("heading", level=1)).to_contain_text("October 24")
        page.keyboard.press("]")
        page.keyboard.press("]")
        expect(page.get_by_role("heading", level=1)).to_contain_text("October 26")
    finally:
        server.owner("PUT", "/api/v1/settings/time_zone", {"value": "UTC"})


@soak
def test_an_error_of_the_server_is_told_and_can_be_tried_again(
    page: Page, show: Show, faults: Faults
) -> None:
    faults.expected += ["500 (Internal Server Error)"]
    problem = json.dumps({"title": "Unforeseen", "status": 500, "detail": "Something went wrong."})
    page.route(
        "**/api/v1/today*",
        lambda route: route.fulfill(status=500, content_type="application/problem+json", body=problem),
    )
    show("/today/2026-11-18")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Something went wrong.")
    page.unroute("**/api/v1/today*")
    alert.get_by_role("button").click()
    expect(page.get_by_role("region", name="Apps and sites")).to_contain_text("Code")
    expect(alert).to_have_count(0)


@soak
def test_a_server_that_is_away_is_told_and_the_other_pages_stay(
    page: Page, show: Show, faults: Faults
) -> None:
    faults.expected += ["ERR_FAILED"]
    show("/today/2026-11-18")
    page.route("**/api/v1/today*", lambda route: route.abort())
    page.keyboard.press("[")
    alert = page.get_by_role("alert")
    expect(alert).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Goals").click()
    expect(page.get_by_role("heading", level=1, name="Goals")).to_be_visible()
    page.unroute("**/api/v1/today*")
    page.go_back()
    expect(page.get_by_role("region", name="Apps and sites")).to_contain_text("Code")
