"""The server is short of memory, processor time or descriptors: it refuses some and serves the rest."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.rigs.serving.a_home import Home, within_limits
from tests.rigs.serving.heartbeats import ask
from tests.rigs.serving.watchers import Watchers

DESCRIPTORS = 96
MEBIBYTES = 260
NEW_BUCKET = '{"client":"c","type":"t","hostname":"h"}'


@pytest.fixture
def few_descriptors(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path, command=within_limits(f"-n {DESCRIPTORS}"))
    home.server.start()
    yield home
    home.server.kill()


def test_without_descriptors_connections_that_are_there_go_on(few_descriptors: Home) -> None:
    with Watchers(few_descriptors.port, 4) as watchers:
        watchers.get_through()
        with ExitStack() as opened:
            for _ in range(2 * DESCRIPTORS):
                with suppress(OSError):
                    idle = socket.create_connection(("127.0.0.1", few_descriptors.port), timeout=5)
                    opened.enter_context(idle)
            watchers.get_through(200)
        watchers.get_through()
    assert set(watchers.answers) == {"200"}
    assert watchers.lost() == []
    assert few_descriptors.status("/api/0/buckets") == 200
    assert few_descriptors.damage() == []


@pytest.fixture
def little_memory(tmp_path: Path) -> Iterator[Home]:
    # Each thread would reserve addresses of its own, and how many depends on the computer.
    environment = {"MALLOC_ARENA_MAX": "2"}
    home = Home(tmp_path, environment, command=within_limits(f"-v {MEBIBYTES * 1024}"))
    home.server.start()
    yield home
    home.server.kill()


def test_without_memory_large_requests_are_refused_and_heartbeats_go_on(little_memory: Home) -> None:
    port = little_memory.port
    assert little_memory.status("/api/0/buckets/large", "POST", NEW_BUCKET) == 200
    event = {"timestamp": "2026-01-01T00:00:00Z", "duration": 1, "data": {"a": "x" * 200_000}}
    body = json.dumps([event] * 40)
    statuses: list[int | str] = []

    def send() -> None:
        try:
            statuses.append(ask(port, "POST", "/api/0/buckets/large/events", body)[0])
        except (OSError, http.client.HTTPException) as error:
            statuses.append(type(error).__name__)

    with Watchers(port, 2) as watchers:
        watchers.get_through()
        threads = [threading.Thread(target=send) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        watchers.get_through()
    assert little_memory.server.process.poll() is None, "it runs"
    assert 500 not in statuses, statuses
    assert set(watchers.answers) <= {"200", "503"}
    assert watchers.lost() == []
    assert little_memory.damage() == []


def test_with_a_tenth_of_the_processor_everything_is_only_slower(running: Home) -> None:
    process = running.server.process.pid
    stop = threading.Event()

    def throttle() -> None:
        while not stop.is_set():
            os.killpg(process, signal.SIGSTOP)
            time.sleep(0.045)
            os.killpg(process, signal.SIGCONT)
            time.sleep(0.005)

    throttling = threading.Thread(target=throttle)
    with Watchers(running.port, 2) as watchers:
        throttling.start()
        watchers.get_through(30)
        stop.set()
        throttling.join()
    assert set(watchers.answers) == {"200"}
    assert watchers.lost() == []


@pytest.mark.soak
def test_without_space_for_temporary_files_a_question_is_refused_or_answered(
    tmp_path: Path,
) -> None:
    """Sorting a large answer must not need a temporary directory: there is none."""
    home = Home(tmp_path, {"TMPDIR": "/nonexistent", "SQLITE_TMPDIR": "/nonexistent"})
    home.server.start()
    try:
        with Watchers(home.port, 2) as watchers:
            watchers.get_through(200)
        assert watchers.lost() == []
        assert home.status("/api/0/export") == 200
    finally:
        home.server.kill()
