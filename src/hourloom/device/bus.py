"""A connection to D-Bus that never waits, but for `ask`: calls, signals, names and objects of our own.

The bus itself (dbus-daemon, dbus-broker) checks each message's form; what peers say in it is theirs, so
callers take bodies apart by matching their types.
"""

from __future__ import annotations

import array
import os
import select
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any, NamedTuple

from hourloom.core.errors import Unavailable
from hourloom.device.link import PIECE, PIECES_AT_ONCE, Link, runtime_directory
from hourloom.device.markup import quoted
from hourloom.device.ports import CannotBind, SourceLost

PATIENCE = 2.0
"""Seconds that the bus and its peers have to answer while a mechanism is being tried."""
ANSWER_WITHIN = 25.0
"""Seconds after which a call that nobody waits for has failed; libdbus takes as many."""
LARGEST = 1024 * 1024
"""Larger messages are skipped: nothing that is asked here answers so much."""
UNSENT = 1024 * 1024
OUTSTANDING = 1_000
DESCRIPTORS = 16
"""How many of them may arrive before the message that they belong to."""
SOON = 0.05
"""Seconds after which to try again to send what the bus did not take."""
ERROR_TEXT = 200

DAEMON = "org.freedesktop.DBus"
PATH = "/org/freedesktop/DBus"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_OWNED = (1, 4)
"""What RequestName answers when the name is ours: since now, since before."""
_WITHOUT_QUEUE = 4

Body = tuple[Any, ...]


class CallFailed(Unavailable):
    """{name}: {text}."""


class Address(NamedTuple):
    """An interface of an object of a peer."""

    name: str
    path: str
    interface: str

    def properties(self) -> Address:
        """Return where the properties of the same object are asked for."""
        return self._replace(interface=_PROPERTIES)


class Failed(NamedTuple):
    """What came instead of an answer: a peer's refusal, or nothing in time."""

    name: str
    text: str


class Heard(NamedTuple):
    """A signal, or a call of one of our methods."""

    sender: str
    path: str
    interface: str
    member: str
    body: Body


class Refused(Exception):
    """Answers a call of a method of ours with an error; `name` is D-Bus's for it."""

    def __init__(self, text: str, name: str = "org.freedesktop.DBus.Error.InvalidArgs") -> None:
        super().__init__(text)
        self.name = name


class Method(NamedTuple):
    """A method that others may call: its arguments, its results and what it does."""

    takes: str
    gives: str
    does: Callable[[Heard], Body]


class Property(NamedTuple):
    """A property that others may read."""

    signature: str
    read: Callable[[], object]


class Exported(NamedTuple):
    """An interface of an object of ours."""

    methods: Mapping[str, Method] = {}
    properties: Mapping[str, Property] = {}
    signals: Mapping[str, str] = {}
    """Each signal's name with the signature of its body; told to whoever introspects."""


class _Pending(NamedTuple):
    then: Callable[[Body | Failed], None]
    latest: float


class Subscription(NamedTuple):
    """What `match` listens to."""

    rule: str
    sender: str | None
    path: str | None
    interface: str | None
    member: str | None
    heard: Callable[[Heard], None]


def session_bus(environment: Mapping[str, str], patience: float = PATIENCE) -> Bus:
    """Connect to the bus of this login; raises CannotBind if there is none."""
    stated = environment.get("DBUS_SESSION_BUS_ADDRESS", "")
    runtime = runtime_directory(environment)
    return connect(
        stated or ("" if runtime is None else f"unix:path={runtime / 'bus'}"),
        "session bus",
        "Start this from within your desktop",
        patience,
    )


def system_bus(
    environment: Mapping[str, str], patience: float = PATIENCE, *, descriptors: bool = False
) -> Bus:
    """Connect to the bus of the system; raises CannotBind if there is none."""
    stated = environment.get("DBUS_SYSTEM_BUS_ADDRESS", "")
    return connect(
        stated or "unix:path=/run/dbus/system_bus_socket;unix:path=/var/run/dbus/system_bus_socket",
        "system bus",
        "Install and start dbus and systemd-logind or elogind",
        patience,
        descriptors=descriptors,
    )


