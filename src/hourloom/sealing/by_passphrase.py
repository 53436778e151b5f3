"""Seal what has a passphrase of its own, and write out what was sealed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from hourloom.db.keys import ways, wraps
from hourloom.db.keys.places import Places
from hourloom.db.keys.ways import DataKey, Means
from hourloom.db.keys.wraps import KeyFile
from hourloom.sealing.header import Header
from hourloom.sealing.stream import seal, unseal

Progress = Callable[[int], None]
"""Hear how many bytes are done; raising stops the work."""

KIND = "file"
_PIECE = 1 << 20


def silent(done: int) -> None:
    """Tell nobody."""


def new_keys(words: str) -> tuple[KeyFile, DataKey]:
    """Return a new data key that this passphrase alone opens, and the document that holds it."""
    # Neither directory is looked at: there is no keychain and no key file.
    means = Means(Places(Path(), Path()))
    document = KeyFile(database_id=secrets.token_hex(wraps.ID_BYTES), encryption="file")
    data_key = DataKey.new()
    return wraps.with_wraps(document, ways.wrap_by_passphrase(means, document, data_key, words)), data_key


def encrypt(source: BinaryIO, target: BinaryIO, words: str, progress: Progress = silent) -> None:
    """Seal all that a source gives."""
    with seal(target, KIND, *new_keys(words)) as sealed:
        copy(source, sealed, progress)


def decrypt(
    source: BinaryIO, header: Header, data_key: bytes, target: BinaryIO, progress: Progress = silent
) -> None:
    """Write out what is in a sealed file; what came before an error is authentic, but not the whole."""
    with unseal(source, header, data_key) as opened:
        copy(opened, target, progress)


def verify(source: BinaryIO, header: Header, data_key: bytes) -> None:
    """Raise unless a sealed file is whole and unchanged."""
    with unseal(source, header, data_key):
        pass


def copy(source: BinaryIO, target: BinaryIO, progress: Progress) -> None:
    """Copy piece by piece."""
    done = 0
    while piece := source.read(_PIECE):
        target.write(piece)
        done += len(piece)
        progress(done)
