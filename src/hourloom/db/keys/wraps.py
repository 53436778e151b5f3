"""The document keys.json: the data key sealed once by each way to open the database."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

import msgspec

from hourloom.db.keys import passphrase
from hourloom.db.keys.errors import (
    KeysDamaged,
    KeysForeign,
    KeysTooLarge,
    KeysTooNew,
    LastRecovery,
    LastWrap,
    NoSuchWrap,
)

FORMAT = 1
KEY_BYTES = 32
NONCE_BYTES = 12
ID_BYTES = 16
LARGEST = 1 << 20

Method = Literal["keychain", "key_file", "passphrase", "recovery"]
Encryption = Literal["file", "off"]

_ID = re.compile(r"[0-9a-f]{32}")


class Wrap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to open the database: the data key sealed by one key-encryption key."""

    id: str
    key_id: str
    method: Method
    created_at: str
    parameters: dict[str, int | str]
    nonce: bytes
    sealed: bytes = b""


class KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All wraps of one database.

    A wrap names the data key that it seals by `key_id`, which is also how an encrypted file begins: so keys
    can be exchanged while either file, the one before or the one after, still opens.
    """

    format: int = FORMAT
    database_id: str
    encryption: Encryption
    recovery_acknowledged_at: str | None = None
    wraps: tuple[Wrap, ...] = ()
    checksum: str = ""

    def wraps_of(self, key_id: str) -> tuple[Wrap, ...]:
        """Return the wraps that seal one data key."""
        return tuple(wrap for wrap in self.wraps if wrap.key_id == key_id)

    @property
    def newest_key_id(self) -> str | None:
        """Return the data key that a new file is to be encrypted with."""
        return self.wraps[-1].key_id if self.wraps else None

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Return the data keys that are wrapped, the oldest first; two while one takes the other's place."""
        return tuple(dict.fromkeys(wrap.key_id for wrap in self.wraps))

    @property
    def recovery_pending(self) -> bool:
        """Tell whether nobody has confirmed yet that the recovery code was noted down."""
        return bool(self.wraps) and self.recovery_acknowledged_at is None


class _Version(msgspec.Struct):
    format: int
    database_id: str


# Prepared here, on one thread: two that decode a type for the first time at once can end the interpreter.
_KEY_FILE, _VERSION = msgspec.json.Decoder(KeyFile), msgspec.json.Decoder(_Version)


def encode(document: KeyFile) -> bytes:
    """Write the document as JSON with the checksum of its content."""
    sound = msgspec.structs.replace(document, checksum=_checksum(document))
    return msgspec.json.format(msgspec.json.encode(sound), indent=2) + b"\n"


def decode(body: bytes, path: object, hint: str = "") -> KeyFile:
    """Read the document, refusing what is too large, foreign, newer or damaged."""
    if len(body) > LARGEST:
        raise KeysTooLarge(path=path, hint=hint)
    try:
        if (version := _version(body)) is None or version.format < 1:
            raise KeysForeign(path=path, hint=hint)
        if version.format > FORMAT:
            raise KeysTooNew(path=path, format=version.format)
        document = _KEY_FILE.decode(body)
    except msgspec.DecodeError as error:
        raise KeysDamaged(path=path, reason=_reason(error), hint=hint) from None
    except (RecursionError, ValueError):
        raise KeysDamaged(path=path, reason="it is not JSON", hint=hint) from None
    if fault := _fault(document):
        raise KeysDamaged(path=path, reason=fault, hint=hint)
    return document


def sealed(document: KeyFile, draft: Wrap, data_key: bytes, key_encryption_key: bytes) -> Wrap:
    """Seal the data key, bound to this database and to everything that the wrap says."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - 16 ms, 7 MiB

    seal = AESGCM(key_encryption_key).encrypt(draft.nonce, data_key, _bound(document, draft))
    return msgspec.structs.replace(draft, sealed=seal)


def opened(document: KeyFile, wrap: Wrap, key_encryption_key: bytes) -> bytes | None:
    """Return the data key, or nothing when this key-encryption key does not open the wrap."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

    try:
        return AESGCM(key_encryption_key).decrypt(wrap.nonce, wrap.sealed, _bound(document, wrap))
    except InvalidTag:
        return None


