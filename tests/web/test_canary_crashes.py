"""Whatever goes wrong, the record stays in the database: after crashes, faults and failed jobs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hourloom.care.crashes import FAULTS, FILE
from hourloom.core import log
from hourloom.db.transaction import Transaction
from hourloom.jobs.model import Job, JobProgress, Report
from hourloom.testing import PostgresServer, ServerInMemory
from tests.web.asking import RealServer
from tests.web.test_canary import CANARY, DATA, THEN, fail, record

PASSPHRASE = f"{CANARY}-correct-horse"
BREAKING = f"""
import asyncio, faulthandler, gc, os, sys, threading, time
import uvloop
from hourloom.app import main

loops, new = [], uvloop.new_event_loop
uvloop.new_event_loop = lambda: loops.append(new()) or loops[-1]

def quote():
    secret = {CANARY!r}
    raise ValueError("https://bank.example/" + secret)

async def failing():
    quote()

def in_task():
    asyncio.ensure_future(failing())
    loops[-1].call_later(0.05, gc.collect)

class Left:
    def __del__(self):
        quote()

def work():
    done = set()
    while True:
        for name, act in (
            ("thread", lambda: threading.Thread(target=quote, name={CANARY!r}).start()),
            ("task", lambda: loops[-1].call_soon_threadsafe(in_task)),
            ("callback", lambda: loops[-1].call_soon_threadsafe(quote)),
            ("finalizer", Left),
            ("fault", faulthandler._sigsegv),
        ):
            if name not in done and os.path.exists(os.path.join(os.environ["BREAK"], name)):
                done.add(name)
                act()
        time.sleep(0.01)

threading.Thread(target=work, daemon=True).start()
raise SystemExit(main())
"""


class Breaking:
    """A real server that crashes where it is told to."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.orders, self.temporary = directory / "orders", directory / "temporary"
        self.orders.mkdir(parents=True)
        self.temporary.mkdir()
        self.server = self.start(BREAKING)

    def start(self, program: str) -> RealServer:
        server = RealServer(
            self.directory,
            program=program,
            BREAK=str(self.orders),
            TMPDIR=str(self.temporary),
            HOURLOOM_LOG_LEVEL="debug",
        )
        server.wait()
        return server

    def order(self, name: str) -> None:
        (self.orders / name).touch()

    def crashes(self) -> list[dict[str, Any]]:
        file = self.server.data_dir / FILE
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def tell(self) -> list[str]:
        """Return the names of the files that tell something."""
        files = [file for file in self.directory.rglob("*") if file.is_file()]
        return [str(file) for file in files if CANARY.encode() in file.read_bytes()]


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="ends itself by a signal")
def test_crashes_and_faults_of_a_real_server_tell_only_where(tmp_path: Path) -> None:
    broken = Breaking(tmp_path)
    record(broken.server)
    for number, name in enumerate(("thread", "task", "callback", "finalizer"), 1):
        broken.order(name)
        wait_until(lambda: len(broken.crashes()) == number)  # noqa: B023 - waited for at once
    assert [crash["place"] for crash in broken.crashes()] == ["thread", "task", "task", "finalizer"]
    assert {crash["error"] for crash in broken.crashes()} == {"ValueError"}
    assert broken.server.owner("GET", "/api/v1/health")["ok"]
    broken.order("fault")
    assert broken.server.process.wait(20) == -11
    assert "Segmentation fault" in (broken.server.data_dir / FAULTS).read_text()
    assert broken.tell() == []
    again = broken.start("from hourloom.app import main; raise SystemExit(main())")
    try:
        assert broken.crashes()[-1]["error"] == "Segmentation fault"
        for path in (
            "/metrics",
            "/health",
            "/api/0/log",
            "/api/v1/health",
            "/api/v1/notices",
            "/api/v1/jobs",
        ):
            assert CANARY not in json.dumps(asked(again, path))
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            assert CANARY.encode() not in read(process) or str(tmp_path).encode() not in read(process)
    finally:
        again.stop()
    assert broken.tell() == []


