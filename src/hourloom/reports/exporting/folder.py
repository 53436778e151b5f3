"""Where exports are put: a folder of the user's, each file under a name of its own, whole or not at all."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO

from hourloom.reports.exporting.model import ExportFolderMissing, numbered
from hourloom.sealing.files import new_file
from hourloom.sealing.model import TargetExists

MOST_OF_A_NAME = 1_000
SECONDS_OF_WRITING = 600.0


@cache
def documents() -> Path:
    """Return the folder of the user's documents."""
    from platformdirs import user_documents_path  # noqa: PLC0415 - only where something is exported

    return Path(user_documents_path())


@contextmanager
def new_export(folder: Path, name: str, format_: str) -> Iterator[tuple[BinaryIO, Path]]:
    """Write a file under the first name that is free; it appears when it is whole, for its owner alone."""
    _require(folder)
    _discard_leftovers(folder, name)
    number = 1
    with contextlib.ExitStack() as stack:
        while True:
            path = folder / numbered(name, number, format_)
            try:
                file = stack.enter_context(new_file(path))
            except TargetExists:
                number += 1
                if number > MOST_OF_A_NAME:
                    raise
                continue
            yield file, path
            return


def _require(folder: Path) -> None:
    """Raise unless a folder is there; the one of documents is made where it is not."""
    try:
        if not folder.exists() and folder == documents():
            folder.mkdir(mode=0o700, parents=True)
        if not folder.is_dir():
            raise ExportFolderMissing(folder=folder, reason="it is not there")
    except OSError as error:
        raise ExportFolderMissing(folder=folder, reason=(error.strerror or "error").lower()) from None


def _discard_leftovers(folder: Path, name: str) -> None:
    """Remove what a server that was killed had begun to write under a name; what is young may be written."""
    oldest = time.time() - SECONDS_OF_WRITING
    for path in folder.glob(f".{name[:80]}*.new"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()
