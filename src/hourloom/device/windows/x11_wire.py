"""A small client of X servers that never waits for one: what the window watcher needs of the protocol."""

from __future__ import annotations

import re
import socket
import struct
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hourloom.device.link import Link
from hourloom.device.ports import CannotBind, SourceLost
from hourloom.web.peers import own_uid, uid_of_unix_peer

INTERN_ATOM, CHANGE_ATTRIBUTES, GET_PROPERTY, GET_INPUT_FOCUS, QUERY_EXTENSION = 16, 2, 20, 43, 98
EVENT_MASK = 1 << 11
PROPERTY_CHANGE, STRUCTURE_NOTIFY = 1 << 22, 1 << 17
ERROR, REPLY, DESTROY_NOTIFY, PROPERTY_NOTIFY, GENERIC_EVENT = 0, 1, 17, 28, 35
PACKET = 32

PATIENCE = 2.0
"""Seconds that a server has to answer while the mechanism is being tried."""
LARGEST = 1024 * 1024
"""No answer to what is asked here is as large."""
LONGEST_AUTHORITY = 1024 * 1024

NAME = re.compile(r"(?P<host>[\w.\-]*):(?P<number>\d{1,5})(?:\.(?P<screen>\d{1,3}))?", re.ASCII)

X_SERVER = "The X server"


class DisplayName(NamedTuple):
    """Which display and screen of this computer it is."""

    number: int
    screen: int


class Property(NamedTuple):
    """The answer to a question after a property; None if there is no such window."""

    question: int
    value: bytes | None


class Notice(NamedTuple):
    """A window's property changed, or None: the window was destroyed."""

    window: int
    atom: int | None


def parse_display(text: str) -> DisplayName:
    """Read what DISPLAY says; raises CannotBind if it is no display of this computer."""
    found = NAME.fullmatch(text)
    if found is None:
        raise CannotBind(
            reason="DISPLAY does not name an X display", next_step="Set DISPLAY, for example to :0"
        )
    if found["host"] not in ("", "unix"):
        raise CannotBind(
            reason="DISPLAY is the display of another computer",
            next_step="Run the device program on that computer",
        )
    return DisplayName(int(found["number"]), int(found["screen"] or 0))


def authority(raw: bytes, display: DisplayName, hostname: str) -> tuple[bytes, bytes]:
    """Find the cookie of a display in the bytes of an Xauthority file: its name and its secret.

    An entry of this host is better than one of any host, which is better than none.
    """
    found = (b"", b"")
    for family, address, number, name, cookie in _entries(raw):
        if name != b"MIT-MAGIC-COOKIE-1" or number not in (b"", str(display.number).encode()):
            continue
        if family == 256 and address == hostname.encode():
            return name, cookie
        if family == 65535 or not found[0]:
            found = (name, cookie)
    return found


def _entries(raw: bytes) -> Iterator[tuple[int, bytes, bytes, bytes, bytes]]:
    at = 0
    with suppress(struct.error):
        while at < len(raw):
            (family,) = struct.unpack_from(">H", raw, at)
            at += 2
            parts = []
            for _ in range(4):
                (size,) = struct.unpack_from(">H", raw, at)
                parts.append(raw[at + 2 : at + 2 + size])
                at += 2 + size
            yield family, parts[0], parts[1], parts[2], parts[3]


def connect(environment: Mapping[str, str], patience: float = PATIENCE) -> Connection:
    """Connect to the X server of this login; raises CannotBind if none can be reached."""
    name = environment.get("DISPLAY", "")
    if not name:
        raise CannotBind(
            reason="There is no X display: DISPLAY is not set",
            next_step="Start this from within your desktop, or set DISPLAY",
        )
    display = parse_display(name)
    try:
        link = reach(display, patience)
        return Connection(link, display.screen, *cookie_of(environment, display), patience=patience)
    except (OSError, SourceLost) as fault:
        reason = (
            fault.message.rstrip(".") if isinstance(fault, SourceLost) else "No X server can be reached there"
        )
        raise CannotBind(
            reason=f"{name[:40]}: {reason}", next_step="Look at DISPLAY and XAUTHORITY"
        ) from None


