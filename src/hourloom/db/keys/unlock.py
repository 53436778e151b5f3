"""Find the key of a database when the program starts, or make one for a new database."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable
from typing import Literal

import msgspec

from hourloom.core.errors import HourloomError
from hourloom.db.keys import header, recovery, ways, wraps
from hourloom.db.keys.errors import (
    DatabaseUnreadable,
    KeychainSilent,
    KeychainUnavailable,
    KeysMissing,
    KeysNotWritten,
    KeysOfAnotherDatabase,
    NotUnlocked,
    PassphraseNeeded,
    WrongPassphrase,
    WrongRecoveryCode,
)
from hourloom.db.keys.places import Places, hint_of, read_keys, remove, write_keys
from hourloom.db.keys.ways import DataKey, Means
from hourloom.db.keys.wraps import Encryption, KeyFile, Method, Wrap

# The ones that ask nobody come first.
_ORDER: tuple[Method, ...] = ("keychain", "key_file", "passphrase")


class Unlocked(msgspec.Struct, frozen=True):
    """A database that can be opened: its key, or none where it is not encrypted."""

    data_key: bytes | None
    database_id: str
    method: Method | Literal["none"]
    key_id: str = ""
    new_recovery_code: str | None = None
    """To be shown once, on a terminal or in Setup, and nowhere else."""
    recovery_pending: bool = False
    """Nobody has confirmed yet that the recovery code was noted down."""
    successor: DataKey | None = None
    """The data key that was about to take this one's place when the last server ended."""

    @property
    def key(self) -> DataKey | None:
        """Return the data key with its id, or none where the database is not encrypted."""
        return None if self.data_key is None else DataKey(self.key_id, self.data_key)

    def __repr__(self) -> str:
        return f"Unlocked(database_id={self.database_id!r}, method={self.method!r})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("database_id", self.database_id), ("method", self.method)]


def unlock(means: Means, encryption: Encryption) -> Unlocked:
    """Return the key of the database, making keys and the encrypted file where there is none yet."""
    state = header.state_of(means.places.database)
    document = read_keys(means.places, _key_id(state))
    if state == header.PLAIN or (state == header.ABSENT and encryption == "off"):
        return _plain(means, document)
    if state == header.ABSENT and (document is None or not document.wraps):
        return create(means, document)
    key_id = _known_key_id(means.places, document, state)
    assert document is not None
    unlocked = _unlocked(means, document, key_id)
    _begin_where_absent(means.places, unlocked)
    return unlocked


def recover(means: Means, code: str) -> Unlocked:
    """Open by the recovery code; the keychain or key file that was lost gives way to a new one."""
    secret = recovery.secret_of(code)
    document, candidates = wraps_at_hand(means.places)
    codes = [wrap for wrap in candidates if wrap.method == "recovery"]
    found = filter(None, (ways.open_by_recovery(document, wrap, secret) for wrap in codes))
    if (data_key := next(found, None)) is None:
        raise WrongRecoveryCode
    _verify(means.places, data_key)
    unlocked = _rewrap(means, document, data_key)
    _begin_where_absent(means.places, unlocked)
    return unlocked


def create(means: Means, document: KeyFile | None = None) -> Unlocked:
    """Make a data key with its first wraps and an empty encrypted file, or leave nothing behind."""
    made, data_key, code = first_wraps(means, document)
    try:
        write_keys(means.places, made)
        header.begin(means.places.database, data_key.key, data_key.id)
    except KeysNotWritten:
        _undo(means, made, document)
        raise
    return _result(made, data_key, made.wraps[0].method, code)


def first_wraps(means: Means, document: KeyFile | None) -> tuple[KeyFile, DataKey, str]:
    """Return the document of a new data key, the key, and its recovery code."""
    database_id = document.database_id if document else secrets.token_hex(wraps.ID_BYTES)
    bare = KeyFile(database_id=database_id, encryption="file")
    data_key = DataKey.new()
    automatic = ways.wrap_automatically(means, bare, data_key)
    backup, code = ways.wrap_by_recovery(means, bare, data_key)
    return wraps.with_wraps(bare, automatic, backup), data_key, code


def wraps_at_hand(places: Places) -> tuple[KeyFile, tuple[Wrap, ...]]:
    """Return keys.json and those of its wraps that seal the key of the file as it is."""
    state = header.state_of(places.database)
    if state == header.PLAIN:
        raise NotUnlocked(database=places.database)
    document = read_keys(places, _key_id(state))
    key_id = _known_key_id(places, document, state)
    assert document is not None
    return document, document.wraps_of(key_id)


