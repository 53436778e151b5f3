"""Start, kill and restart a server that is given as a command line with {port} and {data_dir} in it."""

import http.client
import os
import shlex
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.rigs.warm import Running, start_into


class DidNotStart(Exception):
    """The server ended, or did not answer, before it was ready."""


class Server:
    """A server process on a port and a data directory of its own; its output goes to a file."""

    def __init__(
        self,
        command: str,
        data_dir: Path,
        output: Path,
        environment: dict[str, str] | None = None,
        *,
        warm: bool = False,
    ) -> None:
        """Take a command; started warm, it must be one of ours, and how long its start takes says nothing."""
        self.port = free_port()
        self.data_dir = data_dir
        self._command = shlex.split(command.format(port=self.port, data_dir=data_dir))
        self._output = output
        self._environment = environment
        self._warm = warm
        self._process: Running | None = None

    def start(self, patience: float = 60) -> float:
        """Start the server, wait for its first answer, and return the seconds that took."""
        begun = time.perf_counter()
        self._process = self._started()
        while not self.answers():
            if self._process.poll() is not None or time.perf_counter() - begun > patience:
                self.kill()
                raise DidNotStart(self._output.read_text()[-2000:])
            time.sleep(0.005)
        return time.perf_counter() - begun

    def _started(self) -> Running:
        if self._warm:
            own = os.environ if self._environment is None else self._environment
            return start_into(self._output, self._command[1:], own, session=True)
        with self._output.open("ab") as output:
            return subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=output, start_new_session=True
            )

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/api/0/info")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    @property
    def process(self) -> Running:
        assert self._process is not None
        return self._process

    @property
    def output(self) -> str:
        """Return what the server said on its terminal since the first start."""
        return self._output.read_text()

    def kill(self) -> None:
        """Kill the process and its children, as the system does when memory runs out."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the server to end, and wait until it has."""
        self._end(signal.SIGTERM)

    def send(self, what: signal.Signals) -> None:
        """Send a signal to the process and its children."""
        os.killpg(self.process.pid, what)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self.send(how)
        self._process.wait(30)
        self._process = None


def free_port() -> int:
    """Return a port that nothing listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def at_home(root: Path) -> dict[str, str]:
    """Return an environment whose user directories all lie below the root, without the system's keychain."""
    return os.environ | {
        "HOURLOOM_KEYCHAIN": "false",
        "HOME": str(root / "home"),
        "XDG_CONFIG_HOME": str(root / "home" / "config"),
        "XDG_DATA_HOME": str(root / "home" / "data"),
        "XDG_CACHE_HOME": str(root / "home" / "cache"),
    }
