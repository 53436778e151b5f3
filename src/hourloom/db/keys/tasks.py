"""What the server asks of the program that handles its keys: each task a struct that says how it is done."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from hourloom.configuration import Configuration
from hourloom.db.keys import edit, successor, ways
from hourloom.db.keys.edit import WrapSummary
from hourloom.db.keys.keychain import SystemKeychain
from hourloom.db.keys.places import Places
from hourloom.db.keys.successor import Successor
from hourloom.db.keys.unlock import Unlocked, recover, unlock, wraps_at_hand
from hourloom.db.keys.ways import Means
from hourloom.db.keys.wraps import Encryption

Way = Literal["keychain", "key_file", "passphrase"]


class Task(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something to do with keys; what it holds is never shown."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return []


class Unlock(Task, frozen=True, tag="unlock"):
    """Find the key of the database, or make one for a new database."""

    encryption: Encryption
    passphrase: str | None = None
    recovery_code: str | None = None

    def perform(self, means: Means) -> Unlocked:
        if self.recovery_code is not None:
            return recover(means, self.recovery_code)
        words = self.passphrase
        asked = means if words is None else Means(means.places, means.keychain, lambda: words, means.clock)
        return unlock(asked, self.encryption)


class Check(Task, frozen=True, tag="check"):
    """Tell whether these are the words of the passphrase."""

    passphrase: str

    def perform(self, means: Means) -> bool:
        document, at_hand = wraps_at_hand(means.places)
        ours = (wrap for wrap in at_hand if wrap.method == "passphrase")
        return any(ways.opens_by_passphrase(document, wrap, self.passphrase) for wrap in ours)


class Add(Task, frozen=True, tag="add"):
    """Add a way to open the database."""

    opened: Unlocked
    way: Way
    passphrase: str | None = None

    def perform(self, means: Means) -> WrapSummary:
        match self.way:
            case "keychain":
                return edit.add_keychain(means, self.opened)
            case "key_file":
                return edit.add_key_file(means, self.opened)
            case "passphrase":
                return edit.add_passphrase(means, self.opened, self.passphrase)


class Remove(Task, frozen=True, tag="remove"):
    """Remove a way to open the database."""

    id: str

    def perform(self, means: Means) -> None:
        edit.remove_wrap(means, self.id)


class Rotate(Task, frozen=True, tag="rotate"):
    """Put a new key or new words in the place of one way's."""

    opened: Unlocked
    id: str
    passphrase: str | None = None

    def perform(self, means: Means) -> WrapSummary:
        return edit.rotate_wrap(means, self.opened, self.id, self.passphrase)


class RenewRecovery(Task, frozen=True, tag="renew_recovery"):
    """Make a new recovery code."""

    opened: Unlocked

    def perform(self, means: Means) -> str:
        return edit.renew_recovery(means, self.opened)


class Acknowledge(Task, frozen=True, tag="acknowledge"):
    """Note that the newest recovery code was written down."""

    def perform(self, means: Means) -> None:
        edit.acknowledge_recovery(means)


class MakeSuccessor(Task, frozen=True, tag="make_successor"):
    """Wrap a new data key, which is to take the place of the present one."""

    opened: Unlocked
    passphrase: str | None = None

    def perform(self, means: Means) -> Successor:
        return successor.make(means, self.opened, self.passphrase)


class Settle(Task, frozen=True, tag="settle"):
    """Drop the wraps of every data key but the one that the file needs."""

    def perform(self, means: Means) -> None:
        successor.settle(means)


AnyTask = Unlock | Check | Add | Remove | Rotate | RenewRecovery | Acknowledge | MakeSuccessor | Settle


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The database whose keys they are, and what this computer offers to keep a key."""

    directory: str
    config_dir: str
    keychain: bool = True
    key_file: str | None = None

    @classmethod
    def of(cls, configuration: Configuration) -> Place | None:
        """Return where the embedded database is; PostgreSQL has no keys of ours."""
        if configuration.database_url is not None:
            return None
        return cls(
            directory=str(configuration.data_dir),
            config_dir=str(configuration.config_dir),
            keychain=configuration.keychain,
            key_file=None if configuration.key_file is None else str(configuration.key_file),
        )

    @property
    def places(self) -> Places:
        """Return where the files are."""
        own = Path(self.key_file) if self.key_file else None
        return Places(Path(self.directory), Path(self.config_dir), own)

    def means(self) -> Means:
        """Return the means to open it without asking anybody."""
        return Means(self.places, SystemKeychain() if self.keychain else None)
