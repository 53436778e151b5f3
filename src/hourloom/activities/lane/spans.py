"""Spans of time in order, none over another: joined, cut, taken away."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import merge

Spans = list[tuple[int, int]]


def united(*lists: Iterable[tuple[int, int]]) -> Spans:
    """Return the time in any of some lists; those that touch become one.

    one     |  --- --      |
    other   |    --    --  |
    result  |  ------  --  |
    """
    joined: Spans = []
    start, end = -1, -1
    for next_start, next_end in merge(*lists):
        if next_start > end:
            if start < end:
                joined.append((start, end))
            start, end = next_start, next_end
        elif next_end > end:
            end = next_end
    if start < end:
        joined.append((start, end))
    return joined


def without(spans: Iterable[tuple[int, int]], gone: Iterable[tuple[int, int]]) -> Spans:
    """Take time away.

    spans   |  ------   --  |
    gone    |    --    --   |
    result  |  --  --    -  |
    """
    left: Spans = []
    takes = iter(gone)
    take = next(takes, None)
    for start, end in spans:
        at = start
        while take is not None and take[1] <= at:
            take = next(takes, None)
        while take is not None and take[0] < end:
            if at < take[0]:
                left.append((at, take[0]))
            at = max(at, take[1])
            if take[1] >= end:
                break
            take = next(takes, None)
        if at < end:
            left.append((at, end))
    return left


def within(spans: Iterable[tuple[int, int]], start: int, end: int) -> Spans:
    """Cut spans to a period."""
    return [(max(s, start), min(e, end)) for s, e in spans if s < end and e > start]