def cookie_of(environment: Mapping[str, str], display: DisplayName) -> tuple[bytes, bytes]:
    """Return the name and the secret that a display wants to be told; empty if there are none."""
    path = Path(environment.get("XAUTHORITY") or Path(environment.get("HOME", "/")) / ".Xauthority")
    with suppress(OSError), path.open("rb") as file:
        return authority(file.read(LONGEST_AUTHORITY), display, socket.gethostname())
    return b"", b""


def reach(display: DisplayName, patience: float = PATIENCE) -> socket.socket:
    """Connect to a display of this computer, if it is this user's or the system's; raises OSError if not."""
    if not hasattr(socket, "AF_UNIX"):
        raise OSError
    path = f"/tmp/.X11-unix/X{display.number}"  # noqa: S108 - where X servers listen
    # Linux has the same socket under an abstract name, which is there although /tmp is another one here.
    addresses = ["\0" + path, path] if sys.platform == "linux" else [path]
    for address in addresses:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(patience)
        try:
            link.connect(address)
        except OSError:
            link.close()
            continue
        # Anybody may listen under a name that no X server has taken, and would be told the cookie.
        if uid_of_unix_peer(link) in (own_uid(), 0):
            return link
        link.close()
    raise OSError


class Connection:
    """A conversation with an X server that never waits, but for `answers`."""

    def __init__(
        self, link: socket.socket, screen: int, name: bytes, cookie: bytes, *, patience: float = PATIENCE
    ) -> None:
        """Introduce ourselves; raises SourceLost if the server refuses or does not answer."""
        self._link = Link(link, X_SERVER)
        self._patience = patience
        self._sequence = 0
        self._asked = dict[int, tuple[int, bool]]()
        """The question of each request that is to be answered, by the low half of the request's number, and
        whether it is about a property."""
        self._questions = 0
        self._kept: list[Property | Notice] = []
        try:
            self.root = self._introduce(screen, name, cookie)
        except BaseException:
            link.close()
            raise

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when something arrives."""
        return self._link.fileno()

    def close(self) -> None:
        """Hang up."""
        self._link.close()

    def peer(self) -> int | None:
        """Return the process that opened the server's socket, where the system tells it."""
        return self._link.peer()

    def watch(self, window: int, mask: int) -> None:
        """Ask to be told of a window's changes, or of none any more by 0."""
        self._request(struct.pack("=BBHIII", CHANGE_ATTRIBUTES, 0, 4, window, EVENT_MASK, mask))

    def ask(self, window: int, atom: int, longest: int) -> int:
        """Ask after a property of a window, at most this many bytes of it; return the question's number."""
        words = (longest + 3) // 4
        return self._question(
            struct.pack("=BBHIIIII", GET_PROPERTY, 0, 6, window, atom, 0, 0, words), is_property=True
        )

    def atoms(self, *names: str) -> list[int]:
        """Return the numbers of names, waiting for the answers."""
        asked = []
        for name in names:
            raw = name.encode()
            size = 2 + (len(raw) + 3) // 4
            head = struct.pack("=BBHHH", INTERN_ATOM, 0, size, len(raw), 0)
            asked.append(self._question(head + raw + bytes(-len(raw) % 4)))
        answers = self.answers(*asked)
        return [struct.unpack("=I", (answers[question] or bytes(4))[:4])[0] for question in asked]

    def has_extension(self, name: str) -> bool:
        """Tell whether the server has an extension, waiting for the answer."""
        raw = name.encode()
        head = struct.pack("=BBHHH", QUERY_EXTENSION, 0, 2 + (len(raw) + 3) // 4, len(raw), 0)
        question = self._question(head + raw + bytes(-len(raw) % 4))
        return (self.answers(question)[question] or b"\0")[:1] == b"\1"

    def answers(self, *questions: int) -> dict[int, bytes | None]:
        """Wait for the answers to questions, keeping all else for `read`; raises SourceLost if none comes."""
        found: dict[int, bytes | None] = {}
        latest = time.monotonic() + self._patience
        while len(found) < len(questions):
            for told in self._link.take_in(self._understood):
                if isinstance(told, Property) and told.question in questions:
                    found[told.question] = told.value
                else:
                    self._kept.append(told)
            if len(found) < len(questions):
                self._link.wait(latest)
        return found

    def read(self) -> list[Property | Notice]:
        """Return what arrived; raises SourceLost when the server is gone or cannot be understood."""
        self._link.flush()
        kept, self._kept = self._kept, []
        return kept + self._link.take_in(self._understood)

    def _question(self, request: bytes, *, is_property: bool = False) -> int:
        self._request(request)
        self._questions += 1
        self._asked[self._sequence & 0xFFFF] = self._questions, is_property
        return self._questions

    def _request(self, request: bytes) -> None:
        self._sequence += 1
        self._link.send(request)

    def _understood(self) -> Iterator[Property | Notice]:
        received = self._link.received
        while len(received) >= PACKET:
            kind = received[0]
            longer = struct.unpack_from("=I", received, 4)[0] * 4 if kind in (REPLY, GENERIC_EVENT) else 0
            if longer > LARGEST:
                raise SourceLost(reason="The X server sent what cannot be read")
            if len(received) < PACKET + longer:
                return
            packet = bytes(received[: PACKET + longer])
            del received[: PACKET + longer]
            told = self._told(kind & 0x7F, packet)
            if told is not None:
                yield told

    def _told(self, kind: int, packet: bytes) -> Property | Notice | None:
        if kind in (ERROR, REPLY):
            # A window may be gone before the question after it arrives: an error is an answer too.
            question, is_property = self._asked.pop(struct.unpack_from("=H", packet, 2)[0], (None, False))
            if question is None or kind == ERROR:
                return None if question is None else Property(question, None)
            return Property(question, _value(packet) if is_property else packet[8:])
        if kind == PROPERTY_NOTIFY:
            window, atom = struct.unpack_from("=II", packet, 4)
            return Notice(window, atom)
        if kind == DESTROY_NOTIFY:
            return Notice(struct.unpack_from("=I", packet, 8)[0], None)
        return None

    def _introduce(self, screen: int, name: bytes, cookie: bytes) -> int:
        """Set the conversation up and return the root window of the screen."""
        order = 0x6C if sys.byteorder == "little" else 0x42
        head = struct.pack("=BxHHHHxx", order, 11, 0, len(name), len(cookie))
        self._link.send(head + name + bytes(-len(name) % 4) + cookie + bytes(-len(cookie) % 4))
        latest = time.monotonic() + self._patience
        status, _, _, _, words = struct.unpack("=BBHHH", self._link.exactly(8, latest))
        body = self._link.exactly(words * 4, latest)
        if status != 1:
            raise SourceLost(reason="The X server refused us")
        try:
            return _root(body, screen)
        except (struct.error, IndexError):
            raise SourceLost(reason="The X server sent what cannot be read") from None


def _value(packet: bytes) -> bytes:
    """Return the bytes of a property; there are none if there is no such property."""
    kind, _, length = struct.unpack_from("=III", packet, 8)
    return packet[PACKET : PACKET + length * (packet[1] // 8)] if kind else b""


def _root(body: bytes, screen: int) -> int:
    vendor, _, screens, formats = struct.unpack_from("=HHBB", body, 16)
    at = 32 + (vendor + 3) // 4 * 4 + 8 * formats
    roots = []
    for _ in range(screens):
        roots.append(struct.unpack_from("=I", body, at)[0])
        depths = body[at + 39]
        at += 40
        for _ in range(depths):
            at += 8 + 24 * struct.unpack_from("=H", body, at + 2)[0]
    return int(roots[min(screen, len(roots) - 1)])
