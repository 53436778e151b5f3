"""Workbooks of Office Open XML, written part by part while the rows come: nothing is kept but the last batch.

Every text is an inline string, so no cell can be a formula. Instants and durations are numbers with a format,
so that a spreadsheet can count with them.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import IO
from xml.sax.saxutils import escape

from hourloom.core.clock import DAY
from hourloom.exports.cells import local, printable, zone_named
from hourloom.exports.model import Cell, Column, ExportOptions, Row

MOST_ROWS = 1_048_576
"""On one sheet, its head included."""
MOST_LETTERS = 32_767
"""In one cell, as UTF-16 counts them."""
MOST_BYTES = 1 << 30
"""Of one sheet before it is packed; what comes behind it goes to another sheet."""
_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no zones
_NARROW, _WIDE = 8, 60
_LOOKED_AT = 200
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

_STYLES = {"head": 1, "instant": 2, "duration": 3, "share": 4, "number": 0, "text": 5, "boolean": 0}
_WIDTHS = {"instant": 19, "duration": 11, "share": 8, "number": 10, "boolean": 8}

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATIONSHIPS = "application/vnd.openxmlformats-package.relationships+xml"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_STYLE_SHEET = f"""{_XML}<styleSheet {_MAIN}>\
<numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>\
<numFmt numFmtId="165" formatCode="[h]:mm:ss"/><numFmt numFmtId="166" formatCode="0.0%"/></numFmts>\
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>\
<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>\
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="166" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""


class XlsxWriting:
    """Writes rows to the sheets of a workbook; a full sheet is followed by another."""

    def __init__(self, columns: Sequence[Column], options: ExportOptions, title: str = "") -> None:
        self._columns, self._title = columns, _sheet_name(title)
        zone = zone_named(options.zone)
        self._cells = [_cell_of(column, zone) for column in columns]
        self._letters = [_letters(place) for place in range(len(columns))]
        self._out = _Outgoing()
        self._zip = zipfile.ZipFile(self._out, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._sheet: IO[bytes] | None = None
        self._sheets, self._row, self._bytes = 0, 0, 0

    def begin(self) -> Iterator[bytes]:
        yield from ()

    def take(self, rows: Sequence[Row]) -> Iterator[bytes]:
        if self._sheet is None:
            self._open(rows)
        lines: list[str] = []
        for row in rows:
            if self._row >= MOST_ROWS or self._bytes >= MOST_BYTES:
                self._say("".join(lines))
                lines = []
                self._close()
                self._open(rows)
            lines.append(self._line(row))
        self._say("".join(lines))
        yield self._out.taken()

    def end(self) -> Iterator[bytes]:
        if self._sheet is None:
            self._open(())
        self._close()
        for name, text in self._parts().items():
            self._zip.writestr(name, text)
        self._zip.close()
        yield self._out.taken()

    def _open(self, rows: Sequence[Row]) -> None:
        self._sheets += 1
        self._sheet = self._zip.open(f"xl/worksheets/sheet{self._sheets}.xml", "w")
        widths = "".join(
            f'<col min="{place}" max="{place}" width="{_width(column, place - 1, rows)}" customWidth="1"/>'
            for place, column in enumerate(self._columns, 1)
        )
        self._say(
            f'{_XML}<worksheet {_MAIN}><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
            f"</sheetView></sheetViews><cols>{widths}</cols><sheetData>"
        )
        self._row, self._bytes = 1, 0
        heads = (
            _text(column.title, f"{letters}1", _STYLES["head"])
            for letters, column in zip(self._letters, self._columns, strict=True)
        )
        self._say(f'<row r="1">{"".join(heads)}</row>')

    def _line(self, row: Row) -> str:
        self._row += 1
        cells = [
            "" if cell is None else write(cell, f"{letters}{self._row}")
            for write, letters, cell in zip(self._cells, self._letters, row, strict=True)
        ]
        return f'<row r="{self._row}">{"".join(cells)}</row>'

    def _close(self) -> None:
        self._say("</sheetData></worksheet>")
        if self._sheet is not None:
            self._sheet.close()

    def _say(self, text: str) -> None:
        if self._sheet is not None:
            self._bytes += self._sheet.write(text.encode())

    def _parts(self) -> dict[str, str]:
        numbers = range(1, self._sheets + 1)
        sheets = "".join(
            f'<sheet name="{escape(self._named(number), _QUOTE)}" sheetId="{number}" r:id="rId{number}"/>'
            for number in numbers
        )
        overrides = "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
            for number in numbers
        )
        relations = "".join(
            f'<Relationship Id="rId{number}" Type="{_RELATIONS}/worksheet" '
            f'Target="worksheets/sheet{number}.xml"/>'
            for number in numbers
        )
        return {
            "xl/workbook.xml": f'{_XML}<workbook {_MAIN} xmlns:r="{_RELATIONS}">'
            f"<sheets>{sheets}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
            f'<Relationship Id="rId{self._sheets + 1}" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
            "</Relationships>",
            "xl/styles.xml": _STYLE_SHEET,
            "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
            "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
            f'<Default Extension="rels" ContentType="{_RELATIONSHIPS}"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{overrides}</Types>',
        }

    def _named(self, number: int) -> str:
        return self._title if number == 1 else f"{self._title[:24]} {number}"


