"""What the extension does in any browser; each browser's module runs these on a rig of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.extension.pages import PRIVATE, WORK, Record, Site, a_site, require_order, until
from tests.web.asking import RealServer

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "extension"
NODE = shutil.which("node")
BUILDER = EXTENSION / "node_modules" / "esbuild"
needs_node = pytest.mark.skipif(
    NODE is None or not BUILDER.exists(), reason="the extension cannot be built: no npm"
)


TYPE_AND_CLICK = """
  document.getElementById("pair-result").textContent = "";
  [document.getElementById("code").value, document.getElementById("server").value] = arguments;
  document.querySelector("#pair-form button").click();
"""


class Tab(Protocol):
    """A tab of the browser."""

    def go(self, url: str) -> None:
        """Navigate."""
        ...

    def push(self, path: str) -> None:
        """Change address and title by script alone, as single-page applications do."""
        ...

    def front(self) -> None:
        """Bring it to the front."""
        ...


class Browser(Protocol):
    """A browser with the extension loaded, and the extension's own page open in a tab."""

    name: str

    def open(self, url: str) -> Tab:
        """Open a tab in front."""
        ...

    def open_private(self, url: str) -> None:
        """Open a private window, in which the extension may run, in front."""
        ...

    def close_private(self) -> None:
        """Close it."""
        ...

    def extension(self, script: str, *arguments: Any) -> Any:
        """Run the body of a coroutine in the extension's page, without bringing it to the front."""
        ...

    def stop_worker(self) -> None:
        """Stop the background, as the browser does when it has nothing to do."""
        ...


class Rig:
    """A browser, pages to look at, and a server that goes and comes back."""

    def __init__(self, browser: Browser, site: Site, directory: Path) -> None:
        self.browser, self.site, self._directory = browser, site, directory
        self._server = RealServer(directory)
        self._server.wait()
        self.port = self._server.port
        self.address = f"http://127.0.0.1:{self.port}"

    @property
    def server(self) -> RealServer:
        return self._server

    @property
    def record(self) -> Record:
        """Return what the server has of this browser."""
        return Record(self._server, self.bucket)

    @property
    def bucket(self) -> str:
        return str(self.token["scopes"][0]).removeprefix("heartbeats:write:")

    @property
    def token(self) -> Any:
        """Return what is known of the newest token that a pairing made."""
        return [each for each in self._server.owner("GET", "/api/v1/tokens") if each["purpose"] == "device"][
            -1
        ]

    def open(self, path: str, host: str = WORK) -> Tab:
        return self.browser.open(self.site.url(path, host))

    def pair(self) -> None:
        """Pair as a person does: a code of the server, typed into the popup."""
        code = self._server.owner("POST", "/api/v1/pairing-codes", {"name": self.browser.name})["code"]
        self.browser.extension(TYPE_AND_CLICK, f" {code[:4].lower()} {code[4:]}", self.address)
        said = "return document.getElementById('pair-result').textContent"
        until(lambda: self.browser.extension(said), "Paired.")

    def ask(self, kind: str, **asked: Any) -> Any:
        """Ask the background, as the extension's pages do."""
        message = {"version": 1, "kind": kind, "ask": asked}
        reply = self.browser.extension("return await chrome.runtime.sendMessage(arguments[0])", message)
        assert "answer" in reply, reply
        return reply["answer"]

    def now_recorded(self) -> str | None:
        """Return the title of what is recorded now."""
        recording = self.ask("status")["recording"]
        return None if recording is None else str(recording["data"]["title"])

    def stop_server(self) -> None:
        self._server.stop()

    def start_server(self) -> None:
        self._server = RealServer(self._directory, port=self.port)
        self._server.wait()

    def close(self) -> None:
        if self._server.process.poll() is None:
            self._server.stop()


def built(directory: Path, browser: str) -> Path:
    """Build the extension; return where it is unpacked."""
    assert NODE is not None
    subprocess.run([NODE, str(EXTENSION / "build.mjs"), str(directory)], check=True, timeout=60)
    return directory / browser


@contextmanager
def a_rig(browser: Browser, directory: Path) -> Iterator[Rig]:
    """Run a server and pages, and pair the browser."""
    with a_site() as site:
        rig = Rig(browser, site, directory)
        try:
            rig.pair()
            yield rig
        finally:
            rig.close()


