"""The real server, encrypted and in directories of its own, for a test to hurt."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.rigs.serving.heartbeats import ask
from tests.rigs.serving.integrity import damage
from tests.rigs.serving.server import DidNotStart, Server, at_home

PROGRAM = Path(sys.executable).with_name("hourloom")
SERVE = f"{PROGRAM} serve --testing --port {{port}} --data-dir {{data_dir}}"


class Home:
    """A user's directories and the server on them."""

    def __init__(
        self,
        root: Path,
        environment: Mapping[str, str] | None = None,
        *,
        data_dir: Path | None = None,
        command: str = SERVE,
        warm: bool = True,
    ) -> None:
        self.root, self.data_dir = root, data_dir or root / "data"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.environment = at_home(root) | dict(environment or {})
        # A library that is put under a program is there from its start.
        warm = warm and command == SERVE and "LD_PRELOAD" not in self.environment
        self.server = Server(command, self.data_dir, root / "output", self.environment, warm=warm)

    @property
    def database(self) -> Path:
        return self.data_dir / "hourloom.db"

    @property
    def config_dir(self) -> Path:
        return self.root / "home" / "config" / "hourloom-testing"

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def log(self) -> str:
        return (self.data_dir / "log" / "hourloom.log").read_text()

    def status(self, path: str, method: str = "GET", body: str | None = None) -> int:
        return ask(self.port, method, path, body)[0]

    def refusal(self) -> str:
        """Return the one sentence that a server says which does not start."""
        said = self.start_or_say()
        assert said, "it started"
        return said

    def start_or_say(self) -> str:
        """Start the server; return the one sentence that it says if it does not start, else nothing."""
        before = len(self.server.output) if (self.root / "output").exists() else 0
        try:
            self.server.start()
        except DidNotStart:
            said = self.server.output[before:].strip()
        else:
            return ""
        assert said.startswith("hourloom: "), (said, self.server.process.poll())
        assert said.count("\n") == 0, said
        return said

    def damage(self) -> list[str]:
        """Stop the server and look for damage below it."""
        self.server.stop()
        return damage(self.data_dir, self.config_dir)


def within_limits(limits: str) -> str:
    """Return the command of a server that runs within limits, in the shell's words for them."""
    return f"sh -c {shlex.quote(f'ulimit {limits} && exec {SERVE}')}"


def memory_of(home: Home) -> int:
    """Return the bytes of memory that a running server holds."""
    pages = Path(f"/proc/{home.server.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")