def with_wraps(document: KeyFile, *added: Wrap) -> KeyFile:
    """Return the document with more wraps."""
    return msgspec.structs.replace(document, wraps=document.wraps + added)


def with_recovery(document: KeyFile, added: Wrap) -> KeyFile:
    """Return the document with a new, unacknowledged recovery wrap; older ones stay until then."""
    return msgspec.structs.replace(with_wraps(document, added), recovery_acknowledged_at=None)


def acknowledged(document: KeyFile, at: str) -> KeyFile:
    """Return the document with its newest recovery code confirmed and the older ones of its data key gone."""
    codes = [wrap for wrap in document.wraps if wrap.method == "recovery"]
    if not codes:
        return document
    older = [wrap for wrap in codes[:-1] if wrap.key_id == codes[-1].key_id]
    return msgspec.structs.replace(without(document, *older), recovery_acknowledged_at=at)


def named(document: KeyFile, wrap_id: str) -> Wrap:
    """Return the wrap of an id."""
    wrap = next((wrap for wrap in document.wraps if wrap.id == wrap_id), None)
    if wrap is None:
        raise NoSuchWrap(id=wrap_id)
    return wrap


def removable(document: KeyFile, wrap_id: str) -> Wrap:
    """Return the wrap to remove, refusing the recovery code and the last one besides it."""
    wrap = named(document, wrap_id)
    others = {other.method == "recovery" for other in document.wraps_of(wrap.key_id) if other is not wrap}
    if wrap.method == "recovery" and True not in others:
        raise LastRecovery
    if wrap.method != "recovery" and False not in others:
        raise LastWrap
    return wrap


def exchanged(document: KeyFile, old: Wrap, new: Wrap) -> KeyFile:
    """Return the document with one wrap in another's place."""
    return msgspec.structs.replace(
        document, wraps=tuple(new if wrap.id == old.id else wrap for wrap in document.wraps)
    )


def without(document: KeyFile, *removed: Wrap) -> KeyFile:
    """Return the document without some wraps."""
    gone = {wrap.id for wrap in removed}
    return msgspec.structs.replace(
        document, wraps=tuple(wrap for wrap in document.wraps if wrap.id not in gone)
    )


def _version(body: bytes) -> _Version | None:
    try:
        return _VERSION.decode(body)
    except msgspec.ValidationError:
        return None


def _checksum(document: KeyFile) -> str:
    content = msgspec.json.encode(msgspec.structs.replace(document, checksum=""))
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _bound(document: KeyFile, wrap: Wrap) -> bytes:
    """Return what the seal authenticates besides the data key: all of the wrap but the seal itself."""
    said = [FORMAT, document.database_id, wrap.id, wrap.key_id, wrap.method, wrap.created_at, wrap.parameters]
    return msgspec.json.encode(said, order="sorted")


def _fault(document: KeyFile) -> str | None:
    if document.checksum != _checksum(document):
        return "its checksum does not match"
    identifiers = [document.database_id, *(wrap.key_id for wrap in document.wraps)]
    if not all(_ID.fullmatch(identifier) for identifier in identifiers):
        return "an identifier in it has the wrong form"
    if len({wrap.id for wrap in document.wraps}) != len(document.wraps):
        return "two keys in it have the same name"
    if any(len(wrap.nonce) != NONCE_BYTES or len(wrap.sealed) != KEY_BYTES + 16 for wrap in document.wraps):
        return "a key in it has the wrong size"
    if not all(_sound(wrap) for wrap in document.wraps):
        return "a key in it asks for too much or lacks something"
    return None


def _sound(wrap: Wrap) -> bool:
    """Tell whether the parameters are ones that its way of opening can work with."""
    match wrap.method:
        case "keychain":
            return {"backend", "user"} <= wrap.parameters.keys()
        case "key_file":
            return True
        case "passphrase":
            return _salted(wrap) and passphrase.acceptable(wrap.parameters)
        case "recovery":
            return _salted(wrap) and wrap.parameters.get("kdf") == "blake2b"


def _salted(wrap: Wrap) -> bool:
    return bool(_ID.fullmatch(str(wrap.parameters.get("salt"))))


def _reason(error: msgspec.DecodeError) -> str:
    truncated = "truncated" in str(error)
    return "it is cut short" if truncated else "its content has the wrong form"