def connect(
    address: str, called: str, next_step: str, patience: float = PATIENCE, *, descriptors: bool = False
) -> Bus:
    """Connect to the bus at an address as D-Bus writes them; raises CannotBind if none answers."""
    if not hasattr(socket, "AF_UNIX") or sys.platform == "win32":
        raise CannotBind(reason="There is no D-Bus on this system", next_step="Nothing needs to be done")
    wire = _jeepney()
    for path in _sockets(address):
        link = _reach(path, patience, descriptors=descriptors)
        if link is None:
            continue
        try:
            return Bus(link, wire, patience, descriptors=descriptors)
        except (SourceLost, CallFailed):
            continue
    raise CannotBind(reason=f"The {called} does not answer", next_step=next_step)


def _jeepney() -> ModuleType:
    try:
        import jeepney.low_level  # noqa: PLC0415 - it is installed only where there is D-Bus
        import jeepney.wrappers  # noqa: PLC0415
    except ImportError:
        raise CannotBind(
            reason="The Python package jeepney is missing", next_step="Install it beside Hourloom"
        ) from None
    wire: ModuleType = jeepney.wrappers
    return wire


def _sockets(address: str) -> Iterator[str]:
    """Yield the unix sockets of an address; other transports are left alone."""
    from urllib.parse import unquote  # noqa: PLC0415 - D-Bus escapes as URLs do

    for each in address.split(";")[:PIECES_AT_ONCE]:
        transport, _, rest = each.partition(":")
        fields = dict(pair.split("=", 1) for pair in rest.split(",") if "=" in pair)
        if transport == "unix" and "path" in fields:
            yield unquote(fields["path"])
        elif transport == "unix" and "abstract" in fields:
            yield "\0" + unquote(fields["abstract"])


