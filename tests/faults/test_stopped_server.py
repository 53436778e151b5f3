"""The server is stopped for seconds, as by a debugger or a computer that is out of memory: clients wait."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.serving.a_home import PROGRAM, Home
from tests.rigs.serving.watchers import Watchers

UP = f"{PROGRAM} up --no-browser --no-device --testing --port {{port}} --data-dir {{data_dir}}"

short_and_long = pytest.mark.parametrize("seconds", [1, pytest.param(20, marks=pytest.mark.soak)])


@short_and_long
def test_clients_of_a_stopped_server_wait_and_lose_nothing(running: Home, seconds: int) -> None:
    with Watchers(running.port, 4) as watchers:
        watchers.get_through()
        running.server.send(signal.SIGSTOP)
        before = len(watchers.acknowledged)
        time.sleep(seconds)
        assert len(watchers.acknowledged) <= before + 4, "it was stopped"
        running.server.send(signal.SIGCONT)
        watchers.get_through()
    assert set(watchers.answers) == {"200"}
    assert watchers.longest >= seconds / 2
    assert watchers.lost() == []
    assert running.status("/health") == 200


@pytest.fixture(scope="module")
def supervised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Run one server under its supervisor for these tests."""
    home = Home(tmp_path_factory.mktemp("supervised"), command=UP)
    home.server.start()
    yield home
    home.server.stop()


@short_and_long
def test_the_supervisor_lets_a_stopped_server_be(supervised: Home, seconds: int) -> None:
    (child,) = children_of(supervised.server.process.pid)
    with Watchers(supervised.port, 2, name=f"stopped-{seconds}") as watchers:
        watchers.get_through()
        os.kill(child, signal.SIGSTOP)
        time.sleep(seconds)
        assert children_of(supervised.server.process.pid) == [child]
        os.kill(child, signal.SIGCONT)
        watchers.get_through()
    assert set(watchers.answers) == {"200"}
    assert watchers.lost() == []


@pytest.mark.soak
def test_the_supervisor_starts_a_killed_server_again_and_no_connection_is_refused(supervised: Home) -> None:
    (child,) = children_of(supervised.server.process.pid)
    with Watchers(supervised.port, 2, name="killed") as watchers:
        watchers.get_through()
        os.kill(child, signal.SIGKILL)
        watchers.get_through()
    assert "ConnectionRefusedError" not in watchers.answers
    assert children_of(supervised.server.process.pid) != [child]
    assert watchers.lost() == []


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
