"""What an archive says of itself, what one may hold at most, and how far an import of it has come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hourloom.core.archiving import Judged, OnConflict, Verdict
from hourloom.core.changes import Change
from hourloom.core.clock import HOUR, Duration, Instant
from hourloom.core.errors import Conflict, Invalid, NotFound, TooLarge
from hourloom.core.ids import OperationId, UserId, WorkspaceId

FORMAT = 1
MANIFEST = "manifest.json"
ENDING = ".jsonl"
MIB = 1 << 20
LARGEST_MANIFEST = 64 * 1024
MOST_TABLES = 64
LONGEST_LINE = 8 * MIB
"""The longest setting has one million bytes, and in JSON each may become two."""
MOST_BYTES = 32 << 30
"""Of all tables together, as they are without compression: several hundred million events."""
MOST_RATIO = 200
"""How many bytes may come out of one, once `HARMLESS` bytes have."""
HARMLESS = 64 * MIB
WRITTEN_RATIO = MOST_RATIO // 2
"""From here on we write without compression, so that what we wrote is never refused."""
HIGHEST_NUMBER = 1 << 48
"""Of rows that keep their numbers; above, so few would be left that they end within a lifetime."""

KEPT_FOR = Duration(24 * HOUR)
"""So long files lie here that were made to be fetched, or handed in."""

KIND = "import_archive"
"""The kind of the operation that an import is."""

TableName = Annotated[str, Meta(pattern=r"^[a-z_]{1,40}(?!\n)$")]
Count = Annotated[int, Meta(ge=0, le=2**62)]


Progress = Callable[[int, int], None]
"""Hear how many rows are done, and of how many; raising stops the work."""


class ArchiveRefused(Invalid):
    """This archive cannot be read: {reason}."""


class NotAnArchive(ArchiveRefused):
    """This is not an archive of Hourloom: {reason}."""


class ArchiveByNewer(ArchiveRefused):
    """This archive was written by a newer Hourloom ({what}); update Hourloom to read it."""


class ArchiveBomb(ArchiveRefused):
    """This archive holds more than it could hold ({reason}), so nothing of it is read."""


class ArchiveCutShort(ArchiveRefused):
    """The end of this archive is missing; copy it again from where it is whole."""


class ArchiveAltered(ArchiveRefused):
    """This archive is not as it was written: {reason}."""


class RowRefused(ArchiveRefused):
    """Line {line} of {table} in this archive cannot be read: {reason}."""


class ArchiveLocked(Invalid):
    """This archive was sealed by another database; its passphrase or its recovery code opens it."""


class NoSuchArchive(NotFound):
    """There is no archive {id}; it may have been removed after a day."""


class ArchiveNotReady(Conflict):
    """The archive {id} is {state}; this needs one that is {wanted}."""


class ArchiveTooLarge(TooLarge):
    """An archive has at most 2 GiB."""


class ArchiveFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an archive says of one of its tables."""

    name: TableName
    rows: Count
    bytes: Count
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$")]
    last: Count = 0
    """The highest number of a row."""


class ArchiveManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an archive says of itself; the same content always gives the same words."""

    format: Annotated[int, Meta(ge=1)]
    program: Annotated[str, Meta(max_length=40)]
    schema: Annotated[str, Meta(max_length=40)]
    tables: Annotated[tuple[ArchiveFile, ...], Meta(max_length=MOST_TABLES)]

    @property
    def rows(self) -> int:
        """Return how many rows all tables have."""
        return sum(table.rows for table in self.tables)


class ArchiveTally(msgspec.Struct):
    """How the rows of one table stand to what is here."""

    name: str
    new: int = 0
    same: int = 0
    conflicting: int = 0
    left_out: int = 0

    def add(self, judged: list[Judged]) -> None:
        """Count more rows."""
        for each in judged:
            match each.verdict:
                case Verdict.NEW:
                    self.new += 1
                case Verdict.SAME:
                    self.same += 1
                case Verdict.CONFLICTING:
                    self.conflicting += 1
                case Verdict.LEFT_OUT:
                    self.left_out += 1


class ArchivePlace(msgspec.Struct, frozen=True):
    """Where reading goes on: a table and the rows of it that are done."""

    table: int = 0
    rows: int = 0


class ImportedArchive(msgspec.Struct):
    """What an import did so far: the subject of its operation."""

    archive: str
    on_conflict: OnConflict
    keeps_numbers: bool
    tables: list[ArchiveTally] = []
    at: ArchivePlace = ArchivePlace()
    first_payload: int = 0
    """Payloads with higher numbers may be waiting for their events."""
    finished: bool = False


ExportState = Literal["making", "ready", "failed"]
ImportState = Literal["locked", "uploaded", "examining", "ready", "importing", "done", "refused"]


class ArchiveExport(msgspec.Struct, kw_only=True):
    """An archive that was asked for."""

    id: str
    workspace_id: WorkspaceId
    user_id: UserId
    state: ExportState = "making"
    sealed: bool
    """Whether it is handed out sealed."""
    begun_at: Instant
    bytes: int = 0
    rows: int = 0
    sha256: str = ""
    """Of the archive without its seal: the same content always has the same."""
    tables: list[ArchiveFile] = []


class ArchiveImport(msgspec.Struct, kw_only=True):
    """An archive that was handed in."""

    id: str
    workspace_id: WorkspaceId
    user_id: UserId
    state: ImportState
    sealed: bool
    """Whether it came sealed."""
    begun_at: Instant
    bytes: int = 0
    reason: str = ""
    """Why it was refused."""
    code: str = ""
    rows: int = 0
    tables: list[ArchiveTally] = []
    """How its rows stand to what is here, or stood when they came in."""
    keeps_numbers: bool = False
    on_conflict: OnConflict = "keep"
    operation_id: OperationId | None = None

    @property
    def brings_something(self) -> bool:
        """Return whether anything would be stored that is not here."""
        gives_way = self.on_conflict != "keep"
        return any(tally.new or (tally.conflicting and gives_way) for tally in self.tables)


class ArchiveExported(Change, frozen=True):
    """An archive is ready to be fetched."""

    id: str
    rows: int


class ArchiveExamined(Change, frozen=True):
    """An archive was looked through: it can be read in, or is refused."""

    id: str
    state: str


class ArchiveImported(Change, frozen=True):
    """Everything of an archive is in."""

    id: str
    operation_id: OperationId


def file_of(table: str) -> str:
    """Return what the file of a table is called."""
    return table + ENDING


def is_too_dense(size: int, packed: int, most: int = MOST_RATIO) -> bool:
    """Return whether more came out of some bytes than records ever hold."""
    return size > HARMLESS and size > most * packed


def may_go(begun_at: Instant, now: Instant) -> bool:
    """Return whether a file that was handed in or made has lain long enough; a clock set back keeps it."""
    return now - begun_at > KEPT_FOR
