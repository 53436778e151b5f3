"""Cells in words: instants in a zone, durations as people write them, texts that no spreadsheet obeys."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from hourloom.core.clock import HOUR, SECOND, datetime_of
from hourloom.exports.model import Cell, Column, Durations

FORMULA = "=+-@\t\r＝＋－＠﹦﹢﹣﹫"  # noqa: RUF001 - just these characters are meant
"""What a spreadsheet takes for the beginning of a formula."""
_UNSEEN = "\\s\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufffd"
_BEGINS_FORMULA = re.compile(rf"[{_UNSEEN}]*[{re.escape(FORMULA)}]")
_INNER_FORMULA = re.compile(rf"([;\t\r\n][{_UNSEEN}]*)(?=[{re.escape(FORMULA)}])")
"""Where another country's spreadsheet divides cells, a formula could begin too."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ud800-\udfff\ufffe\uffff]")

InWords = Callable[[Cell], str]


class Rounded:
    """Rounds durations one after the other so that their sum is the rounded sum.

    exact    29 s  29 s  29 s  29 s ...   sum of 120: 58 min
    minutes  0     1     0     1    ...   sum of 120: 58
    """

    def __init__(self, unit: int) -> None:
        self._unit, self._exact, self._given = unit, 0, 0

    def __call__(self, duration: int) -> int:
        """Return how many units come next."""
        self._exact += duration
        whole = (2 * self._exact + self._unit) // (2 * self._unit)
        answer = whole - self._given
        self._given = whole
        return answer


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that begins like it gets an apostrophe."""
    text = _INNER_FORMULA.sub(r"\1'", text)
    return f"'{text}" if _BEGINS_FORMULA.match(text) else text


def printable(text: str) -> str:
    """Return a text without what neither XML nor a page can hold."""
    return _UNPRINTABLE.sub("\ufffd", text)


def zone_named(name: str) -> tzinfo:
    """Return a zone by its name."""
    if name == "UTC":
        return UTC
    from hourloom.core.days import zone_of  # noqa: PLC0415 - most need it not

    return zone_of(name)


def local(instant: int, zone: tzinfo) -> datetime:
    """Return an instant as the clocks of a zone show it."""
    return datetime_of(instant).astimezone(zone)


def iso(instant: int, zone: tzinfo) -> str:
    """Write an instant as ISO 8601 with its distance from UTC."""
    return local(instant, zone).isoformat()


def clock_time(seconds: int) -> str:
    """Write whole seconds as h:mm:ss."""
    sign, rest = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"


def decimal(units: int, digits: int) -> str:
    """Write a number of hundredths, thousandths and so on with its point."""
    sign, rest = ("-", -units) if units < 0 else ("", units)
    return f"{sign}{rest // 10**digits}.{rest % 10**digits:0{digits}}"


def exact_seconds(duration: int) -> str:
    """Write a duration in seconds, to the microsecond where it needs that."""
    if duration % SECOND == 0:
        return str(duration // SECOND)
    return decimal(duration, 6).rstrip("0")


def in_words(column: Column, zone: tzinfo, durations: Durations) -> InWords:
    """Return what writes the cells of a column; durations keep their sum."""
    if column.kind == "duration":
        return _missing(_duration(durations))
    return _missing(_WORDS[column.kind](zone))


def _missing(write: InWords) -> InWords:
    return lambda cell: "" if cell is None else write(cell)


def _duration(durations: Durations) -> InWords:
    if durations == "seconds":
        return lambda cell: exact_seconds(int(cell or 0))
    rounded = Rounded(SECOND if durations == "hms" else HOUR // 100)
    if durations == "hms":
        return lambda cell: clock_time(rounded(int(cell or 0)))
    return lambda cell: decimal(rounded(int(cell or 0)), 2)


def _number(cell: Cell) -> str:
    return "" if isinstance(cell, float) and not math.isfinite(cell) else str(cell)


_WORDS: dict[str, Callable[[tzinfo], InWords]] = {
    "text": lambda zone: str,
    "instant": lambda zone: lambda cell: iso(int(cell or 0), zone),
    "number": lambda zone: _number,
    "share": lambda zone: lambda cell: f"{float(cell or 0):.6f}".rstrip("0").rstrip("."),
    "boolean": lambda zone: lambda cell: "true" if cell else "false",
}
