"""From a table or a document to the bytes of a file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

from hourloom.exports.document import Document
from hourloom.exports.model import ExportOptions, Format, ParquetMissing, Table
from hourloom.exports.ports import Writing, written


@cache
def _has_pyarrow() -> bool:
    return find_spec("pyarrow") is not None


def require_writable(format_: Format) -> None:
    """Raise unless what a format needs is installed."""
    if format_ == "parquet" and not _has_pyarrow():
        raise ParquetMissing


@contextlib.contextmanager
def table_pieces(table: Table, format_: Format, options: ExportOptions) -> Iterator[Iterator[bytes]]:
    """Write a table in any format but PDF; its rows are read as the pieces are taken."""
    with contextlib.ExitStack() as stack:
        yield written(_writing(table, format_, options, stack), table.rows)


def document_pieces(document: Document) -> Iterator[bytes]:
    """Yield a document as PDF."""
    from hourloom.exports.apart import document_apart  # noqa: PLC0415 - most exports need no worker

    return document_apart(document)


def _writing(table: Table, format_: Format, options: ExportOptions, stack: contextlib.ExitStack) -> Writing:
    match format_:
        case "json":
            from hourloom.exports.as_json import JsonWriting  # noqa: PLC0415 - each export needs one of them

            return JsonWriting(table.columns, options, table.title)
        case "xlsx":
            from hourloom.exports.as_xlsx import XlsxWriting  # noqa: PLC0415 - as above

            return XlsxWriting(table.columns, options, table.title)
        case "parquet":
            from hourloom.exports.apart import ParquetApart  # noqa: PLC0415 - as above

            apart = ParquetApart(table.columns)
            stack.callback(apart.close)
            return apart
        case _:
            from hourloom.exports.as_csv import CsvWriting  # noqa: PLC0415 - as above

            return CsvWriting(table.columns, options)
