"""Opening a database: each way to do it, and each obstacle with its sentence and nothing touched."""

from __future__ import annotations

import logging
import stat
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from hourloom.core.errors import HourloomError
from hourloom.db.keys import edit, header, passphrase, recovery, unlock, wraps
from hourloom.db.keys.errors import (
    DatabaseUnreadable,
    KeychainLost,
    KeychainSilent,
    KeyFileDamaged,
    KeyFileExposed,
    KeyFileMissing,
    KeysDamaged,
    KeysMissing,
    KeysNotWritten,
    KeysOfAnotherDatabase,
    LastWrap,
    PassphraseNeeded,
    PassphraseTooShort,
    RecoveryCodeMistyped,
    WrapExists,
    WrongKey,
    WrongPassphrase,
    WrongRecoveryCode,
)
from hourloom.db.keys.keychain import SystemKeychain
from hourloom.db.keys.places import Places, read_keys
from hourloom.db.keys.ways import Means
from tests.db.keys import a_keychain
from tests.db.keys.a_database import count, everything, fill
from tests.db.keys.a_keychain import SECRETS, named

PASSPHRASE = "correct horse battery"


@pytest.fixture
def keychain() -> SystemKeychain:
    SECRETS.clear()
    return SystemKeychain(named("Working"))


def key_file_of(places: Places) -> Path:
    (path,) = places.copies.glob("*.key")
    return path


def refused(means: Means, error: type[HourloomError]) -> str:
    """Unlock, expect the error, and see that nothing was touched."""
    before = everything(means.places)
    with pytest.raises(error) as raised:
        unlock.unlock(means, "file")
    assert everything(means.places) == before
    assert raised.value.message.count(". ") == 0
    return raised.value.message


def test_a_new_database_is_encrypted_and_opens_again(means: Means) -> None:
    first = unlock.unlock(means, "file")
    fill(means.places.database, first)
    again = unlock.unlock(means, "file")
    assert (again.data_key, again.method, again.new_recovery_code) == (first.data_key, "key_file", None)
    assert first.new_recovery_code
    assert again.recovery_pending
    assert count(means.places.database, again) == 2_000
    assert header.is_encrypted(means.places.database)
    assert header.state_of(means.places.database) == first.key_id


def test_nothing_readable_is_in_an_encrypted_file(means: Means) -> None:
    fill(means.places.database, unlock.unlock(means, "file"))
    assert all(b"secret title" not in body for body in everything(means.places).values())


def test_encryption_off_makes_a_plain_database_and_no_keys(means: Means) -> None:
    unlocked = unlock.unlock(means, "off")
    fill(means.places.database, unlocked)
    assert (unlocked.data_key, unlocked.method) == (None, "none")
    assert not header.is_encrypted(means.places.database)
    again = unlock.unlock(means, "file")
    assert (again.data_key, again.database_id) == (None, unlocked.database_id)


def test_an_encrypted_database_stays_so_when_new_ones_would_be_plain(means: Means) -> None:
    first = unlock.unlock(means, "file")
    assert unlock.unlock(means, "off").data_key == first.data_key


def test_a_directory_that_was_plain_but_empty_gets_keys(means: Means) -> None:
    plain = unlock.unlock(means, "off")
    unlocked = unlock.unlock(means, "file")
    assert unlocked.data_key is not None
    assert unlocked.database_id == plain.database_id


