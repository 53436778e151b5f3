"""Pages that follow one another, with their structure for programs that read them out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from hourloom.exports.as_pdf.fonts import REGULAR, cut, drawable, width_of
from hourloom.exports.model import Page

SIZES: dict[Page, tuple[float, float]] = {"a4": (595.28, 841.89), "letter": (612.0, 792.0)}
MARGIN = 48.0
FOOT = 24.0
INK, QUIET, LINE, GROUND = "#1c1f23", "#5a6270", "#d5d9df", "#f3f4f6"
PRODUCER = "Hourloom"


class Element:
    """A node of the tree that says what is what on the pages."""

    def __init__(self, role: str, alternative: str = "") -> None:
        self.role, self.alternative = role, alternative
        self.parts: list[Element | Mark] = []


class Mark(NamedTuple):
    """A stretch of a page's content."""

    page: int
    number: int


class _Info(pdfdoc.PDFInfo):  # type: ignore[misc]
    """What is said of the document: its title and what made it, and nobody's name."""

    def format(self, document: Any) -> object:
        said = {
            "Title": pdfdoc.PDFString(self.title),
            "Producer": pdfdoc.PDFString(PRODUCER),
            "CreationDate": pdfdoc.PDFDate(ts=document._timeStamp),  # noqa: SLF001 - it has no other door to this
        }
        return pdfdoc.PDFDictionary(said).format(document)


