"""A server as its users run it, for clients that know nothing of ours."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PYTHON = os.environ.get("HOURLOOM_PEERS_PYTHON")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment whose directories are all this test's own."""
    root = tmp_path_factory.mktemp("home")
    places = {f"XDG_{kind}_HOME": str(root / kind) for kind in ("DATA", "CONFIG", "CACHE")}
    return {"PATH": os.environ["PATH"], "HOME": str(root), "HOURLOOM_KEYCHAIN": "false", **places}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of the server's database."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def port(home: dict[str, str], data_dir: Path) -> Iterator[int]:
    """Run `hourloom serve --testing` and return its port."""
    port, hourloom = free_port(), Path(sys.executable).with_name("hourloom")
    command = [str(hourloom), "serve", "--testing", "--port", str(port), "--data-dir", str(data_dir)]
    with subprocess.Popen(command, env=home, stderr=subprocess.DEVNULL) as process:
        wait_for(port, process)
        yield port
        process.terminate()
        assert process.wait(30) in (0, -15)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the server did not start")
