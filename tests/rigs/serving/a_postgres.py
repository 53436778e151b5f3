"""A real PostgreSQL that can be stopped and started under a server, as an administrator or a crash does."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hourloom.db.snapshot import a_postgres


class RestartablePostgres:
    """One PostgreSQL, durable as it is shipped."""

    def __init__(self, url: str, programs: Path, data: Path) -> None:
        self.url, self._programs, self._data = url, programs, data
        self._options = shlex.split((data / "postmaster.opts").read_text())[1:]

    def stop(self, how: str) -> None:
        """Stop it, `fast` or `immediate`: the second leaves what a crash does."""
        self._control("stop", "-m", how)

    def start(self) -> None:
        """Start it again as it ran before."""
        self._control("start", "-l", str(self._data / "log"), "-o", shlex.join(self._options))

    def _control(self, *words: str) -> None:
        command = [str(self._programs / "pg_ctl"), "-w", "-D", str(self._data), *words]
        # It does not run as root, so the package made a user for it.
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=self._data.stat().st_uid, cwd="/")


@contextmanager
def a_restartable_postgres() -> Iterator[RestartablePostgres]:
    """Run one until the end of the context."""
    with a_postgres() as server:
        assert server.pgdata is not None
        yield RestartablePostgres(str(server.get_uri()), Path(server.bin_path), Path(server.pgdata))
