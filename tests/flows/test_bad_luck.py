"""Starting when something is wrong: one sentence that says what, and nothing is touched."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from hourloom.sdk.connection import ServerNotRunning, connect

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("HOURLOOM_")}
SECONDS_TO_START = 60.0


class Home:
    """The directories of one install."""

    def __init__(self, directory: Path) -> None:
        self.data, self.config = directory / "data", directory / "config"
        self.environment = ENVIRONMENT | {
            "HOURLOOM_KEYCHAIN": "false",
            "HOURLOOM_CONFIG_DIR": str(self.config),
            "XDG_CONFIG_HOME": str(directory),
        }

    def serve(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "hourloom", "serve", "--port", "0", "--data-dir", str(self.data), *words],
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def refusal(self, *words: str) -> str:
        """Return what a server says that does not start."""
        process = self.serve(*words)
        _, said = process.communicate(timeout=SECONDS_TO_START)
        assert process.returncode == 1
        assert "Traceback" not in said
        return said.strip()

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[str]]:
        process = self.serve()
        try:
            self.wait(process)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=SECONDS_TO_START)

    def wait(self, process: subprocess.Popen[str]) -> None:
        ends = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < ends:
            assert process.poll() is None, process.stderr and process.stderr.read()
            with suppress(ServerNotRunning):
                self.ask("GET", "/api/0/info")
                return
            time.sleep(0.02)
        raise AssertionError("the server did not start")

    def wait_for_log(self, words: str) -> None:
        ends = time.monotonic() + SECONDS_TO_START
        while words not in (self.data / "log" / "hourloom.log").read_text():
            assert time.monotonic() < ends
            time.sleep(0.02)

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        with_body = {"content-type": "application/json"} if body else {}
        connection = connect(self.data, 0)
        try:
            answer = connection.request(method, path, body or None, with_body)
            return answer.status, answer.body
        finally:
            connection.close()

    def contents(self) -> dict[str, str]:
        """Return a digest of each file that must survive."""
        names = ("hourloom.db", "keys.json")
        return {
            name: hashlib.sha256((self.data / name).read_bytes()).hexdigest()
            for name in names
            if (self.data / name).exists()
        }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def used(home: Home) -> Home:
    """Return an install that has recorded something."""
    with home.running():
        bucket = b'{"client":"c","type":"t","hostname":"h"}'
        assert home.ask("POST", "/api/0/buckets/b", bucket)[0] == 200
        beat = b'{"timestamp":"2026-01-01T00:00:00Z","duration":0,"data":{"title":"kept"}}'
        assert home.ask("POST", "/api/0/buckets/b/heartbeat?pulsetime=1", beat)[0] == 200
    return home


def refused_without_a_trace(home: Home) -> str:
    before = home.contents()
    said = home.refusal()
    assert home.contents() == before
    assert said.count("\n") == 0, said
    return said


def test_a_second_server_says_who_holds_the_directory(used: Home) -> None:
    with used.running() as first:
        said = used.refusal()
    assert str(used.data) in said
    assert str(first.pid) in said


def test_a_missing_key_file_is_named(used: Home) -> None:
    for key_file in used.config.rglob("*.key"):
        key_file.unlink()
    assert "hourloom keys recovery" in refused_without_a_trace(used)


def test_a_key_file_of_another_database_does_not_open_this_one(used: Home) -> None:
    for key_file in used.config.rglob("*.key"):
        key_file.write_bytes(os.urandom(32).hex().encode())
        key_file.chmod(0o600)
    assert refused_without_a_trace(used)


def test_missing_keys_beside_an_encrypted_database_are_named(used: Home) -> None:
    (used.data / "keys.json").unlink()
    shutil.rmtree(used.config)
    assert "keys.json" in refused_without_a_trace(used)


def test_a_damaged_database_is_not_touched(used: Home) -> None:
    database = used.data / "hourloom.db"
    content = bytearray(database.read_bytes())
    content[100:4000] = os.urandom(3900)
    database.write_bytes(content)
    assert "hourloom.db" in refused_without_a_trace(used)


def test_a_truncated_database_is_not_touched(used: Home) -> None:
    database = used.data / "hourloom.db"
    database.write_bytes(database.read_bytes()[:5000])
    assert "hourloom.db" in refused_without_a_trace(used)


def test_a_file_in_place_of_the_directory_is_named(home: Home) -> None:
    home.data.write_text("not a directory")
    assert "is a file" in home.refusal()


def test_a_database_of_another_program_is_left_alone(home: Home) -> None:
    import sqlite3

    home.data.mkdir(mode=0o700)
    connection = sqlite3.connect(home.data / "hourloom.db")
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.commit()
    connection.close()
    assert "another program" in refused_without_a_trace(home)


def test_killed_servers_start_again_with_all_that_they_acknowledged(used: Home) -> None:
    process = used.serve()
    used.wait(process)
    beat = b'{"timestamp":"2026-01-02T00:00:00Z","duration":5,"data":{"title":"last words"}}'
    assert used.ask("POST", "/api/0/buckets/b/heartbeat?pulsetime=1", beat)[0] == 200
    process.kill()
    process.communicate()
    with used.running():
        assert b"last words" in used.ask("GET", "/api/0/buckets/b/events")[1]
        used.wait_for_log("the database is sound")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mounted = tmp_path / "small"
    mounted.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", mounted], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("mounting needs root")
    yield mounted
    subprocess.run(["umount", "-l", mounted], check=True)


def test_a_read_only_disk_is_named(small_disk: Path) -> None:
    home = Home(small_disk)
    with home.running():
        pass
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert "read-only" in refused_without_a_trace(home)


def test_a_full_disk_is_named_and_cured_by_space(small_disk: Path) -> None:
    home = Home(small_disk)
    filler = small_disk / "filler"
    with filler.open("wb") as file:
        free = shutil.disk_usage(small_disk).free
        file.write(b"\0" * (free - 64 * 1024))
    assert "full" in home.refusal()
    filler.unlink()
    with home.running():
        assert home.ask("GET", "/api/0/info")[0] == 200
