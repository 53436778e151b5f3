"""The settings: saved at once and taken back, rules tried before they hold, what was deleted brought back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.ui.conftest import PATIENCE, Show
from tests.web.asking import RealServer
from tests.web.browser import Faults

pytestmark = pytest.mark.soak


def test_a_setting_is_saved_at_once_and_taken_back(page: Page, show: Show, faults: Faults) -> None:
    show("/settings")
    zone = page.get_by_label("Time zone", exact=True)
    zone.fill("Europe/Nowhere")
    faults.expected.append("status of 400")
    zone.press("Tab")
    expect(page.get_by_role("alert")).to_contain_text("time zone")
    zone.fill("Europe/Berlin")
    zone.press("Tab")
    expect(page.get_by_text("Saved: Time zone.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(zone).to_have_value("UTC")


def test_theme_and_language_act_at_once(page: Page, show: Show, server: RealServer) -> None:
    show("/settings/appearance")
    page.get_by_label("Theme", exact=True).select_option("dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_label("Language", exact=True).select_option("de")
    expect(page.get_by_role("heading", level=1, name="Einstellungen")).to_be_visible()
    expect(page.get_by_text("Die Sprache der Seiten.")).to_be_visible()
    for name in ("theme", "language"):
        server.owner("DELETE", f"/api/v1/settings/{name}")
    expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()


def test_a_privacy_rule_is_previewed_tried_and_removed_by_keyboard(page: Page, show: Show) -> None:
    show("/settings/general")
    page.get_by_role("link", name="Privacy").press("Enter")
    page.get_by_role("button", name="Add a rule").press("Enter")
    expect(page.get_by_label("Look in")).to_be_focused()
    for key in ("Tab", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type("code.example")
    expect(page.get_by_text(re.compile(r"^Would hide [\d,]+ events"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The rule was added; it holds from now on.")).to_be_visible()
    page.get_by_label("Address, if it is a page").fill("https://www.code.example/x")
    expect(page.get_by_text("Nothing of it is stored.")).to_be_visible()
    page.get_by_role("button", name="Delete Site is or is below “code.example”").press("Enter")
    expect(page.get_by_text("No rule matches: it is stored as it is.")).to_be_visible()


def test_what_matches_is_counted_deleted_and_brought_back(page: Page, show: Show) -> None:
    show("/settings/data")
    page.get_by_label("App", exact=True).fill("Code")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text(re.compile(r"^[\d,]+ events match"))).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^Delete [\d,]+ events")).click()
    expect(page.get_by_text(re.compile(r"^Deleted [\d,]+ events;"))).to_be_visible()
    page.get_by_role("button", name="Undo: What matched was deleted").click()
    expect(page.get_by_text("Undone.", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile("events · undone"))).to_be_visible()


def test_everything_is_exported_once_it_is_confirmed(
    page: Page, show: Show, server: RealServer, faults: Faults
) -> None:
    show("/settings/data")
    faults.expected.append("status of 403")
    page.get_by_role("button", name="Export everything").click()
    expect(page.get_by_role("dialog", name="Confirm that it is you")).to_be_visible()
    page.get_by_label("Code", exact=True).fill(server.owner("POST", "/api/v1/step-up-codes", {})["code"])
    with page.expect_download() as told:
        page.get_by_role("button", name="Confirm", exact=True).click()
    assert told.value.suggested_filename.startswith("hourloom-")


def test_a_token_is_shown_once_and_revoked(page: Page, show: Show, server: RealServer) -> None:
    show("/settings/advanced")
    page.get_by_label("Name", exact=True).fill("phone")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_text("shown only now")).to_be_visible()
    page.get_by_role("button", name="Revoke phone").click()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("Revoked phone.")).to_be_visible()
    expect(page.get_by_text("shown only now")).to_have_count(0)
    assert all(
        each["revoked_at"] for each in server.owner("GET", "/api/v1/tokens") if each["name"] == "phone"
    )


def test_keys_are_changed_and_switched_off_by_keyboard_alone(
    page: Page, show: Show, server: RealServer
) -> None:
    show("/settings/keys")
    page.get_by_role("button", name="Change the keys of Show all keys").press("Enter")
    expect(page.get_by_label("New keys for Show all keys")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("alert")).to_contain_text("G T belongs to “Go to Today”")
    page.keyboard.press("h")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Show all keys: H", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Change the keys of Show all keys")).to_be_focused()
    page.keyboard.press("?")
    page.keyboard.press("h")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    switch = page.get_by_role("switch", name="Keys without Ctrl or Cmd")
    switch.press("Space")
    expect(page.get_by_text("Saved: Keys without Ctrl or Cmd.")).to_be_visible()
    page.keyboard.press("h")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_visible()
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("Escape")
    for name in ("one_key_commands", "command_keys"):
        server.owner("DELETE", f"/api/v1/settings/{name}")
    expect(switch).to_be_checked()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_what_the_server_says_is_in_the_users_language(
    page: Page, show: Show, server: RealServer, faults: Faults
) -> None:
    faults.expected.append("status of 400")
    server.owner("PUT", "/api/v1/settings/language", {"value": "de"})
    try:
        show("/settings")
        zone = page.get_by_label("Zeitzone", exact=True)
        zone.fill("Europe/Nowhere")
        zone.press("Tab")
        expect(page.get_by_role("alert")).to_have_text(
            "Dieser Wert geht nicht: das ist weder „system“ noch der Name einer Zeitzone wie „Europe/Berlin“."
        )
    finally:
        server.owner("DELETE", "/api/v1/settings/language")
    expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()


def test_an_editors_key_is_filled_in_and_the_log_is_read(page: Page, show: Show, server: RealServer) -> None:
    show("/settings/integrations")
    page.get_by_label("Name", exact=True).fill("\u05e2\u05d5\u05e8\u05da " + "W" * 90)
    page.get_by_role("button", name="Make a key").click()
    text = page.get_by_role("status").locator("code").filter(has_text="api_key").inner_text()
    assert f"api_url = http://localhost:{server.port}/api/v1" in text
    assert len(text.partition("api_key = ")[2].split()[0]) == 36
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Advanced", exact=True).click()
    server.owner("PUT", "/api/v1/settings/backup_folder", {"value": "/nowhere/at/all"})
    server.owner("POST", "/api/v1/backups", {})
    expect(page.get_by_role("row").filter(has_text="Making a backup")).to_contain_text("finished")
    page.get_by_role("button", name="Read again").click()
    log = page.get_by_role("table", name="The server's log")
    expect(log.get_by_role("row").nth(1)).to_contain_text("no backup: backup_out_of_reach")
    page.get_by_label("From", exact=True).select_option("error")
    expect(page.get_by_text("Nothing of that level.")).to_be_visible()


def test_settings_are_reached_and_changed_by_tapping_on_a_phone(
    browser: Browser, server: RealServer, signed_in: StorageState
) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 640},
        has_touch=True,
        is_mobile=True,
        locale="en-GB",
        storage_state=signed_in,
        service_workers="block",
    )
    context.set_default_timeout(PATIENCE)
    try:
        phone = context.new_page()
        phone.goto(f"http://localhost:{server.port}/today")
        phone.get_by_role("button", name="More").tap()
        phone.get_by_role("dialog", name="More").get_by_role("link", name="Settings").tap()
        phone.get_by_role("link", name="Privacy", exact=True).tap()
        phone.get_by_role("button", name="Add a rule").tap()
        phone.get_by_label("What", exact=True).fill("secret \U0001f9a9")
        phone.locator("form").get_by_role("button", name="Add a rule").tap()
        expect(phone.get_by_text("The rule was added; it holds from now on.")).to_be_visible()
        phone.get_by_role("button", name="Undo", exact=True).tap()
        expect(phone.get_by_text("Undone.", exact=True)).to_be_visible()
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        context.close()


def test_the_recovery_code_is_confirmed_to_be_noted_down(page: Page, show: Show) -> None:
    show("/settings/encryption")
    ways = page.get_by_role("region", name="Ways in which the database opens")
    expect(ways.get_by_role("listitem").filter(has_text="Recovery code")).to_be_visible()
    page.get_by_role("button", name="I have noted it down …").click()
    page.get_by_role("button", name="I have noted it down", exact=True).click()
    expect(page.get_by_text("It was noted down")).to_be_visible()


def test_notices_are_told_live_and_read(page: Page, show: Show, server: RealServer) -> None:
    show("/settings/watchers")
    expect(page.get_by_role("button", name="Show notices")).to_be_visible()
    server.owner("PUT", "/api/v1/settings/backup_folder", {"value": "/nowhere/at/all"})
    server.owner("POST", "/api/v1/backups", {})
    page.get_by_role("button", name=re.compile(r"^Show notices, \d+ unread")).click()
    page.get_by_role("button", name=re.compile("^Mark as read: The last backup failed")).click()
    expect(
        page.get_by_role("button", name=re.compile("^Mark as read: The last backup failed"))
    ).to_have_count(0)
    expect(page.get_by_role("dialog", name="Notices")).to_contain_text("The last backup failed")
