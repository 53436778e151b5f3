"""List, add, renew and remove the ways in which a database opens."""

from __future__ import annotations

import msgspec

from hourloom.db.keys import header, ways, wraps
from hourloom.db.keys.errors import (
    KeychainUnavailable,
    KeyFileOfTheOperator,
    KeysChanging,
    NotUnlocked,
    RecoveryIsRenewed,
    WordsNeeded,
    WrapExists,
)
from hourloom.db.keys.places import read_keys, write_keys
from hourloom.db.keys.unlock import Unlocked, forget, wraps_at_hand
from hourloom.db.keys.ways import DataKey, Means
from hourloom.db.keys.wraps import KeyFile, Method, Wrap


class WrapSummary(msgspec.Struct, frozen=True):
    """What may be shown of one way to open the database."""

    id: str
    method: Method
    created_at: str
    place: str
    pending: bool
    """A recovery code that nobody has confirmed to have noted down."""


def list_wraps(means: Means) -> list[WrapSummary]:
    """Return the ways in which the database opens, in the order in which they were added."""
    state = header.state_of(means.places.database)
    if state == header.PLAIN:
        return []
    document = read_keys(means.places)
    if document is None:
        return []
    return [_summary(means, document, wrap) for wrap in document.wraps_of(state) or document.wraps]


def add_keychain(means: Means, unlocked: Unlocked) -> WrapSummary:
    """Let the keychain open the database."""
    document, data_key = _before_adding(means, unlocked, "keychain")
    if means.keychain is None:
        raise KeychainUnavailable
    return _added(means, document, ways.wrap_by_keychain(means, means.keychain, document, data_key))


def add_key_file(means: Means, unlocked: Unlocked) -> WrapSummary:
    """Let a key file open the database."""
    document, data_key = _before_adding(means, unlocked, "key_file")
    return _added(means, document, ways.wrap_by_key_file(means, document, data_key))


def add_passphrase(means: Means, unlocked: Unlocked, words: str | None) -> WrapSummary:
    """Let a passphrase open the database."""
    if words is None:
        raise WordsNeeded(which="a new")
    document, data_key = _before_adding(means, unlocked, "passphrase")
    return _added(means, document, ways.wrap_by_passphrase(means, document, data_key, words))


def remove_wrap(means: Means, wrap_id: str) -> None:
    """Remove one way to open the database, but never the last one, nor the recovery code."""
    document, _ = wraps_at_hand(means.places)
    _require_settled(document)
    gone = wraps.removable(document, wrap_id)
    changed = wraps.without(document, gone)
    write_keys(means.places, changed)
    forget(means, changed, [gone])


def rotate_wrap(means: Means, unlocked: Unlocked, wrap_id: str, words: str | None = None) -> WrapSummary:
    """Put a new key or new words in the place of one way's; what it was goes once the new one is on disk."""
    document, data_key = _at_hand(means, unlocked)
    _require_settled(document)
    old = wraps.named(document, wrap_id)
    fresh = _renewed(means, document, old, data_key, words)
    changed = wraps.exchanged(document, old, fresh)
    write_keys(means.places, changed)
    if old.method == "key_file":
        ways.drop_old_key_file(means, changed)
    forget(means, changed, [old])
    return _summary(means, changed, fresh)


def renew_recovery(means: Means, unlocked: Unlocked) -> str:
    """Return a new recovery code; the one before keeps working until the new one is acknowledged."""
    document, data_key = _at_hand(means, unlocked)
    _require_settled(document)
    wrap, code = ways.wrap_by_recovery(means, document, data_key)
    write_keys(means.places, wraps.with_recovery(document, wrap))
    return code


def acknowledge_recovery(means: Means) -> None:
    """Record that the newest recovery code was noted down, and drop the older ones."""
    document, _ = wraps_at_hand(means.places)
    write_keys(means.places, wraps.acknowledged(document, means.now()))


def _at_hand(means: Means, unlocked: Unlocked) -> tuple[KeyFile, DataKey]:
    if unlocked.key is None:
        raise NotUnlocked(database=means.places.database)
    document, _ = wraps_at_hand(means.places)
    return document, unlocked.key


def _require_settled(document: KeyFile) -> None:
    """Raise while a data key takes another's place: a way that is added would open only one of them."""
    if len(document.key_ids) > 1:
        raise KeysChanging


def _renewed(means: Means, document: KeyFile, old: Wrap, data_key: DataKey, words: str | None) -> Wrap:
    match old.method:
        case "keychain":
            if means.keychain is None:
                raise KeychainUnavailable
            return ways.wrap_by_keychain(means, means.keychain, document, data_key)
        case "key_file":
            if means.places.own_key_file is not None:
                raise KeyFileOfTheOperator(path=means.places.own_key_file)
            return ways.renew_key_file(means, document, old, data_key)
        case "passphrase":
            if words is None:
                raise WordsNeeded(which="a new")
            return ways.wrap_by_passphrase(means, document, data_key, words)
        case "recovery":
            raise RecoveryIsRenewed(id=old.id)


def _before_adding(means: Means, unlocked: Unlocked, method: Method) -> tuple[KeyFile, DataKey]:
    document, data_key = _at_hand(means, unlocked)
    _require_settled(document)
    if any(wrap.method == method for wrap in document.wraps_of(data_key.id)):
        raise WrapExists(method=method.replace("_", " "))
    return document, data_key


def _added(means: Means, document: KeyFile, wrap: Wrap) -> WrapSummary:
    changed = wraps.with_wraps(document, wrap)
    write_keys(means.places, changed)
    return _summary(means, changed, wrap)


def _newest_code(document: KeyFile, key_id: str) -> str | None:
    codes = [wrap.id for wrap in document.wraps_of(key_id) if wrap.method == "recovery"]
    return codes[-1] if codes else None


def _summary(means: Means, document: KeyFile, wrap: Wrap) -> WrapSummary:
    return WrapSummary(
        id=wrap.id,
        method=wrap.method,
        created_at=wrap.created_at,
        place=ways.place_of(means, document, wrap),
        pending=document.recovery_pending and wrap.id == _newest_code(document, wrap.key_id),
    )
