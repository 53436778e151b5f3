"""Take out of window titles what changes from moment to moment."""

from __future__ import annotations

import re

from hourloom.tracking.query.deadline import NEVER, Deadline
from hourloom.tracking.query.events import Events, Memo, Payload, with_payloads

_COUNT = re.compile(r"^\([0-9]+\)\s*")
_FRAMES = re.compile(r"FPS:\s+[0-9\.]+")
_UNSAVED = re.compile(r"^(●|\*)\s*")


def simplify_window_titles(events: Events, key: str = "title", deadline: Deadline = NEVER) -> Events:
    """Remove counts of unread messages and, from the titles of apps, unsaved marks and frame rates.

    (2) Inbox         becomes  Inbox
    ● main.py - Code  becomes  main.py - Code
    Cemu - FPS: 59.2  becomes  Cemu - FPS: ...
    """
    simplified: Memo[Payload, Payload] = Memo(lambda payload: _simplified(payload, key))
    for part in deadline.parts(events):
        for event in part:
            simplified[event[3]]
    return with_payloads(events, simplified)


def _simplified(payload: Payload, key: str) -> Payload:
    title = payload.data.get(key)
    if not isinstance(title, str):
        return payload
    title = _COUNT.sub("", title)
    if key == "title" and "app" in payload.data:
        title = _UNSAVED.sub("", _FRAMES.sub("FPS: ...", title))
    return payload.having({key: title})
