"""Large libraries write in processes of their own; what goes wrong there is a sentence."""

from __future__ import annotations

import io

import pytest

from hourloom.exports import apart, files
from hourloom.exports.apart import LONGEST, ParquetApart, WritingFailed, document_apart
from hourloom.exports.files import require_writable, table_pieces
from hourloom.exports.model import ExportOptions, ParquetMissing, Row, Table
from hourloom.exports.ports import written
from tests.exports.paper import a_document
from tests.exports.tables import COLUMNS

CRASHING = "hourloom.workers.attempts:begin_crashing"


def test_parquet_reads_back_as_it_was() -> None:
    from pyarrow import parquet

    rows: list[Row] = [
        (1_772_000_000_123_456, 29_500_000, "=1+1 \U0001f680", "x" * 40_000, 1.5, 0.25, True),
        (None, None, None, None, None, None, None),
        *[(n, n, f"title {n}", "app", n, 0.0, False) for n in range(21_000)],
    ]
    content = b"".join(written(ParquetApart(COLUMNS), rows))
    read = parquet.read_table(io.BytesIO(content))
    assert [field.name for field in read.schema][:3] == ["started_at", "duration_seconds", "title"]
    assert read.num_rows == len(rows)
    first, empty = read.slice(0, 2).to_pylist()
    assert round(first["started_at"].timestamp() * 1_000_000) == rows[0][0]
    assert (first["duration_seconds"], first["title"], first["count"]) == (29.5, "=1+1 \U0001f680", 1.5)
    assert len(first["app"]) == LONGEST
    assert set(empty.values()) == {None}
    assert sum(each or 0 for each in read.column("duration_seconds").to_pylist()) == pytest.approx(
        sum(int(row[1] or 0) for row in rows) / 1_000_000
    )


def test_a_process_that_crashes_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PDF", CRASHING)
    monkeypatch.setattr(apart, "PARQUET", CRASHING)
    with pytest.raises(WritingFailed, match="crashed"):
        list(document_apart(a_document()))
    writing = ParquetApart(COLUMNS)
    with pytest.raises(WritingFailed, match="It cannot be written"):
        list(writing.take([(None,) * 7]))
    writing.close()


def test_a_format_whose_library_is_missing_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_has_pyarrow", lambda: False)
    require_writable("csv")
    with pytest.raises(ParquetMissing, match="pip install"):
        require_writable("parquet")


def test_an_export_that_is_given_up_ends_its_process() -> None:
    table = Table("Events", COLUMNS, [(None,) * 7] * 1_000)
    with table_pieces(table, "parquet", ExportOptions()) as pieces:
        assert iter(pieces) is pieces
    with table_pieces(table, "json", ExportOptions()) as pieces:
        assert next(pieces).startswith(b"{")
