"""A new key, new words or another data key in the place of what there was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from hourloom.core.errors import HourloomError
from hourloom.db.keys import convert, edit, header, successor, unlock, ways
from hourloom.db.keys.errors import (
    KeyFileOfTheOperator,
    KeysChanging,
    NoSuchWrap,
    NotUnlocked,
    RecoveryIsRenewed,
    WordsNeeded,
    WrongPassphrase,
    WrongRecoveryCode,
)
from hourloom.db.keys.keychain import SystemKeychain
from hourloom.db.keys.places import Places, read_keys
from hourloom.db.keys.unlock import Unlocked
from hourloom.db.keys.ways import Means
from hourloom.db.keys.wraps import Method
from tests.db.keys.a_database import count, everything, fill
from tests.db.keys.a_keychain import SECRETS, named

OLD, NEW = "correct horse battery", "a staple of another kind"


@pytest.fixture
def keychain() -> SystemKeychain:
    SECRETS.clear()
    return SystemKeychain(named("Working"))


def id_of(means: Means, method: Method) -> str:
    return next(wrap.id for wrap in edit.list_wraps(means) if wrap.method == method)


def only(means: Means, method: Method) -> None:
    """Leave one way to open the database, besides the recovery code."""
    for wrap in edit.list_wraps(means):
        if wrap.method not in (method, "recovery"):
            edit.remove_wrap(means, wrap.id)


def knowing(means: Means, words: str) -> Means:
    return replace(means, ask_passphrase=lambda: words)


def test_a_keychain_gets_a_new_key_and_forgets_the_old_one(places: Places, keychain: SystemKeychain) -> None:
    means = Means(places, keychain)
    first = unlock.unlock(means, "file")
    (before,) = SECRETS.values()
    renewed = edit.rotate_wrap(means, first, id_of(means, "keychain"))
    (after,) = SECRETS.values()
    assert before != after
    assert id_of(means, "keychain") == renewed.id
    assert unlock.unlock(means, "file").data_key == first.data_key


def test_a_key_file_gets_a_new_key(means: Means) -> None:
    first = unlock.unlock(means, "file")
    (path,) = means.places.copies.glob("*.key")
    before = path.read_bytes()
    edit.rotate_wrap(means, first, id_of(means, "key_file"))
    assert path.read_bytes() != before
    assert len(path.read_bytes().splitlines()) == 1
    assert unlock.unlock(means, "file").data_key == first.data_key
    path.write_bytes(before)
    with pytest.raises(HourloomError, match="is not this database's"):
        unlock.unlock(means, "file")


def test_a_key_file_opens_at_every_step_of_its_renewal(means: Means) -> None:
    first = unlock.unlock(means, "file")
    assert first.key is not None
    document = read_keys(means.places)
    assert document is not None
    (old,) = (wrap for wrap in document.wraps if wrap.method == "key_file")
    fresh = ways.renew_key_file(means, document, old, first.key)
    # As after a power cut before keys.json was written: the file has both keys.
    assert unlock.unlock(means, "file").data_key == first.data_key
    assert ways.open_wrap(means, document, fresh).key == first.data_key
    edit.rotate_wrap(means, first, old.id)
    assert unlock.unlock(means, "file").data_key == first.data_key


def test_a_passphrase_is_changed(means: Means) -> None:
    first = unlock.unlock(means, "file")
    edit.add_passphrase(means, first, OLD)
    only(means, "passphrase")
    with pytest.raises(WordsNeeded, match="a new passphrase"):
        edit.rotate_wrap(means, first, id_of(means, "passphrase"))
    edit.rotate_wrap(means, first, id_of(means, "passphrase"), NEW)
    with pytest.raises(WrongPassphrase):
        unlock.unlock(knowing(means, OLD), "file")
    assert unlock.unlock(knowing(means, NEW), "file").data_key == first.data_key


def test_what_cannot_be_renewed_is_said(means: Means, tmp_path: Path) -> None:
    first = unlock.unlock(means, "file")
    before = everything(means.places)
    with pytest.raises(RecoveryIsRenewed):
        edit.rotate_wrap(means, first, id_of(means, "recovery"))
    with pytest.raises(NoSuchWrap):
        edit.rotate_wrap(means, first, "0000")
    own = replace(means, places=replace(means.places, own_key_file=tmp_path / "own.key"))
    with pytest.raises(KeyFileOfTheOperator):
        edit.rotate_wrap(own, first, id_of(means, "key_file"))
    assert everything(means.places) == before


def test_a_failure_leaves_the_old_way_in_place(means: Means) -> None:
    first = unlock.unlock(means, "file")
    (means.places.directory / ".keys.json.new").mkdir()
    with pytest.raises(HourloomError, match=r"keys.json cannot be written"):
        edit.rotate_wrap(means, first, id_of(means, "key_file"))
    assert unlock.unlock(means, "file").data_key == first.data_key


def test_a_successor_opens_by_all_ways_and_changes_nothing_yet(
    places: Places, keychain: SystemKeychain
) -> None:
    means = knowing(Means(places, keychain), OLD)
    first = unlock.unlock(means, "file")
    edit.add_passphrase(means, first, OLD)
    made = successor.make(means, first, OLD)
    again = unlock.unlock(means, "file")
    assert (again.data_key, again.successor) == (first.data_key, made.key)
    only_passphrase = knowing(Means(places), OLD)
    assert unlock.unlock(only_passphrase, "file").successor == made.key
    assert len(SECRETS) == 2
    with pytest.raises(KeysChanging):
        successor.make(means, first, OLD)


def test_while_a_key_is_exchanged_its_ways_stay(means: Means) -> None:
    first = unlock.unlock(means, "file")
    shown = edit.list_wraps(means)
    successor.make(means, first)
    tries: list[Callable[[], object]] = [
        lambda: edit.add_passphrase(means, first, NEW),
        lambda: edit.remove_wrap(means, id_of(means, "key_file")),
        lambda: edit.rotate_wrap(means, first, id_of(means, "key_file")),
        lambda: edit.renew_recovery(means, first),
    ]
    for attempt in tries:
        with pytest.raises(KeysChanging):
            attempt()
    assert [wrap.id for wrap in edit.list_wraps(means)][: len(shown)] == [wrap.id for wrap in shown]


def test_the_code_that_was_shown_opens_before_during_and_after(means: Means) -> None:
    first = unlock.unlock(means, "file")
    made = successor.make(means, first)
    assert first.new_recovery_code
    for code in (first.new_recovery_code, made.recovery_code):
        assert unlock.recover(means, code).data_key == first.data_key
    successor.settle(means)
    assert unlock.recover(means, made.recovery_code).data_key == first.data_key


def test_the_passphrase_must_be_right_to_be_kept(means: Means) -> None:
    first = unlock.unlock(means, "file")
    edit.add_passphrase(means, first, OLD)
    before = everything(means.places)
    for words, error in ((None, WordsNeeded), (NEW, WrongPassphrase)):
        with pytest.raises(error):
            successor.make(means, first, words)
        assert everything(means.places) == before


def test_a_failure_leaves_no_key_in_the_keychain(places: Places, keychain: SystemKeychain) -> None:
    means = Means(places, keychain)
    first = unlock.unlock(means, "file")
    edit.add_passphrase(means, first, OLD)
    with pytest.raises(WrongPassphrase):
        successor.make(means, first, NEW)
    assert len(SECRETS) == 1


def exchanged(means: Means, unlocked: Unlocked, words: str | None = None) -> str:
    told: list[str] = []
    convert.exchange_key(means, unlocked, words, told.append)
    return told[0]


def test_without_a_server_the_file_is_rewritten(means: Means) -> None:
    first = unlock.unlock(means, "file")
    fill(means.places.database, first)
    code = exchanged(means, first)
    now = unlock.unlock(means, "file")
    assert now.data_key != first.data_key
    assert (now.successor, now.recovery_pending) == (None, True)
    assert count(means.places.database, now) == 2_000
    assert first.data_key is not None
    assert not header.opens(means.places.database, first.data_key)
    assert unlock.recover(means, code).data_key == now.data_key
    with pytest.raises(WrongRecoveryCode):
        unlock.recover(means, first.new_recovery_code or "")


def test_what_a_killed_exchange_left_is_forgotten_by_the_next(means: Means) -> None:
    first = unlock.unlock(means, "file")
    fill(means.places.database, first)
    successor.make(means, first)
    exchanged(means, unlock.unlock(means, "file"))
    document = read_keys(means.places)
    assert document is not None
    assert len(document.key_ids) == 1


def test_a_plain_database_has_no_key_to_exchange(means: Means) -> None:
    plain = unlock.unlock(means, "off")
    with pytest.raises(NotUnlocked):
        exchanged(means, plain)


def test_only_the_newest_code_is_pending(means: Means) -> None:
    first = unlock.unlock(means, "file")
    edit.acknowledge_recovery(means)
    edit.renew_recovery(means, first)
    assert [wrap.pending for wrap in edit.list_wraps(means) if wrap.method == "recovery"] == [False, True]


def test_acknowledging_during_an_exchange_keeps_the_code_of_the_present_key(means: Means) -> None:
    first = unlock.unlock(means, "file")
    made = successor.make(means, first)
    edit.acknowledge_recovery(means)
    assert unlock.recover(means, made.recovery_code).data_key == first.data_key
