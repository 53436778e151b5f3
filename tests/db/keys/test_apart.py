"""Unlocking in a program of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hourloom.db.keys import edit, unlock
from hourloom.db.keys.apart import Request, Unlocking, begin_unlocking
from hourloom.db.keys.errors import KeyFileMissing, PassphraseNeeded, UnlockingFailed
from hourloom.db.keys.places import Places
from hourloom.db.keys.ways import Means


def a_request(places: Places, passphrase: str | None = None) -> Request:
    return Request(
        directory=str(places.directory),
        config_dir=str(places.config_dir),
        encryption="file",
        keychain=False,
        passphrase=passphrase,
    )


def test_it_answers_like_unlocking_here(places: Places) -> None:
    first = begin_unlocking(a_request(places)).result()
    assert first.new_recovery_code
    assert begin_unlocking(a_request(places)).result() == unlock.unlock(Means(places), "file")


def test_its_errors_are_the_same(places: Places) -> None:
    unlock.unlock(Means(places), "file")
    next(places.copies.glob("*.key")).unlink()
    with pytest.raises(KeyFileMissing) as here:
        unlock.unlock(Means(places), "file")
    with pytest.raises(KeyFileMissing) as there:
        begin_unlocking(a_request(places)).result()
    assert there.value.message == here.value.message


def test_a_passphrase_is_asked_for_and_sent(places: Places) -> None:
    means = Means(places)
    first = unlock.unlock(means, "file")
    edit.add_passphrase(means, first, "correct horse battery")
    edit.remove_wrap(means, edit.list_wraps(means)[0].id)
    with pytest.raises(PassphraseNeeded):
        begin_unlocking(a_request(places)).result()
    request = a_request(places, "correct horse battery")
    assert "horse" not in repr(request)
    assert begin_unlocking(request).result().data_key == first.data_key


def test_a_program_that_dies_is_said() -> None:
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"], stdout=subprocess.PIPE)
    with pytest.raises(UnlockingFailed, match="exit code 3"):
        Unlocking(process).result()


def test_the_server_imports_nothing_heavy_for_it() -> None:
    code = (
        "import sys, hourloom.db.keys.apart;"
        "print([n for n in ('cryptography', 'keyring', 'argon2', 'sqlcipher3', 'typer') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
