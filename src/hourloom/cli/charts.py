"""Drawing with characters: bars, sparklines and colours, where whoever reads them can show them."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple, TextIO

SLOTS = ("#20a4a8", "#adc352", "#9170e2", "#878020", "#a6dfbe", "#f9c3f4", "#c485a5", "#7b8efb")
"""The colours of the palette as they are seen on a terminal."""
_LEVELS, _NOTHING = "▁▂▃▄▅▆▇█", "·"
_PARTS = " ▏▎▍▌▋▊▉"
WIDEST = 120


class Paper(NamedTuple):
    """What is drawn on: how wide it is, and what it can show."""

    width: int | None
    """None where nobody counts columns: in a file or a pipe."""
    unicode: bool
    color: bool

    @staticmethod
    def of(stream: TextIO | None = None) -> Paper:
        """Return what a stream can show, by default that of the answer."""
        stream = stream or sys.stdout
        on_terminal = stream.isatty()
        plain = os.environ.get("TERM", "") in ("", "dumb") or "NO_COLOR" in os.environ
        width = min(shutil.get_terminal_size().columns, WIDEST) if on_terminal else None
        return Paper(width, _can_show(stream, _LEVELS + _NOTHING), on_terminal and not plain)

    def bar(self, share: float, width: int) -> str:
        """Return a bar whose full width is a share of 1."""
        if not self.unicode:
            return "#" * round(share * width)
        eighths = round(min(max(share, 0.0), 1.0) * width * 8)
        return "█" * (eighths // 8) + (_PARTS[eighths % 8] if eighths % 8 else "")

    def sparkline(self, values: Sequence[float]) -> str:
        """Return one character for each value, as high as it is beside the others."""
        most = max(values, default=0.0)
        levels = _LEVELS if self.unicode else ".:-=+*#@"
        return "".join(
            levels[min(7, int(value / most * 8))] if value > 0 else _NOTHING if self.unicode else "_"
            for value in values
        )

    def painted(self, text: str, color: str | None) -> str:
        """Return a text in a colour, where there are colours."""
        if not self.color or not color or not text:
            return text
        code = SLOTS[int(color[4:]) - 1] if color.startswith("slot") else color
        red, green, blue = (int(code[n : n + 2], 16) for n in (1, 3, 5))
        if os.environ.get("COLORTERM", "") in ("truecolor", "24bit"):
            return f"\033[38;2;{red};{green};{blue}m{text}\033[0m"
        cube = 16 + 36 * round(red / 51) + 6 * round(green / 51) + round(blue / 51)
        return f"\033[38;5;{cube}m{text}\033[0m"

    def arrow(self, change: float) -> str:
        """Return a sign for more, less or as much."""
        signs = "▲▼=" if self.unicode else "+-="
        return signs[0] if change > 0 else signs[1] if change < 0 else signs[2]


def harmless(text: str) -> str:
    """Return a text without what a terminal would obey: titles come from anywhere."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def width_of(text: str) -> int:
    """Return how many columns a text takes: some characters take two, marks upon others none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )


def fitted(text: str, width: int) -> str:
    """Return a text that takes just so many columns: filled with blanks, or cut with a sign for that."""
    if width_of(text) > width:
        kept = ""
        for character in text:
            if width_of(kept + character) > width - 1:
                break
            kept += character
        text = kept + "…" if width > 1 else kept
    return text + " " * (width - width_of(text))


def _can_show(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
