"""A bad network between clients and the server: what is answered is kept, and nobody holds up the others."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.rigs.faults.network import BadNetwork
from tests.rigs.serving.a_home import Home, memory_of
from tests.rigs.serving.watchers import Watchers

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Run one server for all of these: none of them hurts it."""
    made = Home(tmp_path_factory.mktemp("network"))
    made.server.start()
    yield made
    made.server.kill()


@pytest.fixture
def network(shared: Home) -> Iterator[BadNetwork]:
    with BadNetwork(shared.port) as bad:
        yield bad


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return str(request.node.name).partition("[")[0].removeprefix("test_")[:60]


def test_a_slow_network_only_takes_longer(shared: Home, network: BadNetwork, name: str) -> None:
    network.delay = 0.05
    with Watchers(shared.port, 4, name=name, through=network.port) as watchers:
        watchers.get_through(20)
    assert set(watchers.answers) == {"200"}
    assert watchers.lost() == []


@pytest.mark.parametrize("how", ["cut", "reset"])
def test_connections_that_end_in_the_middle_lose_nothing_that_was_answered(
    shared: Home, network: BadNetwork, name: str, how: str
) -> None:
    with Watchers(shared.port, 4, name=f"{name}-{how}", through=network.port) as watchers:
        for _ in range(8):
            watchers.get_through(25)
            getattr(network, how)()
        watchers.get_through(25)
    assert watchers.answers["200"] == len(watchers.acknowledged)
    assert watchers.lost() == []


def test_answers_that_never_arrive_were_stored_all_the_same(
    shared: Home, network: BadNetwork, name: str
) -> None:
    with Watchers(shared.port, 2, name=name, through=network.port, patience=0.3) as watchers:
        watchers.get_through(10)
        network.half_open = True
        watchers.hear("TimeoutError", 2)
        network.half_open = False
        watchers.get_through(10)
    assert watchers.lost() == []


def test_what_disappears_is_no_more_than_a_time_out(shared: Home, network: BadNetwork, name: str) -> None:
    with Watchers(shared.port, 2, name=name, through=network.port, patience=0.3) as watchers:
        watchers.get_through(10)
        network.swallowed = True
        watchers.hear("TimeoutError", 2)
        network.swallowed = False
        network.cut()
        watchers.get_through(10)
    assert watchers.lost() == []


def test_a_client_that_trickles_holds_up_nobody(shared: Home, network: BadNetwork, name: str) -> None:
    network.piece, network.delay = 1, 0.01
    with Watchers(shared.port, 20, name=f"{name}-slow", through=network.port) as slow:
        with Watchers(shared.port, 2, name=name) as watchers:
            watchers.get_through(100)
        network.piece, network.delay = 65536, 0.0
    assert set(watchers.answers) == {"200"}
    assert watchers.longest < 1.0
    assert slow.lost() == []


def test_half_requests_of_many_hold_up_nobody_and_little_memory(shared: Home, name: str) -> None:
    before = memory_of(shared)
    beginning = (
        b"POST /api/0/buckets/x/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n["
    )
    with ExitStack() as opened:
        for _ in range(300):
            half = opened.enter_context(socket.create_connection(("127.0.0.1", shared.port)))
            half.sendall(beginning)
        with Watchers(shared.port, 2, name=name) as watchers:
            watchers.get_through(100)
    assert set(watchers.answers) == {"200"}
    assert memory_of(shared) - before < 64 * MEBIBYTE


def test_a_client_that_reads_nothing_costs_little_memory(shared: Home, name: str) -> None:
    big = '[{"timestamp":"2026-01-01T00:00:00Z","duration":1,"data":{"a":"' + "x" * 200_000 + '"}}]'
    assert shared.status(f"/api/0/buckets/{name}", "POST", '{"client":"c","type":"t","hostname":"h"}') == 200
    for _ in range(20):
        assert shared.status(f"/api/0/buckets/{name}/events", "POST", big) == 200
    before = memory_of(shared)
    question = f"GET /api/0/buckets/{name}/export HTTP/1.1\r\nHost: localhost:{shared.port}\r\n\r\n".encode()
    with ExitStack() as opened:
        for _ in range(30):
            deaf = opened.enter_context(socket.create_connection(("127.0.0.1", shared.port)))
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.sendall(question)
        with Watchers(shared.port, 2, name=f"{name}-watcher") as watchers:
            watchers.get_through(100)
    assert set(watchers.answers) == {"200"}
    assert memory_of(shared) - before < 256 * MEBIBYTE


def test_a_server_that_cannot_be_reached_is_an_error_and_then_goes_on(
    shared: Home, network: BadNetwork, name: str
) -> None:
    with Watchers(shared.port, 2, name=name, through=network.port) as watchers:
        watchers.get_through(10)
        network.refusing = True
        network.reset()
        watchers.hear("ConnectionResetError", 4)
        network.refusing = False
        watchers.get_through(10)
    assert watchers.lost() == []


@pytest.mark.soak
@pytest.mark.timeout(200)
def test_a_request_that_never_ends_is_ended_by_the_server(shared: Home) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=150)
    connection.connect()
    connection.sock.sendall(b"GET /api/0/info HTTP/1.1\r\nHost: localhost\r\n")
    assert connection.sock.recv(1) == b""
    connection.close()


def test_the_log_says_nothing_of_bad_networks(shared: Home) -> None:
    assert "Traceback" not in shared.log
    assert "Traceback" not in shared.server.output
    assert Path(shared.data_dir / "log").exists()
