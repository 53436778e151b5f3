"""What is left of events that are gone: how long what was shown in each quarter of an hour, laid again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from hourloom.activities.lane.facts import NOTHING_KNOWN, Facts
from hourloom.activities.lane.spans import Spans, united, within
from hourloom.core.clock import MINUTE

QUARTER = 15 * MINUTE

Totals = Iterable[tuple[int, int, int]]
"""Start of a quarter of an hour, payload, and how long."""
LaidTotals = list[tuple[int, int, int]]
"""Start, end and payload."""


class DeviceTotals(NamedTuple):
    """The totals of one device, and what of its presence is still there as events."""

    windows: Totals
    presence: Totals
    present: Spans
    """When its events tell of input; events that last longer outlive those of windows."""
    known_from: int | None
    """When its first event about presence begins; before, and without any, nobody can tell."""


class _Share(NamedTuple):
    """How long each payload of a device is laid within a quarter, and how long nobody was there."""

    device: int
    lasted: dict[int, int]
    away: int


def laid_totals(
    devices: Mapping[int, DeviceTotals], known: Mapping[int, Facts], *, calls_are_present: bool
) -> tuple[dict[int, LaidTotals], Spans]:
    """Lay totals one after the other, on each device no longer than somebody was there; tell when not.

    desk    |  Code 6 min, Firefox 6 min    presence   10 min     each gives way in proportion
    phone   |  Chat 3 min
    result  |CCCCCFFFFFTTT  |

    All that a person did within a quarter is laid side by side: when in it each was, nobody knows any more,
    and laid over one another they would hide each other. A call is one without any input too.
    """
    quarters: dict[int, list[_Share]] = {}
    for device, totals in sorted(devices.items()):
        for start, share in _shares(device, totals, known, calls_are_present=calls_are_present):
            quarters.setdefault(start, []).append(share)
    laid: dict[int, LaidTotals] = {}
    away: list[tuple[int, int]] = []
    for start, shares in sorted(quarters.items()):
        parts = [(share.device, *each) for share in shares for each in share.lasted.items()]
        total = sum(lasted for _, _, lasted in parts)
        room = min(total, QUARTER)
        done = [0]
        for _, _, lasted in parts:
            done.append(done[-1] + lasted)
        places = [start + each * room // total if total else start for each in done]
        for (device, payload, _), (begins, ends) in zip(parts, pairwise(places), strict=True):
            if begins < ends:
                laid.setdefault(device, []).append((begins, ends, payload))
        gone = min(QUARTER - room, max(share.away for share in shares))
        if gone > 0:
            away.append((start + room, start + room + gone))
    return laid, united(away)


def _shares(
    device: int, totals: DeviceTotals, known: Mapping[int, Facts], *, calls_are_present: bool
) -> Iterable[tuple[int, _Share]]:
    """Yield the quarters of a device of which anything is left."""
    shown = _by_quarter(totals.windows)
    stated = _by_quarter(totals.presence)
    for start in sorted({*shown, *stated}):
        there = away = 0
        for payload, lasted in stated.get(start, {}).items():
            facts = known.get(payload, NOTHING_KNOWN)
            there += lasted if facts.status == "not-afk" else 0
            away += lasted if facts.status == "afk" and not facts.asleep else 0
        there += sum(e - s for s, e in within(totals.present, start, start + QUARTER))
        unknown = QUARTER if totals.known_from is None else min(QUARTER, max(0, totals.known_from - start))
        of_quarter = dict(sorted(shown.get(start, {}).items()))
        calls = {
            payload: lasted
            for payload, lasted in of_quarter.items()
            if calls_are_present and known.get(payload, NOTHING_KNOWN).call
        }
        in_calls = sum(calls.values())
        # Who is said to be away while a call is in front is taken to be in it.
        heard = min(in_calls, away)
        room = max(in_calls, min(QUARTER, there + unknown + heard))
        others = {payload: lasted for payload, lasted in of_quarter.items() if payload not in calls}
        yield start, _Share(device, calls | _squeezed(others, room - in_calls), away - heard)


def _squeezed(lasted: Mapping[int, int], room: int) -> dict[int, int]:
    """Shorten all in proportion, so that they fit."""
    total = sum(lasted.values())
    if total <= room:
        return dict(lasted)
    found: dict[int, int] = {}
    done = 0
    for payload, each in lasted.items():
        found[payload] = (done + each) * room // total - done * room // total
        done += each
    return found


def _by_quarter(totals: Totals) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    for start, payload, lasted in totals:
        of_quarter = found.setdefault(start, {})
        of_quarter[payload] = of_quarter.get(payload, 0) + lasted
    return found


def spans_of_input(
    events: Sequence[tuple[int, int, int]], known: Mapping[int, Facts], start: int, end: int
) -> Spans:
    """Return when events tell of input, within a time."""
    return united(
        sorted(
            (max(s, start), min(e, end))
            for s, e, payload in events
            if s < end and e > start and known.get(payload, NOTHING_KNOWN).status == "not-afk"
        )
    )