class Pages:
    """A document that grows downwards; whoever draws first asks for room."""

    def __init__(self, title: str, language: str, page: Page, words: dict[str, str]) -> None:
        self.width, self.height = SIZES[page]
        self._title, self._words = title, words
        self._file = io.BytesIO()
        # The fonts of its own are the only ones: none that a reader must have.
        self.canvas = Canvas(
            self._file,
            pagesize=(self.width, self.height),
            pageCompression=1,
            initialFontName=REGULAR,
            lang=language,
            pdfVersion=(1, 7),
        )
        self._document = self.canvas._doc  # noqa: SLF001 - it has no other door to this
        self._document.info = _Info()
        self.canvas.setTitle(title)
        self.canvas.setViewerPreference("DisplayDocTitle", "true")
        self._kept: list[dict[str, object]] = []
        self._root = Element("Document")
        self._open = [self._root]
        self._marks = 0
        self.top = self.height - MARGIN

    @property
    def left(self) -> float:
        """Return where the content begins."""
        return MARGIN

    @property
    def inner(self) -> float:
        """Return how wide the content is."""
        return self.width - 2 * MARGIN

    def room(self, height: float) -> bool:
        """See that there is room below, on another page if need be; return whether it is another one."""
        if self.top - height >= MARGIN + FOOT:
            return False
        self._turn()
        return True

    @contextmanager
    def within(self, role: str, alternative: str = "") -> Iterator[None]:
        """Put what is drawn meanwhile under one node of the structure."""
        element = Element(role, alternative)
        self._open[-1].parts.append(element)
        self._open.append(element)
        try:
            yield
        finally:
            self._open.pop()

    @contextmanager
    def marked(self, role: str) -> Iterator[None]:
        """Name the node that what is drawn meanwhile makes up; it stays on this page."""
        with self.within(role):
            self._open[-1].parts.append(Mark(len(self._kept), self._marks))
            self._code(f"/{role} <</MCID {self._marks}>> BDC")
            self._marks += 1
            try:
                yield
            finally:
                self._code("EMC")

    @contextmanager
    def decoration(self) -> Iterator[None]:
        """Draw what nobody needs to hear of."""
        self._code("/Artifact BMC")
        try:
            yield
        finally:
            self._code("EMC")

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 9,
        font: str = REGULAR,
        color: str = INK,
        right: bool = False,
    ) -> None:
        """Write a drawable text, beginning or ending at a place."""
        self.canvas.setFont(font, size)
        self.canvas.setFillColor(HexColor(color))
        self.canvas.drawString(x - width_of(text, font, size) if right else x, y, text)

    def box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Fill a box; without a colour it is hatched."""
        if width <= 0 or height <= 0:
            return
        if color:
            self.canvas.setFillColor(HexColor(color))
            self.canvas.rect(x, y, width, height, stroke=0, fill=1)
        else:
            self._hatched(x, y, width, height)

    def line(self, x: float, y: float, to_x: float, to_y: float, color: str = LINE) -> None:
        """Draw a thin line."""
        self.canvas.setStrokeColor(HexColor(color))
        self.canvas.setLineWidth(0.5)
        self.canvas.line(x, y, to_x, to_y)

    def finished(self) -> bytes:
        """Return the whole document."""
        self._turn()
        names = []
        for number, kept in enumerate(self._kept, 1):
            self.canvas.__dict__.update(kept)
            with self.decoration():
                self._foot(number, len(self._kept))
            names.append(self._document.thisPageName())
            self.canvas.showPage()
        self._tell_structure(names)
        self._document.SaveToFile(self._file, self.canvas)
        return self._file.getvalue()

    def _turn(self) -> None:
        self._kept.append(dict(self.canvas.__dict__))
        self.canvas._startPage()  # noqa: SLF001 - it has no other door to this
        self.top, self._marks = self.height - MARGIN, 0

    def _foot(self, number: int, count: int) -> None:
        said = self._words.get("page", "Page {number} of {count}").format(number=number, count=count)
        said = drawable(said)
        self.line(self.left, MARGIN + 12, self.left + self.inner, MARGIN + 12)
        self.text(self.left + self.inner, MARGIN, said, size=7.5, color=QUIET, right=True)
        room = self.inner - width_of(said, REGULAR, 7.5) - 12
        self.text(self.left, MARGIN, cut(self._title, room, REGULAR, 7.5), size=7.5, color=QUIET)

    def _hatched(self, x: float, y: float, width: float, height: float) -> None:
        canvas = self.canvas
        canvas.saveState()
        path = canvas.beginPath()
        path.rect(x, y, width, height)
        canvas.clipPath(path, stroke=0, fill=0)
        canvas.setFillColor(HexColor("#eceef1"))
        canvas.rect(x, y, width, height, stroke=0, fill=1)
        canvas.setStrokeColor(HexColor("#9aa2ad"))
        canvas.setLineWidth(0.6)
        at = x - height
        while at < x + width:
            canvas.line(at, y, at + height, y + height)
            at += 3.2
        canvas.restoreState()

    def _code(self, words: str) -> None:
        self.canvas._code.append(words)  # noqa: SLF001 - it has no other door to this

    def _tell_structure(self, names: list[str]) -> None:
        """Hang the tree of nodes into the document, and for each page the way back from its marks."""
        document = self._document
        parents: dict[int, list[object]] = {}
        root = pdfdoc.PDFDictionary({"Type": pdfdoc.PDFName("StructTreeRoot")})
        root_reference = document.Reference(root)

        def told(element: Element, above: object) -> object:
            facts = {
                "Type": pdfdoc.PDFName("StructElem"),
                "S": pdfdoc.PDFName(element.role),
                "P": above,
            }
            if element.alternative:
                facts["Alt"] = pdfdoc.PDFString(element.alternative)
            made = pdfdoc.PDFDictionary(facts)
            reference = document.Reference(made)
            parts: list[object] = []
            for part in element.parts:
                if isinstance(part, Element):
                    parts.append(told(part, reference))
                    continue
                parents.setdefault(part.page, []).append(reference)
                made["Pg"] = pdfdoc.PDFObjectReference(names[part.page])
                parts.append(part.number)
            made["K"] = pdfdoc.PDFArray(parts)
            return reference

        top = told(self._root, root_reference)
        ways: list[object] = []
        for page, name in enumerate(names):
            ways += [page, document.Reference(pdfdoc.PDFArray(parents.get(page, [])))]
            object_ = document.idToObject[name]
            object_.__NoDefault__ = [*object_.__NoDefault__, "StructParents", "Tabs"]
            object_.StructParents, object_.Tabs = page, pdfdoc.PDFName("S")
        root["K"] = pdfdoc.PDFArray([top])
        root["ParentTree"] = document.Reference(pdfdoc.PDFDictionary({"Nums": pdfdoc.PDFArray(ways)}))
        root["ParentTreeNextKey"] = len(names)
        document.Catalog.StructTreeRoot = root
        document.Catalog.MarkInfo = pdfdoc.PDFDictionary({"Marked": "true"})
