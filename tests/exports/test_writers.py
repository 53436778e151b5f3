"""What is written reads back as it was: in every format, whatever titles hold."""

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.core.clock import DAY, HOUR, MINUTE, SECOND, instant_of, parse_instant
from hourloom.exports.as_csv import MARK, CsvWriting
from hourloom.exports.as_json import JsonWriting
from hourloom.exports.as_xlsx import MOST_LETTERS, XlsxWriting
from hourloom.exports.cells import FORMULA, Rounded, clock_time, harmless, printable
from hourloom.exports.model import Column, Durations, ExportOptions, Row
from hourloom.exports.ports import written
from tests.exports.tables import COLUMNS, ROWS, TITLES

BERLIN = ZoneInfo("Europe/Berlin")
OPTIONS = ExportOptions(zone="Europe/Berlin")
SECONDS = ExportOptions(zone="UTC", durations="seconds")


def as_csv(
    rows: Sequence[Row], options: ExportOptions = OPTIONS, columns: Sequence[Column] = COLUMNS
) -> bytes:
    return b"".join(written(CsvWriting(columns, options), rows, at_once=5))


def as_json(rows: Sequence[Row]) -> bytes:
    return b"".join(written(JsonWriting(COLUMNS, OPTIONS, "March"), rows, at_once=5))


def as_xlsx(rows: Sequence[Row], options: ExportOptions = OPTIONS) -> openpyxl.Workbook:
    content = b"".join(written(XlsxWriting(COLUMNS, options, "March: [2026]"), rows, at_once=5))
    return openpyxl.load_workbook(io.BytesIO(content))


def lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


@settings(max_examples=60)
@given(ROWS)
def test_csv_reads_back_as_it_was(rows: list[Row]) -> None:
    read = lines(as_csv(rows, SECONDS))
    assert read[0] == ["started_at", "duration_seconds", "title", "app", "count", "share", "audible"]
    assert len(read) == len(rows) + 1
    for line, row in zip(read[1:], rows, strict=True):
        assert line[0] == "" if row[0] is None else parse_instant(line[0]) == row[0]
        assert line[1] == "" if row[1] is None else round(float(line[1]) * SECOND) == row[1]
        assert line[2:4] == ["" if cell is None else harmless(printable(str(cell))) for cell in row[2:4]]
        assert line[4] == "" if row[4] is None else float(line[4]) == row[4]
        assert line[6] == {None: "", True: "true", False: "false"}[row[6]]  # type: ignore[index]


@settings(max_examples=100)
@given(TITLES)
def test_no_text_of_csv_begins_like_a_formula(title: str) -> None:
    ((_, cell),) = lines(as_csv([(None, title)], columns=(COLUMNS[0], COLUMNS[2])))[1:]
    assert not cell.startswith(tuple(FORMULA))
    assert not cell.lstrip().startswith(tuple(FORMULA))
    # Nor does a cell begin so where another sign divides cells.
    assert not any(part.lstrip().startswith(tuple(FORMULA)) for part in re.split("[;\t\r\n]", cell)[1:])
    assert cell.replace("'", "") == printable(title).replace("'", "")


def test_csv_is_as_its_rfc_has_it() -> None:
    rows: list[Row] = [
        (None, 0, 'say "hi"', "a\rb", None, None, None),
        (None, 0, "x,y", " z", None, None, None),
    ]
    content = as_csv(rows, ExportOptions(mark=True))
    assert content.startswith(MARK)
    assert content.endswith(b"\r\n")
    assert content.removeprefix(MARK).splitlines()[1] == b',0.00,"say ""hi""","a'
    assert b'"a\rb"' in content
    assert b'"x,y"," z"' in content
    assert not as_csv(rows).startswith(MARK)


def test_a_column_of_empty_texts_keeps_its_lines() -> None:
    assert as_csv([("",), (None,)], columns=(COLUMNS[2],)) == b'title\r\n""\r\n""\r\n'


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "UTC"])
def test_instants_are_told_in_the_zone(zone: str) -> None:
    instant = instant_of(datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
    cell = lines(as_csv([(instant, *[None] * 6)], ExportOptions(zone=zone)))[1][0]
    moment = datetime.fromisoformat(cell)
    assert moment == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert moment.utcoffset() == moment.astimezone(ZoneInfo(zone)).utcoffset()


def test_many_short_rows_keep_their_sum() -> None:
    minutes = Rounded(MINUTE)
    assert sum(minutes(29 * SECOND) for _ in range(120)) == 58


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3 * HOUR), max_size=40), st.sampled_from(["hours", "hms"]))
def test_rounding_never_changes_the_sum(durations: list[int], form: Durations) -> None:
    content = as_csv([(d,) for d in durations], ExportOptions(durations=form), (COLUMNS[1],))
    cells = [line[0] for line in lines(content)[1:]]
    if form == "hours":
        unit, found = HOUR // 100, [round(float(cell) * 100) for cell in cells]
    else:
        unit, found = SECOND, [_seconds(cell) for cell in cells]
    assert sum(found) == (2 * sum(durations) + unit) // (2 * unit)
    assert all(abs(n * unit - d) <= unit for n, d in zip(found, durations, strict=True))


