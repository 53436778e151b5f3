"""A small client of Wayland compositors: what watchers need of the protocol, and bounds on what arrives."""

from __future__ import annotations

import os
import socket
import stat
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from hourloom.device.link import Link, runtime_directory
from hourloom.device.ports import CannotBind, SourceLost

Argument = int | str | bytes | None

HEADER = struct.Struct("=II")
WORD = struct.Struct("=I")
INTEGER = struct.Struct("=i")

PATIENCE = 2.0
"""Seconds that a compositor has to answer while a mechanism is being tried."""
OBJECTS = 10_000
GLOBALS = 1_000
NAME = 100
"""Characters of an interface's name; none is as long."""
SOCKETS = 16
"""How many sockets of a runtime directory are tried."""
ERROR_TEXT = 120
MADE_BY_THE_COMPOSITOR = 0xFF000000


class Message(NamedTuple):
    """An event that an interface may send.

    The signature has a letter for each argument: i(nt), u(int), f(ixed), s(tring), o(bject), n(ew object)
    and a(rray).
    """

    name: str
    signature: str = ""
    makes: Interface | None = None
    """What the new object is, where the signature has an n."""


class Interface(NamedTuple):
    """A kind of object: its name on the wire and its events in the order of their numbers."""

    name: str
    events: tuple[Message, ...] = ()


class Object(NamedTuple):
    """Something that both sides know by its number."""

    id: int
    interface: Interface


class Event(NamedTuple):
    """What the compositor said of an object; a new object among the arguments is an Object."""

    sender: Object
    name: str
    arguments: tuple[Argument | Object, ...]


class Malformed(ValueError):
    """The compositor sent a message that cannot be read."""


DISPLAY = Interface("wl_display", (Message("error", "ous"), Message("delete_id", "u")))
REGISTRY = Interface("wl_registry", (Message("global", "usu"), Message("global_remove", "u")))
CALLBACK = Interface("wl_callback", (Message("done", "u"),))
SEAT = Interface("wl_seat", (Message("capabilities", "u"), Message("name", "s")))


