"""Unlocking in a program of its own."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys

import pytest

from hourloom.db.keys import edit, unlock
from hourloom.db.keys.apart import Asked, begin_unlocking
from hourloom.db.keys.errors import KeyFileMissing, PassphraseNeeded, UnlockingFailed
from hourloom.db.keys.places import Places
from hourloom.db.keys.tasks import Place, Unlock
from hourloom.db.keys.unlock import Unlocked
from hourloom.db.keys.ways import Means


def apart(places: Places, passphrase: str | None = None) -> Unlocked:
    place = Place(directory=str(places.directory), config_dir=str(places.config_dir), keychain=False)
    return begin_unlocking(place, Unlock(encryption="file", passphrase=passphrase)).result()


def test_it_answers_like_unlocking_here(places: Places) -> None:
    first = apart(places)
    assert first.new_recovery_code
    assert apart(places) == unlock.unlock(Means(places), "file")


def test_its_errors_are_the_same(places: Places) -> None:
    unlock.unlock(Means(places), "file")
    next(places.copies.glob("*.key")).unlink()
    with pytest.raises(KeyFileMissing) as here:
        unlock.unlock(Means(places), "file")
    with pytest.raises(KeyFileMissing) as there:
        apart(places)
    assert there.value.message == here.value.message


def test_a_passphrase_is_asked_for_and_sent(places: Places) -> None:
    means = Means(places)
    first = unlock.unlock(means, "file")
    edit.add_passphrase(means, first, "correct horse battery")
    edit.remove_wrap(means, edit.list_wraps(means)[0].id)
    with pytest.raises(PassphraseNeeded):
        apart(places)
    assert apart(places, "correct horse battery").data_key == first.data_key
    assert "horse" not in repr(Unlock(encryption="file", passphrase="correct horse battery"))


def test_no_program_is_started_where_there_is_no_key(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(sqlite3.connect(places.database)) as plain:
        plain.execute("CREATE TABLE t (x)")
    monkeypatch.setattr(subprocess, "Popen", None)
    first = apart(places)
    assert (first.data_key, first.method) == (None, "none")
    assert apart(places) == first


def test_what_holds_a_key_does_not_show_it(places: Places) -> None:
    opened = unlock.unlock(Means(places), "file")
    assert opened.key is not None
    shown = [
        repr(opened),
        repr(opened.key),
        *map(repr, [*opened.__rich_repr__(), *opened.key.__rich_repr__()]),
    ]
    assert all(opened.key.key.hex() not in text and repr(opened.key.key) not in text for text in shown)


def test_a_program_that_dies_is_said() -> None:
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"], stdout=subprocess.PIPE)
    with pytest.raises(UnlockingFailed, match="exit code 3"):
        Asked[Unlocked](process, Unlocked).result()


def test_the_server_imports_nothing_heavy_for_it() -> None:
    code = (
        "import sys, hourloom.db.keys.apart;"
        "print([n for n in ('cryptography', 'keyring', 'argon2', 'sqlcipher3', 'typer') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
