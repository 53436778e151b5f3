"""A client of X servers that believes nothing without looking."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.device.ports import CannotBind, SourceLost
from hourloom.device.windows import x11_wire
from hourloom.device.windows.x11_wire import (
    Connection,
    DisplayName,
    Notice,
    Property,
    authority,
    parse_display,
)

ROOT = 0x2A


def greeting() -> bytes:
    """Return what a server with one screen says first."""
    screen = struct.pack("=IIIIIHHHHHHIBBBB", ROOT, 0, 0, 0, 0, 640, 480, 0, 0, 1, 1, 0, 0, 0, 24, 1)
    depth = struct.pack("=BxHxxxx", 24, 1) + bytes(24)
    body = struct.pack("=IIIIHHBBBBBBBBxxxx", 1, 0, 0, 0, 3, 0xFFFF, 1, 1, 0, 0, 32, 32, 8, 255)
    body += b"X.y\0" + bytes(8) + screen + depth
    return struct.pack("=BxHHH", 1, 11, 0, len(body) // 4) + body


class Server:
    """The other end of a connection."""

    def __init__(self, first: bytes | None = None, patience: float = 30.0) -> None:
        self._patience = patience
        self.theirs, self.ours = socket.socketpair()
        self.ours.sendall(greeting() if first is None else first)

    def __enter__(self) -> Connection:
        try:
            return Connection(self.theirs, 0, b"", b"", patience=self._patience)
        except SourceLost:
            self.ours.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.ours.close()
        self.theirs.close()


def reply(sequence: int, value: bytes, form: int = 8, kind: int = 31) -> bytes:
    padded = value + bytes(-len(value) % 4)
    head = struct.pack(
        "=BBHIIII", 1, form, sequence, len(padded) // 4, kind, 0, len(value) * 8 // form if form else 0
    )
    return head + bytes(12) + padded


def test_answers_find_their_questions_in_any_form() -> None:
    server = Server()
    with server as connection:
        assert connection.root == ROOT
        connection.watch(5, 1)
        first, second, third = (connection.ask(5, atom, 100) for atom in (1, 2, 3))
        error = struct.pack("=BBHIHBx", 0, 3, 3, 5, 0, 20) + bytes(20)
        property_notice = struct.pack("=BxHIIIBxxx", 28, 3, 5, 39, 0, 0) + bytes(12)
        destroyed = struct.pack("=BxHII", 17, 3, ROOT, 5) + bytes(20)
        server.ours.sendall(reply(2, b"title") + error + property_notice + destroyed + reply(4, b"", kind=0))
        assert connection.read() == [
            Property(first, b"title"),
            Property(second, None),
            Notice(5, 39),
            Notice(5, None),
            Property(third, b""),
        ]
        server.ours.close()
        with pytest.raises(SourceLost, match="has ended"):
            connection.read()


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (b"\0\0\x0b\0\0\0\x02\0No entry", "refused"),
        (b"\x01\0\x0b\0\0\0\0\0", "cannot be read"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not answer|refused"),
        (greeting()[:50], "does not answer"),
    ],
)
def test_what_is_no_server_is_not_believed(first: bytes, reason: str) -> None:
    with pytest.raises(SourceLost, match=reason), Server(first, 0.05):
        pass


def test_an_answer_that_is_far_too_large_is_not_waited_for() -> None:
    server = Server()
    with server as connection:
        server.ours.sendall(struct.pack("=BBHI", 1, 8, 1, 2**31) + bytes(24))
        with pytest.raises(SourceLost, match="cannot be read"):
            connection.read()


def test_a_server_that_reads_nothing_is_given_up() -> None:
    with Server() as connection:

        def watch_for_ever() -> None:
            while True:
                connection.watch(1, 1)

        with pytest.raises(SourceLost, match="reads nothing"):
            watch_for_ever()


packets = st.builds(
    lambda kind, detail, sequence, words, rest: struct.pack("=BBHI", kind, detail, sequence, words) + rest,
    st.sampled_from([0, 1, 17, 28, 35, 0x9C]) | st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 6),
    st.integers(0, 8) | st.integers(0, 2**32 - 1),
    st.binary(min_size=24, max_size=60),
)


@given(st.lists(packets | st.binary(max_size=50), max_size=8))
def test_whatever_arrives_nothing_but_a_lost_source_comes_of_it(pieces: list[bytes]) -> None:
    server = Server()
    with server as connection:
        for atom in range(3):
            connection.ask(5, atom, 100)
        with contextlib.suppress(SourceLost):
            for piece in pieces:
                server.ours.sendall(piece)
                for told in connection.read():
                    assert isinstance(told, Property | Notice)


@given(st.binary(max_size=300).map(lambda raw: b"\x01\0\x0b\0\0\0" + struct.pack("=H", len(raw) // 4) + raw))
def test_whatever_greets_nothing_but_a_lost_source_comes_of_it(first: bytes) -> None:
    with contextlib.suppress(SourceLost), Server(first, 0.01) as connection:
        assert isinstance(connection.root, int)


@pytest.mark.parametrize(
    ("text", "display"),
    [(":0", DisplayName(0, 0)), (":12.3", DisplayName(12, 3)), ("unix:1", DisplayName(1, 0))],
)
def test_displays_of_this_computer_are_read(text: str, display: DisplayName) -> None:
    assert parse_display(text) == display


def entry(
    family: int, address: bytes, number: bytes, cookie: bytes, name: bytes = b"MIT-MAGIC-COOKIE-1"
) -> bytes:
    parts = b"".join(struct.pack(">H", len(part)) + part for part in (address, number, name, cookie))
    return struct.pack(">H", family) + parts


def test_the_cookie_of_this_host_is_better_than_one_of_any() -> None:
    others = (
        entry(256, b"else", b"0", b"other")
        + entry(65535, b"", b"", b"any")
        + entry(256, b"here", b"1", b"first")
    )
    display = DisplayName(0, 0)
    assert authority(others, display, "here")[1] == b"any"
    ours = (
        others
        + entry(256, b"here", b"0", b"strange", b"XDM-AUTHORIZATION-1")
        + entry(256, b"here", b"0", b"ours")
    )
    assert authority(ours, display, "here") == (b"MIT-MAGIC-COOKIE-1", b"ours")
    assert authority(b"", display, "here") == (b"", b"")


@given(st.binary(max_size=200))
def test_any_file_can_be_read_for_cookies(raw: bytes) -> None:
    assert len(authority(raw, DisplayName(0, 0), "here")) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has abstract names")
@pytest.mark.parametrize(("uid", "told"), [(12_345, False), (None, False), (0, True)])
def test_another_user_s_socket_is_not_told_the_cookie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int | None, *, told: bool
) -> None:
    file = tmp_path / "authority"
    file.write_bytes(entry(65535, b"", b"", b"secret-cookie-16"))
    monkeypatch.setattr(x11_wire, "uid_of_unix_peer", lambda _: uid)
    with socket.socket(socket.AF_UNIX) as listener:
        number = 40_000 + os.getpid() % 20_000
        listener.bind(f"\0/tmp/.X11-unix/X{number}")
        listener.listen(2)
        with pytest.raises(CannotBind):
            x11_wire.connect({"DISPLAY": f":{number}", "XAUTHORITY": str(file)}, patience=0.05)
        connection, _ = listener.accept()
        with connection:
            assert (b"secret-cookie-16" in connection.recv(1000)) is told
