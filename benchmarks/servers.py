"""The servers that are measured: each on a free port, with its files in a temporary directory of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.connection import Address, Closed, Connection

PEERS_PYTHON = "HOURLOOM_PEERS_PYTHON"
"""The variable that names the Python in whose environment aw-server is installed."""


class DidNotStart(Exception):
    """A server ended, or did not answer in a minute."""


@dataclass
class Server:
    """A server, running or not."""

    name: str
    command: list[str]
    home: Path
    port: int
    database: str
    environment: dict[str, str] = field(default_factory=dict)
    token: str | None = None
    _process: subprocess.Popen[bytes] | None = None

    @property
    def data_dir(self) -> Path:
        """Return the directory of its files."""
        return self.home / "data"

    @property
    def address(self) -> Address:
        """Where it answers."""
        return Address(self.port, self.token)

    def connect(self) -> Connection:
        return Connection(self.address)

    def start(self) -> float:
        """Start it and return the seconds until its first answer."""
        begun = time.perf_counter()
        with (self.home / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self.command, env=self.surroundings(), stdout=output, stderr=output, start_new_session=True
            )
        while not self._answers():
            if self._process.poll() is not None or time.perf_counter() - begun > 60:
                self.stop()
                raise DidNotStart((self.home / "output").read_text()[-2000:])
            time.sleep(0.001)
        return time.perf_counter() - begun

    def start_if_stopped(self) -> None:
        """See that it runs."""
        if self._process is None:
            self.start()

    def stop(self) -> None:
        """Ask it to end and wait until it has."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._process = None

    def memory(self) -> float:
        """Return the resident memory of its processes in MiB."""
        assert self._process is not None
        return sum(resident(pid) for pid in family(self._process.pid)) / 1024

    def size(self) -> int:
        """Return the bytes of its database files."""
        return sum(file.stat().st_size for file in self.home.glob(self.database))

    def run(self, *command: str) -> str:
        """Run another program in its surroundings and return what it prints."""
        answer = subprocess.run(command, env=self.surroundings(), check=True, capture_output=True, text=True)
        return answer.stdout.strip()

    def surroundings(self) -> dict[str, str]:
        """Return the environment that its programs run in."""
        places = {"XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_CACHE_HOME": "cache"}
        folders = {variable: str(self.home / folder) for variable, folder in places.items()}
        return os.environ | {"HOME": str(self.home)} | folders | self.environment

    def _answers(self) -> bool:
        connection = self.connect()
        try:
            return connection.ask("GET", "/api/0/info").status == 200
        except (OSError, Closed):
            return False
        finally:
            connection.close()


def hourloom(folder: Path, name: str = "hourloom", environment: dict[str, str] | None = None) -> Server:
    """Return our server, as shipped unless the environment says otherwise."""
    home, port = new_home(folder, name), free_port()
    program = str(Path(sys.executable).with_name("hourloom"))
    command = [program, "serve", "--port", str(port), "--data-dir", str(home / "data")]
    return Server(
        name, command, home, port, "data/hourloom.db*", {"HOURLOOM_KEYCHAIN": "false"} | (environment or {})
    )


def aw_server(folder: Path) -> Server | None:
    """Return ActivityWatch's server, if the environment says where it is installed."""
    python = os.environ.get(PEERS_PYTHON)
    if not python:
        return None
    home, port = new_home(folder, "aw-server"), free_port()
    command = [str(Path(python).with_name("aw-server")), "--host", "127.0.0.1", "--port", str(port)]
    return Server("aw-server", command, home, port, "data/activitywatch/aw-server/*.db*")


def new_home(folder: Path, name: str) -> Path:
    """Make the directory for a server's files."""
    home = folder / name
    home.mkdir()
    return home


def free_port() -> int:
    """Return a port that nothing listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in family(int(child)))]


def resident(pid: int) -> int:
    """Return the resident memory of a process in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
