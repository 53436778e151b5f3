"""Who is at the other end: asked of the real kernel about real sockets of real users."""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hourloom.web import peers
from hourloom.web.peers import linux
from hourloom.web.peers.sockets import ends_of

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to act as another user")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
pytestmark = on_linux


@pytest.fixture(params=["127.0.0.1", "::1", "::"])
def listener(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """Listen on v4, v6 and both at once."""
    with listening(request.param) as made:
        yield made


@contextmanager
def listening(host: str = "127.0.0.1") -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as made:
        if host == "::":
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        made.bind((host, 0))
        made.listen()
        made.settimeout(5)
        yield made


def address_to_reach(listener: socket.socket) -> tuple[str, int]:
    host, port = listener.getsockname()[:2]
    return ("127.0.0.1" if host == "::" else host), port


@contextmanager
def another_process(act: Callable[[], None], uid: int) -> Iterator[int]:
    """Run something as another user in a process that stays until the end."""
    done, finish = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setuid(uid)
            act()
            os.write(done[1], b".")
            os.close(finish[1])
            os.read(finish[0], 1)
        finally:
            os._exit(0)
    try:
        os.close(done[1])
        assert os.read(done[0], 1) == b"."
        yield child
    finally:
        os.close(finish[1])
        os.waitpid(child, 0)
        os.close(done[0])
        os.close(finish[0])


def uid_seen(accepted: socket.socket) -> int | None:
    return peers.uid_of_loopback_peer(accepted.getpeername()[:2], accepted.getsockname()[:2])


def test_the_own_uid_is_found_on_either_family(listener: socket.socket) -> None:
    with socket.create_connection(address_to_reach(listener)), listener.accept()[0] as accepted:
        assert uid_seen(accepted) == peers.own_uid()


@as_root
def test_another_users_connection_shows_that_users_uid(listener: socket.socket) -> None:
    address = address_to_reach(listener)
    kept: list[socket.socket] = []
    with (
        another_process(lambda: kept.append(socket.create_connection(address)), NOBODY),
        listener.accept()[0] as accepted,
    ):
        assert uid_seen(accepted) == NOBODY


def test_a_connection_whose_client_is_gone_has_no_owner(listener: socket.socket) -> None:
    client = socket.create_connection(address_to_reach(listener))
    with listener.accept()[0] as accepted:
        ends = (accepted.getpeername()[:2], accepted.getsockname()[:2])
        client.close()
        assert peers.uid_of_loopback_peer(*ends) is None


@contextmanager
def port_taken_over() -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
    """Give the ends of an aborted connection, on whose client's port somebody else listens now."""
    while True:
        with listening() as server, socket.socket() as heir:
            client = socket.create_connection(server.getsockname())
            with server.accept()[0] as accepted:
                ends = (accepted.getpeername(), accepted.getsockname())
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
                try:
                    heir.bind(ends[0])
                except OSError:
                    # Another program's connection was given the port meanwhile.
                    continue
                heir.listen()
                yield ends
                return


def test_an_aborted_connection_does_not_show_who_listens_on_its_port_now() -> None:
    with port_taken_over() as ends:
        assert peers.uid_of_loopback_peer(*ends) is None


def test_the_text_tables_say_the_same_as_netlink(listener: socket.socket) -> None:
    with socket.create_connection(address_to_reach(listener)) as client, listener.accept()[0] as accepted:
        ends = ends_of(client.getsockname()[:2], accepted.getsockname()[:2])
        assert ends is not None
        by_netlink, by_text = linux.find(ends), [each for each in linux.in_proc() if each.ends == ends]
        assert by_netlink is not None
        assert by_text == [by_netlink]


def test_addresses_beyond_this_computer_have_no_uid() -> None:
    assert peers.uid_of_loopback_peer(("192.0.2.1", 5000), ("127.0.0.1", 5600)) is None
    assert peers.uid_of_loopback_peer(("", 5000), ("127.0.0.1", 5600)) is None


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:7f00:1", True),
        ("::ffff:10.0.0.1", False),
        ("::", False),
        ("0.0.0.0", False),
        ("128.0.0.1", False),
        ("fe80::1%eth0", False),
        ("localhost", False),
        ("127.1", False),
        ("2130706433", False),
        ("", False),
        ("127.0.0.1\0", False),
    ],
)
def test_loopback_is_told_from_everything_else(host: str, loopback: bool) -> None:  # noqa: FBT001
    assert peers.is_loopback(host) is loopback


def test_a_listener_is_known_by_its_uid_and_process(listener: socket.socket) -> None:
    host, port = address_to_reach(listener)
    assert peers.uid_of_listener(port, host) == peers.own_uid()
    assert peers.pid_of_listener(port, host) == os.getpid()


