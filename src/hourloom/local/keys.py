"""The keys of the embedded database, as the commands need them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hourloom.cli.handed import KeyLine, Step
from hourloom.configuration import Configuration
from hourloom.core.clock import SystemClock
from hourloom.core.errors import HourloomError, Invalid, Refused
from hourloom.db.keys import convert, edit, header
from hourloom.db.keys.edit import WrapSummary
from hourloom.db.keys.errors import DatabaseMissing, PassphraseNeeded, WrongPassphrase
from hourloom.db.keys.keychain import Keychain
from hourloom.db.keys.places import Places
from hourloom.db.keys.tasks import Add, Check, Way
from hourloom.db.keys.unlock import Unlocked, recover, unlock
from hourloom.db.keys.ways import Means
from hourloom.db.lock import take


class NoKeysThere(Refused):
    """The keys are about the embedded database, and this configuration uses PostgreSQL."""


class UnknownWay(Invalid):
    """There is no way '{method}' to open a database; the ways are keychain, key-file and passphrase."""


class DatabaseKeys:
    """The ways in which one database opens."""

    def __init__(self, configuration: Configuration, ask_passphrase: Callable[[], str]) -> None:
        if configuration.database_url is not None:
            raise NoKeysThere
        self._configuration, self._ask = configuration, ask_passphrase
        self._means = means_of(configuration, ask_passphrase)
        if header.state_of(self._means.places.database) == header.ABSENT:
            raise DatabaseMissing(database=self._means.places.database)

    def all(self) -> list[KeyLine]:
        return [_line(wrap) for wrap in edit.list_wraps(self._means)]

    def opens(self) -> bool:
        try:
            self._unlocked()
        except PassphraseNeeded:
            raise
        except HourloomError:
            return False
        return True

    def confirm(self) -> None:
        if self._has_passphrase() and not Check(passphrase=self._ask()).perform(self._means):
            raise WrongPassphrase

    def turn_on(self, step: Step) -> str:
        with self._held():
            return convert.turn_on(self._means, step).new_recovery_code or ""

    def turn_off(self, step: Step) -> None:
        self.confirm()
        with self._held():
            convert.turn_off(self._means, self._unlocked(), step)

    def add(self, method: str, new_passphrase: Callable[[], str]) -> KeyLine:
        with self._held():
            opened = self._unlocked()
            words = new_passphrase() if method == "passphrase" else None
            return _line(Add(opened=opened, way=way_of(method), passphrase=words).perform(self._means))

    def remove(self, id: str) -> None:
        with self._held():
            edit.remove_wrap(self._means, id)

    def rotate(self, id: str, new_passphrase: Callable[[], str]) -> KeyLine:
        with self._held():
            opened = self._unlocked()
            method = next((wrap.method for wrap in edit.list_wraps(self._means) if wrap.id == id), None)
            words = new_passphrase() if method == "passphrase" else None
            return _line(edit.rotate_wrap(self._means, opened, id, words))

    def rotate_data_key(self, step: Step, tell: Callable[[str], None]) -> None:
        with self._held():
            words = self._ask() if self._has_passphrase() else None
            convert.exchange_key(self._means, self._unlocked(), words, tell, step)

    def renew_recovery(self) -> str:
        with self._held():
            return edit.renew_recovery(self._means, self._unlocked())

    def acknowledge(self) -> None:
        with self._held():
            edit.acknowledge_recovery(self._means)

    def recover(self, code: str) -> str:
        with self._held():
            return recover(self._means, code).method.replace("_", "-")

    def _has_passphrase(self) -> bool:
        return any(wrap.method == "passphrase" for wrap in edit.list_wraps(self._means))

    def _unlocked(self) -> Unlocked:
        return unlock(self._means, self._configuration.encryption)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the directory, so that no server opens the database meanwhile."""
        lock = take(self._configuration.data_dir, SystemClock().now())
        try:
            yield
        finally:
            lock.release()


def way_of(method: str) -> Way:
    """Return the way that a person names."""
    match method:
        case "keychain" | "passphrase":
            return method
        case "key-file":
            return "key_file"
        case _:
            raise UnknownWay(method=method[:40])


def means_of(configuration: Configuration, ask_passphrase: Callable[[], str] | None) -> Means:
    """Return what this computer offers to find and keep the key."""
    places = Places(configuration.data_dir, configuration.config_dir, configuration.key_file)
    return Means(places, keychain_of(configuration), ask_passphrase)


def keychain_of(configuration: Configuration) -> Keychain | None:
    """Return the system's keychain, unless the configuration switches it off."""
    if not configuration.keychain:
        return None
    from hourloom.db.keys.keychain import SystemKeychain  # noqa: PLC0415 - slow, and often not needed

    return SystemKeychain()


def make_keys(configuration: Configuration) -> str | None:
    """Make the keys of a database that is not there yet; return its recovery code, if there is one."""
    if configuration.database_url is not None or configuration.encryption == "off":
        return None
    means = means_of(configuration, None)
    if header.state_of(means.places.database) != header.ABSENT:
        return None
    return unlock(means, configuration.encryption).new_recovery_code


def _line(wrap: WrapSummary) -> KeyLine:
    return KeyLine(wrap.id, wrap.method.replace("_", "-"), wrap.place, wrap.created_at, wrap.pending)
