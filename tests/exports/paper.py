"""Documents for tests, and how poppler sees them: what it says, what text it finds, what it paints."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from hourloom.core.clock import HOUR
from hourloom.exports.as_pdf.drawing import drawn
from hourloom.exports.document import Bars, Document, Facts, Heat, Listing, Section, Series, Stacks
from hourloom.exports.model import Page

needs_poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler is not installed")

CODE, MAIL, FILM = "#127782", "#95982a", "#9170e2"
CODE_HOURS, MAIL_HOURS, FILM_HOURS = [1, 2, 3, 4, 0, 0, 5], [1, 1, 1, 1, 0, 0, 1], [0, 0, 2, 0, 4, 0, 0]
DAYS = ["1", "2", "3", "4", "5", "6", "7"]


def a_document(*sections: Section, page: Page = "a4", title: str = "Report, March 2026") -> Document:
    """Return a document with some sections."""
    return Document(title, "1 March 2026 – 7 March 2026 · Europe/Berlin", "en", page, list(sections))  # noqa: RUF001 - as people write it


def stacks() -> Stacks:
    """Return a week of three categories."""
    hours = [("Code", CODE, CODE_HOURS), ("Mail", MAIL, MAIL_HOURS), ("Film", FILM, FILM_HOURS)]
    series = [Series(name, color, [value * HOUR for value in values]) for name, color, values in hours]
    return Stacks("Each day", DAYS, series)


def bars() -> Bars:
    """Return what that week comes to."""
    sums = [("Work > Code", CODE, 15), ("Work > Mail", MAIL, 5), ("Film", FILM, 6)]
    return Bars("By category", [(name, color, n * HOUR, n / 26) for name, color, n in sums])


def heat() -> Heat:
    """Return a week whose Monday at ten is full."""
    values = [[0.0] * 24 for _ in range(7)]
    values[0][10] = 1.0
    return Heat(
        "Hours of the week",
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        [f"{n:02}" for n in range(24)],
        values,
    )


def listing(count: int, title: str = "main.py") -> Listing:
    """Return a table of so many rows."""
    rows = [[f"{title} {number}", f"{number}:00:00"] for number in range(count)]
    return Listing("Titles", ["Title", "Time"], rows, [False, True])


def facts() -> Facts:
    """Return two facts."""
    return Facts([("Active", "26 h 00 min"), ("Longest span", "2 h 10 min")])


class Word(NamedTuple):
    """A word where it stands, in points from the upper left corner."""

    page: int
    text: str
    left: float
    top: float
    right: float
    bottom: float


class Picture(NamedTuple):
    """A page as pixels, one for each point."""

    width: int
    height: int
    pixels: bytes

    def rows_of(self, color: str) -> dict[int, list[int]]:
        """Return where a colour is: the columns in each row that has it."""
        wanted = bytes.fromhex(color[1:])
        found: dict[int, list[int]] = {}
        for y in range(self.height):
            line = self.pixels[y * self.width * 3 : (y + 1) * self.width * 3]
            if wanted not in line:
                continue
            columns = [x for x in range(self.width) if line[3 * x : 3 * x + 3] == wanted]
            if columns:
                found[y] = columns
        return found


class Paper:
    """A document as poppler sees it."""

    def __init__(self, document: Document, folder: Path) -> None:
        self.path = folder / "document.pdf"
        self.path.write_bytes(drawn(document))
        self.said = _run("pdfinfo", self.path)
        self.pages = int(self.fact("Pages"))

    def fact(self, name: str) -> str:
        """Return what poppler says of the document."""
        found = re.search(rf"^{name}: *(.*)$", self.said, re.MULTILINE)
        return "" if found is None else found[1]

    def text(self, page: int | None = None) -> str:
        """Return the text of the document or of a page, as somebody would copy it."""
        chosen = () if page is None else ("-f", str(page), "-l", str(page))
        return _run("pdftotext", "-layout", *chosen, self.path, "-")

    def structure(self) -> str:
        """Return the tree of nodes."""
        return _run("pdfinfo", "-struct", self.path)

    def fonts(self) -> list[list[str]]:
        """Return what poppler says of each font."""
        return [line.split() for line in _run("pdffonts", self.path).splitlines()[2:]]

    def words(self) -> list[Word]:
        """Return all words where they stand."""
        found, page = [], 0
        for line in _run("pdftotext", "-bbox", self.path, "-").splitlines():
            page += "<page " in line
            at = re.search(r'xMin="([^"]*)" yMin="([^"]*)" xMax="([^"]*)" yMax="([^"]*)">(.*)</word>', line)
            if at:
                found.append(Word(page, at[5], *(float(at[n]) for n in range(1, 5))))
        return found

    def picture(self, page: int = 1) -> Picture:
        """Paint a page."""
        target = self.path.with_suffix("")
        _run(
            "pdftoppm",
            "-r",
            "72",
            "-f",
            str(page),
            "-l",
            str(page),
            "-singlefile",
            "-aa",
            "no",
            self.path,
            target,
        )
        _, size, _, pixels = target.with_suffix(".ppm").read_bytes().split(b"\n", 3)
        width, height = map(int, size.split())
        return Picture(width, height, pixels)


def _run(*words: str | Path) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, check=True, encoding="utf-8")
    assert done.stderr == "", done.stderr
    return done.stdout
