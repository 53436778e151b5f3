"""A client of Wayland compositors that believes nothing without looking."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.device import wayland
from hourloom.device.ports import CannotBind, SourceLost
from hourloom.device.wayland import SEAT, Connection, Event, Interface, Message
from tests.device.windows.compositor import Compositor

CHILD = Interface("child", (Message("said", "suia"),))
PARENT = Interface("parent", (Message("born", "n", makes=CHILD), Message("done")))


with_sockets = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs sockets with names of files")


@pytest.fixture
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="way-") as made:
        yield Path(made)


def test_what_is_offered_can_be_bound_and_what_is_not_cannot() -> None:
    with Compositor(("wl_seat", 7), ("wl_seat", 3)) as compositor:
        connection = compositor.connection()
        assert connection.offers(SEAT) == 7
        assert connection.offers(PARENT) == 0
        assert connection.bind(PARENT, 1) is None
        seat = connection.bind(SEAT, 9)
        assert seat is not None
        compositor.send(seat.id, 1, "s", "seat0")
        compositor.send(2, 1, "u", 0)
        assert connection.read() == [Event(seat, "name", ("seat0",))]
        assert connection.offers(SEAT) == 3


def test_what_the_compositor_makes_speaks_at_once() -> None:
    with Compositor(("parent", 1)) as compositor:
        connection = compositor.connection()
        parent = connection.bind(PARENT, 1)
        assert parent is not None
        compositor.send(parent.id, 0, "n", 0xFF000007)
        compositor.send(0xFF000007, 0, "suia", "grüße", 7, 2**32 - 1, b"abc")
        compositor.send(0xFF000099, 0, "s", "nobody knows this one")
        compositor.send(0xFF000007, 5, "s", "nor this event")
        born, said = connection.read()
        child = born.arguments[0]
        assert isinstance(child, wayland.Object)
        assert said == Event(child, "said", ("grüße", 7, -1, b"abc"))
        connection.forget(child)
        compositor.send(0xFF000007, 0, "suia", "still under way", 1, 1, b"")
        assert connection.read() == []


def test_a_number_is_used_again_only_after_the_compositor_gave_it_back() -> None:
    with Compositor() as compositor:
        connection = compositor.connection()
        made = connection.create(PARENT)
        connection.forget(made)
        assert connection.create(PARENT).id == made.id + 1
        compositor.send(1, 1, "u", made.id)
        compositor.send(made.id, 1)
        assert connection.read() == []
        assert connection.create(PARENT).id == made.id


def test_messages_that_arrive_in_pieces_are_put_together() -> None:
    with Compositor(("wl_seat", 7)) as compositor:
        connection = compositor.connection()
        seat = connection.bind(SEAT, 7)
        assert seat is not None
        raw = seat.id.to_bytes(4, "little") + (24 << 16 | 1).to_bytes(4, "little")
        raw += (9).to_bytes(4, "little") + b"Sitzplatz\0\0\0"[:12]
        told: list[Event] = []
        for piece in range(0, len(raw), 5):
            compositor.write(raw[piece : piece + 5])
            told += connection.read()
        assert [event.arguments for event in told] == [("Sitzplat",)]


def test_an_error_ends_the_conversation_with_its_reason() -> None:
    with Compositor() as compositor:
        connection = compositor.connection()
        compositor.send(1, 0, "uus", 1, 3, "no\nsuch\x1b[31m thing" + "!" * 1_000)
        with pytest.raises(SourceLost, match=r"3: nosuch\[31m thing!+\)\.$") as raised:
            connection.read()
        assert len(raised.value.message) < 200


def test_what_arrived_before_the_end_is_told_before_it() -> None:
    with Compositor(("wl_seat", 7)) as compositor:
        connection = compositor.connection()
        seat = connection.bind(SEAT, 7)
        assert seat is not None
        compositor.send(seat.id, 0, "u", 3)
        compositor.hang_up()
        assert [event.name for event in connection.read()] == ["capabilities"]
        for _ in range(2):
            with pytest.raises(SourceLost, match="has ended"):
                connection.read()


def test_a_compositor_that_does_not_answer_is_given_up() -> None:
    ours, theirs = socket.socketpair()
    with theirs, pytest.raises(SourceLost, match="does not answer"):
        Connection(ours, 0.05)
    with Compositor() as compositor, pytest.raises(SourceLost, match="does not answer"):
        compositor.connection(0.05).roundtrip()


def test_a_compositor_that_reads_nothing_is_given_up() -> None:
    with Compositor(("wl_seat", 7)) as compositor:
        connection = compositor.connection()

        def bind_for_ever() -> None:
            while True:
                connection.bind(SEAT, 1)

        with pytest.raises(SourceLost, match=r"reads nothing|too many"):
            bind_for_ever()


def test_endless_objects_and_globals_are_bounded() -> None:
    with Compositor(("parent", 1)) as compositor:
        connection = compositor.connection()
        parent = connection.bind(PARENT, 1)
        assert parent is not None
        born = (parent.id.to_bytes(4, "little") + (12 << 16).to_bytes(4, "little"), 0xFF000000)

        def bear() -> None:
            for start in range(0, 20_000, 1_000):
                numbers = range(born[1] + start, born[1] + start + 1_000)
                compositor.write(b"".join(born[0] + number.to_bytes(4, "little") for number in numbers))
                connection.read()

        with pytest.raises(SourceLost, match="too many objects"):
            bear()
    with Compositor() as compositor:
        connection = compositor.connection()
        for number in range(3 * wayland.GLOBALS):
            compositor.send(2, 0, "usu", number, "x" * 100, 1)
            connection.read()
        assert len(connection.globals) == wayland.GLOBALS


@pytest.mark.parametrize(
    "raw",
    [
        b"\x02\0\0\0\0\0\x07\0",  # shorter than its own head
        b"\x02\0\0\0\0\0\x0a\0ab",  # not whole words
        b"\x02\0\0\0\0\0\x08\0",  # without its arguments
        b"\x02\0\0\0\0\0\x14\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0",  # a string beyond its end
    ],
)
def test_what_cannot_be_read_ends_the_conversation(raw: bytes) -> None:
    with Compositor() as compositor:
        connection = compositor.connection()
        compositor.write(raw)
        with pytest.raises(SourceLost, match="cannot be read"):
            connection.read()


def test_the_compositor_does_not_make_objects_with_numbers_of_ours() -> None:
    with Compositor(("parent", 1)) as compositor:
        connection = compositor.connection()
        parent = connection.bind(PARENT, 1)
        assert parent is not None
        compositor.send(parent.id, 0, "n", 1)
        with pytest.raises(SourceLost, match="cannot be read"):
            connection.read()


messages = st.builds(
    lambda to, opcode, body, size: (
        to.to_bytes(4, "little")
        + ((len(body) + 8 if size is None else size) << 16 | opcode).to_bytes(4, "little")
        + body
    ),
    st.sampled_from([0, 1, 2, 3, 4, 0xFF000000, 0xFF000001]),
    st.integers(0, 3),
    st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 20), max_size=8).map(
        lambda words: b"".join(word.to_bytes(4, "little") for word in words)
    ),
    st.none() | st.integers(0, 0xFFFF),
)


@given(st.lists(messages | st.binary(max_size=40), max_size=12))
def test_whatever_arrives_nothing_but_a_lost_source_comes_of_it(pieces: list[bytes]) -> None:
    with Compositor(("parent", 1)) as compositor:
        connection = compositor.connection()
        connection.bind(PARENT, 1)
        with contextlib.suppress(SourceLost):
            for piece in pieces:
                compositor.write(piece)
                for event in connection.read():
                    assert event.sender.id in range(2**32)
        assert len(connection._link.received) <= 0xFFFF


@with_sockets
def test_the_named_socket_comes_first_and_the_directory_is_searched(directory: Path) -> None:
    for name in ("wayland-1", "wayland-0"):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(directory / name))
    (directory / "wayland-0.lock").touch()
    (directory / "wayland-2").touch()
    named = {"XDG_RUNTIME_DIR": str(directory), "WAYLAND_DISPLAY": "wayland-1"}
    assert [path.name for path in wayland.candidates(named)] == ["wayland-1", "wayland-0"]
    assert wayland.candidates({"WAYLAND_DISPLAY": "wayland-1", "XDG_RUNTIME_DIR": "."}) == []
    elsewhere = {"XDG_RUNTIME_DIR": str(directory), "WAYLAND_DISPLAY": "/elsewhere/socket"}
    assert wayland.candidates(elsewhere)[0] == Path("/elsewhere/socket")
    with pytest.raises(CannotBind, match="No Wayland compositor answers"):
        wayland.connect(named)


@with_sockets
def test_a_socket_that_is_dead_does_not_hide_one_that_lives(directory: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(directory / "wayland-0"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(directory / "wayland-1"))
        listener.listen()
        listener.setblocking(False)
        with pytest.raises(CannotBind):
            wayland.connect({"XDG_RUNTIME_DIR": str(directory)}, patience=0.05)
        select.select([listener], [], [], 5)
        listener.accept()[0].close()


def test_the_peer_is_known_where_the_system_tells() -> None:
    with Compositor() as compositor:
        assert compositor.connection().peer() in (os.getpid(), None)
