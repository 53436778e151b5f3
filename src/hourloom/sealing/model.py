"""What a sealed file is made of, and what can be wrong with one."""

from __future__ import annotations

import struct
from typing import Final

from hourloom.core.errors import Conflict, Invalid, NotFound, Refused, StorageFull

MARK: Final = b"hourloom-sealed\n"
FORMAT: Final = 1
CHUNK_BYTES: Final = 64 * 1024
"""As fast as larger ones, and little memory."""
LEAST_CHUNK: Final = 256
LARGEST_CHUNK: Final = 4 * 1024 * 1024
LARGEST_BODY: Final = 64 * 1024
"""Bytes of a header's body: the keys of a database are some three thousand."""
LARGEST_BODY_EVER: Final = 1024 * 1024
"""What a newer format may take, so that it is recognised as newer and not as damaged."""
MOST_CHUNKS: Final = 2**32
SALT_BYTES: Final = 32
CHECK_BYTES: Final = 32
DIGEST_BYTES: Final = 32
TAG_BYTES: Final = 16
NONCE_BYTES: Final = 12
FINAL: Final = 1 << 31
"""The bit of a chunk's head that says that no chunk follows."""

FRAME = struct.Struct(">16sHI")
"""How a header of every format begins: mark, format, bytes of the body; behind that, SHA-256 of it all."""
CHUNK_HEAD = struct.Struct(">I")
BOUND = struct.Struct(">32sQB")
"""What a chunk is bound to: digest of the header, index, whether it is the last one."""


class NotSealed(Invalid):
    """This is not a file that Hourloom has sealed."""


class SealedByNewer(Invalid):
    """This file was sealed by a newer Hourloom (format {format}); update Hourloom to open it."""


class Tampered(Invalid):
    """This file was changed after it was sealed ({where}); nothing in it can be trusted."""


class CutShort(Invalid):
    """The end of this file is missing; copy it again from where it is whole."""


class Lengthened(Invalid):
    """Something was added behind the end of this file; nothing in it can be trusted."""


class TooCostly(Invalid):
    """This file asks for more memory or time to try a passphrase than Hourloom would ever need."""


class OtherKind(Invalid):
    """This file holds {found}, and {wanted} is needed here."""


class WrongKey(Invalid):
    """This file was sealed with another key; its passphrase or its recovery code opens it."""


class WrongPassphrase(WrongKey):
    """That is not the passphrase of this file."""

    code = "wrong_passphrase_of_file"


class WrongRecoveryCode(WrongKey):
    """That is not the recovery code of this file."""

    code = "wrong_recovery_code_of_file"


class NoPassphrase(WrongKey):
    """No passphrase opens this file; its recovery code does."""


class NoRecoveryCode(WrongKey):
    """No recovery code opens this file; its passphrase does."""


class KeysTooMany(Refused):
    """The keys of this database are too many for the head of a sealed file; remove some of them."""


class TooLongToSeal(Refused):
    """This is longer than a sealed file can be."""


class TargetExists(Conflict):
    """{name} is there already; name another file, or replace it with --force."""


class TargetIsDirectory(Conflict):
    """{name} is a directory; name a file in it."""


class SourceMissing(NotFound):
    """There is no file {name}."""


class NotRead(Refused):
    """{name} cannot be read: {reason}."""


class NotWritten(Refused):
    """{name} cannot be written: {reason}."""


class NoRoom(StorageFull):
    """There is no room left to write {name}."""


def nonce(index: int) -> bytes:
    """Return the nonce of a chunk: never twice under one content key, for each file has its own."""
    return index.to_bytes(NONCE_BYTES, "big")


def bound(digest: bytes, index: int, *, final: bool) -> bytes:
    """Return what a chunk is authenticated together with."""
    return BOUND.pack(digest, index, final)
