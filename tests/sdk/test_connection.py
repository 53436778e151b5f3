"""Reaching the server: which way is taken, and to whom nothing is sent."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from hourloom.sdk import connection
from hourloom.sdk.connection import SOCKET_FILE, connect, connect_to
from hourloom.web.server.listening import listen_tcp, listen_unix

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux who listens")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to act as another user")
NOBODY = 65534


@contextmanager
def echoing(listener: socket.socket) -> Iterator[list[bytes]]:
    """Answer each request on one connection after another; what was heard is kept."""
    heard: list[bytes] = []

    def answer() -> None:
        while True:
            try:
                accepted = listener.accept()[0]
            except OSError:
                return
            # Head and body may come apart and be answered one by one; whoever asked has hung up by then.
            with accepted, suppress(ConnectionError):
                while request := accepted.recv(65536):
                    heard.append(request)
                    accepted.sendall(b"HTTP/1.1 201 Created\r\nX-Kind: Echo\r\nContent-Length: 2\r\n\r\nok")

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


def free_port() -> int:
    with listen_tcp("127.0.0.1", 0) as listener:
        return int(listener.getsockname()[1])


def test_the_socket_file_is_taken_first(tmp_path: Path) -> None:
    with echoing(listen_unix(tmp_path / SOCKET_FILE)) as heard:
        reached = connect(tmp_path, free_port())
        answer = reached.request("POST", "/api/v1/x", b"{}", {"Content-Type": "application/json"})
        reached.close()
    assert (answer.status, answer.headers["x-kind"], answer.body) == (201, "Echo", b"ok")
    assert heard[0].startswith(b"POST /api/v1/x HTTP/1.1\r\n")
    assert b"authorization" not in heard[0].lower()


@pytest.mark.parametrize("stale", [True, False])
def test_without_the_socket_file_loopback_is_taken(tmp_path: Path, stale: bool) -> None:  # noqa: FBT001
    if stale:
        listen_unix(tmp_path / SOCKET_FILE).close()
    listener = listen_tcp("127.0.0.1", 0)
    port = listener.getsockname()[1]
    with echoing(listener) as heard:
        reached = connect(tmp_path, port, token="secret")
        assert reached.request("GET", "/").status == 201
        reached.close()
    assert f"host: 127.0.0.1:{port}\r\n".encode() in heard[0].lower()
    assert b"Authorization: Bearer secret\r\n" in heard[0]


def test_no_server_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        connection.ServerNotRunning, match=r"^No Hourloom server answers at http://127.0.0.1:"
    ):
        connect(tmp_path, free_port())


@contextmanager
def another_users_server(tmp: Path) -> Iterator[tuple[int, int]]:
    """Listen as another user on TCP and on a socket file; a pipe tells what was received."""
    (tmp / "run").mkdir()
    os.chown(tmp / "run", NOBODY, NOBODY)
    ready, heard = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        try:
            os.chdir(tmp / "run")
            os.setgroups([])
            os.setuid(NOBODY)
            tcp, unix = socket.socket(), socket.socket(socket.AF_UNIX)
            tcp.bind(("127.0.0.1", 0))
            unix.bind("server.sock")
            for each in (tcp, unix):
                each.listen()
            os.write(ready[1], str(tcp.getsockname()[1]).encode())
            while True:
                os.write(heard[1], b"[" + tcp.accept()[0].recv(4096) + b"]")
        finally:
            os._exit(0)
    try:
        yield int(os.read(ready[0], 10)), heard[0]
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        for fd in (*ready, *heard):
            os.close(fd)


@as_root
def test_nothing_is_sent_to_another_users_server(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with another_users_server(tmp_path) as (port, heard):
        with pytest.raises(connection.ServerOfSomebodyElse, match="does not run as this user"):
            connect(tmp_path, port, token="secret")
        (tmp_path / "run" / "server.sock").unlink()
        with pytest.raises(connection.ServerOfSomebodyElse, match=f"http://127.0.0.1:{port} does not run"):
            connect(tmp_path, port, token="secret")
        assert os.read(heard, 100) == b"[]"
        (tmp_path / "token").write_text("secret")
        with pytest.raises(connection.ServerOfSomebodyElse):
            connect_to(f"http://localhost:{port}", tmp_path / "token")
        assert os.read(heard, 100) == b"[]"


def test_a_given_address_is_asked_with_the_token_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    listener = listen_tcp("127.0.0.1", 0)
    url = f"http://localhost:{listener.getsockname()[1]}/"
    with echoing(listener) as heard:
        reached = connect_to(url, tmp_path / "token")
        reached.request("GET", "/")
        reached.close()
    assert b"Authorization: Bearer secret\r\n" in heard[0]
    assert f"host: {url[7:-1]}\r\n".encode() in heard[0].lower()


@pytest.mark.parametrize(
    "url", ["localhost:5600", "ftp://x", "http://", "http://x:99999", "http://u:p@x", "http://x/api"]
)
def test_what_is_no_address_of_a_server_is_refused(tmp_path: Path, url: str) -> None:
    (tmp_path / "token").write_text("secret")
    with pytest.raises(connection.NotAServerAddress, match="is not the address of a server"):
        connect_to(url, tmp_path / "token")


def test_a_missing_token_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(connection.TokenNotReadable, match="cannot be read: No such file"):
        connection.read_token(tmp_path / "token")


def test_the_token_never_shows(tmp_path: Path) -> None:
    with echoing(listen_unix(tmp_path / SOCKET_FILE)):
        reached = connect(tmp_path, 1, token="secret")
        assert "secret" not in repr(reached) + str(reached)
        reached.close()


def test_a_server_that_hangs_up_is_one_sentence(tmp_path: Path) -> None:
    with listen_unix(tmp_path / SOCKET_FILE) as listener:
        reached = connect(tmp_path, 1)
        listener.accept()[0].close()
        with pytest.raises(connection.ServerNotAnswering, match="did not answer: "):
            reached.request("GET", "/")


def test_a_connection_opened_anew_is_checked_anew(tmp_path: Path) -> None:
    with echoing(listen_unix(tmp_path / SOCKET_FILE)) as heard:
        reached = connect(tmp_path, 1)
        reached.request("GET", "/1")
        reached.close()
        reached.request("GET", "/2")
        reached.close()
    assert len(heard) == 2
