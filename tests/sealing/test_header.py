"""The head of a sealed file is read without a key, and whatever is wrong with it is told."""

from __future__ import annotations

import hashlib
import io
import struct
from typing import BinaryIO, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.errors import HourloomError
from hourloom.db.keys import wraps
from hourloom.db.keys.errors import RecoveryCodeIncomplete, RecoveryCodeMistyped
from hourloom.db.keys.wraps import KeyFile, Wrap
from hourloom.sealing.header import require_kind
from hourloom.sealing.model import (
    MARK,
    CutShort,
    KeysTooMany,
    NoPassphrase,
    NoRecoveryCode,
    NotSealed,
    OtherKind,
    SealedByNewer,
    Tampered,
    TooCostly,
    WrongKey,
    WrongPassphrase,
    WrongRecoveryCode,
)
from hourloom.sealing.stream import open_by, sealed_header
from tests.sealing.sealed import PASSPHRASE, Keyring, a_keyring, opened, parts_of, sealed

FIXED = 96
"""Bytes of a header's body before the document."""


def head_of(body: bytes, version: int = 1, mark: bytes = MARK) -> bytes:
    """Return a header around any body, with the right digest."""
    written = mark + struct.pack(">HI", version, len(body)) + body
    return written + hashlib.sha256(written).digest()


def body_of(whole: bytes) -> bytes:
    return parts_of(whole)[0][22:-32]


def header_with(document: bytes) -> bytes:
    fixed = body_of(sealed(b""))[: FIXED - 4]
    return head_of(fixed + struct.pack(">I", len(document)) + document)


def read(whole: bytes) -> object:
    return sealed_header(io.BytesIO(whole))


def with_wrap(change: dict[str, object], method: str = "passphrase") -> Keyring:
    """Return keys with one wrap changed in its parameters; its checksum is right."""
    keys = a_keyring()
    wrap = next(wrap for wrap in keys.document.wraps if wrap.method == method)
    parameters = {**wrap.parameters, **change}
    changed = msgspec.structs.replace(wrap, parameters=parameters)
    return keys._replace(document=wraps.exchanged(keys.document, wrap, changed))


def test_the_header_names_kind_and_keys() -> None:
    header = sealed_header(io.BytesIO(sealed(b"", kind="backup")))

    assert header.kind == "backup"
    assert header.key_id == a_keyring().data_key.id
    assert [wrap.method for wrap in header.document.wraps] == ["passphrase", "recovery"]


def test_reading_the_header_stops_behind_it() -> None:
    source = io.BytesIO(b"before" + sealed(b"x"))
    source.seek(6)

    sealed_header(source)

    assert len(source.read()) == 4 + 1 + 16


@pytest.mark.parametrize(
    "foreign", [b"", b"PK\x03\x04" + bytes(100), b"SQLite format 3\0", b"hourloom backup\n"]
)
def test_a_foreign_file_is_told(foreign: bytes) -> None:
    with pytest.raises(NotSealed, match="not a file that Hourloom has sealed"):
        read(foreign)


def test_a_file_of_a_newer_format_is_told_as_such() -> None:
    with pytest.raises(SealedByNewer, match=r"newer Hourloom \(format 2\)"):
        read(head_of(b"whatever a later version has to say" * 5000, version=2))
    newer = wraps.encode(a_keyring().document).replace(b'"format": 1', b'"format": 7')
    with pytest.raises(SealedByNewer, match="format 7"):
        read(header_with(newer))


def test_a_newer_number_on_an_older_file_is_a_change_and_not_a_newer_file() -> None:
    changed = bytearray(sealed(b""))
    changed[17] = 2

    with pytest.raises(Tampered):
        read(bytes(changed))


def test_wrong_words_are_told_apart() -> None:
    header = sealed_header(io.BytesIO(sealed(b"")))

    with pytest.raises(WrongPassphrase, match="not the passphrase of this file"):
        open_by(header, passphrase=PASSPHRASE + "!")
    with pytest.raises(WrongRecoveryCode, match="not the recovery code of this file"):
        open_by(header, recovery_code=a_keyring("another").code)
    with pytest.raises(RecoveryCodeIncomplete):
        open_by(header, recovery_code="ABCDE")
    with pytest.raises(RecoveryCodeMistyped):
        open_by(header, recovery_code="AAAAA" * 8)
    with pytest.raises(WrongKey):
        open_by(header, data_key=bytes(32))
    with pytest.raises(WrongKey):
        open_by(header)


