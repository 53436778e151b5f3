"""The ways to keep a key-encryption key: put a new one there, or find the one that a wrap speaks of."""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Callable, Iterable

import msgspec

from hourloom.core.clock import Clock, SystemClock, format_instant
from hourloom.db.keys import passphrase, recovery, wraps
from hourloom.db.keys.errors import (
    KeychainLost,
    KeychainSilent,
    KeychainUnavailable,
    PassphraseNeeded,
    WrongKey,
    WrongPassphrase,
)
from hourloom.db.keys.keychain import Keychain
from hourloom.db.keys.places import Places, read_key_file, write_key_file
from hourloom.db.keys.wraps import KeyFile, Method, Wrap

_SECRET = re.compile(r"[0-9a-f]{64}")


class Means(msgspec.Struct, frozen=True):
    """What this computer offers to keep and to find a key."""

    places: Places
    keychain: Keychain | None = None
    """None where the configuration switches it off."""
    ask_passphrase: Callable[[], str] | None = None
    """None where nobody can be asked."""
    clock: Clock = msgspec.field(default_factory=SystemClock)

    def now(self) -> str:
        return format_instant(self.clock.now())


class DataKey(msgspec.Struct, frozen=True):
    """The key of a database's pages, and the id by which its files and wraps name it."""

    id: str
    key: bytes

    @classmethod
    def new(cls) -> DataKey:
        return cls(secrets.token_hex(wraps.ID_BYTES), secrets.token_bytes(wraps.KEY_BYTES))

    def __repr__(self) -> str:
        return f"DataKey(id={self.id!r}, key=…)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("id", self.id)]


def wrap_automatically(means: Means, document: KeyFile, data_key: DataKey) -> Wrap:
    """Wrap by the keychain where there is one that works, else by a key file; neither asks anybody."""
    if means.keychain is not None:
        with contextlib.suppress(KeychainSilent, KeychainUnavailable):
            return wrap_by_keychain(means, means.keychain, document, data_key)
    return wrap_by_key_file(means, document, data_key)


def wrap_by_keychain(means: Means, keychain: Keychain, document: KeyFile, data_key: DataKey) -> Wrap:
    """Put a new key-encryption key into the keychain under a name of its own, which replaces no other."""
    key = secrets.token_bytes(wraps.KEY_BYTES)
    user = f"{document.database_id}/{secrets.token_hex(4)}"
    backend = keychain.set(user, key.hex())
    return _wrap(means, document, data_key, "keychain", {"backend": backend, "user": user}, key)


def wrap_by_key_file(means: Means, document: KeyFile, data_key: DataKey) -> Wrap:
    """Wrap by a new key file; one that the operator has put somewhere is taken as it is."""
    path = means.places.key_file(document.database_id)
    if means.places.own_key_file is None or not path.exists():
        write_key_file(path, secrets.token_bytes(wraps.KEY_BYTES))
    return wrap_by_same_key_file(means, document, data_key)


def wrap_by_same_key_file(means: Means, document: KeyFile, data_key: DataKey) -> Wrap:
    """Wrap by the newest key in the key file as it is."""
    keys = read_key_file(means.places.key_file(document.database_id))
    return _wrap(means, document, data_key, "key_file", {}, keys[-1])


def renew_key_file(means: Means, document: KeyFile, old: Wrap, data_key: DataKey) -> Wrap:
    """Put a new key beside the old one into the key file, so that both wraps open until one is dropped."""
    path = means.places.key_file(document.database_id)
    held = next((key for key in read_key_file(path) if wraps.opened(document, old, key)), None)
    if held is None:
        raise WrongKey(place=path)
    write_key_file(path, held, secrets.token_bytes(wraps.KEY_BYTES))
    return wrap_by_same_key_file(means, document, data_key)


def drop_old_key_file(means: Means, document: KeyFile) -> None:
    """Leave only the newest key in the key file."""
    path = means.places.key_file(document.database_id)
    keys = read_key_file(path)
    if len(keys) > 1:
        write_key_file(path, keys[-1])


def wrap_by_passphrase(means: Means, document: KeyFile, data_key: DataKey, words: str) -> Wrap:
    """Wrap by a passphrase."""
    passphrase.check_strength(words)
    recorded = passphrase.parameters(secrets.token_bytes(16))
    key = passphrase.key_encryption_key(words, recorded)
    return _wrap(means, document, data_key, "passphrase", recorded, key)


