"""Finding the key when a program starts: what it says, and for what it waits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import pytest

from hourloom.configuration import Configuration
from hourloom.core.errors import HourloomError
from hourloom.db.keys import edit, unlock
from hourloom.db.keys.apart import Unlocking
from hourloom.db.keys.errors import KeychainLost, KeychainSilent, PassphraseNeeded
from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import Unlocked
from hourloom.db.keys.ways import Means
from hourloom.local.unlocking import NEEDS_A_PERSON, NotOpened, answer, begin, finish, words_in

WORDS = "correct horse battery"
LOST = KeychainLost(backend="the keychain", reason="no longer has it")


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    (tmp_path / "data").mkdir()
    return Configuration(data_dir=tmp_path / "data", config_dir=tmp_path / "config", keychain=False)


@pytest.fixture
def opened(configuration: Configuration) -> Unlocked:
    return unlock.unlock(means_of(configuration), "file")


def means_of(configuration: Configuration) -> Means:
    return Means(Places(configuration.data_dir, configuration.config_dir))


def failing(error: HourloomError) -> Unlocking:
    """An unlocking that ends so."""

    class Failing:
        def result(self) -> Unlocked:
            raise error

    return cast("Unlocking", Failing())


def test_the_command_is_named_as_it_must_be_typed(configuration: Configuration) -> None:
    with pytest.raises(NotOpened) as raised:
        finish(configuration, failing(LOST))
    assert raised.value.message == (
        "The key was in the keychain, which no longer has it; enter your recovery code: "
        f"`hourloom keys recovery --data-dir {configuration.data_dir}`."
    )


def test_below_a_supervisor_it_asks_for_a_person(configuration: Configuration) -> None:
    for error in (LOST, PassphraseNeeded(), KeychainSilent(reason="is locked")):
        with pytest.raises(SystemExit) as raised:
            finish(configuration, failing(error), help_from="parent")
        assert raised.value.code == NEEDS_A_PERSON


def test_a_locked_keychain_is_waited_for_where_the_socket_is_held(
    configuration: Configuration, opened: Unlocked, capsys: pytest.CaptureFixture[str]
) -> None:
    locked = failing(KeychainSilent(reason="is locked"))
    with pytest.raises(NotOpened):
        finish(configuration, locked)
    paused: list[float] = []
    found = finish(configuration, locked, help_from="later", pause=paused.append)
    assert found.data_key == opened.data_key
    assert len(paused) == 1
    assert capsys.readouterr().err.count("The keychain is locked") == 1


def test_a_lost_key_is_not_waited_for(configuration: Configuration) -> None:
    with pytest.raises(NotOpened):
        finish(configuration, failing(LOST), help_from="later", pause=lambda _: None)


def test_a_passphrase_comes_through_a_pipe(configuration: Configuration, opened: Unlocked) -> None:
    means = means_of(configuration)
    edit.add_passphrase(means, opened, WORDS)
    (key_file,) = [wrap for wrap in edit.list_wraps(means) if wrap.method == "key_file"]
    edit.remove_wrap(means, key_file.id)
    theirs, ours = os.pipe()
    os.write(ours, WORDS.encode())
    os.close(ours)
    unlocking = begin(configuration, words_in(theirs))
    assert unlocking is not None
    assert finish(configuration, unlocking).data_key == opened.data_key


def test_an_empty_pipe_hands_nothing_over() -> None:
    theirs, ours = os.pipe()
    os.close(ours)
    assert words_in(theirs) is None


def test_who_asks_says_nothing_where_nothing_is_needed(
    configuration: Configuration, opened: Unlocked
) -> None:
    theirs, ours = os.pipe()
    assert answer(configuration, ours) == 0
    os.close(ours)
    assert words_in(theirs) is None


def test_postgresql_has_nothing_to_unlock(configuration: Configuration) -> None:
    import msgspec

    elsewhere = msgspec.structs.replace(configuration, database_url="postgresql://127.0.0.1/x")
    assert begin(elsewhere) is None
