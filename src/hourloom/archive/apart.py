"""An archive of unknown origin, read by a worker that can do nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from hourloom.archive.asking import FUNCTION, Asked, Chunk, FileToRead, ReadManifest, ReadRows
from hourloom.archive.model import ArchiveManifest, RowRefused
from hourloom.archive.ports import AnyTable
from hourloom.core.decoding import decoder_of
from hourloom.core.errors import HourloomError
from hourloom.workers.model import MIB, Limits, WorkerFailed
from hourloom.workers.spool import SpoolFile
from hourloom.workers.worker import RULES, Worker

_PIECE = 1 << 20

Answer = TypeVar("Answer")


class ArchiveApart:
    """An open archive; to be closed."""

    def __init__(self, content: BinaryIO, directory: Path) -> None:
        # The worker has no keys, so it gets a copy whose own key is in memory alone.
        self._file = SpoolFile(directory)
        try:
            while piece := content.read(_PIECE):
                self._file.write(piece)
            argument = msgspec.msgpack.encode(FileToRead(self._file.key))
            limits = Limits(cpu_seconds=600 + 2 * (self._file.size // MIB), silent_seconds=120.0)
            self._worker = Worker(FUNCTION, argument, limits=limits, descriptors=[self._file.descriptor])
            (self.manifest,) = self._asked(ReadManifest(), ArchiveManifest)
        except BaseException:
            self.close()
            raise

    def rows(self, table: AnyTable, skipped: int = 0) -> Iterator[tuple[int, list[Any]]]:
        """Yield the rows of a table behind so many, in parts for one write each, and where each begins."""
        if table.name not in (facts.name for facts in self.manifest.tables):
            return
        decode = decoder_of(table.row).decode_lines
        for chunk in self._asked(ReadRows(table.name, table.at_once, skipped), Chunk):
            try:
                rows: list[Any] = decode(chunk.lines)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise _fault(table, chunk) from None
            if len(rows) != chunk.count:
                raise WorkerFailed(how=RULES)
            yield chunk.first, rows

    def close(self) -> None:
        """End the worker and let go of the file."""
        if (worker := getattr(self, "_worker", None)) is not None:
            worker.close()
        self._file.close()

    def _asked(self, asked: Asked, shape: type[Answer]) -> Iterator[Answer]:
        decode = msgspec.msgpack.Decoder(shape).decode
        for answer in self._worker.ask(msgspec.msgpack.encode(asked)):
            try:
                yield decode(answer)
            except msgspec.MsgspecError:
                raise WorkerFailed(how=RULES) from None


def _fault(table: AnyTable, chunk: Chunk) -> HourloomError:
    """Find the line that is wrong; what is said of it names the place in it and not its content."""
    decoder = decoder_of(table.row)
    for number, line in enumerate(chunk.lines.split(b"\n"), chunk.first + 1):
        try:
            decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            told = str(error) if isinstance(error, msgspec.ValidationError) else "it is no JSON"
            return RowRefused(line=number, table=table.name, reason=_plain(told))
    return RowRefused(line=chunk.first + 1, table=table.name, reason="it is no JSON")


def _plain(told: str) -> str:
    """Keep of a validator's words what cannot quote a title: an unknown key may be one."""
    if "unknown field" in told:
        return "it has a field that is not known here"
    if "enum value" in told:
        return "it has a value that is not known here"
    return told[:1].lower() + told[1:].replace("`", "")
