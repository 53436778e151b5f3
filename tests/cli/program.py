"""The real program on a data directory of its own."""

import contextlib
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.rigs import warm

PROGRAM = [sys.executable, "-m", "hourloom"]
STARTS_WITHIN = 20.0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Program:
    """Runs commands on one data directory, without a keychain and without a browser."""

    home: Path
    encryption: str = "off"
    port: int = field(default_factory=free_port)
    more: dict[str, str] = field(default_factory=dict)

    @property
    def data_dir(self) -> Path:
        return self.home / "data"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        own = {
            "HOME": str(self.home),
            "BROWSER": "false",
            "TZ": "Europe/Berlin",
            "HOURLOOM_DATA_DIR": str(self.data_dir),
            "HOURLOOM_CONFIG_DIR": str(self.home / "config"),
            "HOURLOOM_PORT": str(self.port),
            "HOURLOOM_KEYCHAIN": "false",
            "HOURLOOM_ENCRYPTION": self.encryption,
            "HOURLOOM_BALLAST": "0",
        }
        return kept | own | self.more

    def __call__(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end and look at its exit code."""
        done = warm.run(words, self.environment, 60)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json").stdout)

    def refused(self, *words: str) -> str:
        """Run a command that must be refused; return its one sentence."""
        done = self(*words, code=1)
        assert done.stdout == ""
        assert done.stderr.startswith("hourloom: ")
        assert done.stderr.count("\n") == 1
        return done.stderr

    @contextlib.contextmanager
    def running(self, *words: str) -> Iterator[warm.Running]:
        """Run something that stays, by default the server, until the end of the context."""
        process = self.started(*words)
        try:
            yield process
        finally:
            stop(process)

    def started(self, *words: str) -> warm.Running:
        process = warm.start(words or ("serve",), self.environment)
        assert process.stderr is not None
        for line in process.stderr:
            if b"listens on" in line:
                return process
        raise AssertionError(process.wait())

    def forked(self, *words: str) -> tuple[warm.Running, int]:
        """Start a command on a terminal of its own; return its process and the other end of the terminal."""
        return warm.on_a_terminal(words, self.environment | {"TERM": "dumb"})

    def in_terminal(self, *words: str, answers: Sequence[str] = ()) -> str:
        """Run a command on a terminal, answering its prompts; return all that a person would see."""
        child, terminal = self.forked(*words)
        seen, left = b"", list(answers)
        # Reading from a terminal whose program has ended is an error on Linux.
        with contextlib.suppress(OSError):
            while piece := os.read(terminal, 4096):
                seen += piece
                if left and seen.endswith(b": "):
                    os.write(terminal, left.pop(0).encode() + b"\n")
        os.close(terminal)
        child.wait(60)
        return seen.decode()


def stop(process: warm.Running) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    assert process.stderr is not None
    process.stderr.close()


def ask(port: int, method: str, path: str, body: object = None) -> Any:
    """Ask a server over TCP as ActivityWatch's clients do."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json"}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    found = answer.read()
    connection.close()
    assert answer.status in (200, 201, 304), (answer.status, found)
    return json.loads(found) if found else None


def an_export(path: Path, events: int = 3, bucket: str = "aw-watcher-window_heron", first: int = 0) -> Path:
    """Write an export of ActivityWatch with so many seconds of one bucket."""
    made = [
        {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_790_000_000 + 2 * number)),
            "duration": 1.0,
            "data": {"app": "Code", "title": f"{number % 50}.py"},
        }
        for number in range(first, first + events)
    ]
    described = {
        "id": bucket,
        "type": "currentwindow",
        "client": "aw-watcher-window",
        "hostname": "heron",
        "created": "2026-09-01T00:00:00Z",
        "events": made,
    }
    path.write_text(json.dumps({"buckets": {bucket: described}}), "utf-8")
    return path


@contextlib.contextmanager
def a_fake_activitywatch() -> Iterator[int]:
    """Answer `/api/0/info` as aw-server does; return the port."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(
                {"hostname": "heron", "version": "v0.12.0 (rust)", "testing": False, "device_id": "x"}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
