"""The extension in Debian's Chromium, paired with a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import BrowserContext, Error, Page, Worker, sync_playwright  # noqa: E402

from tests.extension.pages import until  # noqa: E402
from tests.extension.stories import Rig, Stories, a_rig, built, needs_node  # noqa: E402
from tests.web.browser import CHROMIUM, FLAGS  # noqa: E402

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    needs_node,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    # Playwright's own loop runs in this thread.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
ALLOW_IN_PRIVATE = """
async id => {
  const { updateProfileConfiguration, updateExtensionConfiguration } = chrome.developerPrivate;
  await new Promise(done => updateProfileConfiguration({ inDeveloperMode: true }, done));
  await new Promise(done => updateExtensionConfiguration({ extensionId: id, incognitoAccess: true }, done));
}
"""


CLOSE_PRIVATE = """
  for (const each of await chrome.windows.getAll()) {
    if (each.incognito) await chrome.windows.remove(each.id);
  }
"""


class ChromiumTab:
    """A page of Playwright's."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def go(self, url: str) -> None:
        self._page.goto(url)

    def push(self, path: str) -> None:
        self._page.evaluate("path => { history.pushState({}, '', '/' + path); document.title = path }", path)

    def front(self) -> None:
        self._page.bring_to_front()


class Chromium:
    """Chromium with the extension."""

    name = "chromium"

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self.id = self._worker().url.split("/")[2]
        page = context.new_page()
        page.goto("chrome://extensions")
        page.evaluate(ALLOW_IN_PRIVATE, self.id)
        self._own = page
        # With that the extension is started anew, and its pages are not there for a moment.
        until(self._opens_own, True)
        page.wait_for_selector("body[data-connection]")

    def open(self, url: str) -> ChromiumTab:
        page = self._context.new_page()
        page.goto(url)
        return ChromiumTab(page)

    def open_private(self, url: str) -> None:
        self.extension(
            "await chrome.windows.create({ incognito: true, url: arguments[0], focused: true })", url
        )

    def close_private(self) -> None:
        self.extension(CLOSE_PRIVATE)

    def extension(self, script: str, *arguments: Any) -> Any:
        wrapped = f"given => (async function () {{ {script} }})(...given)"
        return self._own.evaluate(wrapped, list(arguments))

    def stop_worker(self) -> None:
        self._worker().evaluate("globalThis.before = true")
        session = self._context.new_cdp_session(self._own)
        for target in session.send("Target.getTargets")["targetInfos"]:
            if target["type"] == "service_worker" and self.id in target["url"]:
                session.send("Target.closeTarget", {"targetId": target["targetId"]})
        session.detach()
        # Whatever it is asked next starts it anew, with nothing in its memory.
        self.extension("await chrome.runtime.sendMessage({})")
        until(lambda: self._worker().evaluate("globalThis.before === undefined"), True)

    def _worker(self) -> Worker:
        running = self._context.service_workers
        return running[-1] if running else self._context.wait_for_event("serviceworker")

    def _opens_own(self) -> bool:
        try:
            self._own.goto(f"chrome-extension://{self.id}/popup.html")
        except Error:
            return False
        return True


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    directory: Path = tmp_path_factory.mktemp("chromium")
    extension = built(directory / "extension", "chromium")
    flags = [
        *FLAGS,
        "--headless=new",
        "--disable-features=DisableLoadExtensionCommandLineSwitch",
        f"--disable-extensions-except={extension}",
        f"--load-extension={extension}",
        "--host-resolver-rules=MAP *.test 127.0.0.1",
    ]
    with sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            str(directory / "profile"), executable_path=CHROMIUM, headless=False, args=flags
        )
        try:
            with a_rig(Chromium(context), directory / "server") as made:
                yield made
        finally:
            context.close()


class TestInChromium(Stories):
    """All stories."""