def _reach(path: str, patience: float, *, descriptors: bool) -> socket.socket | None:
    """Connect and tell the bus who we are."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(patience)
    try:
        link.connect(path)
        link.sendall(b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\n")
        accepted = _line(link).startswith(b"OK ")
        if accepted and descriptors:
            link.sendall(b"NEGOTIATE_UNIX_FD\r\n")
            accepted = _line(link).startswith(b"AGREE_UNIX_FD")
        if accepted:
            link.sendall(b"BEGIN\r\n")
            return link
    except (OSError, ValueError):
        pass
    link.close()
    return None


def _line(link: socket.socket) -> bytes:
    """Read one line; the bus says no more before we go on."""
    line = b""
    while not line.endswith(b"\r\n"):
        piece = link.recv(1024)
        if not piece or len(line) > PIECE:
            raise ValueError("no line")
        line += piece
    return line


class Bus:
    """A conversation with a bus: made by `session_bus`, `system_bus` and `connect`."""

    def __init__(self, link: socket.socket, wire: Any, patience: float, *, descriptors: bool = False) -> None:
        self._link, self._wire, self._patience = Link(link, "The bus", UNSENT), wire, patience
        self._receive = self._receive_with_descriptors if descriptors else self._link.receive
        self._socket, self._skip = link, 0
        self._descriptors: deque[int] = deque()
        self._serial = 0
        self._pending: dict[int, _Pending] = {}
        self._subscriptions: list[Subscription] = []
        self._owners: dict[str, str] = {}
        self._objects: dict[str, dict[str, Exported]] = {}
        try:
            (self.unique_name,) = self.ask(Address(DAEMON, PATH, DAEMON), "Hello")
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when a message arrives."""
        return self._link.fileno()

    def close(self) -> None:
        """Hang up: names, matches and inhibitors go with the connection."""
        self._link.close()
        while self._descriptors:
            os.close(self._descriptors.popleft())

    def due(self) -> float | None:
        """Return in how many seconds to call `read` although nothing arrived."""
        if self._link.waits_to_send:
            return SOON
        if not self._pending:
            return None
        return max(0.0, min(each.latest for each in self._pending.values()) - time.monotonic())

    def read(self) -> None:
        """Take in what has arrived, and call whoever waits for it; raises SourceLost when the bus is gone."""
        self._link.flush()
        self._link.take_in(self._understood, self._receive)
        now = time.monotonic()
        for serial in [serial for serial, each in self._pending.items() if each.latest <= now]:
            self._pending.pop(serial).then(Failed("org.freedesktop.DBus.Error.NoReply", "no answer in time"))

    def call(
        self,
        to: Address,
        member: str,
        signature: str = "",
        *body: object,
        then: Callable[[Body | Failed], None] | None = None,
        within: float = ANSWER_WITHIN,
    ) -> None:
        """Call a method; what it answers, or why it does not, goes to `then` when `read` takes it in."""
        if then is not None and len(self._pending) >= OUTSTANDING:
            raise SourceLost(reason="The bus leaves too many calls without an answer")
        message = self._wire.new_method_call(
            self._wire.DBusAddress(to.path, to.name, to.interface), member, signature or None, body
        )
        if then is None:
            message.header.flags = self._wire.MessageFlag.no_reply_expected
        serial = self._send(message)
        if then is not None:
            self._pending[serial] = _Pending(then, time.monotonic() + within)

    def ask(self, to: Address, member: str, signature: str = "", *body: object) -> Body:
        """Call a method and wait for the answer, while a mechanism is being tried; raises CallFailed."""
        answers: list[Body | Failed] = []
        self.call(to, member, signature, *body, then=answers.append, within=self._patience)
        while not answers:
            select.select([self._link], [self._link] if self._link.waits_to_send else [], [], self.due())
            self.read()
        if isinstance(answers[0], Failed):
            raise CallFailed(name=answers[0].name, text=answers[0].text)
        return answers[0]

    def get(self, of: Address, name: str) -> object:
        """Ask for a property, and wait as `ask` does."""
        match self.ask(of.properties(), "Get", "ss", of.interface, name):
            case ((str(), value),):
                return value
            case _:
                raise CallFailed(name=name, text="the answer is no property")

    def match(
        self,
        heard: Callable[[Heard], None],
        *,
        sender: str | None = None,
        path: str | None = None,
        interface: str | None = None,
        member: str | None = None,
        more: str = "",
    ) -> Subscription:
        """Listen to signals; those of a `sender` are heard only from the owner of that name.

        `more` is added to the rule for the bus, such as "arg0namespace='org.mpris.MediaPlayer2'".
        """
        fields = {"sender": sender, "path": path, "interface": interface, "member": member}
        parts = ["type='signal'", *(f"{key}='{value}'" for key, value in fields.items() if value), more]
        subscription = Subscription(",".join(filter(None, parts)), sender, path, interface, member, heard)
        if sender is not None and sender != DAEMON and not sender.startswith(":"):
            self._follow(sender)
        self._subscriptions.append(subscription)
        self._tell_daemon("AddMatch", "s", subscription.rule)
        return subscription

    def unmatch(self, subscription: Subscription) -> None:
        """Listen no longer."""
        self._subscriptions = [each for each in self._subscriptions if each is not subscription]
        self._tell_daemon("RemoveMatch", "s", subscription.rule)

    def watch(self, name: str, changed: Callable[[str], None]) -> Subscription:
        """Tell who owns a name, now and whenever it changes: a unique name, or "" for nobody."""

        def heard(signal: Heard) -> None:
            match signal.body:
                case (str(of), str(), str(owner)) if of == name:
                    changed(owner)

        def answered(answer: Body | Failed) -> None:
            changed(str(answer[0]) if not isinstance(answer, Failed) and answer else "")

        subscription = self.match(
            heard, sender=DAEMON, interface=DAEMON, member="NameOwnerChanged", more=f"arg0='{name}'"
        )
        self.call(Address(DAEMON, PATH, DAEMON), "GetNameOwner", "s", name, then=answered)
        return subscription

    def own(self, name: str, then: Callable[[bool], None]) -> None:
        """Ask for a name, and tell whether it is ours."""

        def answered(answer: Body | Failed) -> None:
            then(not isinstance(answer, Failed) and bool(answer) and answer[0] in _OWNED)

        self.call(Address(DAEMON, PATH, DAEMON), "RequestName", "su", name, _WITHOUT_QUEUE, then=answered)

    def export(self, path: str, interface: str, exported: Exported) -> None:
        """Let others use an object of ours."""
        self._objects.setdefault(path, {})[interface] = exported

    def withdraw(self, path: str) -> None:
        """Take an object back."""
        self._objects.pop(path, None)

    def emit(self, path: str, interface: str, member: str, signature: str = "", *body: object) -> None:
        """Send a signal from an object of ours to everybody who listens."""
        emitter = self._wire.DBusAddress(path, None, interface)
        self._send(self._wire.new_signal(emitter, member, signature or None, body))

    def _tell_daemon(self, member: str, signature: str, *body: object) -> None:
        self.call(Address(DAEMON, PATH, DAEMON), member, signature, *body)

    def _follow(self, name: str) -> None:
        """Know who owns a name: anybody may send us signals that only look like those of its owner."""
        if name not in self._owners:
            self._owners[name] = ""
            self.watch(name, lambda owner: self._owners.__setitem__(name, owner))

    def _send(self, message: Any) -> int:
        self._serial = self._serial % 0xFFFF_FFFF + 1
        self._link.send(message.serialise(serial=self._serial))
        return self._serial

    def _understood(self) -> Iterator[None]:
        for raw in self._messages():
            self._understand(raw)
            yield

    def _receive_with_descriptors(self) -> bytes:
        size = array.array("i").itemsize
        piece, ancillary, _, _ = self._socket.recvmsg(PIECE, socket.CMSG_SPACE(DESCRIPTORS * size))
        for level, kind, raw in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self._descriptors.extend(array.array("i", raw[: len(raw) - len(raw) % size]))
        if len(self._descriptors) > DESCRIPTORS:
            raise SourceLost(reason="The bus sent too many descriptors")
        return piece

    def _messages(self) -> Iterator[bytes]:
        """Take whole messages off what was received; too large ones are thrown away as they arrive."""
        received = self._link.received
        while True:
            if self._skip:
                gone = min(self._skip, len(received))
                del received[:gone]
                self._skip -= gone
            if len(received) < 16 or self._skip:
                return
            size = _size(received)
            if size > LARGEST:
                self._skip = size
                continue
            if len(received) < size:
                return
            raw = bytes(received[:size])
            del received[:size]
            yield raw

    def _understand(self, raw: bytes) -> None:
        try:
            message = self._wire.Message.from_buffer(raw, list(self._descriptors))
            fields = {int(field): value for field, value in message.header.fields.items()}
            body = message.body if isinstance(message.body, tuple) else ()
            descriptors = int(fields.get(9, 0))
            sender, path, interface, member = (str(fields.get(code, "")) for code in (7, 1, 2, 3))
            heard = Heard(sender, path, interface, member, body)
        except (ValueError, LookupError, TypeError, AssertionError, RecursionError, struct.error):
            self._close_descriptors(len(self._descriptors))
            return
        match message.header.message_type.name:
            case "method_call":
                self._serve(message, heard)
            case "signal":
                self._tell(heard)
            case kind:
                pending = self._pending.pop(int(fields.get(5, 0)), None)
                if pending is not None:
                    error = Failed(str(fields.get(4, "")), _text(body))
                    for _ in range(0 if kind == "error" else descriptors):
                        self._descriptors.popleft()
                        descriptors -= 1
                    pending.then(error if kind == "error" else body)
        # Whoever asked for descriptors has them now; nobody else wants any.
        self._close_descriptors(descriptors)

    def _close_descriptors(self, count: int) -> None:
        for _ in range(min(count, len(self._descriptors))):
            os.close(self._descriptors.popleft())

    def _tell(self, heard: Heard) -> None:
        for each in list(self._subscriptions):
            if self._is_meant(each, heard):
                each.heard(heard)

    def _is_meant(self, each: Subscription, heard: Heard) -> bool:
        if each.sender is not None and heard.sender not in (each.sender, self._owners.get(each.sender)):
            return False
        wanted = (each.path, each.interface, each.member)
        said = (heard.path, heard.interface, heard.member)
        return all(want is None or want == said_ for want, said_ in zip(wanted, said, strict=True))

    def _serve(self, message: Any, heard: Heard) -> None:
        """Answer a call of a method of ours."""
        try:
            signature, body = self._done(heard)
            answer = self._wire.new_method_return(message, signature or None, body)
        except Refused as refusal:
            answer = self._wire.new_error(message, refusal.name, "s", (str(refusal),))
        if not message.header.flags & self._wire.MessageFlag.no_reply_expected:
            self._send(answer)

    def _done(self, heard: Heard) -> tuple[str, Body]:
        interfaces = self._objects.get(heard.path, {})
        match heard.interface, heard.member, heard.body:
            case "org.freedesktop.DBus.Peer", "Ping", ():
                return "", ()
            case "org.freedesktop.DBus.Introspectable", "Introspect", ():
                return "s", (_description(heard.path, self._objects),)
            case "org.freedesktop.DBus.Properties", "Get", (str(interface), str(name)):
                found = interfaces.get(interface, Exported()).properties.get(name)
                if found is not None:
                    return "v", ((found.signature, found.read()),)
            case "org.freedesktop.DBus.Properties", "GetAll", (str(interface),):
                known = interfaces.get(interface, Exported()).properties
                return "a{sv}", ({name: (each.signature, each.read()) for name, each in known.items()},)
            case _:
                pass
        method = interfaces.get(heard.interface, Exported()).methods.get(heard.member)
        if method is None:
            raise Refused("there is no such method", "org.freedesktop.DBus.Error.UnknownMethod")
        return method.gives, method.does(heard)