def wrap_by_recovery(means: Means, document: KeyFile, data_key: DataKey) -> tuple[Wrap, str]:
    """Wrap by a new recovery code and return it, for it is kept nowhere."""
    secret = new_recovery_secret()
    return wrap_by_secret(means, document, data_key, secret), recovery.code_of(secret)


def new_recovery_secret() -> bytes:
    """Return what a new recovery code says."""
    return secrets.token_bytes(recovery.SECRET_BYTES)


def wrap_by_secret(means: Means, document: KeyFile, data_key: DataKey, secret: bytes) -> Wrap:
    """Wrap by what a recovery code says."""
    salt = secrets.token_bytes(16)
    recorded: dict[str, int | str] = {"kdf": "blake2b", "salt": salt.hex()}
    key = recovery.key_encryption_key(secret, salt)
    return _wrap(means, document, data_key, "recovery", recorded, key)


def opens_by_passphrase(document: KeyFile, wrap: Wrap, words: str) -> bool:
    """Tell whether these are the words of a passphrase's wrap."""
    return wraps.opened(document, wrap, passphrase.key_encryption_key(words, wrap.parameters)) is not None


def open_wrap(means: Means, document: KeyFile, wrap: Wrap) -> DataKey:
    """Return the data key from a wrap whose key-encryption key is at hand, or say what is in the way."""
    match wrap.method:
        case "keychain":
            return _opened(document, wrap, _keychain_key(means, wrap), WrongKey(place="the keychain"))
        case "key_file":
            path = means.places.key_file(document.database_id)
            return _opened_by_any(document, wrap, read_key_file(path), WrongKey(place=path))
        case _:
            return _opened(document, wrap, _passphrase_key(means, wrap), WrongPassphrase())


def open_by_recovery(document: KeyFile, wrap: Wrap, secret: bytes) -> DataKey | None:
    """Return the data key if this is the recovery code's secret."""
    salt = bytes.fromhex(str(wrap.parameters["salt"]))
    key = wraps.opened(document, wrap, recovery.key_encryption_key(secret, salt))
    return None if key is None else DataKey(wrap.key_id, key)


def place_of(means: Means, document: KeyFile, wrap: Wrap) -> str:
    """Return where a wrap's key-encryption key is, in words for a list."""
    match wrap.method:
        case "keychain":
            return str(wrap.parameters["backend"])
        case "key_file":
            return str(means.places.key_file(document.database_id))
        case "passphrase":
            return "in your memory"
        case "recovery":
            return "where you noted it down"


def _wrap(
    means: Means,
    document: KeyFile,
    data_key: DataKey,
    method: Method,
    parameters: dict[str, int | str],
    key_encryption_key: bytes,
) -> Wrap:
    draft = Wrap(
        id=secrets.token_hex(4),
        key_id=data_key.id,
        method=method,
        created_at=means.now(),
        parameters=parameters,
        nonce=secrets.token_bytes(wraps.NONCE_BYTES),
    )
    return wraps.sealed(document, draft, data_key.key, key_encryption_key)


def _opened(document: KeyFile, wrap: Wrap, key: bytes, refused: Exception) -> DataKey:
    return _opened_by_any(document, wrap, (key,), refused)


def _opened_by_any(document: KeyFile, wrap: Wrap, keys: Iterable[bytes], refused: Exception) -> DataKey:
    found = (wraps.opened(document, wrap, key) for key in keys)
    data_key = next((key for key in found if key is not None), None)
    if data_key is None:
        raise refused
    return DataKey(wrap.key_id, data_key)


def _keychain_key(means: Means, wrap: Wrap) -> bytes:
    backend, user = str(wrap.parameters["backend"]), str(wrap.parameters["user"])
    if means.keychain is None:
        raise KeychainLost(backend=backend, reason="the configuration switches off")
    try:
        secret = means.keychain.get(backend, user)
    except KeychainUnavailable:
        raise KeychainLost(backend=backend, reason="is not there any more") from None
    if secret is None:
        raise KeychainLost(backend=backend, reason="no longer has it")
    if not _SECRET.fullmatch(secret):
        raise WrongKey(place="the keychain")
    return bytes.fromhex(secret)


def _passphrase_key(means: Means, wrap: Wrap) -> bytes:
    if means.ask_passphrase is None:
        raise PassphraseNeeded
    return passphrase.key_encryption_key(means.ask_passphrase(), wrap.parameters)