@pytest.mark.parametrize("told", [NoPassphrase, NoRecoveryCode])
def test_a_way_that_the_file_does_not_have_is_told(told: type[WrongKey]) -> None:
    keys = a_keyring()
    dropped = keys.document.wraps[0 if told is NoPassphrase else 1]
    whole = sealed(b"", by=keys._replace(document=wraps.without(keys.document, dropped)))
    header = sealed_header(io.BytesIO(whole))

    with pytest.raises(told):
        open_by(header, **{"passphrase" if told is NoPassphrase else "recovery_code": "any words"})  # type: ignore[arg-type]


@pytest.mark.parametrize("costs", [{"memory_kib": 1024 * 1024}, {"iterations": 32}])
def test_a_file_cannot_ask_for_any_amount_of_memory_or_time(costs: dict[str, object]) -> None:
    header = sealed_header(io.BytesIO(sealed(b"", by=with_wrap(costs))))

    with pytest.raises(TooCostly):
        open_by(header, passphrase=PASSPHRASE)


def test_a_file_cannot_make_a_passphrase_be_tried_any_number_of_times() -> None:
    keys = a_keyring()
    first = keys.document.wraps[0]
    more = [msgspec.structs.replace(first, id=f"{n:08x}") for n in range(5)]
    document = wraps.with_wraps(keys.document, *more)
    header = sealed_header(io.BytesIO(sealed(b"", by=keys._replace(document=document))))

    with pytest.raises(TooCostly):
        open_by(header, passphrase=PASSPHRASE)


def test_words_that_open_a_wrap_of_another_key_do_not_open_the_file() -> None:
    """Somebody who puts the keys of a file of his own before another's content gains nothing."""
    own, other = a_keyring("own"), a_keyring("other")
    document = msgspec.structs.replace(own.document, wraps=(_claiming(own, other.data_key.id),))
    body = body_of(sealed(b"secret", by=other))
    packed = wraps.encode(document)
    whole = head_of(body[: FIXED - 4] + struct.pack(">I", len(packed)) + packed)
    header = sealed_header(io.BytesIO(whole))

    with pytest.raises(Tampered):
        open_by(header, recovery_code=own.code)


def _claiming(keys: Keyring, key_id: str) -> Wrap:
    """Return a recovery wrap of one key that says it were of another."""
    from hourloom.db.keys import recovery

    wrap = msgspec.structs.replace(keys.document.wraps[1], key_id=key_id)
    secret = recovery.secret_of(keys.code)
    salt = bytes.fromhex(str(wrap.parameters["salt"]))
    return wraps.sealed(keys.document, wrap, keys.data_key.key, recovery.key_encryption_key(secret, salt))


def test_a_document_that_the_database_itself_would_refuse_is_refused() -> None:
    for document in (b"", b"{}", b"[" * 5000, wraps.encode(KeyFile(database_id="0" * 32, encryption="file"))):
        with pytest.raises(Tampered):
            read(header_with(document))


def test_too_many_keys_are_not_written_at_all() -> None:
    keys = a_keyring()
    first = keys.document.wraps[0]
    many = [msgspec.structs.replace(first, id=f"{n:08x}") for n in range(300)]

    with pytest.raises(KeysTooMany):
        sealed(b"", by=keys._replace(document=wraps.with_wraps(keys.document, *many)))


def test_the_length_of_a_header_is_bounded() -> None:
    asked = []

    class Greedy(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(size)
            return super().read(size)

    whole = Greedy(MARK + struct.pack(">HI", 1, 2**32 - 1) + bytes(100))
    with pytest.raises(Tampered):
        sealed_header(cast("BinaryIO", whole))
    assert max(size or 0 for size in asked) <= 64
    with pytest.raises(Tampered):
        read(head_of(bytes(70_000)))
    with pytest.raises(Tampered):
        read(head_of(b"", version=0))


def test_only_the_wanted_kind_is_taken() -> None:
    header = sealed_header(io.BytesIO(sealed(b"", kind="backup")))

    require_kind(header, "archive", "backup")
    with pytest.raises(OtherKind, match="holds a backup, and an archive is needed here"):
        require_kind(header, "archive")


@given(st.binary(max_size=400))
def test_no_beginning_of_a_file_surprises_the_reader(rest: bytes) -> None:
    for whole in (rest, MARK + rest, head_of(rest), header_with(rest)):
        with pytest.raises((NotSealed, CutShort, Tampered, SealedByNewer)):
            read(whole)


@given(st.data())
def test_no_change_of_the_head_with_the_right_digest_opens(data: st.DataObject) -> None:
    whole = sealed(b"some content")
    body = bytearray(body_of(whole))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(HourloomError):
        opened(head_of(bytes(body)) + parts_of(whole)[1][0])
