"""The screens as an app: what a browser wants before it installs them."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from hourloom.web.pages import PAGES
from tests.ui.conftest import Show


@pytest.fixture(scope="module")
def manifest(screens: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((screens / "manifest.webmanifest").read_text("utf-8"))
    return found


def test_the_manifest_says_all_that_an_app_needs(manifest: dict[str, Any]) -> None:
    assert {"id", "name", "short_name", "description", "lang", "scope"} <= manifest.keys()
    assert manifest["display"] == "standalone"
    assert manifest["start_url"] == "/today"
    assert {"theme_color", "background_color"} <= manifest.keys()
    addresses = [shortcut["url"] for shortcut in manifest["shortcuts"]]
    assert len(addresses) >= 3
    assert {address.strip("/") for address in addresses} <= set(PAGES)


def test_the_icons_are_there_in_their_sizes_and_one_may_be_masked(
    screens: Path, manifest: dict[str, Any]
) -> None:
    icons = manifest["icons"]
    assert {"192x192", "512x512", "any"} <= {icon["sizes"] for icon in icons}
    assert "maskable" in {icon["purpose"] for icon in icons}
    for icon in icons:
        content = (screens / icon["src"].strip("/")).read_bytes()
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", content[16:24])
            assert f"{width}x{height}" == icon["sizes"]


@pytest.mark.soak
def test_a_browser_finds_nothing_that_hinders_installing(page: Page, show: Show) -> None:
    show("/today")
    session = page.context.new_cdp_session(page)
    told = session.send("Page.getAppManifest")
    assert told["url"].endswith("/manifest.webmanifest")
    assert told["errors"] == []
    hindrances = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A window of a test is as private as an incognito one.
    assert [each for each in hindrances if each["errorId"] != "in-incognito"] == []
