"""Files sealed with a passphrase, as the commands need them."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hourloom.cli.handed import Count, Secret
from hourloom.core.errors import Invalid
from hourloom.sealing import by_passphrase
from hourloom.sealing.files import new_file, opened_file
from hourloom.sealing.header import Header, open_by, sealed_header
from hourloom.sealing.model import NotRead, TargetExists, TargetIsDirectory


class SameFile(Invalid):
    """A file cannot be written over itself; name another target."""


class SourceNotWhole(Invalid):
    """What comes through a pipe cannot be checked before it goes on; name a file to read or one to write."""


class SealedFiles:
    """Encrypts and decrypts files of this computer."""

    def look(self, source: Path | None, target: Path | None, *, sealed: bool, force: bool) -> None:
        """Raise what can be known before anybody types a passphrase."""
        if source is not None:
            with _source(source) as (opened, _):
                if sealed:
                    sealed_header(opened)
            if target is not None and target.exists() and target.samefile(source):
                raise SameFile
        elif sealed and target is None:
            raise SourceNotWhole
        if target is not None and target.is_dir():
            raise TargetIsDirectory(name=target.name)
        if target is not None and target.exists() and not force:
            raise TargetExists(name=target.name)

    def encrypt(
        self, source: Path | None, target: Path | None, words: str, count: Count, *, force: bool
    ) -> None:
        """Seal a file, or what standard input gives."""
        with _source(source) as (opened, size), _target(target, force=force) as written:
            by_passphrase.encrypt(opened, written, words, lambda done: count(done, size))

    def decrypt(
        self,
        source: Path | None,
        target: Path | None,
        secret: Secret,
        count: Count,
        *,
        force: bool,
    ) -> None:
        """Open a sealed file; to standard output only after it was found to be whole."""
        with _source(source) as (opened, size):
            if target is None and (source is None or not opened.seekable()):
                raise SourceNotWhole
            header = sealed_header(opened)
            data_key = _key(header, secret)
            if target is None:
                start = opened.tell()
                by_passphrase.verify(opened, header, data_key)
                opened.seek(start)
            with _target(target, force=force) as written:
                by_passphrase.decrypt(opened, header, data_key, written, lambda done: count(done, size))


def _key(header: Header, secret: Secret) -> bytes:
    if secret.is_recovery_code:
        return open_by(header, recovery_code=secret.words)
    return open_by(header, passphrase=secret.words)


@contextmanager
def _source(path: Path | None) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file and tell its size, which is 0 where nobody knows."""
    if path is None:
        yield sys.stdin.buffer, 0
        return
    with opened_file(path) as file:
        status = os.fstat(file.fileno())
        if stat.S_ISDIR(status.st_mode):
            raise NotRead(name=path.name, reason="it is a directory")
        yield file, status.st_size


@contextmanager
def _target(path: Path | None, *, force: bool) -> Iterator[BinaryIO]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with new_file(path, replace=force) as file:
        yield file
