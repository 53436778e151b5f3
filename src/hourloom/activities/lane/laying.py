"""One bucket's events laid side by side: none over another, short gaps filled."""

from __future__ import annotations

from collections.abc import Iterable

from hourloom.core.clock import SECOND

Laid = list[tuple[int, int, int, int]]
"""Stretches: start, end, payload, and when the event behind each began."""

OVERLAP_TO_TRIM = SECOND // 10
"""Overlaps shorter than this are taken for imprecision and split like gaps."""


def lay(events: Iterable[tuple[int, int, int]], pulsetime: int) -> Laid:
    """Fill gaps up to a pulsetime, and give each instant to the event that began last.

        events  |  aaaa  aa  bbbbb    |     gaps up to the pulsetime:
                |          cc    ddd  |
        result  |  aaaaaaaabccbbbddd  |     equal neighbours close them, others meet in the middle

    An event that still runs comes back when a later one has ended. One without length counts only for its
    part of the gaps around it. What an instant is given to follows from the events that meet the time within
    a pulsetime of it, wherever one begins to read.
    """
    runs = [(start, end, payload, start) for start, end, payload in sorted(events)]
    filled, overlaps = _filled(runs, pulsetime)
    return _filled(_flat(filled), pulsetime)[0] if overlaps else filled


def _filled(runs: Laid, pulsetime: int) -> tuple[Laid, bool]:
    """Fill gaps between neighbours; drop what has no length even so; return also whether some overlap."""
    if not runs:
        return [], False
    filled: Laid = []
    overlaps, covered = False, -1
    start, end, payload, since = runs[0]
    for next_start, next_end, next_payload, next_since in runs[1:]:
        begins = next_start
        gap = next_start - end
        if -OVERLAP_TO_TRIM < gap <= pulsetime:
            if payload != next_payload:
                end = begins = end + gap // 2
            elif gap > 0:
                end = next_start
        if start < end:
            filled.append((start, end, payload, since))
            overlaps = overlaps or start < covered
            covered = max(covered, end)
        start, end, payload, since = begins, max(begins, next_end), next_payload, next_since
    if start < end:
        filled.append((start, end, payload, since))
        overlaps = overlaps or start < covered
    return filled, overlaps


def _flat(runs: Laid) -> Laid:
    """Give each instant to the run that began last; one that still runs comes back when that has ended."""
    flat: Laid = []
    below: list[tuple[int, int, int]] = []
    at = 0
    for start, end, payload, since in sorted(runs):
        if below:
            _run_down(flat, below, at, start)
        below.append((end, payload, since))
        at = start
    _run_down(flat, below, at, 2**62)
    return flat


def _run_down(flat: Laid, below: list[tuple[int, int, int]], at: int, until: int) -> None:
    """Append what runs from one instant to another, the newest of it first."""
    while below:
        end, payload, since = below[-1]
        stop = min(end, until)
        if at < stop:
            flat.append((at, stop, payload, since))
            at = stop
        if end > until:
            break
        below.pop()


def lasting_to_next(moments: Iterable[tuple[int, int, int]], most: int) -> list[tuple[int, int, int]]:
    """Let moments last until the next one, if that comes soon enough.

    moments  |  a   b              c  d  |
    result   |  aaaab              cccd  |
    """
    ordered = sorted(moments)
    ends = [start for start, _, _ in [*ordered[1:], (2**62, 0, 0)]][: len(ordered)]
    return [
        (start, max(end, following if following - start <= most else start), payload)
        for (start, end, payload), following in zip(ordered, ends, strict=True)
    ]
