"""The body of a sealed file's head as bytes, with fixed places for all but the document with the keys."""

from __future__ import annotations

import struct

import msgspec

from hourloom.sealing.model import LARGEST_CHUNK, LEAST_CHUNK, Tampered


class Body(msgspec.Struct, frozen=True):
    """What the head of a sealed file says, besides the document with its keys."""

    kind: str
    key_id: bytes
    chunk_bytes: int
    salt: bytes
    check: bytes
    """Tells whether a data key is the right one, and binds the file to it."""
    document: bytes


_FIXED = struct.Struct(">8s16sI32s32sI")


def pack(body: Body) -> bytes:
    """Write the body of a header."""
    kind = body.kind.encode("ascii")
    fixed = _FIXED.pack(kind, body.key_id, body.chunk_bytes, body.salt, body.check, len(body.document))
    return fixed + body.document


def unpack(packed: bytes) -> Body:
    """Read the body of a header, or raise `Tampered` when it has not the form that its digest vouches for."""
    if len(packed) < _FIXED.size:
        raise Tampered(where="in its head")
    kind, key_id, chunk_bytes, salt, check, length = _FIXED.unpack_from(packed)
    name = kind.rstrip(b"\0")
    sound = (
        length == len(packed) - _FIXED.size
        and LEAST_CHUNK <= chunk_bytes <= LARGEST_CHUNK
        and name.isalpha()
        and name.isascii()
    )
    if not sound:
        raise Tampered(where="in its head")
    return Body(name.decode("ascii"), key_id, chunk_bytes, salt, check, packed[_FIXED.size :])
