"""Two servers are started on one data directory: one of them runs, and nothing is disturbed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.rigs.serving.a_home import PROGRAM, Home
from tests.rigs.serving.server import free_port
from tests.rigs.serving.watchers import Watchers


def another(home: Home) -> subprocess.Popen[str]:
    """Start another server on a home's data directory."""
    command = [str(PROGRAM), "serve", "--testing", "--port", str(free_port())]
    command += ["--data-dir", str(home.data_dir)]
    return subprocess.Popen(command, env=home.environment, stderr=subprocess.PIPE, text=True)


def test_a_second_server_is_refused_and_does_not_disturb_the_first(running: Home) -> None:
    with Watchers(running.port, 2) as watchers:
        watchers.get_through()
        for _ in range(2):
            with another(running) as second:
                said = second.communicate(timeout=30)[1]
            assert second.returncode == 1
            assert str(running.server.process.pid) in said
        watchers.get_through()
    assert set(watchers.answers) == {"200"}
    assert watchers.lost() == []


@pytest.mark.parametrize("times", [1, pytest.param(40, marks=[pytest.mark.soak, pytest.mark.timeout(900)])])
def test_of_servers_started_at_once_exactly_one_runs(home: Home, times: int) -> None:
    for _ in range(times):
        started = [another(home) for _ in range(4)]
        said = [first_line(process) for process in started]
        assert sum("listens on" in line for line in said) == 1, said
        assert sum(line.startswith("hourloom: ") for line in said) == 3, said
        for process in started:
            process.kill()
            process.communicate()
    home.server.start()
    assert home.damage() == []


def first_line(process: subprocess.Popen[str]) -> str:
    """Return the first line that a server says, past what it says only once of encryption."""
    assert process.stderr is not None
    for line in process.stderr:
        if "listens on" in line or line.startswith("hourloom: "):
            return line
    return ""


def test_the_lock_of_a_killed_server_holds_nobody_up(running: Home, tmp_path: Path) -> None:
    running.server.kill()
    assert list(running.data_dir.glob("*lock*")), "a file of it is left"
    running.server.start()
    assert running.status("/api/0/info") == 200