class _Outgoing(io.RawIOBase):
    """Holds what a ZIP file says until it is taken; there is no way back in it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        """Return all that was said since it was taken last."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


_QUOTE = {'"': "&quot;"}
_Write = Callable[[Cell, str], str]


def _cell_of(column: Column, zone: tzinfo) -> _Write:
    style = _STYLES[column.kind]
    if column.kind == "text":
        return lambda cell, at: _text(str(cell), at, style)
    if column.kind == "boolean":
        return lambda cell, at: f'<c r="{at}" t="b"><v>{int(bool(cell))}</v></c>'
    if column.kind == "instant":
        return lambda cell, at: _number(_serial(local(int(cell or 0), zone)), at, style)
    if column.kind == "duration":
        return lambda cell, at: _number(int(cell or 0) / DAY, at, style)
    return lambda cell, at: _number(float(cell or 0) if not isinstance(cell, int) else cell, at, style)


def _number(value: float, at: str, style: int) -> str:
    if not math.isfinite(value):
        return ""
    return f'<c r="{at}" s="{style}"><v>{value!r}</v></c>'


def _serial(moment: datetime) -> float:
    """Return a moment as days since the day that spreadsheets count from."""
    return (moment.replace(tzinfo=None) - _FIRST_DAY).total_seconds() / 86_400


def _text(text: str, at: str, style: int) -> str:
    cut = printable(_cut(text)).replace("\r\n", "\n").replace("\r", "\n")
    whole = escape(_LOOKS_ESCAPED.sub("_x005F_", cut))
    return f'<c r="{at}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{whole}</t></is></c>'


def _cut(text: str) -> str:
    if len(text) * 2 <= MOST_LETTERS or len(text.encode("utf-16-le", "replace")) // 2 <= MOST_LETTERS:
        return text
    cut = text.encode("utf-16-le", "replace")[: 2 * (MOST_LETTERS - 1)]
    return cut.decode("utf-16-le", "ignore") + "…"


def _width(column: Column, place: int, rows: Sequence[Row]) -> int:
    fixed = _WIDTHS.get(column.kind, _NARROW)
    longest = max((len(str(row[place])) for row in rows[:_LOOKED_AT] if row[place] is not None), default=0)
    wanted = longest if column.kind == "text" else fixed
    return max(_NARROW, min(_WIDE, max(wanted, len(column.title)) + 2))


def _letters(place: int) -> str:
    """Return how a spreadsheet calls a column, counted from 0: A, B, ... Z, AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _sheet_name(title: str) -> str:
    return re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", printable(title)).strip().strip("'")[:31].strip() or "Export"
