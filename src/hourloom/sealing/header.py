"""The head of a sealed file: readable without a key, and holding every way to one."""

from __future__ import annotations

import hashlib
import secrets
from typing import BinaryIO, NamedTuple

from hourloom.core.errors import HourloomError
from hourloom.db.keys import passphrase as passphrases
from hourloom.db.keys import recovery, wraps
from hourloom.db.keys.ways import DataKey, open_by_recovery
from hourloom.db.keys.wraps import KeyFile, Wrap
from hourloom.sealing import layout, model
from hourloom.sealing.model import (
    FRAME,
    CutShort,
    KeysTooMany,
    NoPassphrase,
    NoRecoveryCode,
    NotSealed,
    OtherKind,
    SealedByNewer,
    Tampered,
    TooCostly,
    WrongKey,
    WrongPassphrase,
    WrongRecoveryCode,
)

MOST_WAYS = 4
"""Passphrases, and recovery codes, of one data key; two while one takes the other's place."""
MOST_MEMORY_KIB = 256 * 1024
MOST_ITERATIONS = 16

_IN_HEAD = "in its head"
_NAME = "the file"
_WORDS = {"backup": "a backup", "archive": "an archive", "file": "an encrypted file"}


class Header(NamedTuple):
    """What the head of a sealed file says, and the digest that binds every chunk to it."""

    kind: str
    document: KeyFile
    key_id: str
    chunk_bytes: int
    salt: bytes
    check: bytes
    digest: bytes


class Keys(NamedTuple):
    """The keys of one file, derived from the data key, the salt and the kind."""

    content: bytes
    check: bytes


def new_header(
    kind: str, document: KeyFile, data_key: DataKey, chunk_bytes: int = model.CHUNK_BYTES
) -> tuple[bytes, Header, Keys]:
    """Return the head of a new file, as bytes and as values, and the keys of the file."""
    salt = secrets.token_bytes(model.SALT_BYTES)
    keys = derived(data_key.key, salt, kind)
    body = layout.pack(
        layout.Body(
            kind,
            bytes.fromhex(data_key.id),
            chunk_bytes,
            salt,
            keys.check,
            wraps.encode(document),
        )
    )
    if len(body) > model.LARGEST_BODY:
        raise KeysTooMany
    written = FRAME.pack(model.MARK, model.FORMAT, len(body)) + body
    digest = hashlib.sha256(written).digest()
    return written + digest, _header(body, digest), keys


def sealed_header(source: BinaryIO) -> Header:
    """Read the head of a sealed file and stop behind it; nothing in it is secret, and no key is needed."""
    frame = exactly(source, FRAME.size)
    if not frame or not model.MARK.startswith(frame[: len(model.MARK)]):
        raise NotSealed
    if len(frame) < FRAME.size:
        raise CutShort
    _, version, length = FRAME.unpack(frame)
    if length > model.LARGEST_BODY_EVER:
        raise Tampered(where=_IN_HEAD)
    rest = exactly(source, length + model.DIGEST_BYTES)
    if len(rest) < length + model.DIGEST_BYTES:
        raise CutShort
    body, digest = rest[:length], rest[length:]
    if hashlib.sha256(frame + body).digest() != digest:
        raise Tampered(where=_IN_HEAD)
    if version > model.FORMAT:
        raise SealedByNewer(format=version)
    if version < 1 or length > model.LARGEST_BODY:
        raise Tampered(where=_IN_HEAD)
    return _header(body, digest)


def open_by(
    header: Header,
    *,
    data_key: bytes | None = None,
    passphrase: str | None = None,
    recovery_code: str | None = None,
) -> bytes:
    """Return the data key of a file, found by the first of these that was given, or say that it is wrong."""
    if data_key is not None:
        require_key(header, data_key)
        return data_key
    if passphrase is not None:
        return _by_passphrase(header, passphrase)
    if recovery_code is not None:
        return _by_recovery(header, recovery_code)
    raise WrongKey


def require_key(header: Header, data_key: bytes) -> Keys:
    """Return the keys of a file, or raise when this is not its data key."""
    keys = derived(data_key, header.salt, header.kind)
    if not secrets.compare_digest(keys.check, header.check):
        raise WrongKey
    return keys


def require_kind(header: Header, *wanted: str) -> None:
    """Raise unless a file holds one of these kinds of things."""
    if header.kind not in wanted:
        raise OtherKind(found=_WORDS.get(header.kind, "something else"), wanted=_WORDS[wanted[0]])


def exactly(source: BinaryIO, count: int) -> bytes:
    """Read this many bytes, fewer only at the end, from whatever gives them in pieces."""
    first = source.read(count)
    if len(first) == count or not first:
        return first
    whole = bytearray(first)
    while piece := source.read(count - len(whole)):
        whole += piece
    return bytes(whole)


def derived(data_key: bytes, salt: bytes, kind: str) -> Keys:
    """Derive the keys of one file."""
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - 16 ms, 7 MiB
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - as above

    said = b"hourloom sealed 1 " + kind.encode("ascii")
    both = HKDF(SHA256(), wraps.KEY_BYTES + model.CHECK_BYTES, salt, said).derive(data_key)
    return Keys(both[: wraps.KEY_BYTES], both[wraps.KEY_BYTES :])


def _header(body: bytes, digest: bytes) -> Header:
    said = layout.unpack(body)
    document = _document(said.document)
    key_id = said.key_id.hex()
    if not document.wraps_of(key_id):
        raise Tampered(where=_IN_HEAD)
    return Header(said.kind, document, key_id, said.chunk_bytes, said.salt, said.check, digest)


def _document(body: bytes) -> KeyFile:
    try:
        return wraps.decode(body, _NAME)
    except HourloomError as error:
        # A file of ours whose keys are of a newer form is a newer file; every other fault is a foreign hand.
        if "format" in error.fields:
            raise SealedByNewer(format=error.fields["format"]) from None
        raise Tampered(where=_IN_HEAD) from None


def _by_passphrase(header: Header, words: str) -> bytes:
    ways = _ways(header, "passphrase")
    if not ways:
        raise NoPassphrase
    if any(_is_costly(wrap) for wrap in ways):
        raise TooCostly
    for wrap in ways:
        key = wraps.opened(header.document, wrap, passphrases.key_encryption_key(words, wrap.parameters))
        if key is not None:
            return _checked(header, key)
    raise WrongPassphrase


def _by_recovery(header: Header, code: str) -> bytes:
    ways = _ways(header, "recovery")
    if not ways:
        raise NoRecoveryCode
    secret = recovery.secret_of(code)
    for wrap in ways:
        found = open_by_recovery(header.document, wrap, secret)
        if found is not None:
            return _checked(header, found.key)
    raise WrongRecoveryCode


def _ways(header: Header, method: str) -> list[Wrap]:
    found = [wrap for wrap in header.document.wraps_of(header.key_id) if wrap.method == method]
    if len(found) > MOST_WAYS:
        raise TooCostly
    return found


def _is_costly(wrap: Wrap) -> bool:
    said = wrap.parameters
    return int(said["memory_kib"]) > MOST_MEMORY_KIB or int(said["iterations"]) > MOST_ITERATIONS


def _checked(header: Header, data_key: bytes) -> bytes:
    """Return the data key of a wrap that opened; it must be the one of the content, too."""
    try:
        require_key(header, data_key)
    except WrongKey:
        raise Tampered(where=_IN_HEAD) from None
    return data_key
