"""The operating system's keychain, asked in a thread that may hang without holding up the start."""

from __future__ import annotations

import hmac
import importlib
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from hourloom.core.errors import HourloomError
from hourloom.db.keys.errors import KeychainSilent, KeychainUnavailable

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "hourloom"
SECONDS = 2.0

# Only what the operating system protects: never a plain file, a null object or a stranger's entry point.
TRUSTED = (
    "keyring.backends.macOS.Keyring",
    "keyring.backends.Windows.WinVaultKeyring",
    "keyring.backends.SecretService.Keyring",
    "keyring.backends.libsecret.Keyring",
    "keyring.backends.kwallet.DBusKeyring",
)

T = TypeVar("T")


class Keychain(Protocol):
    """Keep secrets outside the data directory."""

    def get(self, backend: str, user: str) -> str | None:
        """Return the secret that a backend keeps for a name, or nothing when it has none."""
        ...

    def set(self, user: str, secret: str) -> str:
        """Keep a secret and return the name of the backend that has it."""
        ...

    def delete(self, backend: str, user: str) -> None:
        """Forget a secret, if it is there."""
        ...


class SystemKeychain:
    """The keychain of the signed-in user."""

    def __init__(self, backends: tuple[str, ...] = TRUSTED, seconds: float = SECONDS) -> None:
        self._backends = backends
        self._seconds = seconds

    def get(self, backend: str, user: str) -> str | None:
        # A name read from a file is never imported unless it is one of ours.
        if backend not in self._backends:
            raise KeychainUnavailable
        return self._within(lambda: _usable(backend).get_password(SERVICE, user))

    def set(self, user: str, secret: str) -> str:
        return self._within(lambda: self._set(user, secret))

    def delete(self, backend: str, user: str) -> None:
        if backend not in self._backends:
            raise KeychainUnavailable
        self._within(lambda: _delete(_usable(backend), user))

    def _set(self, user: str, secret: str) -> str:
        for name in self._backends:
            try:
                backend = _usable(name)
            except KeychainUnavailable:
                continue
            backend.set_password(SERVICE, user, secret)
            # Some answer politely and keep nothing.
            if hmac.compare_digest((backend.get_password(SERVICE, user) or "").encode(), secret.encode()):
                return name
        raise KeychainUnavailable

    def _within(self, call: Callable[[], T]) -> T:
        """Return what the call returns, unless it takes too long; a hung thread ends with the program."""
        answers: queue.SimpleQueue[Callable[[], T]] = queue.SimpleQueue()
        threading.Thread(target=lambda: answers.put(_outcome(call)), daemon=True, name="keychain").start()
        try:
            outcome = answers.get(timeout=self._seconds)
        except queue.Empty:
            raise KeychainSilent(reason=f"did not answer within {self._seconds:g} s") from None
        return outcome()


def _usable(name: str) -> KeyringBackend:
    module, _, attribute = name.rpartition(".")
    kind: type[KeyringBackend] = getattr(importlib.import_module(module), attribute)
    if not kind.viable:
        raise KeychainUnavailable
    return kind()


def _delete(backend: KeyringBackend, user: str) -> None:
    if backend.get_password(SERVICE, user) is not None:
        backend.delete_password(SERVICE, user)


def _outcome(call: Callable[[], T]) -> Callable[[], T]:
    try:
        value = call()
    except Exception as error:  # noqa: BLE001 - back ends raise whatever their libraries raise
        refusal = _refusal(error)
    else:
        return lambda: value

    def refuse() -> T:
        raise refusal

    return refuse


def _refusal(error: Exception) -> HourloomError:
    # The back end's own words stay here: nobody knows what they quote.
    if type(error).__name__ in ("KeyringLocked", "LockedException", "PromptDismissedException"):
        return KeychainSilent(reason="is locked")
    return KeychainUnavailable()
