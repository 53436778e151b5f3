"""The document keys.json: what it refuses, and what its seals are bound to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import msgspec
import pytest

from hourloom.core.errors import Refused
from hourloom.db.keys import passphrase, wraps
from hourloom.db.keys.errors import (
    KeysDamaged,
    KeysForeign,
    KeysTooLarge,
    KeysTooNew,
    LastRecovery,
    LastWrap,
    NoSuchWrap,
)
from hourloom.db.keys.wraps import KeyFile, Method, Wrap

PARAMETERS: dict[Method, dict[str, int | str]] = {
    "keychain": {"backend": "b", "user": "u"},
    "key_file": {"rounds": 3},
    "passphrase": passphrase.parameters(bytes(16)),
    "recovery": {"kdf": "blake2b", "salt": "0" * 32},
}
KEK, DATA_KEY = b"k" * 32, b"d" * 32


def a_wrap(document: KeyFile, name: str, method: Method = "key_file") -> Wrap:
    draft = Wrap(
        id=name,
        key_id="b" * 32,
        method=method,
        created_at="2026-05-04T08:00:00Z",
        parameters=PARAMETERS[method],
        nonce=b"n" * 12,
    )
    return wraps.sealed(document, draft, DATA_KEY, KEK)


def a_document(*methods: Method) -> KeyFile:
    bare = KeyFile(database_id="a" * 32, encryption="file")
    return wraps.with_wraps(bare, *(a_wrap(bare, f"w{n}", method) for n, method in enumerate(methods)))


def test_a_document_reads_back() -> None:
    document = a_document("keychain", "recovery")
    read = wraps.decode(wraps.encode(document), "keys.json")
    assert read.wraps == document.wraps
    assert wraps.opened(read, read.wraps[0], KEK) == DATA_KEY


def test_another_key_opens_nothing() -> None:
    document = a_document("key_file")
    assert wraps.opened(document, document.wraps[0], b"x" * 32) is None


def test_every_flipped_bit_is_damage_and_never_a_key() -> None:
    body = wraps.encode(a_document("key_file", "recovery"))
    for place in range(len(body)):
        for bit in (0x01, 0x04, 0x20, 0x80):
            flipped = body[:place] + bytes([body[place] ^ bit]) + body[place + 1 :]
            with pytest.raises(Refused) as refused:
                wraps.decode(flipped, "keys.json")
            assert isinstance(refused.value, KeysDamaged | KeysForeign | KeysTooNew)


def test_every_truncation_is_refused() -> None:
    body = wraps.encode(a_document("key_file")).rstrip()
    for size in range(len(body)):
        with pytest.raises((KeysDamaged, KeysForeign)):
            wraps.decode(body[:size], "keys.json")


CHANGES: list[Callable[[Wrap], Wrap]] = [
    lambda wrap: msgspec.structs.replace(wrap, id="other"),
    lambda wrap: msgspec.structs.replace(wrap, key_id="c" * 32),
    lambda wrap: msgspec.structs.replace(wrap, method="recovery"),
    lambda wrap: msgspec.structs.replace(wrap, created_at="2026-05-04T08:00:01Z"),
    lambda wrap: msgspec.structs.replace(wrap, parameters={"rounds": 2}),
    lambda wrap: msgspec.structs.replace(wrap, nonce=b"m" * 12),
    lambda wrap: msgspec.structs.replace(wrap, sealed=wrap.sealed[:-1] + bytes([wrap.sealed[-1] ^ 1])),
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_seal_is_bound_to_everything_the_wrap_says(change: Callable[[Wrap], Wrap]) -> None:
    document = a_document("key_file")
    assert wraps.opened(document, change(document.wraps[0]), KEK) is None


def test_a_wrap_of_another_database_does_not_open_here() -> None:
    document = a_document("key_file")
    other = msgspec.structs.replace(document, database_id="c" * 32)
    assert wraps.opened(other, document.wraps[0], KEK) is None


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "keys.json is damaged (it is cut short); put back an undamaged copy."),
        (b"\x00\xff", "keys.json is damaged (its content has the wrong form); put back an undamaged copy."),
        (
            b'{"format": 1, "database_id": "a", "x": ' + b"[" * 100_000,
            "keys.json is damaged (it is not JSON); put back an undamaged copy.",
        ),
        (b'{"key": 1}', "keys.json was not written by Hourloom; put back the right file."),
        (b'{"format": 2, "database_id": "x"}', "keys.json was written by a newer Hourloom (format 2)"),
        (b" " * (1 << 20) + b"{}", "keys.json is larger than 1 MiB"),
    ],
)
def test_what_is_not_a_document_is_refused_in_a_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises((KeysDamaged, KeysForeign, KeysTooNew, KeysTooLarge)) as refused:
        wraps.decode(body, "keys.json")
    assert sentence in refused.value.message


def test_neither_the_last_wrap_nor_the_recovery_code_is_removable() -> None:
    document = a_document("keychain", "recovery")
    with pytest.raises(LastWrap):
        wraps.removable(document, "w0")
    with pytest.raises(LastRecovery):
        wraps.removable(document, "w1")
    with pytest.raises(NoSuchWrap, match="There is no key 'w9'"):
        wraps.removable(document, "w9")
    assert wraps.removable(a_document("keychain", "recovery", "passphrase"), "w0").method == "keychain"


def test_an_acknowledged_code_replaces_the_older_ones() -> None:
    document = a_document("keychain", "recovery")
    fresh = wraps.with_recovery(document, a_wrap(document, "new", "recovery"))
    assert fresh.recovery_pending
    assert [wrap.method for wrap in fresh.wraps] == ["keychain", "recovery", "recovery"]
    done = wraps.acknowledged(fresh, "2026-05-04T09:00:00Z")
    assert not done.recovery_pending
    assert [wrap.id for wrap in done.wraps] == ["w0", "new"]


AT_ONCE = """
import sys, threading
from hourloom.db.keys import wraps

sys.setswitchinterval(1e-5)
body, together = bytes.fromhex(sys.argv[1]), threading.Barrier(8)

def read():
    together.wait()
    wraps.decode(body, "keys.json")

threads = [threading.Thread(target=read) for _ in range(8)]
for each in threads:
    each.start()
for each in threads:
    each.join()
"""


def test_threads_may_read_for_the_first_time_at_once() -> None:
    document = wraps.encode(a_document("keychain", "recovery"))
    for _ in range(3):
        assert subprocess.run([sys.executable, "-c", AT_ONCE, document.hex()], check=False).returncode == 0
