"""The real program on a real X11 desktop, beside a real server: one set-up for the whole module."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from hourloom.device.instance import ALREADY
from hourloom.sdk.connection import connect
from tests.cli.program import PROGRAM, Program, ask, stop
from tests.device.screen import Screen, a_screen, needed
from tests.device.waiting import until
from tests.rigs.warm import Running

pytestmark = needed


class Desktop:
    """Hourloom, the screen it observes, and two windows on that."""

    def __init__(self, hourloom: Program, screen: Screen, up: Running) -> None:
        self.hourloom, self.screen, self.up = hourloom, screen, up
        self.windows = {title: screen.window(title) for title in ("alpha", "beta")}

    def focus(self, title: str) -> None:
        self.screen.focus(self.windows[title])

    def titles(self) -> list[str]:
        """Return the titles of the stored events, the oldest first."""
        buckets = ask(self.hourloom.port, "GET", "/api/0/buckets/")
        names = [name for name, bucket in buckets.items() if bucket["type"] == "currentwindow"]
        found = [each for name in names for each in self._events(name)]
        return [event["data"]["title"] for event in sorted(found, key=lambda event: event["timestamp"])]

    def statuses(self) -> set[str]:
        buckets = ask(self.hourloom.port, "GET", "/api/0/buckets/")
        names = [name for name, bucket in buckets.items() if bucket["type"] == "afkstatus"]
        return {event["data"]["status"] for name in names for event in self._events(name)}

    def status(self) -> Any:
        return self.hourloom.json("device", "status")["health"]

    def _events(self, bucket: str) -> Any:
        return ask(self.hourloom.port, "GET", f"/api/0/buckets/{bucket}/events")


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    with a_screen() as screen:
        hourloom = Program(tmp_path_factory.mktemp("desktop"), more={"DISPLAY": screen.display})
        up = hourloom.started("up")
        try:
            desktop = Desktop(hourloom, screen, up)
            until(lambda: "beta" in desktop.titles())
            yield desktop
        finally:
            stop(up)


def test_up_stores_the_window_in_use_and_that_somebody_is_there(desktop: Desktop) -> None:
    for title in ("alpha", "beta", "alpha"):
        desktop.focus(title)
        until(lambda title=title: desktop.titles()[-1] == title)  # type: ignore[misc]
    assert until(desktop.statuses) == {"not-afk"}


def test_status_tells_how_it_observes(desktop: Desktop) -> None:
    health = desktop.status()
    windows = next(each for each in health["watchers"] if each["watcher"] == "window")
    assert (windows["mechanism"], windows["polls"]) == ("X11", False)
    shown = desktop.hourloom("device", "status").stdout
    assert "X11" in shown
    assert "alpha" not in shown


def test_the_server_shows_how_the_device_is_doing(desktop: Desktop) -> None:
    def reported() -> Any:
        devices = _over_socket(desktop, "/api/v1/devices")
        return next((each["health"] for each in devices if each["health"]), None)

    assert until(reported)["pid"] == desktop.status()["pid"]


def test_a_doctor_beside_the_running_program_shows_what_it_captures(desktop: Desktop) -> None:
    desktop.focus("alpha")
    found = desktop.hourloom("device", "doctor").stdout
    assert "Captured: XTerm" in found
    assert "Captured: not-afk" in found


def test_a_pause_by_command_records_nothing(desktop: Desktop) -> None:
    desktop.focus("alpha")
    until(lambda: desktop.titles()[-1] == "alpha")
    desktop.hourloom("device", "pause", "15m")
    assert "Nothing is recorded until" in desktop.hourloom("device", "status").stdout
    before = desktop.titles()
    desktop.focus("beta")
    # What is observed meanwhile is told, but stored nowhere.
    until(lambda: "Captured" in desktop.hourloom("device", "doctor").stdout)
    assert desktop.titles() == before
    desktop.hourloom("device", "resume")
    until(lambda: desktop.titles()[-1] == "beta")


def test_a_second_program_says_who_records(desktop: Desktop) -> None:
    said = desktop.hourloom("device", code=ALREADY).stderr
    assert f"process {desktop.status()['pid']}" in said


def test_a_device_program_that_is_killed_records_again(desktop: Desktop) -> None:
    killed = desktop.status()["pid"]
    desktop.screen.run("kill", "-9", str(killed))

    def successor() -> Any:
        answer = json.loads(_said(desktop.hourloom, "device", "status", "--json"))
        return answer["running"] and answer["health"]["pid"] != killed and answer["health"]

    assert until(successor)
    desktop.focus("alpha")
    until(lambda: desktop.titles()[-1] == "alpha")


def test_a_doctor_before_anything_runs_captures_a_window(desktop: Desktop) -> None:
    other = Program(desktop.hourloom.home / "other", more={"DISPLAY": desktop.screen.display})
    found = other("device", "doctor").stdout
    assert "Captured: XTerm" in found


def _said(hourloom: Program, *words: str) -> str:
    done = subprocess.run(
        [*PROGRAM, *words], env=hourloom.environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout


def _over_socket(desktop: Desktop, path: str) -> Any:
    connection = connect(desktop.hourloom.data_dir, desktop.hourloom.port)
    try:
        return json.loads(connection.request("GET", path).body)
    finally:
        connection.close()
