"""The canonical lane: what one person was doing, across devices and watchers, without overlap."""

from __future__ import annotations

from typing import NamedTuple

from hourloom.activities.model.subject import Subject
from hourloom.activities.model.verdict import Verdict
from hourloom.core.clock import Instant


class Activity(NamedTuple):
    """A stretch of the lane with what was decided about it."""

    start: Instant
    end: Instant
    subject: Subject
    verdict: Verdict
