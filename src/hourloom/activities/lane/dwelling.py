"""Leave out short visits: their time goes to what was done before or after them."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.activities.model.activity import Activity
from hourloom.core.clock import Instant


def without_short_visits(activities: Sequence[Activity], dwell: int) -> list[Activity]:
    """Give visits shorter than a time to the neighbour that they touch; no time is lost.

    visits  |aaaaaaabccccc   d   |
    result  |aaaaaaaaccccc   d   |     b was short; d touches nothing
    """
    kept: list[Activity] = []
    early: Instant | None = None
    for place, visit in enumerate(activities):
        activity = visit if early is None else visit._replace(start=early)
        early = None
        touches = bool(kept) and kept[-1].end == activity.start
        if visit.end - visit.start >= dwell:
            if touches and _same(kept[-1], activity):
                kept[-1] = kept[-1]._replace(end=activity.end)
            else:
                kept.append(activity)
        elif touches:
            kept[-1] = kept[-1]._replace(end=activity.end)
        elif place + 1 < len(activities) and activities[place + 1].start == visit.end:
            early = activity.start
        else:
            kept.append(activity)
    return kept


def _same(one: Activity, other: Activity) -> bool:
    return one.subject == other.subject and one.verdict == other.verdict
