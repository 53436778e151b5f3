"""Draw a document: its title, then one section below the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hourloom.exports.as_pdf import charts
from hourloom.exports.as_pdf.fonts import BOLD, REGULAR, cut, lines_of, width_of
from hourloom.exports.as_pdf.pages import GROUND, INK, QUIET, Pages
from hourloom.exports.document import Bars, Document, Facts, Heat, Listing, Section, Stacks, Text

_SIZE, _LINE = 8.5, 11.0
_MOST_LINES = 3
_GAP = 10.0


def drawn(document: Document) -> bytes:
    """Return a document as PDF."""
    pages = Pages(document.title, document.language, document.page, document.words)
    _title(pages, document)
    for section in document.sections:
        _DRAW[type(section)](pages, section, document.words)
    return pages.finished()


def _title(pages: Pages, document: Document) -> None:
    for line in lines_of(document.title, pages.inner, BOLD, 18, 2):
        pages.top -= 20
        with pages.marked("H1"):
            pages.text(pages.left, pages.top, line, size=18, font=BOLD)
    pages.top -= 4
    _lines(pages, document.subtitle, size=9.5, color=QUIET)


def _text(pages: Pages, section: Text, words: dict[str, str]) -> None:
    if section.style == "heading":
        charts.heading(pages, section.text, 40)
        return
    pages.top -= 6
    _lines(pages, section.text, size=9.5, color=QUIET if section.style == "note" else INK)


def _lines(pages: Pages, text: str, *, size: float, color: str) -> None:
    for line in lines_of(text, pages.inner, REGULAR, size, 40):
        pages.room(size + 4)
        pages.top -= size + 4
        with pages.marked("P"):
            pages.text(pages.left, pages.top, line, size=size, color=color)


def _facts(pages: Pages, section: Facts, words: dict[str, str]) -> None:
    across, tall = 4, 38.0
    wide = (pages.inner - _GAP * (across - 1)) / across
    for first in range(0, len(section.facts), across):
        pages.room(tall + 8)
        pages.top -= tall + 8
        for place, (name, value) in enumerate(section.facts[first : first + across]):
            x = pages.left + place * (wide + _GAP)
            with pages.decoration():
                pages.box(x, pages.top, wide, tall, GROUND)
            with pages.marked("P"):
                pages.text(x + 8, pages.top + 25, cut(name, wide - 16, REGULAR, 7.5), size=7.5, color=QUIET)
                pages.text(x + 8, pages.top + 10, cut(value, wide - 16, BOLD, 11.5), size=11.5, font=BOLD)


def _listing(pages: Pages, section: Listing, words: dict[str, str]) -> None:
    charts.heading(pages, section.title, 50)
    widths = _widths(section, pages.inner)
    with pages.within("Table"):
        _heads(pages, section, widths)
        for row in section.rows:
            cells = [
                lines_of(cell, width, REGULAR, _SIZE, _MOST_LINES)
                for cell, width in zip(row, widths, strict=True)
            ]
            if pages.room(_LINE * max(map(len, cells), default=1) + 5):
                _heads(pages, section, widths)
            _row(pages, cells, widths, section.numeric, "TD", REGULAR)
    if section.left_out:
        said = words.get("left_out", "{count} more rows are left out.").format(count=f"{section.left_out:,}")
        _lines(pages, said, size=8.5, color=QUIET)


def _heads(pages: Pages, section: Listing, widths: Sequence[float]) -> None:
    cells = [(cut(head, width, BOLD, _SIZE),) for head, width in zip(section.heads, widths, strict=True)]
    _row(pages, cells, widths, section.numeric, "TH", BOLD)


def _row(
    pages: Pages,
    cells: Sequence[Sequence[str]],
    widths: Sequence[float],
    numeric: Sequence[bool],
    role: str,
    font: str,
) -> None:
    tall = _LINE * max(map(len, cells), default=1) + 4
    pages.top -= tall
    with pages.decoration():
        pages.line(pages.left, pages.top, pages.left + pages.inner, pages.top)
    x = pages.left
    with pages.within("TR"):
        for lines, width, right in zip(cells, widths, numeric, strict=True):
            with pages.marked(role):
                for number, line in enumerate(lines):
                    y = pages.top + tall - _LINE * (number + 1) + 1
                    pages.text(x + width if right else x, y, line, size=_SIZE, font=font, right=right)
            x += width + _GAP


def _widths(section: Listing, inner: float) -> list[float]:
    """Return how wide columns are: numbers as wide as they need, texts share the rest."""
    inner -= _GAP * (len(section.heads) - 1)
    wanted = []
    for place, head in enumerate(section.heads):
        cells = (row[place][:120] for row in section.rows[:300])
        longest = max((width_of(cell, REGULAR, _SIZE) for cell in cells), default=0.0)
        wanted.append(max(longest, width_of(head, BOLD, _SIZE)) + 2)
    fixed = sum(width for width, numeric in zip(wanted, section.numeric, strict=True) if numeric)
    if sum(wanted) <= inner or fixed >= inner * 0.8:
        return _stretched(wanted, inner, section.numeric)
    return _shared(wanted, inner - fixed, section.numeric)


def _stretched(wanted: Sequence[float], inner: float, numeric: Sequence[bool]) -> list[float]:
    """Give what is left to the first text, or take from all alike."""
    spare = inner - sum(wanted)
    if spare < 0:
        return [width * inner / sum(wanted) for width in wanted]
    widths = list(wanted)
    widths[next((place for place, number in enumerate(numeric) if not number), 0)] += spare
    return widths


def _shared(wanted: Sequence[float], room: float, numeric: Sequence[bool]) -> list[float]:
    """Let short texts have what they want, and long ones share what is left."""
    widths = list(wanted)
    open_ = sorted((width, place) for place, width in enumerate(wanted) if not numeric[place])
    for count, (width, place) in zip(range(len(open_), 0, -1), open_, strict=True):
        widths[place] = min(width, room / count)
        room -= widths[place]
    return widths


def _stacks(pages: Pages, section: Stacks, words: dict[str, str]) -> None:
    charts.stacks(pages, section)


def _bars(pages: Pages, section: Bars, words: dict[str, str]) -> None:
    charts.bars(pages, section)


def _heat(pages: Pages, section: Heat, words: dict[str, str]) -> None:
    charts.heat(pages, section)


_DRAW: dict[type[Section], Callable[..., None]] = {
    Text: _text,
    Facts: _facts,
    Listing: _listing,
    Stacks: _stacks,
    Bars: _bars,
    Heat: _heat,
}
