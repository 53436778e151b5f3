"""The bus connection against a real dbus-daemon, and against one that misbehaves."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hourloom.device import bus as dbus
from hourloom.device.bus import Address, CallFailed, Exported, Failed, Heard, Method, Property, Refused
from hourloom.device.ports import CannotBind, SourceLost
from tests.device.away.buses import DAEMON, PrivateBus
from tests.device.waiting import until

NAME, PATH, INTERFACE = "org.example.Ours", "/org/example/Ours", "org.example.Ours"
OURS = Address(NAME, PATH, INTERFACE)


def pumped(*buses: dbus.Bus) -> Callable[[Callable[[], bool]], None]:
    def pump(met: Callable[[], bool]) -> None:
        def once() -> bool:
            for each in buses:
                each.read()
            return met()

        until(once)

    return pump


def test_a_call_is_answered_and_a_refused_one_says_why(private_bus: PrivateBus) -> None:
    with private_bus.connected() as here:
        assert here.ask(DAEMON, "NameHasOwner", "s", "org.example.Nobody") == (False,)
        with pytest.raises(CallFailed, match=r"ServiceUnknown|NameHasNoOwner"):
            here.ask(OURS, "Anything")
        assert here.unique_name.startswith(":")


def test_objects_of_ours_are_called_read_and_described(private_bus: PrivateBus) -> None:
    def doubled(call: Heard) -> tuple[int]:
        match call.body:
            case (int(number),) if number < 100:
                return (2 * number,)
        raise Refused("too much")

    owned: list[bool] = []
    with private_bus.connected() as service, private_bus.connected() as peer:
        service.export(
            PATH,
            INTERFACE,
            Exported(
                {"Double": Method("i", "i", doubled)},
                {"Mood": Property("s", lambda: "fine")},
                {"Left": "sa{sv}"},
            ),
        )
        service.own(NAME, owned.append)
        pump = pumped(service, peer)
        pump(lambda: owned == [True])
        answers: list[object] = []
        peer.call(OURS, "Double", "i", 21, then=answers.append)
        peer.call(OURS, "Double", "i", 100, then=answers.append)
        peer.call(OURS, "Nothing", then=answers.append)
        peer.call(OURS.properties(), "Get", "ss", INTERFACE, "Mood", then=answers.append)
        peer.call(OURS.properties(), "GetAll", "s", INTERFACE, then=answers.append)
        peer.call(OURS._replace(interface="org.freedesktop.DBus.Peer"), "Ping", then=answers.append)
        described = OURS._replace(interface="org.freedesktop.DBus.Introspectable")
        peer.call(described, "Introspect", then=answers.append)
        pump(lambda: len(answers) == 7)
        assert answers[:1] == [(42,)]
        assert answers[1] == Failed("org.freedesktop.DBus.Error.InvalidArgs", "too much")
        assert isinstance(answers[2], Failed)
        assert answers[3:6] == [(("s", "fine"),), ({"Mood": ("s", "fine")},), ()]
        assert '<arg type="a{sv}"/>' in str(answers[6])


def test_a_name_that_is_taken_is_not_ours(private_bus: PrivateBus) -> None:
    owned: list[bool] = []
    with private_bus.connected() as first, private_bus.connected() as second:
        first.own(NAME, owned.append)
        pumped(first)(lambda: owned == [True])
        second.own(NAME, owned.append)
        pumped(second)(lambda: owned == [True, False])


def test_signals_are_heard_from_the_owner_of_the_name_alone(private_bus: PrivateBus) -> None:
    heard: list[object] = []
    owners: list[str] = []
    with (
        private_bus.connected() as owner,
        private_bus.connected() as forger,
        private_bus.connected() as listener,
    ):
        listener.match(
            lambda each: heard.append(each.body), sender=NAME, path=PATH, interface=INTERFACE, member="Left"
        )
        listener.watch(NAME, owners.append)
        pump = pumped(owner, forger, listener)
        pump(lambda: owners == [""])
        owner.own(NAME, lambda _: None)
        pump(lambda: owners[-1] == owner.unique_name)
        # Sent to the listener alone, so that its rule at the bus does not keep it away.
        forged = owner._wire.new_signal(
            owner._wire.DBusAddress(PATH, None, INTERFACE), "Left", "s", ("forged",)
        )
        forged.header.fields[owner._wire.HeaderFields.destination] = listener.unique_name
        forger._send(forged)
        forger.ask(DAEMON, "GetId")
        owner.emit(PATH, INTERFACE, "Left", "s", "real")
        pump(lambda: bool(heard))
        assert heard == [("real",)]


def test_a_listener_that_was_taken_off_hears_nothing(private_bus: PrivateBus) -> None:
    heard: list[str] = []
    with private_bus.connected() as speaker, private_bus.connected() as listener:
        first = listener.match(lambda each: heard.append("first"), interface=INTERFACE)
        listener.match(lambda each: heard.append("second"), interface=INTERFACE)
        listener.unmatch(first)
        listener.ask(DAEMON, "GetId")
        speaker.emit(PATH, INTERFACE, "Left")
        pumped(listener)(lambda: bool(heard))
        assert heard == ["second"]


def test_a_peer_that_never_answers_fails_the_call_in_time(private_bus: PrivateBus) -> None:
    answers: list[object] = []
    with private_bus.connected() as silent, private_bus.connected() as asking:
        asking.call(
            Address(silent.unique_name, PATH, INTERFACE), "Anything", then=answers.append, within=0.01
        )
        assert asking.due() is not None
        pumped(asking)(lambda: bool(answers))
        assert answers == [Failed("org.freedesktop.DBus.Error.NoReply", "no answer in time")]
        assert asking.due() is None


def test_a_message_larger_than_any_use_is_skipped(private_bus: PrivateBus) -> None:
    heard: list[int] = []
    with private_bus.connected() as speaker, private_bus.connected() as listener:
        listener.match(lambda each: heard.append(len(each.body[0])), interface=INTERFACE)
        listener.ask(DAEMON, "GetId")
        speaker._link.most_unsent = 8 * dbus.LARGEST
        speaker.emit(PATH, INTERFACE, "Large", "s", "x" * (dbus.LARGEST + 1))
        speaker.emit(PATH, INTERFACE, "Small", "s", "x")
        pumped(speaker, listener)(lambda: bool(heard))
        assert heard == [1]


def test_a_bus_that_ends_is_lost(private_bus: PrivateBus) -> None:
    here = private_bus.connect()
    private_bus.end()

    def read() -> bool:
        here.read()
        return False

    with pytest.raises(SourceLost):
        until(read)
    here.close()


def test_where_no_bus_is_nothing_binds() -> None:
    with pytest.raises(CannotBind, match="session bus does not answer"):
        dbus.session_bus({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere/bus;tcp:host=localhost"})
    with pytest.raises(CannotBind, match="system bus does not answer"):
        dbus.system_bus({"DBUS_SYSTEM_BUS_ADDRESS": "unix:abstract=nobody%20there"})


@pytest.mark.parametrize(
    "garbage",
    [b"X" * 16, struct.pack("<4sIII", b"l\x02\x00\x01", 0, 1, 8) + b"\xff" * 8],
    ids=["no message", "fields that are none"],
)
def test_what_cannot_be_read_is_no_crash(garbage: bytes) -> None:
    ours, theirs = socket.socketpair()
    hello = threading.Thread(target=_answer_hello, args=(theirs,))
    hello.start()
    here = dbus.Bus(ours, dbus._jeepney(), 30.0)
    hello.join()
    theirs.sendall(garbage)
    if garbage.startswith(b"X"):
        with pytest.raises(SourceLost):
            here.read()
    else:
        here.read()
    here.close()
    theirs.close()


def _answer_hello(link: socket.socket) -> None:
    from jeepney import HeaderFields, Message, new_method_return

    call = Message.from_buffer(link.recv(4096))
    answer = new_method_return(call, "s", (":1.1",))
    answer.header.fields[HeaderFields.reply_serial] = 1
    link.sendall(answer.serialise(serial=1))


def test_descriptors_nobody_asked_for_are_closed(private_bus: PrivateBus) -> None:
    import array

    with private_bus.connected() as sender:
        receiver = private_bus.connect(descriptors=True)
        before = len(list(Path("/proc/self/fd").iterdir()))
        wire = sender._wire
        speaker = private_bus.connect(descriptors=True)
        signal = wire.new_signal(wire.DBusAddress(PATH, None, INTERFACE), "Gift", "h", (0,))
        signal.header.fields[wire.HeaderFields.destination] = receiver.unique_name
        fds = array.array("i")
        raw = signal.serialise(serial=77, fds=fds)
        speaker._socket.sendmsg([raw], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        speaker.ask(DAEMON, "GetId")
        receiver.ask(DAEMON, "GetId")
        speaker.close()
        assert len(list(Path("/proc/self/fd").iterdir())) == before
        receiver.close()
