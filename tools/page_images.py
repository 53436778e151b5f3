"""Write the pictures of the page in docs/images: a believable day, light and dark, wide and narrow."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.web.asking import RealServer  # noqa: E402
from tests.web.browser import WINDOW, Scheme, a_day, a_heartbeat, chromium, sign_in  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SIZES = {"": (1100, 760), "-narrow": (390, 760)}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def main() -> None:
    """Write one picture for each size and colour scheme."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, chromium() as browser:
        server = RealServer(Path(directory))
        try:
            server.wait()
            a_day(server)
            a_heartbeat(server, WINDOW, {"app": "Code", "title": "intervals.py — hourloom"})
            for scheme in SCHEMES:
                for suffix, (width, height) in SIZES.items():
                    page = browser.new_page(
                        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB"
                    )
                    sign_in(page, server)
                    page.wait_for_selector("#events li")
                    page.screenshot(path=IMAGES / f"page-{scheme}{suffix}.png")
                    page.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
