"""The data key that takes another's place: wrapped before the file needs it; the old one's wraps go after.

keys.json   old ─┬─ old + new ─────────────────┬─ new
database         └─ old … copied … old ─ swap ─ new
"""

from __future__ import annotations

import msgspec

from hourloom.core.errors import HourloomError
from hourloom.db.keys import recovery, ways, wraps
from hourloom.db.keys.errors import (
    KeychainUnavailable,
    KeysChanging,
    NotUnlocked,
    WordsNeeded,
    WrongPassphrase,
)
from hourloom.db.keys.places import write_keys
from hourloom.db.keys.unlock import Unlocked, forget, wraps_at_hand
from hourloom.db.keys.ways import DataKey, Means
from hourloom.db.keys.wraps import KeyFile, Wrap


class Successor(msgspec.Struct, frozen=True):
    """A new data key that is wrapped already, and the recovery code that opens it."""

    key: DataKey
    recovery_code: str

    def __repr__(self) -> str:
        return f"Successor(key={self.key!r})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("key", self.key)]


def make(means: Means, unlocked: Unlocked, words: str | None = None) -> Successor:
    """Wrap a new data key in each way that opens the present one, and by a new recovery code.

    The new code opens the present key too, so that whoever noted it down can trust it from now on.
    """
    if unlocked.key is None:
        raise NotUnlocked(database=means.places.database)
    document, present = wraps_at_hand(means.places)
    if document.newest_key_id != unlocked.key_id:
        raise KeysChanging
    key = DataKey.new()
    secret = ways.new_recovery_secret()
    made: list[Wrap] = []
    try:
        for old in present:
            if old.method != "recovery":
                made.append(_again(means, document, old, key, words))  # noqa: PERF401 - known if the next one fails
    except HourloomError:
        forget(means, document, [wrap for wrap in made if wrap.method == "keychain"])
        raise
    made.append(ways.wrap_by_secret(means, document, key, secret))
    both = wraps.with_recovery(document, ways.wrap_by_secret(means, document, unlocked.key, secret))
    write_keys(means.places, wraps.with_wraps(both, *made))
    return Successor(key, recovery.code_of(secret))


def settle(means: Means) -> None:
    """Drop the wraps of every data key but the one that the file needs, whichever of the two that is."""
    document, current = wraps_at_hand(means.places)
    gone = [wrap for wrap in document.wraps if wrap not in current]
    if gone:
        changed = wraps.without(document, *gone)
        write_keys(means.places, changed)
        forget(means, changed, gone)


def _again(means: Means, document: KeyFile, old: Wrap, key: DataKey, words: str | None) -> Wrap:
    match old.method:
        case "keychain":
            if means.keychain is None:
                raise KeychainUnavailable
            return ways.wrap_by_keychain(means, means.keychain, document, key)
        case "key_file":
            # The same file, for until the swap it must open the old key too.
            return ways.wrap_by_same_key_file(means, document, key)
        case _:
            if words is None:
                raise WordsNeeded(which="the present")
            if not ways.opens_by_passphrase(document, old, words):
                raise WrongPassphrase
            return ways.wrap_by_passphrase(means, document, key, words)