class Stories:
    """The stories; each leaves the browser paired and the server running."""

    def test_the_token_is_for_one_bucket_and_listed(self, rig: Rig) -> None:
        name = rig.browser.name
        assert rig.token["name"] == name
        assert len(rig.token["scopes"]) == 1
        assert rig.bucket.startswith(f"hourloom-web-{name}_")
        status = rig.ask("status")
        assert (status["bucket"], status["server"]) == (rig.bucket, rig.address)

    def test_tabs_and_navigation_become_events_in_order(self, rig: Rig) -> None:
        first = rig.open("a")
        rig.record.wait_for("a")
        first.go(rig.site.url("b?page=1"))
        rig.record.wait_for("a", "b?page=1")
        first.push("c")
        rig.record.wait_for("a", "b?page=1", "c")
        rig.open("d")
        rig.record.wait_for("c", "d")
        first.front()
        rig.record.wait_for("a", "b?page=1", "c", "d", "c")
        visits = rig.record.visits()
        require_order(visits)
        data = visits[-1].data
        assert set(data) == {"url", "title", "audible", "incognito", "tabCount"}
        assert (data["audible"], data["incognito"]) == (False, False)
        (bucket,) = [
            each for each in rig.server.owner("GET", "/api/v1/buckets") if each["name"] == rig.bucket
        ]
        assert (bucket["type"], bucket["client"]) == ("web.tab.current", "hourloom-extension")

    def test_what_is_seen_while_the_server_is_down_arrives_whole_and_in_order(self, rig: Rig) -> None:
        tab = rig.open("before")
        rig.record.wait_for("before")
        rig.stop_server()
        paths = [f"down{n}" for n in range(6)]
        for path in paths:
            tab.go(rig.site.url(path))
            until(rig.now_recorded, path)
            if path == "down2":
                rig.browser.stop_worker()
        status = rig.ask("retry")
        assert (status["connection"], status["trouble"]) == ("unreachable", "unreachable")
        assert status["waiting"] >= len(paths)
        rig.browser.stop_worker()
        rig.start_server()
        until(lambda: rig.ask("retry")["waiting"], 0)
        assert rig.ask("status")["connection"] == "connected"
        rig.record.wait_for("before", *paths)
        visits = rig.record.visits()
        require_order(visits)
        gaps = [after.begun - before.ended for before, after in pairwise(visits[-len(paths) - 1 :])]
        assert max(gaps) < 0.01, visits

    def test_a_site_that_is_never_to_be_recorded_never_leaves_the_browser(self, rig: Rig) -> None:
        tab = rig.open("open1")
        rig.record.wait_for("open1")
        rules = rig.ask("rules")
        rig.ask("set-rules", rules=rules | {"sites": [{"site": PRIVATE, "level": "never"}]})
        tab.go(rig.site.url("secret", PRIVATE))
        until(lambda: rig.ask("status")["reason"], "private")
        stored = rig.browser.extension("return JSON.stringify(await chrome.storage.local.get(null))")
        assert "secret" not in stored
        rig.ask("set-rules", rules=rules | {"sites": [{"site": PRIVATE, "level": "domain"}]})
        until(rig.now_recorded, "")
        tab.go(rig.site.url("open2"))
        rig.record.wait_for("open1", "", "open2")
        assert rig.record.visits()[-2].data["url"] == f"http://{PRIVATE}:{rig.site.port}/"
        assert "secret" not in json.dumps(rig.record.raw())
        rig.ask("set-rules", rules=rules)

    def test_private_windows_are_not_recorded_unless_they_are_let_in(self, rig: Rig) -> None:
        rig.open("public1")
        rig.record.wait_for("public1")
        rig.browser.open_private(rig.site.url("hidden"))
        try:
            until(lambda: rig.ask("status")["reason"], "private")
            assert rig.ask("status")["site"] is None
            rules = rig.ask("rules")
            assert rules["incognito"] == "never"
            rig.ask("set-rules", rules=rules | {"incognito": "domain"})
            rig.record.wait_for("public1", "")
            assert rig.record.raw()[-1]["data"]["incognito"] is True
            rig.ask("set-rules", rules=rules)
        finally:
            rig.browser.close_private()
        assert "hidden" not in json.dumps(rig.record.raw())

    def test_pausing_stops_and_resuming_goes_on(self, rig: Rig) -> None:
        tab = rig.open("busy1")
        rig.record.wait_for("busy1")
        until_then = rig.browser.extension("return Date.now() + 900_000")
        assert rig.ask("pause", until=until_then)["reason"] == "paused"
        tab.go(rig.site.url("unseen"))
        assert rig.now_recorded() is None
        rig.ask("resume")
        until(rig.now_recorded, "unseen")
        tab.go(rig.site.url("busy2"))
        rig.record.wait_for("busy1", "unseen", "busy2")
        busy, unseen = rig.record.visits()[-3:-1]
        assert unseen.begun > busy.ended

    def test_one_who_was_revoked_asks_to_be_paired_again_and_loses_nothing(self, rig: Rig) -> None:
        tab = rig.open("known")
        rig.record.wait_for("known")
        record = rig.record
        rig.server.owner("DELETE", f"/api/v1/tokens/{rig.token['id']}")
        tab.go(rig.site.url("unknown"))
        until(lambda: rig.ask("status")["connection"], "refused")
        assert rig.ask("status")["waiting"] > 0
        said = "return document.getElementById('connection').textContent"
        until(lambda: "pair again" in rig.browser.extension(said), True)
        rig.pair()
        record.wait_for("known", "unknown")
        require_order(record.visits())

    def test_the_background_wakes_up_each_half_minute(self, rig: Rig) -> None:
        alarms = rig.browser.extension("return await chrome.alarms.getAll()")
        assert [each["periodInMinutes"] for each in alarms if each["name"] == "tick"] == [0.5]