def asked(server: RealServer, path: str) -> str:
    with server.connect(unix=True) as connection:
        answer = connection.ask("GET", path)
        assert answer.status == 200
        return answer.body.decode()


def read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Path]:
    log.set_up(tmp_path / "logged", "debug")
    yield tmp_path / "logged"
    log.tear_down()


def test_failed_jobs_tell_their_class_alone(
    server: ServerInMemory, logged: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import asyncio

    def quote(_tx: Transaction, job: Job) -> JobProgress:
        raise ValueError(f"{CANARY} {job.subject}")

    def quote_long(_job: Job, report: Report) -> None:
        report(1, 2)
        raise OSError(5, CANARY, CANARY)

    jobs, home = server.server.jobs, server.owner.workspace_id
    jobs.register("test.quote", quote)
    jobs.register_long("test.quote_long", quote_long)
    for kind in ("test.quote", "test.quote_long"):
        server.write(lambda kind=kind: jobs.enqueue(home, kind))  # type: ignore[misc]

    async def turns() -> None:
        for _ in range(40):
            await asyncio.sleep(0.01)
            await server.database.run_write(lambda: None)

    def failed() -> set[str]:
        found = server.client_with("notices:read").get("/api/v1/notices").json()["notices"]
        return {each["slot"] for each in found} & {"test.quote", "test.quote_long"}

    for _ in range(30):
        server.run(turns())
        if failed() == {"test.quote", "test.quote_long"}:
            break
        server.clock.advance(900)
        jobs._runner.wake()
    assert failed() == {"test.quote", "test.quote_long"}
    written = b"".join(file.read_bytes() for file in logged.rglob("*.log"))
    assert b"ValueError" in written
    assert b"OSError" in written
    client = server.client_with("admin")
    answers = [
        client.get(path).body for path in ("/api/v1/jobs", "/api/v1/notices", "/metrics", "/api/v1/health")
    ]
    told = [written, capfd.readouterr().err.encode(), *answers, *(change.body for change in server.changes)]
    assert [text for text in told if CANARY.encode() in text] == []


@pytest.mark.postgres
def test_a_server_on_postgresql_writes_nothing_beside_it(
    postgres_server: PostgresServer, postgres_name: str, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    running = RealServer(
        tmp_path / "team",
        HOURLOOM_DATABASE_URL=postgres_server.url(postgres_name),
        HOURLOOM_LOG_LEVEL="debug",
        TMPDIR=str(temporary),
    )
    try:
        running.wait()
        record(running)
        fail(running)
        event = {"timestamp": THEN, "duration": 2, "data": DATA}
        running.owner("POST", f"/api/0/buckets/{CANARY}/events", [event])
        shown = asked(running, "/metrics") + asked(running, "/api/v1/health") + asked(running, "/api/0/log")
        assert CANARY not in shown
    finally:
        running.stop()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.name == "hourloom.log" for file in files)
    assert [str(file) for file in files if CANARY.encode() in file.read_bytes()] == []


def test_a_passphrase_and_a_token_stay_out_of_files_logs_and_arguments(tmp_path: Path) -> None:
    running = RealServer(tmp_path, HOURLOOM_LOG_LEVEL="debug")
    try:
        running.wait()
        secret = running.token("tracking:read")
        for headers in ([("Authorization", f"Bearer {secret}")], [("Authorization", f"Bearer {secret}x")]):
            with running.connect() as connection:
                connection.ask("GET", "/api/v1/buckets", headers)
        for body in ({"passphrase": PASSPHRASE}, {"code": PASSPHRASE}, {"passphrase": [PASSPHRASE]}):
            with running.connect(unix=True) as connection:
                connection.ask("POST", "/api/v1/step-up", content=json.dumps(body))
        arguments = b"".join(read(process) for process in Path("/proc").glob("[0-9]*/cmdline"))
        assert secret.encode() not in arguments
        assert PASSPHRASE.encode() not in arguments
    finally:
        running.stop()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    for planted in (secret, PASSPHRASE):
        assert [str(file) for file in files if planted.encode() in file.read_bytes()] == []
