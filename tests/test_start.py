"""A start loads only what every server needs, and what it leaves for later is sound."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from hourloom.assembly import all_routes
from tests.cli.program import Program

LATER = (
    # Of the standard library: what serves one rare function, and what takes long to import.
    *("argparse", "bz2", "dataclasses", "difflib", "encodings.idna", "fractions", "getpass", "gzip"),
    *("http.client", "lzma", "multiprocessing", "shutil", "sqlite3", "statistics", "tarfile", "tempfile"),
    *("tomllib", "unittest", "xml", "zipfile", "zoneinfo"),
    # Of others.
    *("alembic", "argon2", "click", "cryptography", "h11", "keyring", "psycopg", "publicsuffixlist"),
    *("pyarrow", "re2", "rich", "sqlalchemy", "typer", "websockets"),
    # Of ours: what somebody has to ask for first.
    *("hourloom.archive.exporting", "hourloom.assembly.tables", "hourloom.backups.folder"),
    *("hourloom.backups.shelf", "hourloom.cli", "hourloom.demo.writer", "hourloom.exports.files"),
    *("hourloom.imports.activitywatch.apart", "hourloom.live.commands", "hourloom.live.socket"),
    *("hourloom.reports.exporting.documents", "hourloom.reports.service.measured_days"),
    *("hourloom.sdk", "hourloom.supervisor", "hourloom.tracking.query.interpreter"),
    *("hourloom.tracking.query.parser", "hourloom.web.server.websocket", "hourloom.workers.worker"),
)

SCRIPT = f"""
import sys
import hourloom.app

def run(server, listener, ready):
    server.application(1)
    print(*[name for name in {LATER} if name in sys.modules])

hourloom.app.run = run
hourloom.app.main(["serve", "--port", "0"])
"""


def test_a_start_loads_nothing_that_can_wait(tmp_path: Path) -> None:
    environment = Program(tmp_path).environment
    words = [sys.executable, "-c", SCRIPT]
    # A first start makes the database, and needs more than the next.
    subprocess.run(words, env=environment, check=True, capture_output=True)
    done = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
    assert [name for name in LATER if name.startswith("hourloom.") and find_spec(name) is None] == []


def test_every_route_can_be_read_though_a_start_reads_none() -> None:
    for route in all_routes():
        assert "return" in route.function.__annotations__, route.name
        takes_body = any(parameter.source == "body" for parameter in route.parameters)
        assert (route.decoder is not None) == takes_body, route.name
