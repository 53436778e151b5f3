"""The keychain: only trusted back ends, and none of them may hold up the start."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from hourloom.db.keys.errors import KeychainSilent, KeychainUnavailable
from hourloom.db.keys.keychain import SystemKeychain
from tests.db.keys.a_keychain import HERE, SECRETS, named


def test_a_secret_is_kept_and_forgotten() -> None:
    SECRETS.clear()
    keychain = SystemKeychain(named("Working"))
    backend = keychain.set("a", "secret")
    assert keychain.get(backend, "a") == "secret"
    keychain.delete(backend, "a")
    keychain.delete(backend, "a")
    assert keychain.get(backend, "a") is None


def test_the_first_one_that_keeps_what_it_is_given_is_used() -> None:
    assert SystemKeychain(named("Forgetful", "Working")).set("a", "secret") == f"{HERE}.Working"


@pytest.mark.parametrize(
    "backend", ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring", "os.path"]
)
def test_a_back_end_that_is_not_trusted_is_never_asked(backend: str) -> None:
    with pytest.raises(KeychainUnavailable):
        SystemKeychain().get(backend, "a")


def test_without_a_session_there_is_no_keychain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with pytest.raises(KeychainUnavailable, match="no keychain that Hourloom can use"):
        SystemKeychain(seconds=20).set("a", "secret")


def test_a_session_bus_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("keyring.backends.SecretService")
    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind(str(tmp_path / "bus"))
        bus.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'bus'}")
        started = time.monotonic()
        with pytest.raises(KeychainSilent, match=r"did not answer within 0\.5 s"):
            SystemKeychain(("keyring.backends.SecretService.Keyring",), seconds=0.5).set("a", "secret")
        assert time.monotonic() - started < 20
