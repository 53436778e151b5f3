"""Pictures of every page for the docs, and to be looked at: light, dark and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState

from tests.ui.conftest import PATIENCE, ROOT
from tests.ui.test_every_page import addresses, names, show
from tests.web.asking import RealServer
from tests.web.browser import Scheme

VIEWS: dict[str, tuple[Scheme, int, int]] = {
    "light": ("light", 1360, 900),
    "dark": ("dark", 1360, 900),
    "phone": ("light", 390, 844),
}


@pytest.mark.parametrize("name", names())
def test_draw(
    browser: Browser, signed_in: StorageState, server: RealServer, pytestconfig: pytest.Config, name: str
) -> None:
    directory = ROOT / Path(pytestconfig.getoption("--screenshots"))
    directory.mkdir(parents=True, exist_ok=True)
    for view, (scheme, width, height) in VIEWS.items():
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale="en-GB",
            timezone_id="UTC",
            storage_state=signed_in,
            service_workers="block",
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        show(page, server, addresses(name, server)[0])
        page.screenshot(path=directory / f"{name}-{view}.png", animations="disabled")
        context.close()
