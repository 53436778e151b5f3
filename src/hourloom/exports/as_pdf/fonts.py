"""The two fonts of the pages, and how texts fit into a width.

Both fonts lie in this package, so that a page looks the same on every computer.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "Hourloom", "Hourloom-Bold"
BOX = "▯"
"""Stands for a character that the fonts lack."""
ELLIPSIS = "…"
_LONGEST = 2_000
_MOST_IN_EM = 8
"""So many of the narrowest characters are as wide as the font is high."""
_UNSEEN = frozenset({"Cf", "Mn", "Me", "Cc", "Cs", "Co", "Cn"})
_FOLDER = Path(__file__).parent.parent / "fonts"


def _load() -> frozenset[int]:
    for name, file in ((REGULAR, "DejaVuSans.ttf"), (BOLD, "DejaVuSans-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(_FOLDER / file)))
    known = [frozenset(pdfmetrics.getFont(name).face.charToGlyph) for name in (REGULAR, BOLD)]
    return known[0] & known[1]


_KNOWN = _load()


def drawable(text: str) -> str:
    """Return a text that the fonts can draw on one line; what they lack becomes a box."""
    text = text[:_LONGEST]
    if text.isascii() and text.isprintable():
        return text.strip()
    text = unicodedata.normalize("NFC", text)
    return "".join(map(_drawn, text)).strip()


def _drawn(char: str) -> str:
    if ord(char) in _KNOWN and char >= " ":
        return char
    if char.isspace():
        return " "
    return "" if unicodedata.category(char) in _UNSEEN - {"Co", "Cn", "Cs"} else BOX


def width_of(text: str, font: str, size: float) -> float:
    """Return how wide a drawable text is."""
    return float(pdfmetrics.stringWidth(text, font, size))


def cut(text: str, width: float, font: str, size: float) -> str:
    """Return as much of a text as fits into a width, with an ellipsis where that is not all."""
    text = drawable(text)
    if width_of(text, font, size) <= width:
        return text
    room = width - width_of(ELLIPSIS, font, size)
    return text[: _fitting(text, room, font, size)].rstrip() + ELLIPSIS


@lru_cache(maxsize=512)
def lines_of(text: str, width: float, font: str, size: float, most: int) -> tuple[str, ...]:
    """Return a text in lines of a width, at most so many; the last is cut where there would be more."""
    words, lines = drawable(text).split(" "), [""]
    while words:
        word = words.pop(0)
        wanted = f"{lines[-1]} {word}".strip()
        if width_of(wanted, font, size) <= width:
            lines[-1] = wanted
        elif not lines[-1]:
            part = _part(word, width, font, size)
            lines[-1] = part
            words.insert(0, word[len(part) :])
        elif len(lines) == most:
            lines[-1] = cut(" ".join([lines[-1], word, *words]), width, font, size)
            return tuple(lines)
        else:
            lines.append("")
            words.insert(0, word)
    return tuple(lines)


def _part(word: str, width: float, font: str, size: float) -> str:
    """Return the beginning of a word that is wider than a line."""
    return word[: max(1, _fitting(word, width, font, size))]


def _fitting(text: str, width: float, font: str, size: float) -> int:
    """Return how many characters of a text fit into a width."""
    low, high = 0, min(len(text), int(width / size * _MOST_IN_EM) + 1)
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(text[:middle], font, size) <= width:
            low = middle
        else:
            high = middle - 1
    return low
