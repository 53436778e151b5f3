"""One person is at one place: which of several devices a moment belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from hourloom.activities.model.subject import Subject

ACTIVE, MEDIA, IDLE = 2, 1, 0
"""How sure it is that somebody was there: by input, by sound or a call, only by a window in front."""

Claim = list[tuple[int, list[tuple[int, int, Subject, int]]]]
"""Of one device: for each degree of certainty stretches in order, with since when each was so."""

Lane = list[tuple[int, int, Subject]]


def merged(claims: Sequence[Claim], start: int, end: int) -> Lane:
    """Give each instant to the device where somebody most likely was.

        laptop   |  input        idle      |
        desktop  |        input            |
        phone    |  idle                   |
        result   |  laptop desk laptop     |

    Input goes before sound and calls, those before windows alone; among equals what began last.
    """
    lists = [
        [(s, e, degree, since, subject) for s, e, subject, since in stretches if s < end and e > start]
        for claim in claims
        for degree, stretches in claim
        if stretches
    ]
    lists = [stretches for stretches in lists if stretches]
    if len(lists) == 1:
        return [(max(s, start), min(e, end), subject) for s, e, _, _, subject in lists[0]]
    if len(claims) == 1 and not _overlap(lists):
        # The degrees of one device exclude one another.
        return sorted((max(s, start), min(e, end), subject) for part in lists for s, e, _, _, subject in part)
    return _swept([each for part in lists for each in part], start, end)


def _overlap(lists: list[list[tuple[int, int, int, int, Subject]]]) -> bool:
    spans = sorted((s, e) for part in lists for s, e, _, _, _ in part)
    return any(spans[at][1] > spans[at + 1][0] for at in range(len(spans) - 1))


def _swept(stretches: list[tuple[int, int, int, int, Subject]], start: int, end: int) -> Lane:
    """Give each instant to the strongest of the stretches that cover it."""
    lane: Lane = []
    # The strongest on top: a heap of what runs, by how strong it is, then by when it ends.
    running: list[tuple[int, int, tuple[int, int, int], int, Subject]] = []
    at = start
    for s, e, degree, since, subject in sorted(stretches):
        at = _advance(lane, running, at, max(s, start))
        key = (-subject.device, -subject.window, -subject.detail)
        heappush(running, (-degree, -since, key, e, subject))
    _advance(lane, running, at, end)
    return lane


def _advance(
    lane: Lane,
    running: list[tuple[int, int, tuple[int, int, int], int, Subject]],
    at: int,
    until: int,
) -> int:
    """Append who has the time from one instant to another; return the latter."""
    while running and at < until:
        _, _, _, ends, subject = running[0]
        if ends <= at:
            heappop(running)
            continue
        stop = min(ends, until)
        lane.append((at, stop, subject))
        at = stop
    return until


def coalesced(lane: Sequence[tuple[int, int, Subject]]) -> Lane:
    """Join neighbours that touch and are about the same."""
    joined: Lane = []
    for start, end, subject in lane:
        if joined and joined[-1][1] == start and joined[-1][2] == subject:
            joined[-1] = (joined[-1][0], end, subject)
        elif start < end:
            joined.append((start, end, subject))
    return joined
