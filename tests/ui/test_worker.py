"""The service worker: screens open while the server is away, newer ones when the user says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import PATIENCE
from tests.web.asking import RealServer
from tests.web.browser import a_link

pytestmark = pytest.mark.soak


@pytest.fixture
def built(screens: Path, tmp_path: Path) -> Path:
    """Return the screens in a place where a test may change them."""
    return Path(shutil.copytree(screens, tmp_path / "built"))


@pytest.fixture
def keeping(browser: Browser) -> Iterator[Page]:
    """Open a window that may keep files."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def serve(directory: Path, built: Path, port: int = 0) -> RealServer:
    program = (
        "from pathlib import Path; from hourloom.web import pages; "
        f"pages.BUILT = Path({str(built)!r}); "
        "from hourloom.app import main; raise SystemExit(main())"
    )
    running = RealServer(directory, program=program, port=port)
    running.wait()
    return running


def upgrade(built: Path) -> None:
    """Make the worker another one, as a new build does."""
    for end in (".br", ".gz"):
        (built / f"worker.js{end}").unlink()
    text = (built / "worker.js").read_text("utf-8")
    (built / "worker.js").write_text(text.replace('"screens-', '"screens-newer-'), "utf-8")


def test_screens_open_without_the_server_and_give_way_to_newer_ones(
    keeping: Page, tmp_path: Path, built: Path
) -> None:
    first = serve(tmp_path / "server", built)
    try:
        keeping.goto(a_link(first))
        keeping.wait_for_function("() => navigator.serviceWorker.controller !== null")
        kept = keeping.evaluate(
            "async () => (await Promise.all((await caches.keys()).map(async (name) =>"
            " (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat()"
        )
        assert "/" in kept
        assert [path for path in kept if path.startswith("/api/")] == []
    finally:
        first.stop()
    keeping.goto(f"http://localhost:{first.port}/raw")
    expect(keeping.get_by_text("Offline since")).to_be_visible()
    expect(keeping.get_by_role("heading", name="Raw data")).to_be_visible()

    upgrade(built)
    again = serve(tmp_path / "server", built, first.port)
    try:
        keeping.reload()
        keeping.get_by_role("button", name="Show them").click()
        keeping.wait_for_function("async () => (await caches.keys()).join().startsWith('screens-newer-')")
        expect(keeping.get_by_role("heading", name="Raw data")).to_be_visible()
        expect(keeping.get_by_role("button", name="Show them")).to_have_count(0)
    finally:
        again.stop()
