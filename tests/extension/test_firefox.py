"""The extension in Debian's Firefox ESR, paired with a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.extension.marionette import FIREFOX, Marionette, firefox
from tests.extension.pages import PRIVATE, WORK
from tests.extension.stories import Rig, Stories, a_rig, built, needs_node

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    # The same stories run in Chromium each time.
    pytest.mark.soak,
    needs_node,
    pytest.mark.skipif(FIREFOX is None, reason="Firefox is not installed"),
]
ID = "extension@hourloom.invalid"


class FirefoxTab:
    """A tab by its handle."""

    def __init__(self, driver: Marionette, handle: str) -> None:
        self._driver, self._handle = driver, handle

    def go(self, url: str) -> None:
        self._driver.choose(self._handle)
        self._driver.open(url)

    def push(self, path: str) -> None:
        self._driver.choose(self._handle)
        self._driver.script(
            "history.pushState({}, '', '/' + arguments[0]); document.title = arguments[0]", path
        )

    def front(self) -> None:
        self._driver.choose(self._handle)


class Firefox:
    """Firefox with the extension."""

    name = "firefox"

    def __init__(self, driver: Marionette, extension: Path) -> None:
        self._driver = driver
        driver.ask("Addon:Install", path=str(extension), temporary=True, allowPrivateBrowsing=True)
        host = driver.script(
            "return WebExtensionPolicy.getByID(arguments[0]).mozExtensionHostname", ID, chrome=True
        )
        self._own = str(driver.ask("WebDriver:GetWindowHandle"))
        self._private: str | None = None
        driver.open(f"moz-extension://{host}/popup.html")
        ready = "while (!document.body.dataset.connection) await new Promise(done => setTimeout(done, 20));"
        self.extension(ready)

    def open(self, url: str) -> FirefoxTab:
        self._driver.choose(self._own)
        tab = FirefoxTab(self._driver, self._driver.new_tab())
        self._driver.open(url)
        return tab

    def open_private(self, url: str) -> None:
        self._private = self._driver.new_tab(private=True)
        self._driver.open(url)

    def close_private(self) -> None:
        assert self._private is not None
        self._driver.choose(self._private)
        self._driver.ask("WebDriver:CloseWindow")

    def extension(self, script: str, *arguments: Any) -> Any:
        self._driver.ask("WebDriver:SwitchToWindow", handle=self._own, focus=False)
        return self._driver.script(script, *arguments)

    def stop_worker(self) -> None:
        stop = "await WebExtensionPolicy.getByID(arguments[0]).extension.terminateBackground()"
        self._driver.script(stop, ID, chrome=True)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    directory: Path = tmp_path_factory.mktemp("firefox")
    extension = built(directory / "extension", "firefox")
    found_here = {"network.dns.localDomains": f"{WORK},{PRIVATE}"}
    with (
        firefox(directory / "browser", found_here) as driver,
        a_rig(Firefox(driver, extension), directory / "server") as made,
    ):
        yield made


class TestInFirefox(Stories):
    """All stories."""
