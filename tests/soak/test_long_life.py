"""A server that records while it backs up, re-keys, imports and erases, and that is killed meanwhile."""

from __future__ import annotations

import contextlib
import json
import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hourloom.sdk.connection import connect
from tests.cli.program import an_export
from tests.plugins.figures import Figure
from tests.rigs.serving.a_home import Home
from tests.rigs.serving.heartbeats import ask
from tests.rigs.serving.server import at_home
from tests.rigs.serving.watchers import Watchers

EVENTS = 3_000
BUCKET = "aw-watcher-window_heron"


class Life:
    """A home, its watchers, and what is done to it meanwhile."""

    def __init__(self, home: Home, export: str) -> None:
        self.home, self._export = home, export
        self.done: dict[str, int] = {}

    def back_up(self) -> None:
        self._owner("POST", "/api/v1/backups", b"{}")

    def exchange_the_key(self) -> None:
        self._owner("POST", "/api/v1/keys/rotation", b"{}")

    def import_a_file(self) -> None:
        self._owner("POST", "/api/0/import", self._export.encode())

    def undo_what_can_be_undone(self) -> None:
        listed = json.loads(self._owner("GET", "/api/v1/operations?limit=5"))
        for operation in listed["operations"]:
            if operation["can_be_undone"] and operation["kind"] == "import":
                self._owner("POST", f"/api/v1/operations/{operation['id']}/undo", b"{}")

    def erase_what_was_imported(self) -> None:
        self._owner(
            "POST", "/api/v1/erasures", json.dumps({"bucket": BUCKET, "app": "Code", "now": True}).encode()
        )

    def read_everything(self) -> None:
        self._owner("GET", "/api/0/export")

    @property
    def deeds(self) -> list[Callable[[], None]]:
        return [
            self.back_up,
            self.exchange_the_key,
            self.import_a_file,
            self.undo_what_can_be_undone,
            self.erase_what_was_imported,
            self.read_everything,
        ]

    def do(self, deed: Callable[[], None]) -> None:
        """Do something that a kill may interrupt; what the server refuses is counted no less."""
        name = deed.__name__
        # Whatever happens to the asker when the server dies, it is the record that is looked at.
        with contextlib.suppress(Exception):
            deed()
            self.done[name] = self.done.get(name, 0) + 1

    def _owner(self, method: str, path: str, body: bytes | None = None) -> bytes:
        connection = connect(self.home.data_dir, 0)
        try:
            headers = {"content-type": "application/json"} if body is not None else {}
            answer = connection.request(method, path, body, headers)
            assert answer.status < 400, answer.body
            return bytes(answer.body)
        finally:
            connection.close()


@pytest.mark.parametrize("kills", [3, pytest.param(120, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
def test_a_server_killed_at_any_moment_of_anything_has_all_that_it_acknowledged(
    tmp_path: Path, kills: int, figure: Figure
) -> None:
    home = Home(tmp_path, warm=False)
    life = Life(home, an_export(tmp_path / "export.json", events=EVENTS).read_text())
    slowest, rng = 0.0, random.Random(kills)
    groups: list[Watchers] = []
    try:
        for number in range(kills):
            slowest = max(slowest, home.server.start())
            look(home, groups[-3:])
            with Watchers(home.port, 3, name=f"life-{number}") as watchers:
                groups.append(watchers)
                chosen = rng.sample(life.deeds, 2)
                doing = [threading.Thread(target=life.do, args=(deed,)) for deed in chosen]
                for thread in doing:
                    thread.start()
                watchers.stop.wait(0.05 + 1.2 * rng.random())
                home.server.kill()
                watchers.stop.set()
            for thread in doing:
                thread.join(60)
        home.server.start()
        look(home, groups)
        assert home.damage() == []
    finally:
        home.server.kill()
    acknowledged = sum(len(group.acknowledged) for group in groups)
    figures = f"{kills} kills, {acknowledged} heartbeats acknowledged, 0 lost, slowest start {slowest:.2f} s"
    figure("a long life", f"{figures}, {life.done}")


def look(home: Home, groups: list[Watchers]) -> None:
    """See that nothing acknowledged is missing, and that an import is there once or not at all."""
    for group in groups:
        group.port = group.through = home.port
        assert group.lost() == []
    status, content = ask(home.port, "GET", f"/api/0/buckets/{BUCKET}/events/count")
    assert status in (200, 404)
    assert status == 404 or 0 <= int(content) <= EVENTS


def test_the_homes_of_drills_are_their_own(tmp_path: Path) -> None:
    """A drill must never touch the keys of who runs it."""
    assert all(
        str(tmp_path) in at_home(tmp_path)[name] for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
    )