def _size(start: bytes | bytearray) -> int:
    """Return the length of the message that begins so."""
    order = {ord("l"): "<", ord("B"): ">"}.get(start[0])
    if order is None:
        raise SourceLost(reason="The bus sent what cannot be read")
    body, fields = struct.unpack_from(order + "I", start, 4)[0], struct.unpack_from(order + "I", start, 12)[0]
    return int(16 + (fields + 7 & ~7) + body)


def _text(body: Body) -> str:
    """Return the words of an error."""
    words = str(body[0]) if body else ""
    return "".join(letter for letter in words[:ERROR_TEXT] if letter.isprintable())


def _description(path: str, objects: Mapping[str, Mapping[str, Exported]]) -> str:
    """Describe an object of ours as D-Bus does: in XML."""
    lines = ["<node>"]
    for interface, exported in objects.get(path, {}).items():
        lines.append(f"<interface name={quoted(interface)}>")
        for name, method in exported.methods.items():
            takes = "".join(f'<arg type="{each}" direction="in"/>' for each in _types(method.takes))
            gives = "".join(f'<arg type="{each}" direction="out"/>' for each in _types(method.gives))
            lines.append(f"<method name={quoted(name)}>{takes}{gives}</method>")
        for name, signature in exported.signals.items():
            given = "".join(f'<arg type="{each}"/>' for each in _types(signature))
            lines.append(f"<signal name={quoted(name)}>{given}</signal>")
        for name, held in exported.properties.items():
            lines.append(f'<property name={quoted(name)} type="{held.signature}" access="read"/>')
        lines.append("</interface>")
    below = path.rstrip("/") + "/"
    children = {each[len(below) :].split("/")[0] for each in objects if each.startswith(below)}
    lines += [f"<node name={quoted(name)}/>" for name in sorted(children - {""})]
    return "".join([*lines, "</node>"])


def _types(signature: str) -> list[str]:
    """Take a signature apart into its complete types."""
    types, depth, current = [], 0, ""
    for letter in signature:
        current += letter
        depth += (letter in "({") - (letter in ")}")
        if depth == 0 and letter != "a":
            types.append(current)
            current = ""
    return types
