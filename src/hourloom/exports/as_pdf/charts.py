"""Charts, drawn from durations; each says in words what it shows."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.core.clock import HOUR, MINUTE
from hourloom.exports.as_pdf.fonts import BOLD, REGULAR, cut, drawable, width_of
from hourloom.exports.as_pdf.pages import INK, QUIET, Pages
from hourloom.exports.document import Bars, Heat, Series, Stacks

_SMALL = 7.5
_STEPS = (15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR, 12 * HOUR, 24 * HOUR)
_MOST_LINES = 5
_HEAT = ("#f3f4f6", "#127782")
_COLUMN, _ROW = 180.0, 14.0


def hours_and_minutes(duration: int) -> str:
    """Write a duration as people say it."""
    minutes = (2 * duration + MINUTE) // (2 * MINUTE)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def heading(pages: Pages, title: str, needs: float) -> None:
    """Write what stands above something, on the page where the something has room."""
    pages.room(needs + 34)
    pages.top -= 22
    with pages.marked("H2"):
        pages.text(pages.left, pages.top, cut(title, pages.inner, BOLD, 12), size=12, font=BOLD)
    pages.top -= 12


def stacks(pages: Pages, chart: Stacks) -> None:
    """Draw a stack for each day, hours upwards."""
    tall, axis = 140.0, 34.0
    legend = _rows_of_legend(chart.series, pages.inner)
    heading(pages, chart.title, tall + 18 + 13 * len(legend))
    totals = [sum(series.values[place] for series in chart.series) for place in range(len(chart.labels))]
    step = _step(max(totals, default=0))
    lines = max(1, -(-max(totals, default=0) // step))
    base, per = pages.top - tall, (tall - 8) / (lines * step)
    wide = (pages.inner - axis) / max(1, len(chart.labels))
    with pages.within("Figure", _stacks_in_words(chart, totals)), pages.marked("Span"):
        for number in range(lines + 1):
            y = base + number * step * per
            pages.line(pages.left + axis, y, pages.left + pages.inner, y)
            said = _axis(number * step)
            pages.text(pages.left + axis - 5, y - 2.5, said, size=_SMALL, color=QUIET, right=True)
        for place, label in enumerate(chart.labels):
            x, y = pages.left + axis + place * wide, base
            for series in chart.series:
                height = series.values[place] * per
                pages.box(x + wide * 0.14, y, wide * 0.72, height, series.color)
                y += height
            _day(pages, x, wide, base - 10, label, every=max(1, -(-len(chart.labels) // 31)), place=place)
        pages.top = base - 16
        _legend(pages, legend)


def bars(pages: Pages, chart: Bars) -> None:
    """Draw a bar for each name, the longest across the whole width."""
    longest = max((duration for _, _, duration, _ in chart.bars), default=0) or 1
    said = [(hours_and_minutes(duration), f"{share:.1%}") for _, _, duration, share in chart.bars]
    values = max((width_of(words, REGULAR, 8.5) for words, _ in said), default=0) + 8
    room = pages.inner - _COLUMN - values - 44
    heading(pages, chart.title, min(len(chart.bars), 4) * _ROW)
    with pages.within("Figure", _bars_in_words(chart)):
        for (name, color, duration, _), (words, share) in zip(chart.bars, said, strict=True):
            pages.room(_ROW)
            pages.top -= _ROW
            with pages.marked("Span"):
                pages.text(pages.left, pages.top + 3.5, cut(name, _COLUMN - 10, REGULAR, 8.5), size=8.5)
                x = pages.left + _COLUMN
                pages.box(x, pages.top + 1.5, room * duration / longest, _ROW - 4.5, color)
                pages.text(x + room + values, pages.top + 3.5, words, size=8.5, right=True)
                end = pages.left + pages.inner
                pages.text(end, pages.top + 3.5, share, size=8.5, color=QUIET, right=True)


def heat(pages: Pages, chart: Heat) -> None:
    """Draw a field for each hour of each weekday, the darker the fuller."""
    head, tall, gap = 40.0, 14.0, 1.2
    wide = (pages.inner - head) / max(1, len(chart.columns))
    highest = max((value for values in chart.values for value in values), default=0.0) or 1.0
    heading(pages, chart.title, tall * (len(chart.rows) + 2) + 16)
    with pages.within("Figure", _heat_in_words(chart)), pages.marked("Span"):
        for row, (name, values) in enumerate(zip(chart.rows, chart.values, strict=True)):
            y = pages.top - tall * (row + 1)
            pages.text(pages.left, y + 4, cut(name, head - 4, REGULAR, _SMALL), size=_SMALL)
            for place, value in enumerate(values):
                x = pages.left + head + place * wide
                pages.box(x, y + gap, wide - gap, tall - gap, shade(value / highest))
        y = pages.top - tall * len(chart.rows) - 9
        for place, name in enumerate(chart.columns):
            if place % 3 == 0:
                pages.text(pages.left + head + place * wide, y, drawable(name), size=_SMALL, color=QUIET)
        _scale(pages, y - 14, f"{highest * 60:.0f} min of each hour")
        pages.top = y - 18


def shade(share: float) -> str:
    """Return the colour of how full something is, from 0 to 1."""
    at = min(1.0, max(0.0, share))
    pairs = [(int(_HEAT[0][n : n + 2], 16), int(_HEAT[1][n : n + 2], 16)) for n in (1, 3, 5)]
    return "#" + "".join(f"{round(low + (high - low) * at):02x}" for low, high in pairs)


def _scale(pages: Pages, y: float, highest: str) -> None:
    end = pages.left + pages.inner
    pages.text(end, y, highest, size=_SMALL, color=QUIET, right=True)
    x = end - width_of(highest, REGULAR, _SMALL) - 5 - 5 * 16
    for number in range(5):
        pages.box(x + 16 * number, y - 1, 15, 8, shade(number / 4))
    pages.text(x - 5, y, "0 min", size=_SMALL, color=QUIET, right=True)


def _step(highest: int) -> int:
    """Return how far apart lines stand for at most a few of them."""
    for step in _STEPS:
        if highest <= _MOST_LINES * step:
            return step
    step = _STEPS[-1]
    while highest > _MOST_LINES * step:
        step *= 2
    return step


def _axis(duration: int) -> str:
    return f"{duration // HOUR} h" if duration % HOUR == 0 else f"{duration / HOUR:g} h"


def _day(pages: Pages, x: float, wide: float, y: float, label: str, *, every: int, place: int) -> None:
    if place % every:
        return
    said = cut(label, wide * every, REGULAR, 6.5 if wide < 20 else _SMALL)
    size = 6.5 if wide < 20 else _SMALL
    pages.text(x + (wide - width_of(said, REGULAR, size)) / 2, y, said, size=size, color=QUIET)


def _rows_of_legend(series: Sequence[Series], width: float) -> list[list[tuple[Series, str, float]]]:
    rows: list[list[tuple[Series, str, float]]] = [[]]
    used = 0.0
    for each in series:
        said = cut(each.name, 160, REGULAR, _SMALL)
        wide = width_of(said, REGULAR, _SMALL) + 26
        if used + wide > width and rows[-1]:
            rows.append([])
            used = 0.0
        rows[-1].append((each, said, used))
        used += wide
    return rows if rows[0] else []


def _legend(pages: Pages, rows: Sequence[Sequence[tuple[Series, str, float]]]) -> None:
    for row in rows:
        pages.top -= 13
        for series, said, at in row:
            pages.box(pages.left + at, pages.top, 8, 8, series.color)
            pages.text(pages.left + at + 12, pages.top + 1, said, size=_SMALL, color=INK)


def _stacks_in_words(chart: Stacks, totals: Sequence[int]) -> str:
    days = (f"{label}: {hours_and_minutes(total)}" for label, total in zip(chart.labels, totals, strict=True))
    return f"{chart.title}. {'; '.join(days)}"[:4000]


def _bars_in_words(chart: Bars) -> str:
    return f"{chart.title}. {'; '.join(f'{bar[0]}: {hours_and_minutes(bar[2])}' for bar in chart.bars)}"[
        :4000
    ]


def _heat_in_words(chart: Heat) -> str:
    return chart.title
