"""What all measures are made from: spans of active time, the thresholds, and shares that show their parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec

from hourloom.core.clock import MINUTE, SECOND, Duration, Instant

LEVELS = (-2, -1, 0, 1, 2)
"""The scores of categories, from very distracting to very productive."""


class Span(NamedTuple):
    """A stretch of active time with one category; those of a period come in order and do not overlap."""

    start: Instant
    end: Instant
    category_id: int | None
    score: int | None
    """Its level, or None where nobody said what its category is worth."""
    focus: bool
    """Whether its category is one to concentrate on."""
    interrupts: bool
    """Whether its category is one that takes people away from what they do."""


class Thresholds(msgspec.Struct, frozen=True):
    """The lengths that measures compare with, in microseconds."""

    dwell: int = 15 * SECOND
    """A visit that is shorter is passed over."""
    away: int = 2 * MINUTE
    """A longer time elsewhere, or away, ends a run; a longer time away ends a sitting."""
    focused: int = 15 * MINUTE
    """A run of this length counts for the focus ratio."""
    deep: int = 25 * MINUTE
    """A run of this length is deep work."""
    settled: int = 10 * MINUTE
    """Who has been in a run for so long can be interrupted."""
    resumed: int = 2 * MINUTE
    """Who stays for so long is back."""

    def scaled(self, by: int) -> Thresholds:
        """Return the thresholds for time that is so many times as long."""
        return Thresholds(*(getattr(self, name) * by for name in self.__struct_fields__))


USUAL = Thresholds()


class Share(NamedTuple):
    """A number that shows what it is a share of; without a value where there was nothing to divide by."""

    numerator: float
    denominator: float
    unit: str = "seconds"
    """What the numerator counts, and the denominator too unless the unit names another after a slash."""

    @property
    def value(self) -> float | None:
        """Return the quotient."""
        return self.numerator / self.denominator if self.denominator > 0 else None


def length(spans: Iterable[Span]) -> Duration:
    """Return how long spans last together."""
    return Duration(sum(span.end - span.start for span in spans))


def in_order(spans: Iterable[Span]) -> list[Span]:
    """Return spans as a list without empty ones; raise where they overlap or run backwards.

    Whoever counts what follows what must not be handed a list that was sorted for a screen.
    """
    found = [span for span in spans if span.end > span.start]
    if any(before.end > after.start for before, after in pairwise(found)):
        raise ValueError("the spans of a measure come in order and do not overlap")
    return found


def clipped(spans: Sequence[Span], cuts: Sequence[Instant]) -> Iterator[tuple[int, Span]]:
    """Yield spans cut where they cross from one part of a period into the next, with the number of the part.

    spans  |--a--------|   |-b-|
    cuts   |      |      |       |
    gives  0: a   1: a   2: b
    """
    part = 0
    for span in spans:
        start = max(span.start, cuts[0])
        while start < min(span.end, cuts[-1]):
            while cuts[part + 1] <= start:
                part += 1
            end = min(span.end, cuts[part + 1])
            # Most lie within one part and are yielded as they are: a day has thousands.
            whole = start == span.start and end == span.end
            yield part, span if whole else span._replace(start=start, end=end)
            start = end
