"""What was asked to be exported, and what became of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hourloom.core.changes import PersonalChange
from hourloom.core.clock import Instant
from hourloom.core.errors import Conflict, Gone, Invalid, NotFound, Refused, TooLarge
from hourloom.core.ids import JobId, UserId, WorkspaceId
from hourloom.exports.model import Durations, Format, Page

ExportKind = Literal["report", "activities", "events"]
ExportState = Literal["waiting", "running", "finished", "failed", "cancelled"]
ExportPlace = Literal["folder", "download"]

MOST_KEPT = 1_000
"""So many entries the history has; older ones go when others come."""
MOST_ROWS = 5_000_000
MOST_BUCKETS = 100
OPEN: tuple[ExportState, ...] = ("waiting", "running")

Words = Annotated[str, Meta(max_length=4_000)]


class NoSuchExport(NotFound):
    """There is no export {id}; `GET /api/v1/exports` lists those there are."""


class ErasedMeanwhile(Conflict):
    """Something was erased while the export was written; begin it again."""


class ExportIsOver(Conflict):
    """The export {id} is over already."""


class ExportGoesOn(Conflict):
    """The export {id} is still being written; cancel it first."""


class ExportNotThere(Gone):
    """The file of the export {id} is not there any more; export it anew."""


class NoSuchFormat(Invalid):
    """{kind} cannot be exported so: {reason}."""


class NoSuchDay(Invalid):
    """'{text}' is no day; write it as in 2026-01-31."""


class ExportFolderMissing(Refused):
    """The folder {folder} cannot be used ({reason}); name another one in the setting `export_folder`."""


class TooManyExports(TooLarge):
    """There are {most} exports under way already; wait for one of them."""


class ExportWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to be exported, of which time, in which form, and where to."""

    kind: ExportKind = "report"
    format: Format = "csv"
    range: Annotated[str, Meta(max_length=100)] = "month"
    """As reports take it: `today`, `week`, `month`, ... or FROM..TO."""
    date: Annotated[str, Meta(max_length=10)] = ""
    """A day within a period that is named by its kind; empty is today."""
    zone: Annotated[str, Meta(max_length=64)] = ""
    """The zone that days are counted in and instants told in; empty is yours."""
    by: Annotated[str, Meta(max_length=40)] = "category"
    then: Annotated[str, Meta(max_length=40)] = ""
    compare: bool = False
    where: dict[Annotated[str, Meta(max_length=20)], Words] = {}
    """The parameters of a filter, as reports have them."""
    buckets: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=MOST_BUCKETS)] = []
    """Of which buckets events are exported; none is all."""
    page: Page = "a4"
    durations: Durations = "hours"
    """How CSV tells durations."""
    mark: bool = False
    """Whether CSV begins with the mark by which older spreadsheets know UTF-8."""
    to: ExportPlace = "folder"
    """To your documents, or to whoever fetches it within a day."""


class Export(msgspec.Struct, frozen=True):
    """An export: what was wanted, and how it stands."""

    id: int
    workspace_id: WorkspaceId
    user_id: UserId
    kind: ExportKind
    format: Format
    definition: str
    state: ExportState
    file_name: str
    folder: str
    """Where the file went; empty where it is fetched."""
    rows: int
    bytes: int
    error: str | None
    """One sentence that says why it failed."""
    job_id: JobId
    created_at: Instant
    finished_at: Instant | None

    @property
    def is_open(self) -> bool:
        """Return whether it is still to be written."""
        return self.state in OPEN


class ExportChanged(PersonalChange, frozen=True):
    """An export was asked for, begun, or came to its end; what it is filtered by is not told."""

    id: int
    export_kind: ExportKind
    format: Format
    state: ExportState
    file_name: str
    rows: int
    bytes: int
    error: str | None
    job_id: int
    created_at: Instant
    finished_at: Instant | None


class ExportDeleted(PersonalChange, frozen=True):
    """An entry of the history of exports was deleted; the file stays where it is."""

    id: int


def changed(export: Export) -> ExportChanged:
    """Return what is told of an export."""
    return ExportChanged(
        export.user_id,
        export.id,
        export.kind,
        export.format,
        export.state,
        export.file_name,
        export.rows,
        export.bytes,
        export.error,
        int(export.job_id),
        export.created_at,
        export.finished_at,
    )


def require_possible(wanted: ExportWanted) -> None:
    """Raise unless what is wanted goes together."""
    if wanted.kind != "report" and (wanted.compare or wanted.then):
        raise NoSuchFormat(kind=wanted.kind.capitalize(), reason="only reports compare and group")
    if wanted.kind != "events" and wanted.buckets:
        raise NoSuchFormat(kind=wanted.kind.capitalize(), reason="buckets are named for events alone")
    if wanted.kind == "events" and wanted.where:
        raise NoSuchFormat(kind="Events", reason="they are as recorded; filters are for activities")


def file_name(wanted: ExportWanted, period: str) -> str:
    """Return the name of a file, without its ending: what it holds, and of which time."""
    return f"hourloom-{wanted.kind}-{_plain(period)}"


def numbered(name: str, number: int, format_: str) -> str:
    """Return a whole name; from the second on it is numbered."""
    return f"{name}{'' if number == 1 else f'-{number}'}.{format_}"


def _plain(period: str) -> str:
    """Return a period as a part of a file's name, on any system: FROM--TO, or a day."""
    first, dots, last = period.partition("..")
    if not dots or first == last:
        return _letters(first)
    return f"{_letters(first)}--{_letters(last)}"


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isascii() and (char.isalnum() or char == "-"))[:40]


def day_named(text: str) -> date | None:
    """Read a day; an empty text is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise NoSuchDay(text=text) from None
