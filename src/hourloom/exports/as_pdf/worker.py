"""The process that draws documents: titles are foreign texts, and fonts and compression are large code."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hourloom.exports.as_pdf.drawing import drawn
from hourloom.exports.document import Bars, Document, Facts, Heat, Listing, Series, Stacks, Text
from hourloom.workers.child import Means, Session

PIECE = 1 << 20


def begin(means: Means) -> Session:
    """Collect a document, piece by piece; an empty piece ends it and is answered by its pages."""
    pieces: list[bytes] = []
    decode = msgspec.msgpack.Decoder(Document).decode

    def answer(request: bytes) -> Iterator[bytes]:
        if request:
            pieces.append(request)
            return
        pdf = drawn(decode(b"".join(pieces)))
        pieces.clear()
        for at in range(0, len(pdf), PIECE):
            yield pdf[at : at + PIECE]

    return answer


def _warm_up() -> None:
    """Load everything that drawing needs: once it is shut in, this process opens no files."""
    sample = Document(
        title="É",
        subtitle="",
        language="en",
        page="a4",
        sections=[
            Text("T", "heading"),
            Facts([("F", "1")]),
            Stacks("S", ["1"], [Series("A", "#127782", [1]), Series("B", "", [1])]),
            Bars("B", [("A", "#127782", 1, 1.0)]),
            Heat("H", ["M"], ["0"], [[0.5]]),
            Listing("L", ["H"], [["A"]], [False]),
        ],
    )
    drawn(sample)


_warm_up()