def test_files_with_keys_are_for_their_owner_alone(means: Means) -> None:
    unlock.unlock(means, "file")
    places = means.places
    for path in (places.database, places.keys, key_file_of(places), *places.copies.glob("*.json")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(places.copies.stat().st_mode) == 0o700
    assert [path.read_bytes() for path in places.copies.glob("*.json")] == [places.keys.read_bytes()]


def test_the_keychain_keeps_the_key_where_there_is_one(places: Places, keychain: SystemKeychain) -> None:
    means = Means(places, keychain)
    first = unlock.unlock(means, "file")
    assert first.method == "keychain"
    assert unlock.unlock(means, "file").data_key == first.data_key
    assert not list(places.copies.glob("*.key"))
    assert [user.split("/")[0] for _, user in SECRETS] == [first.database_id]


@pytest.mark.parametrize("backend", ["Forgetful", "Locked", "Broken", "Hanging"])
def test_a_keychain_that_does_not_work_gives_way_to_a_key_file(places: Places, backend: str) -> None:
    means = Means(places, SystemKeychain(named(backend), seconds=0.2))
    assert unlock.unlock(means, "file").method == "key_file"


def test_a_lost_keychain_asks_for_the_recovery_code(places: Places, keychain: SystemKeychain) -> None:
    first = unlock.unlock(Means(places, keychain), "file")
    backend = named("Working")[0]
    expected = {
        None: f"The key was in {backend}, which the configuration switches off; enter your recovery code",
        SystemKeychain(named("Broken")): f"The key was in {backend}, which is not there any more;",
        keychain: f"The key was in {backend}, which no longer has it; enter your recovery code",
    }
    SECRETS.clear()
    for lost, sentence in expected.items():
        assert sentence in refused(Means(places, lost), KeychainLost)
    assert first.new_recovery_code
    again = unlock.recover(Means(places), first.new_recovery_code)
    assert (again.data_key, again.method) == (first.data_key, "key_file")
    assert unlock.unlock(Means(places), "file").data_key == first.data_key


@pytest.mark.parametrize(
    ("backend", "sentence"),
    [("Locked", "The keychain is locked; unlock"), ("Hanging", "The keychain did not answer within 0.2 s;")],
)
def test_a_silent_keychain_is_not_a_lost_one(
    places: Places, keychain: SystemKeychain, backend: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock.unlock(Means(places, keychain), "file")
    silent = SystemKeychain(named("Working"), seconds=0.2)
    monkeypatch.setattr(a_keychain, "Working", getattr(a_keychain, backend))
    started = time.monotonic()
    assert sentence in refused(Means(places, silent), KeychainSilent)
    assert time.monotonic() - started < 20


def test_recovery_moves_the_key_into_a_working_keychain(places: Places, keychain: SystemKeychain) -> None:
    first = unlock.unlock(Means(places), "file")
    key_file_of(places).unlink()
    assert first.new_recovery_code
    assert unlock.recover(Means(places, keychain), first.new_recovery_code.lower()).method == "keychain"
    assert [summary.method for summary in edit.list_wraps(Means(places))] == ["recovery", "keychain"]


def test_a_missing_key_file_is_named(means: Means) -> None:
    unlock.unlock(means, "file")
    path = key_file_of(means.places)
    path.unlink()
    assert refused(means, KeyFileMissing) == (
        f"The key file {path} is missing; put it back, or run `hourloom keys recovery`."
    )


def test_a_key_file_that_others_may_read_is_refused(means: Means) -> None:
    unlock.unlock(means, "file")
    path = key_file_of(means.places)
    for mode in (0o640, 0o604, 0o620):
        path.chmod(mode)
        assert "Other users of this computer may read the key file" in refused(means, KeyFileExposed)


@pytest.mark.parametrize("body", [b"", b"hourloom-key-1:00", b"\xff" * 9999])
def test_a_damaged_key_file_gives_way_after_recovery(means: Means, body: bytes) -> None:
    first = unlock.unlock(means, "file")
    key_file_of(means.places).write_bytes(body)
    assert "is not a key file" in refused(means, KeyFileDamaged)
    assert first.new_recovery_code
    unlock.recover(means, first.new_recovery_code)
    assert unlock.unlock(means, "file").data_key == first.data_key


def test_another_key_file_is_the_wrong_key(means: Means) -> None:
    unlock.unlock(means, "file")
    key_file_of(means.places).write_bytes(b"hourloom-key-1:" + b"ab" * 32)
    assert "is not this database's" in refused(means, WrongKey)


def test_a_key_file_of_the_operators_own_is_used_and_never_changed(places: Places, tmp_path: Path) -> None:
    own = tmp_path / "usb" / "own.key"
    means = Means(replace(places, own_key_file=own))
    first = unlock.unlock(means, "file")
    body = own.read_bytes()
    assert first.new_recovery_code
    unlock.recover(means, first.new_recovery_code)
    assert own.read_bytes() == body
    assert unlock.unlock(means, "file").data_key == first.data_key


def test_missing_keys_are_named_with_the_copy_that_is_left(means: Means) -> None:
    unlock.unlock(means, "file")
    places = means.places
    body = places.keys.read_bytes()
    places.keys.unlink()
    (copy,) = places.copies.glob("*.json")
    assert refused(means, KeysMissing) == (
        f"{places.database} is encrypted, but {places.keys} with its keys is missing; "
        f"put it back (there is a copy: {copy})."
    )
    copy.unlink()
    assert refused(means, KeysMissing).endswith("is missing; put it back.")
    places.keys.write_bytes(body)
    assert unlock.unlock(means, "file").data_key


def test_damaged_keys_are_named_with_the_copy_that_is_left(means: Means) -> None:
    unlock.unlock(means, "file")
    places = means.places
    places.keys.write_bytes(places.keys.read_bytes()[:100])
    message = refused(means, KeysDamaged)
    assert "keys.json is damaged (it is cut short); put back an undamaged copy (there is a copy: " in message


def test_keys_of_another_database_are_recognised(means: Means, tmp_path: Path) -> None:
    other = Means(Places(tmp_path / "other", tmp_path / "config"))
    other.places.directory.mkdir()
    unlock.unlock(means, "file")
    unlock.unlock(other, "file")
    means.places.keys.write_bytes(other.places.keys.read_bytes())
    message = refused(means, KeysOfAnotherDatabase)
    assert "keys.json does not belong to " in message
    assert "(there is a copy: " in message


def test_a_damaged_database_is_not_blamed_on_the_key(means: Means) -> None:
    fill(means.places.database, unlock.unlock(means, "file"))
    with means.places.database.open("r+b") as file:
        file.seek(100)
        file.write(b"damage")
    assert "does not open with its key, so it is damaged" in refused(means, DatabaseUnreadable)


def test_a_configuration_directory_that_cannot_be_made_is_named(places: Places) -> None:
    places.config_dir.write_bytes(b"a file")
    assert "cannot be written: not a directory" in refused(Means(places), KeysNotWritten)


def test_what_cannot_be_written_leaves_nothing_behind(places: Places) -> None:
    (places.directory / ".keys.json.new").mkdir()
    assert "keys.json cannot be written: is a directory" in refused(Means(places), KeysNotWritten)


def test_a_passphrase_opens_the_database_alone(means: Means) -> None:
    first = unlock.unlock(means, "file")
    with pytest.raises(PassphraseTooShort):
        edit.add_passphrase(means, first, "short")
    edit.add_passphrase(means, first, PASSPHRASE)
    key_file = next(summary for summary in edit.list_wraps(means) if summary.method == "key_file")
    edit.remove_wrap(means, key_file.id)
    assert not list(means.places.copies.glob("*.key"))
    refused(means, PassphraseNeeded)
    assert "not the passphrase" in refused(replace(means, ask_passphrase=lambda: "wrong"), WrongPassphrase)
    again = unlock.unlock(replace(means, ask_passphrase=lambda: PASSPHRASE), "file")
    assert (again.data_key, again.method) == (first.data_key, "passphrase")


def test_the_passphrase_records_how_it_was_stretched(means: Means) -> None:
    edit.add_passphrase(means, unlock.unlock(means, "file"), PASSPHRASE)
    document = read_keys(means.places)
    assert document is not None
    recorded = {name: value for name, value in document.wraps[-1].parameters.items() if name != "salt"}
    assert recorded == {"kdf": "argon2id", "memory_kib": 65536, "iterations": 3, "parallelism": 4}


def test_a_passphrase_is_the_same_however_its_accents_are_typed() -> None:
    recorded = passphrase.parameters(bytes(16)) | {"memory_kib": 64, "iterations": 1, "parallelism": 1}
    composed = passphrase.key_encryption_key("caf\u00e9 cr\u00e8me", recorded)
    assert composed == passphrase.key_encryption_key("cafe\u0301 cre\u0300me", recorded)


def test_absurd_passphrase_parameters_are_damage(means: Means) -> None:
    edit.add_passphrase(means, unlock.unlock(means, "file"), PASSPHRASE)
    document = read_keys(means.places)
    assert document is not None
    document.wraps[-1].parameters["memory_kib"] = 1 << 31
    means.places.keys.write_bytes(wraps.encode(document))
    assert "a key in it asks for too much" in refused(means, KeysDamaged)


def test_the_last_wrap_is_never_removed(means: Means) -> None:
    first = unlock.unlock(means, "file")
    with pytest.raises(WrapExists, match="already opens with a key file"):
        edit.add_key_file(means, first)
    before = everything(means.places)
    with pytest.raises(LastWrap):
        edit.remove_wrap(means, edit.list_wraps(means)[0].id)
    assert everything(means.places) == before


def test_a_keychain_wrap_can_be_added_and_removed(places: Places, keychain: SystemKeychain) -> None:
    means = Means(places, keychain)
    first = unlock.unlock(Means(places), "file")
    added = edit.add_keychain(means, first)
    assert unlock.unlock(means, "file").method == "keychain"
    edit.remove_wrap(means, added.id)
    assert not SECRETS
    assert unlock.unlock(means, "file").method == "key_file"


def test_both_recovery_codes_work_until_the_new_one_is_acknowledged(means: Means) -> None:
    first = unlock.unlock(means, "file")
    edit.acknowledge_recovery(means)
    assert not unlock.unlock(means, "file").recovery_pending
    fresh = edit.renew_recovery(means, first)
    assert unlock.unlock(means, "file").recovery_pending
    assert first.new_recovery_code
    for code in (first.new_recovery_code, fresh):
        assert unlock.recover(means, code).data_key == first.data_key
    edit.acknowledge_recovery(means)
    with pytest.raises(WrongRecoveryCode, match="That is not the recovery code of this database"):
        unlock.recover(means, first.new_recovery_code)
    assert unlock.recover(means, fresh).data_key == first.data_key


def test_a_mistyped_recovery_code_touches_nothing(means: Means) -> None:
    first = unlock.unlock(means, "file")
    before = everything(means.places)
    assert first.new_recovery_code
    last = first.new_recovery_code[-1]
    with pytest.raises(RecoveryCodeMistyped, match="Group 8"):
        unlock.recover(means, first.new_recovery_code[:-1] + ("2" if last != "2" else "3"))
    assert everything(means.places) == before


def test_keys_never_show(
    places: Places,
    keychain: SystemKeychain,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    means = Means(places, keychain)
    first = unlock.unlock(means, "file")
    (in_keychain,) = SECRETS.values()
    shown = [repr(first), str(first), repr(means), repr(edit.list_wraps(means))]
    SECRETS[next(iter(SECRETS))] = in_keychain[::-1]
    shown.append(refused(means, WrongKey))
    shown.append(refused(Means(places, SystemKeychain(named("Locked"))), KeychainLost))
    with pytest.raises(WrongRecoveryCode) as raised:
        unlock.recover(means, recovery.code_of(b"\x07" * 20))
    shown += [str(raised.value), repr(raised.value), repr(raised.value.fields)]
    everywhere = "\n".join([*shown, caplog.text, *capfd.readouterr()])
    assert first.data_key is not None
    assert first.new_recovery_code is not None
    for secret in (
        first.data_key.hex(),
        repr(first.data_key),
        in_keychain,
        first.new_recovery_code,
        "canary",
    ):
        assert secret not in everywhere
    for body in everything(places).values():
        assert first.data_key.hex().encode() not in body
        assert first.data_key not in body
        assert in_keychain.encode() not in body


def test_opening_derives_nothing_and_is_fast(means: Means) -> None:
    unlocked = unlock.unlock(means, "file")
    assert unlocked.data_key is not None
    times = []
    for _ in range(20):
        started = time.perf_counter()
        assert header.opens(means.places.database, unlocked.data_key)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.002


def test_where_a_passphrase_helps_it_is_asked_for_before_the_recovery_code(
    places: Places, keychain: SystemKeychain
) -> None:
    means = Means(places, keychain)
    edit.add_passphrase(means, unlock.unlock(means, "file"), PASSPHRASE)
    SECRETS.clear()
    refused(means, PassphraseNeeded)
    refused(replace(means, ask_passphrase=lambda: "something else"), WrongPassphrase)
    assert unlock.unlock(replace(means, ask_passphrase=lambda: PASSPHRASE), "file").method == "passphrase"
