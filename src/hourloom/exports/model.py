"""What is exported: columns of known kinds, and rows that come one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec

from hourloom.core.errors import Invalid, TooLarge

Format = Literal["csv", "json", "xlsx", "parquet", "pdf"]
Kind = Literal["text", "instant", "duration", "number", "share", "boolean"]
"""Instants and durations are whole microseconds, a share is a part of one."""
Durations = Literal["hours", "hms", "seconds"]
Page = Literal["a4", "letter"]

Cell = str | int | float | bool | None
Row = Sequence[Cell]

MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
}


class ParquetMissing(Invalid):
    """Parquet needs a library that is not installed; add it with `pip install 'hourloom[parquet]'`."""


class TooMuchToWrite(TooLarge):
    """The export has more than {limit:,} rows; choose a shorter period or a filter."""


class Column(msgspec.Struct, frozen=True):
    """A column: its name for programs, its title for people, and what its cells are."""

    name: str
    title: str
    kind: Kind = "text"


class Table(NamedTuple):
    """Rows under columns; the rows may be read once only."""

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Row]


class ExportOptions(msgspec.Struct, frozen=True):
    """How cells are written."""

    zone: str = "UTC"
    """The zone that instants are told in."""
    durations: Durations = "hours"
    """How CSV tells how long something was."""
    mark: bool = False
    """Whether CSV begins with the mark by which older spreadsheets know UTF-8."""


def wire_name(column: Column, durations: Durations | None = None) -> str:
    """Return the name of a column for programs, with its unit."""
    if column.kind == "duration":
        return (
            column.name + {"hours": "_hours", "hms": "", "seconds": "_seconds", None: "_seconds"}[durations]
        )
    return column.name
