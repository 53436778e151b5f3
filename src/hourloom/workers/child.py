"""The process in which one function of ours works on foreign bytes: `python -I -m hourloom.workers.child`.

It takes its order over standard input, loads the function, gives up its rights, and only then looks at
what is foreign. It answers requests one after the other until its input ends.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from hourloom.core.errors import HourloomError
from hourloom.workers import frames
from hourloom.workers.model import OURS, Order, Protections, RaisedByWorker

_MOST_ORDERED = 1 << 20
_LONGEST_FIELD = 2000

Session = Callable[[bytes], Iterable[bytes]]
"""Answers one request after the other."""


class Means(NamedTuple):
    """What the function has to work with."""

    argument: bytes
    descriptors: tuple[int, ...]


Opened = Callable[[Means], Session]
"""What an order names: begins to work on what is foreign."""


def main() -> None:
    """Carry out one order."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _silence()
    order = _order(requests)
    function = _named(order.function)
    scratch = str(Path.cwd()) if order.limits.file_bytes else None
    tempfile.tempdir = scratch
    protections = _confined(order, scratch)
    frames.write(answers, frames.READY, msgspec.msgpack.encode(protections))
    try:
        session = function(Means(order.argument, order.descriptors))
        frames.write(answers, frames.END)
        while (message := frames.read(requests, _MOST_ORDERED)) is not None:
            for answer in session(message[1]):
                frames.write(answers, frames.ITEM, answer)
            frames.write(answers, frames.END)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        _tell(answers, error)


def give_up_opening() -> None:
    """Give up opening files, once all that is to be read is open."""
    if sys.platform != "win32":
        from hourloom.workers.confinement import open_no_more_files  # noqa: PLC0415 - not there on Windows

        open_no_more_files()


def _silence() -> None:
    """Let nothing that prints get among the answers."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)


def _order(requests: BinaryIO) -> Order:
    message = frames.read(requests, _MOST_ORDERED)
    if message is None:
        sys.exit(0)
    return msgspec.msgpack.decode(message[1], type=Order)


def _named(function: str) -> Opened:
    module, _, name = function.partition(":")
    if not module.startswith(OURS):
        raise ValueError(module)
    found: Opened = getattr(import_module(module), name)
    return found


def _confined(order: Order, scratch: str | None) -> Protections:
    if sys.platform == "win32":
        return Protections()
    from hourloom.workers.confinement import confine  # noqa: PLC0415 - not there on Windows

    return confine(order, scratch)


def _tell(answers: BinaryIO, error: BaseException) -> None:
    if isinstance(error, HourloomError):
        kind = type(error)
        fields = {name: _plain(value) for name, value in error.fields.items()}
        raised = RaisedByWorker(kind.__module__, kind.__name__, fields)
        frames.write(answers, frames.RAISED, msgspec.msgpack.encode(raised))
    elif isinstance(error, MemoryError):
        frames.write(answers, frames.NO_MEMORY)
    elif not isinstance(error, BrokenPipeError):
        frames.write(answers, frames.FAILED, type(error).__name__.encode())


def _plain(value: object) -> str | int | float | None:
    if value is None or isinstance(value, int | float):
        return value
    return str(value)[:_LONGEST_FIELD]


if __name__ == "__main__":
    main()
