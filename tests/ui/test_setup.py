"""The setup: it proves that something is recorded, or names what stands in the way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.polling import until
from tests.ui.conftest import PATIENCE, Show
from tests.web.asking import RealServer
from tests.web.browser import Faults, a_bucket, a_heartbeat, a_link, an_event

pytestmark = pytest.mark.soak


def test_an_empty_record_leads_through_the_setup(
    page: Page, start_server: Callable[..., RealServer], tmp_path: Path
) -> None:
    server = start_server(tmp_path)
    try:
        server.wait()
        page.goto(a_link(server))
        expect(page).to_have_url(re.compile("/setup$"))
        verdict = page.get_by_role("main").get_by_role("status").filter(has=page.get_by_role("heading"))
        expect(verdict).to_contain_text("No watcher was heard yet.")
        expect(page.get_by_text("hourloom device doctor", exact=True)).to_be_visible()

        a_bucket(server, "windows", "currentwindow", "tower")
        a_heartbeat(server, "windows", {"app": "Loomwright", "title": "warp.loom"})
        expect(verdict).to_contain_text("It records.")
        expect(page.get_by_text("Loomwright", exact=True)).to_be_visible()
        a_bucket(server, "presence", "afkstatus", "tower")
        a_heartbeat(server, "presence", {"status": "afk"})
        expect(verdict).to_contain_text("counts as away")
        expect(page.get_by_role("link", name="presence")).to_be_visible()

        page.get_by_role("link", name="Next").click()
        page.get_by_text("I already run ActivityWatch").click()
        expect(page.get_by_text("hourloom import activitywatch", exact=True)).to_be_visible()
        an_import(server)
        expect(page.get_by_text("2 events taken in, 0 were here already; buckets: 1.")).to_be_visible()
        page.get_by_role("button", name="Make a code").click()
        expect(page.get_by_role("timer")).to_contain_text(":")

        page.get_by_role("link", name="Next").click()
        expect(page.get_by_text("Nothing was seen yet.")).to_be_visible()
        page.get_by_role("link", name="Next").click()
        expect(page.get_by_role("button", name="Fill the demo and look at it")).to_be_visible()
        expect(page.get_by_text("hourloom demo", exact=True)).to_be_visible()
        page.get_by_role("link", name="Go to today").click()
        expect(page).to_have_url(re.compile("/today$"))
    finally:
        server.stop()


def an_import(server: RealServer) -> None:
    """Import what `hourloom import activitywatch` would send."""
    begun = server.owner("POST", "/api/v1/imports", {"source": "aw-server on otter"})["operation_id"]
    bucket = {"name": "old", "type": "currentwindow", "client": "aw", "hostname": "otter"}
    server.owner("POST", f"/api/v1/imports/{begun}/buckets", bucket)
    at = 1_760_000_000_000_000
    events = [
        [at + n * 600_000_000, at + n * 600_000_000 + 9_000_000, {"app": "Old", "n": n}] for n in (0, 1)
    ]
    server.owner("POST", f"/api/v1/imports/{begun}/events", {"bucket": "old", "events": events})


def test_a_first_category_is_given_by_keys_and_taken_back(page: Page, server: RealServer, show: Show) -> None:
    a_bucket(server, "looms", "currentwindow", "loomhost")
    an_event(server, "looms", {"app": "Frobnicator", "title": "frob"}, 4_000, 1_800)
    show("/setup")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("go setup")
    page.keyboard.press("Enter")
    page.goto(f"http://localhost:{server.port}/setup/categories")
    chosen = page.get_by_role("combobox", name="Frobnicator")
    chosen.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    said = chosen.evaluate("list => list.selectedOptions[0].textContent")
    expect(page.get_by_role("button", name="Assign")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Frobnicator is {said} from now on")).to_be_visible()
    corrections = server.owner("GET", "/api/v1/corrections")["corrections"]
    assert [each["kind"] for each in corrections] == ["app"]
    expect(chosen).to_have_value(str(corrections[0]["outcome"]["category_id"]))
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Undone.")).to_be_visible()
    expect(chosen).to_have_value("")


def an_export(*apps: str) -> FilePayload:
    """Return what a file chooser is given: an export with an event for each app."""
    events = [
        {"timestamp": f"2026-11-1{day}T09:00:00Z", "duration": 1800, "data": {"app": app, "title": "moved"}}
        for day, app in enumerate(apps)
    ]
    bucket = {
        "id": "aw-window",
        "type": "currentwindow",
        "client": "aw",
        "hostname": "moved",
        "events": events,
    }
    content = json.dumps({"buckets": {"aw-window": bucket}}).encode()
    return {"name": "aw-buckets-export.json", "mimeType": "application/json", "buffer": content}


def test_files_of_activitywatch_move_in_and_a_wrong_one_is_refused(
    page: Page, server: RealServer, show: Show, faults: Faults
) -> None:
    show("/setup/more")
    page.get_by_text("I already run ActivityWatch").click()
    expect(page.get_by_role("heading", name="On the server’s computer")).to_be_visible()
    faults.expected.append("400 (Bad Request)")
    wrong: FilePayload = {"name": "hours.csv", "mimeType": "text/csv", "buffer": b"day,hours\n"}
    files = page.get_by_label("From files").locator("input").or_(page.locator("input[type=file]"))
    files.first.set_input_files([wrong, an_export("Loomwright", "Heddle")])
    expect(
        page.get_by_text("hours.csv is no ActivityWatch export or database: it looks like CSV.")
    ).to_be_visible()
    expect(page.get_by_text("2 events taken in, 0 were here already; buckets: 1.")).to_be_visible()
    page.get_by_role("button", name="Undo").first.press("Enter")
    expect(page.get_by_text("Undone.", exact=True)).to_be_visible()
    assert until(lambda: "aw-window" in named(server), lambda there: not there) is False


def test_a_server_that_is_away_is_told_and_the_page_goes_on(
    page: Page, start_server: Callable[..., RealServer], tmp_path: Path
) -> None:
    server = start_server(tmp_path)
    try:
        server.wait()
        page.goto(a_link(server))
        page.wait_for_selector("[data-state=live]", state="attached", timeout=PATIENCE)
        page.goto(f"http://localhost:{server.port}/setup/more")
        page.get_by_text("Another computer", exact=True).click()
        page.get_by_role("button", name="Make the commands").click()
        line = page.get_by_text(f"hourloom device install --server http://localhost:{server.port} ")
        expect(line).to_be_visible()
        expect(page.get_by_text("That address is this computer alone.")).to_be_visible()
        page.get_by_text("I already run ActivityWatch").click()
        expect(page.get_by_role("heading", name="On the server’s computer")).to_be_visible()
    finally:
        server.stop()
    page.locator("input[type=file]").set_input_files([an_export("Late")])
    expect(page.get_by_text("The server cannot be reached.").first).to_be_visible()
    expect(line).to_be_visible()


def test_by_tap_a_clock_that_is_wrong_is_named(
    browser: Browser, start_server: Callable[..., RealServer], tmp_path: Path
) -> None:
    server = start_server(tmp_path)
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    try:
        server.wait()
        page = context.new_page()
        page.goto(a_link(server))
        page.get_by_role("button", name="macOS").tap()
        expect(page.get_by_text("Titles need a permission")).to_be_visible()
        a_bucket(server, "ahead", "currentwindow", "tower")
        an_event(server, "ahead", {"app": "Loomwright", "title": "warp"}, -1_800, 600)
        expect(page.get_by_role("heading", name="A clock is wrong.")).to_be_visible()
        expect(page.get_by_text("The clock of tower is")).to_be_visible()
    finally:
        context.close()
        server.stop()


def named(server: RealServer) -> list[str]:
    return [bucket["name"] for bucket in server.owner("GET", "/api/v1/buckets")]