def test_nobody_is_found_on_a_free_port() -> None:
    with listening() as server:
        port = server.getsockname()[1]
    assert peers.uid_of_listener(port) is None


@as_root
def test_a_port_that_two_users_could_answer_on_has_no_single_owner() -> None:
    with listening() as mine:
        port = mine.getsockname()[1]
        other: list[socket.socket] = []

        def listen_too() -> None:
            other.append(socket.socket(socket.AF_INET6))
            other[0].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            other[0].bind(("::", port))
            other[0].listen()

        with another_process(listen_too, NOBODY):
            assert peers.uid_of_listener(port) is None
            assert peers.uid_of_listener(port, "127.0.0.2") == NOBODY


def test_a_server_is_recognised_before_it_accepts_and_after(listener: socket.socket) -> None:
    with socket.create_connection(address_to_reach(listener)) as client:
        ends = (client.getsockname()[:2], client.getpeername()[:2])
        assert peers.uid_of_loopback_server(*ends) == peers.own_uid()
        with listener.accept()[0]:
            assert peers.uid_of_loopback_server(*ends) == peers.own_uid()


@as_root
def test_a_server_that_accepted_and_left_its_port_to_us_is_still_not_ours() -> None:
    with listening() as server:
        address = server.getsockname()
        kept: list[socket.socket] = []

        def accept() -> None:
            kept.append(server.accept()[0])
            server.close()

        client = socket.create_connection(address)
        with client, another_process(accept, NOBODY):
            assert peers.uid_of_listener(address[1]) == peers.own_uid()
            assert peers.uid_of_loopback_server(client.getsockname(), client.getpeername()) == NOBODY


def test_the_peer_of_a_socket_file_is_known(tmp_path: Path) -> None:
    with unix_listener(tmp_path / "socket") as (server, path), socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        with server.accept()[0] as accepted:
            assert peers.uid_of_unix_peer(accepted) == peers.uid_of_unix_peer(client) == peers.own_uid()


@as_root
def test_another_user_at_a_socket_file_is_known() -> None:
    path = Path(f"/tmp/hourloom-{os.getpid()}.sock")
    with unix_listener(path) as (server, address):
        path.chmod(0o666)
        client = socket.socket(socket.AF_UNIX)
        with client, another_process(lambda: client.connect(address), NOBODY), server.accept()[0] as accepted:
            assert peers.uid_of_unix_peer(accepted) == NOBODY
    path.unlink()


def test_a_socket_that_is_not_connected_has_no_peer() -> None:
    with socket.socket(socket.AF_INET) as lonely:
        assert peers.uid_of_unix_peer(lonely) is None


@contextmanager
def unix_listener(path: Path) -> Iterator[tuple[socket.socket, str]]:
    with socket.socket(socket.AF_UNIX) as server, peers.unix_address(path) as address:
        server.bind(address)
        server.listen()
        server.settimeout(5)
        yield server, address


def test_a_socket_file_may_lie_deeper_than_an_address_is_long(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-name"] * 8)
    deep.mkdir(parents=True)
    with unix_listener(deep / "server.sock") as (_, address):
        assert len(address) < 108
        assert (deep / "server.sock").is_socket()


@as_root
def test_a_network_namespace_of_its_own_is_answered_from_within() -> None:
    def ask_within() -> None:
        os.system("ip link set lo up")  # noqa: S605
        linux._netlink.cache_clear()
        with (
            listening() as server,
            socket.create_connection(server.getsockname()),
            server.accept()[0] as accepted,
        ):
            assert uid_seen(accepted) == 0

    child = os.fork()
    if not child:
        code = 1
        try:
            _unshare_network()
            ask_within()
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0


def _unshare_network() -> None:
    import ctypes

    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):
        os._exit(0)


def test_a_look_up_does_not_read_all_connections() -> None:
    with (
        listening() as server,
        socket.create_connection(server.getsockname()),
        server.accept()[0] as accepted,
    ):
        ends = (accepted.getpeername(), accepted.getsockname())
        peers.uid_of_loopback_peer(*ends)
        began = time.process_time()
        for _ in range(200):
            peers.uid_of_loopback_peer(*ends)
        assert (time.process_time() - began) / 200 < 0.01


def test_a_peer_asks_for_its_uid_once() -> None:
    asked: list[int] = []

    def look_up() -> int:
        asked.append(1)
        return 7

    peer = peers.Peer("tcp", look_up, loopback=True)
    assert not asked
    assert (peer.uid, peer.uid, len(asked)) == (7, 7, 1)
    assert peers.Peer("tcp", None, loopback=False).uid is None
