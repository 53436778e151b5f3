"""Run a function of ours on foreign bytes in a process of its own.

    parent                                     worker
    Worker(function, argument, files) -------> loads the function, gives up its rights
                                      <------- ready: what protects
    ask(request) ----------------------------> works on what is foreign
                                      <------- answer, answer, ... end

What a worker says is believed as little as what it reads: every message is bounded and of a known shape,
and a worker that crashes, hangs or breaks the rules becomes one clear error.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import msgspec

from hourloom.core.errors import HourloomError
from hourloom.workers import frames
from hourloom.workers.model import (
    MIB,
    Limits,
    Order,
    Protections,
    RaisedByWorker,
    WorkerFailed,
    WorkersBusy,
    ending,
)

Shape = TypeVar("Shape")

IDLE = "hourloom.workers.attempts:begin"
"""A function that waits to be asked."""
RULES = "broke the rules of its answers"
MOST_AT_ONCE = 4
SECONDS_FOR_A_PLACE = 30.0
SECONDS_TO_END = 5.0
_PIPE_BYTES = MIB
"""So much may wait unread, that the worker goes on while its last answers are stored."""
_F_SETPIPE_SZ = 1031
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "SYSTEMROOT")

_places = threading.BoundedSemaphore(MOST_AT_ONCE)


class Worker:
    """A process that answers requests with one function; to be closed."""

    def __init__(
        self,
        function: str,
        argument: bytes = b"",
        *,
        limits: Limits = Limits(),  # noqa: B008 - it cannot be changed
        readable: Sequence[Path] = (),
        descriptors: Sequence[int] = (),
        scratch: Path | None = None,
    ) -> None:
        self._limits, self._function = limits, function
        self._was_silent = threading.Event()
        order = Order(
            function=function,
            argument=argument,
            limits=limits,
            readable=tuple(str(path.absolute()) for path in readable),
            descriptors=tuple(descriptors),
            opens_files=bool(readable),
        )
        if not _places.acquire(timeout=SECONDS_FOR_A_PLACE):
            raise WorkersBusy
        self._scratch = tempfile.mkdtemp(prefix="hourloom-worker-", dir=scratch)
        self._closing = contextlib.ExitStack()
        # Also where nobody closes it.
        self._let_go = weakref.finalize(self, self._closing.close)
        self._closing.callback(_places.release)
        self._closing.callback(shutil.rmtree, self._scratch, ignore_errors=True)
        try:
            self._start(order)
            self.protections = self._began()
        except OSError as error:
            self.close()
            raise WorkerFailed(how=f"cannot be started ({type(error).__name__})") from None
        except BaseException:
            self.close()
            raise

    def ask(self, request: bytes) -> Iterator[bytes]:
        """Yield the answers to a request; one that is not read to its end ends the worker."""
        whole = False
        try:
            self._send(request)
            while (kind := (message := self._next())[0]) == frames.ITEM:
                yield message[1]
            whole = kind == frames.END
            if not whole:
                self._raise(kind, message[1])
        finally:
            if not whole:
                self.close()

    @property
    def closed(self) -> bool:
        """Return whether it was ended from here."""
        return not self._let_go.alive

    def close(self) -> None:
        """End the process, whatever it does."""
        self._let_go()

    def _start(self, order: Order) -> None:
        end, lifeline = os.pipe()
        self._closing.callback(os.close, lifeline)
        if sys.platform != "win32":
            order = msgspec.structs.replace(order, lifeline=end)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "hourloom.workers.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self._scratch,
                env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
                start_new_session=True,
                **_inherited(end, *order.descriptors),
            )
        finally:
            os.close(end)
        self._closing.callback(_end, self._process)
        self._to = cast("BinaryIO", self._process.stdin)
        self._from = cast("BinaryIO", self._process.stdout)
        _widen(self._from)
        self._send(msgspec.msgpack.encode(order))

    def _began(self) -> Protections:
        kind, body = self._next()
        if kind != frames.READY:
            self._raise(kind, body)
        protections = self._decoded(body, Protections)
        kind, body = self._next()
        if kind != frames.END:
            self._raise(kind, body)
        return protections

    def _send(self, request: bytes) -> None:
        # One that is gone already says so with what it answers, or does not.
        with contextlib.suppress(BrokenPipeError, ValueError):
            frames.write(self._to, frames.ITEM, request)

    def _next(self) -> tuple[bytes, bytes]:
        try:
            with self._limit_of_silence():
                message = frames.read(self._from, self._limits.answer_bytes)
        except frames.RulesBroken:
            raise WorkerFailed(how=RULES) from None
        except ValueError:  # the pipe was closed meanwhile
            message = None
        if message is None:
            how = ending(self._process.wait(), self._limits, was_silent=self._was_silent.is_set())
            raise WorkerFailed(how=how)
        return message

    @contextlib.contextmanager
    def _limit_of_silence(self) -> Iterator[None]:
        # It may outlive this worker by a moment, and so must not know it.
        timer = threading.Timer(self._limits.silent_seconds, _end_silent, (self._process, self._was_silent))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _raise(self, kind: bytes, body: bytes) -> None:
        if kind == frames.RAISED:
            raise self._error(self._decoded(body, RaisedByWorker))
        if kind == frames.NO_MEMORY:
            raise WorkerFailed(how=f"needed over {self._limits.memory // MIB} MiB of memory")
        if kind == frames.FAILED:
            raise WorkerFailed(how=f"failed ({_name(body)})")
        raise WorkerFailed(how=RULES)

    def _error(self, raised: RaisedByWorker) -> HourloomError:
        """Return the error that was raised there; only errors of the function's own feature are believed."""
        feature = ".".join(self._function.split(".")[:2]) + "."
        if raised.module.startswith((feature, "hourloom.core.")):
            with contextlib.suppress(AttributeError, ImportError, KeyError, TypeError):
                found = getattr(import_module(raised.module), raised.name)
                if issubclass(found, HourloomError):
                    error: HourloomError = found(**raised.fields)
                    return error
        return WorkerFailed(how=f"failed ({_name(raised.name.encode())})")

    def _decoded(self, body: bytes, shape: type[Shape]) -> Shape:
        try:
            return msgspec.msgpack.decode(body, type=shape)
        except msgspec.MsgspecError:
            raise WorkerFailed(how=RULES) from None


def what_protects() -> Protections:
    """Return what keeps workers in on this computer."""
    worker = Worker(IDLE)
    worker.close()
    return worker.protections


def _end_silent(process: subprocess.Popen[bytes], was_silent: threading.Event) -> None:
    was_silent.set()
    process.kill()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    process.wait(SECONDS_TO_END)


def _inherited(*descriptors: int) -> dict[str, Any]:
    return {} if sys.platform == "win32" else {"pass_fds": descriptors}


def _widen(pipe: BinaryIO) -> None:
    """Give a pipe more room, where the system lets us."""
    if sys.platform.startswith("linux"):
        import fcntl  # noqa: PLC0415 - not there on Windows

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)


def _name(raw: bytes) -> str:
    """Return the name of an error as a worker gave it, if it is one."""
    text = raw.decode("ascii", "replace")
    return text if text.isidentifier() and len(text) <= 100 else "?"