def connect(environment: Mapping[str, str], patience: float = PATIENCE) -> Connection:
    """Connect to the compositor of this login: the one named, or else the first that answers.

    Raises CannotBind if there is none.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise CannotBind(reason="There is no Wayland on this system", next_step="Nothing needs to be done")
    for path in candidates(environment):
        link = _reach(path)
        if link is not None:
            try:
                return Connection(link, patience)
            except SourceLost:
                continue
    raise CannotBind(
        reason="No Wayland compositor answers",
        next_step="Start this from within your desktop, or set XDG_RUNTIME_DIR and WAYLAND_DISPLAY",
    )


def candidates(environment: Mapping[str, str]) -> list[Path]:
    """List the sockets on which a compositor may be, the named one first."""
    runtime = runtime_directory(environment)
    named = environment.get("WAYLAND_DISPLAY")
    first = [runtime / named if runtime is not None else Path(named)] if named else []
    probed = [] if runtime is None else list(_sockets_in(runtime))
    # A relative name without a directory would mean the present one, where anybody may have put a socket.
    return [path for path in dict.fromkeys([*first, *probed]) if path.is_absolute()]


def _sockets_in(directory: Path) -> Iterator[Path]:
    """Yield what looks like a compositor in a directory that only its owner could fill."""
    try:
        names = sorted(entry.name for entry in os.scandir(directory) if entry.name.startswith("wayland-"))
        for name in names[:SOCKETS]:
            if stat.S_ISSOCK((directory / name).stat().st_mode):
                yield directory / name
    except OSError:
        return


def _reach(path: Path) -> socket.socket | None:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(PATIENCE)
    try:
        link.connect(os.fspath(path))
    except OSError:
        link.close()
        return None
    return link


class Connection:
    """A conversation with a compositor that never waits, but for `roundtrip`."""

    def __init__(self, link: socket.socket, patience: float = PATIENCE) -> None:
        """Learn what the compositor offers; raises SourceLost unless it says so within `patience` seconds."""
        self._link = Link(link, "The Wayland compositor")
        self._patience = patience
        self._pending: list[Event] = []
        self._display = Object(1, DISPLAY)
        self._objects = {1: self._display}
        self._next, self._free = 2, list[int]()
        self._done = set[int]()
        self.globals: dict[int, tuple[str, int]] = {}
        """Each global's number with its interface's name and version."""
        try:
            self._registry = self.create(REGISTRY)
            self.send(self._display, 1, "n", self._registry.id)
            self.roundtrip()
        except BaseException:
            link.close()
            raise

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when an event arrives."""
        return self._link.fileno()

    def close(self) -> None:
        """Hang up; the compositor forgets all that was bound."""
        self._link.close()

    def peer(self) -> int | None:
        """Return the process id of the compositor where the system tells it."""
        return self._link.peer()

    def offers(self, interface: Interface) -> int:
        """Return the version in which the compositor offers an interface, or 0."""
        return max((version for name, version in self.globals.values() if name == interface.name), default=0)

    def bind(self, interface: Interface, version: int) -> Object | None:
        """Bind the first global of an interface, in at most this version; None if there is no such global."""
        for number, (name, offered) in sorted(self.globals.items()):
            if name == interface.name:
                bound = self.create(interface)
                self.send(self._registry, 0, "usun", number, name, min(version, offered), bound.id)
                return bound
        return None

    def create(self, interface: Interface) -> Object:
        """Give a number to an object that the next request is to make."""
        number = self._free.pop() if self._free else self._next
        if number == self._next:
            self._next += 1
        return self._know(number, interface)

    def forget(self, gone: Object) -> None:
        """Listen no longer to an object for which a destroying request was sent."""
        if gone.id >= MADE_BY_THE_COMPOSITOR:
            self._objects.pop(gone.id, None)
        else:
            # The number is ours again only when the compositor says so: events may be under way.
            self._objects[gone.id] = Object(gone.id, Interface(gone.interface.name))

    def send(self, to: Object, opcode: int, signature: str = "", *arguments: Argument) -> None:
        """Send a request; raises SourceLost if the compositor reads nothing any more."""
        body = b"".join(map(_written, signature, arguments))
        self._link.send(HEADER.pack(to.id, (HEADER.size + len(body)) << 16 | opcode) + body)

    def roundtrip(self) -> None:
        """Wait until the compositor has answered all that was sent; what arrives is kept for `read`.

        Raises SourceLost if it takes longer than a compositor may.
        """
        callback = self.create(CALLBACK)
        self.send(self._display, 0, "n", callback.id)
        latest = time.monotonic() + self._patience
        while callback.id not in self._done:
            self._link.wait(latest)
            self._pending += self._link.take_in(self._understood)
        self._done.discard(callback.id)

    def read(self) -> list[Event]:
        """Return the events that have arrived of objects that were bound or created.

        Raises SourceLost when the compositor is gone, refuses us or cannot be understood.
        """
        self._link.flush()
        events, self._pending = self._pending, []
        return events + self._link.take_in(self._understood)

    def _understood(self) -> list[Event]:
        """Take the whole messages off what was received."""
        events: list[Event] = []
        try:
            for number, opcode, body in _messages(self._link.received):
                event = self._decoded(number, opcode, body)
                if event is not None and not self._is_ours(event):
                    events.append(event)
        except Malformed:
            raise SourceLost(reason="The Wayland compositor sent what cannot be read") from None
        return events

    def _decoded(self, number: int, opcode: int, body: bytes) -> Event | None:
        sender = self._objects.get(number)
        # An event may be under way to an object that was given up meanwhile.
        if sender is None or opcode >= len(sender.interface.events):
            return None
        message = sender.interface.events[opcode]
        arguments: list[Argument | Object] = list(_read(message.signature, body))
        if message.makes is not None:
            place = message.signature.index("n")
            made = arguments[place]
            if not isinstance(made, int) or made < MADE_BY_THE_COMPOSITOR:
                raise Malformed
            arguments[place] = self._know(made, message.makes)
        return Event(sender, message.name, tuple(arguments))

    def _know(self, number: int, interface: Interface) -> Object:
        if len(self._objects) >= OBJECTS:
            raise SourceLost(reason="The Wayland compositor made too many objects")
        known = Object(number, interface)
        self._objects[number] = known
        return known

    def _is_ours(self, event: Event) -> bool:
        """Deal with what concerns the conversation itself."""
        match event:
            case Event(Object(1), "error", (_, int(code), str(text))):
                told = "".join(c for c in text if c.isprintable())[:ERROR_TEXT]
                raise SourceLost(reason=f"The Wayland compositor refused a request ({code}: {told})")
            case Event(Object(1), "delete_id", (int(number),)):
                if 1 < number < self._next and self._objects.pop(number, None) is not None:
                    self._free.append(number)
            case Event(
                Object(interface=Interface("wl_registry")), "global", (int(number), str(name), int(version))
            ):
                if len(self.globals) < GLOBALS:
                    self.globals[number] = (name, version)
            case Event(Object(interface=Interface("wl_registry")), "global_remove", (int(number),)):
                self.globals.pop(number, None)
            case Event(Object(id=number, interface=Interface("wl_callback"))):
                self._done.add(number)
            case _:
                return False
        return True

    def _offered(self, name: str, arguments: tuple[Argument | Object, ...]) -> None:
        match name, arguments:
            case "global", (int(number), str(interface), int(version)) if len(self.globals) < GLOBALS:
                self.globals[number] = (interface[:NAME], version)
            case "global_remove", (int(number),):
                self.globals.pop(number, None)
            case _:
                pass


def _messages(received: bytearray) -> Iterator[tuple[int, int, bytes]]:
    """Take whole messages off the front: each one's object, number and arguments."""
    while len(received) >= HEADER.size:
        number, word = HEADER.unpack_from(received)
        size, opcode = word >> 16, word & 0xFFFF
        if size < HEADER.size or size % 4:
            raise Malformed
        if len(received) < size:
            return
        body = bytes(received[HEADER.size : size])
        del received[:size]
        yield number, opcode, body


def _read(signature: str, body: bytes) -> Iterator[Argument]:
    """Read arguments one after another; what follows them is left alone, as newer versions may add it."""
    at = 0
    for letter in signature:
        if at + WORD.size > len(body):
            raise Malformed
        (word,) = (INTEGER if letter in "if" else WORD).unpack_from(body, at)
        at += WORD.size
        if letter not in "sa":
            yield word
            continue
        if at + word > len(body):
            raise Malformed
        raw = body[at : at + word]
        at += (word + 3) & ~3
        yield raw if letter == "a" else _text(raw)


def _text(raw: bytes) -> str | None:
    """Return a string without its closing zero; one of no bytes at all is a missing string."""
    return raw[:-1].decode("utf-8", "replace") if raw else None


def _written(letter: str, argument: Argument) -> bytes:
    if letter in "iuon" and isinstance(argument, int):
        return (INTEGER if letter == "i" else WORD).pack(argument)
    if letter == "s" and isinstance(argument, str):
        raw = argument.encode() + b"\0"
        return WORD.pack(len(raw)) + raw + bytes(-len(raw) % 4)
    raise TypeError(letter)
