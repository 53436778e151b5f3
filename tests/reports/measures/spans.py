"""Days made of words: what was done, and for how long."""

from __future__ import annotations

from hypothesis import strategies as st

from hourloom.core.clock import SECOND, Instant
from hourloom.reports.measures.model import Span

KINDS: dict[str, tuple[int, int | None, bool, bool]] = {
    "code": (1, 2, True, False),
    "docs": (2, 1, True, False),
    "files": (3, 0, False, False),
    "mail": (4, -1, False, True),
    "news": (5, -2, False, True),
}
"""Category, score, whether it is focus, whether it interrupts."""
UNKNOWN = (None, None, False, False)


def a_day(*did: tuple[str, float], start: float = 0) -> list[Span]:
    """Return spans that follow one another, in seconds; `away` is nobody there, `?` is uncategorised."""
    spans, at = [], start
    for what, seconds in did:
        if what != "away":
            kind = KINDS.get(what, UNKNOWN)
            begins, ends = (Instant(round(each * SECOND)) for each in (at, at + seconds))
            spans.append(Span(begins, ends, *kind))
        at += seconds
    return spans


def minutes(*did: tuple[str, float], start: float = 0) -> list[Span]:
    """Return spans that follow one another, in minutes."""
    return a_day(*((what, lasted * 60) for what, lasted in did), start=start * 60)


SECONDS = st.sampled_from([1, 4, 14, 15, 16, 60, 119, 120, 121, 300, 600, 601, 899, 900, 1500, 2000])
DID = st.tuples(st.sampled_from([*KINDS, "?", "away"]), SECONDS)
DAYS = st.lists(DID, max_size=40).map(lambda did: a_day(*did))
