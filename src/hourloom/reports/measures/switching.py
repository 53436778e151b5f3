"""Switching between categories: visits, switches in an hour, and how long one stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from hourloom.core.clock import HOUR, Duration, Instant
from hourloom.reports.measures.model import USUAL, Share, Span, Thresholds, length


class Visit(NamedTuple):
    """One stay in one category, over glances elsewhere that were too short to count."""

    start: Instant
    end: Instant
    category_id: int | None
    lasted: Duration
    """In the category itself."""
    focus: bool
    interrupts: bool


Sitting = Sequence[Visit]
"""The visits between two breaks; there is at least one."""


def sittings(spans: Iterable[Span], thresholds: Thresholds = USUAL) -> list[Sitting]:
    """Return the visits, those between two breaks together.

    spans   |--code--|m|--code--|-mail-|        |-mail-|--code--|      m: under `thresholds.dwell`
    visits  |--------code-------|-mail-|        |-mail-|--code--|
    of      the first sitting            break  the second

    A visit under `thresholds.dwell` (15 s) is passed over, and what it parted is one visit again: a return
    within it is no switch. A short return belongs to the long visit beside it. A time away longer than
    `thresholds.away` (2 min) is a break.
    """
    settled = (_settled(_joined(whole), thresholds.dwell) for whole in _parted(spans, thresholds))
    return [visits for visits in settled if visits]


def switches(of: Iterable[Sitting]) -> int:
    """Return how often one category followed another within a sitting."""
    return sum(len(visits) - 1 for visits in of)


def per_hour(switches: int, active: int) -> Share:
    """Return the switches in an hour of active time.

    Formula: switches between categories within sittings / active hours. Not between windows, nor over a
    break: who comes back from lunch to something else was not torn away.
    Unit: switches per active hour. Source: Mark's studies of attention, with a dwell of 15 s.
    """
    return Share(switches, active / HOUR, "switches/hours")


def stays(of: Iterable[Sitting]) -> list[Duration]:
    """Return how long each visit lasted: the median of these is the median uninterrupted span.

    Formula: time in the category of the visit, with short returns. Unit: microseconds.
    Source: the time on one thing, as Mark reports it; measured here by category.
    """
    return [visit.lasted for visits in of for visit in visits]


def _parted(spans: Iterable[Span], thresholds: Thresholds) -> Iterator[list[Span]]:
    """Yield the spans between two breaks."""
    whole: list[Span] = []
    for span in spans:
        if whole and span.start - whole[-1].end > thresholds.away:
            yield whole
            whole = []
        whole.append(span)
    if whole:
        yield whole


def _settled(visits: Iterable[Visit], dwell: int) -> list[Visit]:
    """Keep the visits that are long enough; a short one belongs to its like before or behind it."""
    found: list[Visit] = []
    short: list[Visit] = []
    for visit in visits:
        if visit.lasted < dwell:
            short.append(visit)
        elif found and found[-1].category_id == visit.category_id:
            found[-1] = _with(found[-1], [*short, visit])
            short = []
        else:
            if found:
                found[-1] = _with(found[-1], short)
            begun = _with(visit, short)
            earliest = found[-1].end if found else begun.start
            found.append(begun._replace(start=max(begun.start, earliest)))
            short = []
    if found:
        found[-1] = _with(found[-1], short)
    return found


def _with(visit: Visit, others: Sequence[Visit]) -> Visit:
    own = [each for each in others if each.category_id == visit.category_id]
    if not own:
        return visit
    return visit._replace(
        start=min([visit.start, *(each.start for each in own)]),
        end=max([visit.end, *(each.end for each in own)]),
        lasted=Duration(visit.lasted + sum(each.lasted for each in own)),
    )


def _joined(spans: Iterable[Span]) -> Iterator[Visit]:
    """Yield a visit for each stretch of spans of one category."""
    for category, stretch in groupby(spans, key=itemgetter(2)):
        own = list(stretch)
        yield Visit(
            own[0].start, own[-1].end, category, length(own), focus=own[0].focus, interrupts=own[0].interrupts
        )