def _seconds(cell: str) -> int:
    hours, minutes, seconds = map(int, cell.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def test_a_clock_time_may_be_below_nothing() -> None:
    assert [clock_time(n) for n in (0, 59, 3600, -61, 100 * 3600)] == [
        "0:00:00",
        "0:00:59",
        "1:00:00",
        "-0:01:01",
        "100:00:00",
    ]


@settings(max_examples=60)
@given(ROWS)
def test_json_reads_back_as_it_was(rows: list[Row]) -> None:
    read = json.loads(as_json(rows))
    assert (read["title"], read["zone"]) == ("March", "Europe/Berlin")
    assert [column["kind"] for column in read["columns"]] == [column.kind for column in COLUMNS]
    assert len(read["rows"]) == len(rows)
    for found, row in zip(read["rows"], rows, strict=True):
        at, lasted = found["started_at"], found["duration_seconds"]
        assert (None if at is None else parse_instant(at)) == row[0]
        assert (None if lasted is None else round(lasted * SECOND)) == row[1]
        assert [found[name] for name in ("title", "app", "count", "share", "audible")] == list(row[2:])


@settings(max_examples=40)
@given(ROWS)
def test_xlsx_reads_back_as_it_was(rows: list[Row]) -> None:
    sheet = as_xlsx(rows).active
    assert (sheet.title, sheet.freeze_panes) == ("March   2026", "A2")
    assert [cell.value for cell in sheet[1]] == [column.title for column in COLUMNS]
    assert sheet.max_row <= len(rows) + 1  # the reader does not count rows without any cell
    for number, row in enumerate(rows, 2):
        cells = sheet[number]
        if row[0] is not None:
            shown = datetime.fromtimestamp(int(row[0]) / SECOND, BERLIN).replace(tzinfo=None)
            assert abs(cells[0].value - shown) < timedelta(milliseconds=2)
        if row[1] is not None:
            assert abs(_lasts(cells[1].value) - int(row[1])) < SECOND // 100
            assert cells[1].number_format == "[h]:mm:ss"
        for cell, text in zip(cells[2:4], row[2:4], strict=True):
            if text:
                assert cell.data_type == "s"
                assert _unescaped(cell.value) == _as_xml_has_it(str(text))
        if row[4] is not None:
            assert cells[4].value == pytest.approx(row[4])
        assert cells[6].value == row[6]


def _lasts(value: object) -> int:
    """Return what the reader makes of a duration, which is a time of day if it is shorter than one."""
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    moment = value if isinstance(value, datetime) else None
    if moment is not None:
        return (moment - datetime(1899, 12, 30)) // timedelta(microseconds=1)  # noqa: DTZ001 - it has no zone
    assert value is not None
    text = str(value)
    return round(
        sum(float(part) * unit for part, unit in zip(text.split(":"), (HOUR, MINUTE, SECOND), strict=True))
    )


def _unescaped(text: str) -> str:
    return re.sub("_x005F_", "_", text)


def _as_xml_has_it(text: str) -> str:
    text = printable(text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_long_text_is_cut_where_a_spreadsheet_would_refuse_the_file() -> None:
    sheet = as_xlsx([(None, None, "🚀" * 40_000, "x" * 40_000, None, None, None)]).active
    for cell in sheet[2][2:4]:
        assert len(cell.value.encode("utf-16-le")) // 2 <= MOST_LETTERS
        assert cell.value.endswith("…")


def test_an_empty_workbook_has_its_heads() -> None:
    assert [cell.value for cell in as_xlsx([]).active[1]] == [column.title for column in COLUMNS]


def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hourloom.exports.as_xlsx.MOST_ROWS", 4)
    rows: list[Row] = [(None, DAY, f"n{number}", None, None, None, None) for number in range(7)]
    sheets = as_xlsx(rows).worksheets
    assert [sheet.title for sheet in sheets] == ["March   2026", "March   2026 2", "March   2026 3"]
    assert [cell.value for sheet in sheets for cell in sheet["C"][1:]] == [f"n{n}" for n in range(7)]


def test_halves_of_characters_do_not_break_a_file() -> None:
    row: Row = (None, None, "half \ud83d", "\x00", float("nan"), float("inf"), None)
    assert lines(as_csv([row]))[1][2:5] == ["half \ufffd", "\ufffd", ""]
    assert json.loads(as_json([row]))["rows"][0]["count"] is None
    assert as_xlsx([row]).active["C2"].value == "half \ufffd"
