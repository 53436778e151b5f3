"""Pictures of every page for the docs, and to be looked at: light, dark and on a phone.

`pytest tests/ui/test_screenshots.py --screenshots` draws them into docs/images/screens.
"""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.ui.conftest import PATIENCE, ROOT
from tests.ui.test_every_page import addresses, names, show
from tests.ui.test_pictures import LARGEST, VIEWS
from tests.web.asking import RealServer
from tests.web.browser import Scheme

SIZES: dict[str, tuple[Scheme, int, int]] = {
    "light": ("light", 1360, 900),
    "dark": ("dark", 1360, 900),
    "phone": ("light", 390, 844),
}
WIDEST = 1000
QUALITIES = (0.82, 0.7, 0.55, 0.4, 0.25)
SMALLER = """async ([png, widest, quality]) => {
  const whole = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const part = Math.min(1, widest / whole.width);
  const canvas = new OffscreenCanvas(Math.round(whole.width * part), Math.round(whole.height * part));
  const brush = canvas.getContext("2d");
  brush.imageSmoothingQuality = "high";
  brush.drawImage(whole, 0, 0, canvas.width, canvas.height);
  const made = await canvas.convertToBlob({ type: "image/webp", quality });
  const bytes = new Uint8Array(await made.arrayBuffer());
  return btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join(""));
}"""


@pytest.fixture(scope="module", autouse=True)
def something_to_show(server: RealServer) -> None:
    """Set goals and write a rule, so that their pages show what they are for."""
    for name, path, hours, direction in (
        ("Deep work", "Work > Programming", 4, "at_least"),
        ("Little video", "Media > Video", 1, "at_most"),
    ):
        goal = {
            "name": name,
            "target": hours * 3600,
            "direction": direction,
            "where": {"categories": [path]},
            "starts_on": "2026-11-09",
        }
        server.owner("POST", "/api/v1/goals", goal)
    conditions = [{"field": "title", "form": "words", "text": "steering group"}]
    rule = {"name": "The steering group", "conditions": conditions, "outcome": {"category_id": 7}}
    server.owner("POST", "/api/v1/rules", rule)


def small(page: Page, png: bytes) -> bytes:
    """Return a picture as WebP, as good as its size allows."""
    page.goto("about:blank")
    text = base64.b64encode(png).decode("ascii")
    made = b""
    for quality in QUALITIES:
        made = base64.b64decode(page.evaluate(SMALLER, [text, WIDEST, quality]))
        if len(made) <= LARGEST:
            break
    return made


@pytest.mark.parametrize("name", names())
def test_draw(
    browser: Browser, signed_in: StorageState, server: RealServer, pytestconfig: pytest.Config, name: str
) -> None:
    directory = ROOT / Path(pytestconfig.getoption("--screenshots"))
    directory.mkdir(parents=True, exist_ok=True)
    for view in VIEWS:
        scheme, width, height = SIZES[view]
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
        png = page.screenshot(animations="disabled")
        (directory / f"{name}-{view}.webp").write_bytes(small(page, png))
        context.close()
