"""Messages over a pipe: a length, a letter that says what it is, and that many bytes, within bounds."""

from __future__ import annotations

import struct
from typing import BinaryIO

_HEAD = struct.Struct("<cI")

READY, ITEM, END, RAISED, FAILED, NO_MEMORY = b"r", b"i", b"e", b"x", b"f", b"m"
_KINDS = (READY, ITEM, END, RAISED, FAILED, NO_MEMORY)


class RulesBroken(Exception):
    """The other side said something that is no message."""


def write(pipe: BinaryIO, kind: bytes, body: bytes = b"") -> None:
    """Send one message."""
    pipe.write(_HEAD.pack(kind, len(body)))
    pipe.write(body)
    pipe.flush()


def read(pipe: BinaryIO, most: int) -> tuple[bytes, bytes] | None:
    """Return what the next message is and what it holds; None where the other side has left."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    kind, length = _HEAD.unpack(head)
    if kind not in _KINDS or length > most:
        raise RulesBroken
    body = pipe.read(length)
    return (kind, body) if len(body) == length else None
