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
from hourloom.db.keys.errors import DatabaseMissing, PassphraseNeeded
from hourloom.db.keys.keychain import Keychain
from hourloom.db.keys.places import Places
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
        self._configuration = configuration
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

    def turn_on(self, step: Step) -> str:
        with self._held():
            return convert.turn_on(self._means, step).new_recovery_code or ""

    def turn_off(self, step: Step) -> None:
        with self._held():
            convert.turn_off(self._means, self._unlocked(), step)

    def add(self, method: str, new_passphrase: Callable[[], str]) -> KeyLine:
        unlocked = self._unlocked()
        match method:
            case "keychain":
                return _line(edit.add_keychain(self._means, unlocked))
            case "key-file":
                return _line(edit.add_key_file(self._means, unlocked))
            case "passphrase":
                return _line(edit.add_passphrase(self._means, unlocked, new_passphrase()))
            case _:
                raise UnknownWay(method=method[:40])

    def remove(self, id: str) -> None:
        edit.remove_wrap(self._means, id)

    def renew_recovery(self) -> str:
        return edit.renew_recovery(self._means, self._unlocked())

    def acknowledge(self) -> None:
        edit.acknowledge_recovery(self._means)

    def recover(self, code: str) -> str:
        return recover(self._means, code).method.replace("_", "-")

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
