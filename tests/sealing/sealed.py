"""Sealed files for tests, small enough to damage each byte."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hourloom.db.keys import recovery, ways, wraps
from hourloom.db.keys.places import Places
from hourloom.db.keys.ways import DataKey, Means
from hourloom.db.keys.wraps import KeyFile
from hourloom.sealing.stream import open_by, seal, sealed_header, unseal

PASSPHRASE = "correct horse battery"
CHUNK = 256


class Keyring(NamedTuple):
    document: KeyFile
    data_key: DataKey
    code: str


@cache
def a_keyring(name: str = "one") -> Keyring:
    """Return the keys of a made-up database, which open by passphrase and by recovery code."""
    means = Means(Places(Path(name), Path(name)))
    data_key = DataKey.new()
    document = KeyFile(database_id="0" * 32, encryption="file")
    by_words = ways.wrap_by_passphrase(means, document, data_key, PASSPHRASE)
    secret = ways.new_recovery_secret()
    by_code = ways.wrap_by_secret(means, document, data_key, secret)
    return Keyring(wraps.with_wraps(document, by_words, by_code), data_key, recovery.code_of(secret))


def sealed(content: bytes, *, kind: str = "file", chunk: int = CHUNK, by: Keyring | None = None) -> bytes:
    keys = by or a_keyring()
    target = io.BytesIO()
    with seal(target, kind, keys.document, keys.data_key, chunk_bytes=chunk) as file:
        file.write(content)
    return target.getvalue()


def opened(whole: bytes, data_key: bytes | None = None) -> bytes:
    """Return what is in a sealed file, or raise; nothing is returned of one that is not whole."""
    source = io.BytesIO(whole)
    header = sealed_header(source)
    key = open_by(header, data_key=data_key or a_keyring().data_key.key)
    with unseal(source, header, key) as file:
        return file.read()


def parts_of(whole: bytes) -> tuple[bytes, list[bytes]]:
    """Return the header and the chunks of a sealed file."""
    source = io.BytesIO(whole)
    sealed_header(source)
    start = source.tell()
    chunks = []
    at = start
    while at < len(whole):
        length = int.from_bytes(whole[at : at + 4], "big") & 0x7FFFFFFF
        chunks.append(whole[at : at + 4 + length + 16])
        at += len(chunks[-1])
    return whole[:start], chunks