def forget(means: Means, document: KeyFile, gone: Iterable[Wrap]) -> None:
    """Remove the key-encryption keys of wraps that are no more; a key file of the operator's own stays."""
    kept = {wrap.method for wrap in document.wraps}
    for wrap in gone:
        if wrap.method == "keychain" and means.keychain is not None:
            # A keychain that is gone or silent keeps nothing that still opens anything.
            with contextlib.suppress(KeychainUnavailable, KeychainSilent):
                means.keychain.delete(str(wrap.parameters["backend"]), str(wrap.parameters["user"]))
        if wrap.method == "key_file" and "key_file" not in kept and means.places.own_key_file is None:
            remove(means.places.key_file(document.database_id))


def _key_id(state: str) -> str | None:
    return None if state in (header.ABSENT, header.PLAIN) else state


def _known_key_id(places: Places, document: KeyFile | None, state: str) -> str:
    """Return the data key that the file needs, if keys.json has it."""
    hint = hint_of(places, _key_id(state))
    if document is None:
        raise KeysMissing(database=places.database, keys=places.keys, hint=hint)
    key_id = document.newest_key_id if state == header.ABSENT else state
    if key_id is None or not document.wraps_of(key_id):
        raise KeysOfAnotherDatabase(database=places.database, keys=places.keys, hint=hint)
    return key_id


def _begin_where_absent(places: Places, unlocked: Unlocked) -> None:
    """Make the empty file that a power cut between keys and database left out."""
    if header.state_of(places.database) == header.ABSENT and unlocked.data_key is not None:
        header.begin(places.database, unlocked.data_key, unlocked.key_id)


def _undo(means: Means, made: KeyFile, document: KeyFile | None) -> None:
    """Put things back as they were, as far as a disk that has just refused to be written allows."""
    with contextlib.suppress(HourloomError):
        forget(means, KeyFile(database_id=made.database_id, encryption="off"), made.wraps)
        if document is not None:
            write_keys(means.places, document)
            return
        remove(means.places.keys)
        remove(means.places.copy(made.database_id))


def _plain(means: Means, document: KeyFile | None) -> Unlocked:
    if document is None:
        document = KeyFile(database_id=secrets.token_hex(wraps.ID_BYTES), encryption="off")
        write_keys(means.places, document)
    return Unlocked(data_key=None, database_id=document.database_id, method="none")


def _unlocked(means: Means, document: KeyFile, key_id: str) -> Unlocked:
    candidates = document.wraps_of(key_id)
    failures: list[HourloomError] = []
    for wrap in sorted((wrap for wrap in candidates if wrap.method in _ORDER), key=_rank):
        try:
            data_key = ways.open_wrap(means, document, wrap)
        except HourloomError as error:
            failures.append(error)
            continue
        _verify(means.places, data_key)
        successor = _successor(means, document, data_key, wrap.method)
        return msgspec.structs.replace(_result(document, data_key, wrap.method), successor=successor)
    raise _first_obstacle(means.places, failures)


def _successor(means: Means, document: KeyFile, data_key: DataKey, method: Method) -> DataKey | None:
    """Return the key of an unfinished re-key, if what opens the present one opens it too."""
    if document.newest_key_id in (None, data_key.id):
        return None
    newest = document.wraps_of(document.newest_key_id or "")
    with contextlib.suppress(HourloomError):
        return next((ways.open_wrap(means, document, wrap) for wrap in newest if wrap.method == method), None)
    return None


def _first_obstacle(places: Places, failures: list[HourloomError]) -> HourloomError:
    """Return what the user can do most about: type a passphrase, else put the preferred way right."""
    typed = (failure for failure in failures if isinstance(failure, PassphraseNeeded | WrongPassphrase))
    none_at_all = KeysOfAnotherDatabase(database=places.database, keys=places.keys, hint="")
    return next(typed, next(iter(failures), none_at_all))


def _rank(wrap: Wrap) -> int:
    return _ORDER.index(wrap.method)


def _verify(places: Places, data_key: DataKey) -> None:
    if header.state_of(places.database) == header.ABSENT:
        header.begin(places.database, data_key.key, data_key.id)
    elif not header.opens(places.database, data_key.key):
        raise DatabaseUnreadable(database=places.database)


def _rewrap(means: Means, document: KeyFile, data_key: DataKey) -> Unlocked:
    lost = [wrap for wrap in document.wraps_of(data_key.id) if wrap.method in ("keychain", "key_file")]
    fresh = ways.wrap_automatically(means, document, data_key)
    changed = wraps.with_wraps(wraps.without(document, *lost), fresh)
    write_keys(means.places, changed)
    forget(means, changed, lost)
    return _result(changed, data_key, fresh.method)


def _result(document: KeyFile, data_key: DataKey, method: Method, code: str | None = None) -> Unlocked:
    return Unlocked(
        data_key=data_key.key,
        database_id=document.database_id,
        method=method,
        key_id=data_key.id,
        new_recovery_code=code,
        recovery_pending=document.recovery_pending,
    )
