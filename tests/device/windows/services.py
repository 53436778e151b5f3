"""Stand-ins for KWin and GNOME Shell on a bus of the tests' own, which say what the real ones say."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from hourloom.device.bus import Address, Bus, Exported, Heard, Method
from hourloom.device.ports import SourceLost
from hourloom.device.windows.gnome import EXTENSION, SHELL, Gnome
from hourloom.device.windows.kwin import INTERFACE, KWIN, PATH, SCRIPTING, KWin
from tests.device.away.buses import PrivateBus


class Service:
    """A program on the bus, on a thread of its own: the watcher waits for answers while it binds."""

    def __init__(self, bus: PrivateBus, name: str) -> None:
        self.bus: Bus = bus.connect()
        self._orders: list[Callable[[], None]] = []
        self._ear, self._mouth = socket.socketpair()
        self._stopping = False
        owned = threading.Event()
        self._offer()
        self.bus.own(name, lambda ours: owned.set() if ours else None)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        assert owned.wait(30)

    def _offer(self) -> None:
        raise NotImplementedError

    def _serve(self) -> None:
        with contextlib.suppress(SourceLost):
            while not self._stopping:
                select.select([self.bus.fileno(), self._ear.fileno()], [], [], self.bus.due())
                self._ear.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    self._ear.recv(100)
                while self._orders:
                    self._orders.pop(0)()
                self.bus.read()

    def do(self, order: Callable[[], None]) -> None:
        """Do something on the service's thread."""
        self._orders.append(order)
        self._mouth.send(b"!")

    def end(self) -> None:
        if self._thread.is_alive():
            self._stopping = True
            self._mouth.send(b"!")
            self._thread.join()
        self.bus.close()
        self._ear.close()
        self._mouth.close()


class FakeKWin(Service):
    """Runs scripts: it knows the one that is shipped by the address in it."""

    def __init__(self, bus: PrivateBus, home: Path) -> None:
        self.scripts: dict[str, str] = {}
        self.runs = True
        self.present: tuple[object, ...] = (False, "", "", "", "0")
        self.source = KWin(bus.environment | {"XDG_RUNTIME_DIR": str(home)})
        super().__init__(bus, KWIN)

    def _offer(self) -> None:
        methods = {
            "loadScript": Method("ss", "i", self._load),
            "start": Method("", "", self._start),
            "unloadScript": Method("s", "b", self._unload),
        }
        self.bus.export(SCRIPTING.path, SCRIPTING.interface, Exported(methods))

    def _load(self, call: Heard) -> tuple[int]:
        path, plugin = call.body
        found = re.search(r'LISTENER = "(:[\d.]+)"', Path(path).read_text())
        assert found is not None
        self.scripts[plugin] = found[1]
        return (0,)

    def _start(self, _: Heard) -> tuple[()]:
        if self.runs:
            self.tell((True, "", "", "", "0"))  # as the real one does
            self.tell(self.present)
        return ()

    def _unload(self, call: Heard) -> tuple[bool]:
        return (self.scripts.pop(call.body[0], None) is not None,)

    def tell(self, present: tuple[object, ...]) -> None:
        for listener in self.scripts.values():
            self.bus.call(Address(listener, PATH, INTERFACE), "Focus", "bssss", *present)

    def show(self, title: str) -> None:
        self.focus(True, "org.kde.konsole", "konsole", title, "0")

    retitle = show

    def focus(self, *present: object) -> None:
        self.present = present
        self.do(lambda: self.tell(present))


class FakeGnome(Service):
    """GNOME Shell with the extension, or without."""

    def __init__(self, bus: PrivateBus, *, has_extension: bool = True) -> None:
        self.has_extension = has_extension
        self.present: tuple[object, ...] = (False, "", "", "", 0)
        self.source = Gnome(bus.environment)
        super().__init__(bus, SHELL)

    def _offer(self) -> None:
        if self.has_extension:
            methods = {"Focused": Method("", "bsssu", lambda _: self.present)}
            self.bus.export(EXTENSION.path, EXTENSION.interface, Exported(methods))

    def show(self, title: str) -> None:
        self.focus(True, "org.gnome.TextEditor.desktop", "org.gnome.TextEditor", title, 0)

    retitle = show

    def focus(self, *present: object) -> None:
        self.present = present
        self.emit("FocusChanged", "bsssu", *present)

    def emit(self, member: str, signature: str, *body: object) -> None:
        done = threading.Event()

        def say() -> None:
            self.bus.emit(EXTENSION.path, EXTENSION.interface, member, signature, *body)
            done.set()

        self.do(say)
        assert done.wait(30)
