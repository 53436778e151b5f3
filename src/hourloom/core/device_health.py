"""How a device is doing, as its program tells it: mechanisms, queue and clocks, nothing of what it saw."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(max_length=100)]
Sentence = Annotated[str, Meta(max_length=500)]
Count = Annotated[int, Meta(ge=0, lt=2**53)]


class Obstacle(msgspec.Struct, frozen=True):
    """Why a mechanism does not work on this computer, and what a person can do about it."""

    mechanism: Name
    reason: Sentence
    next_step: Sentence = ""


class WatcherHealth(msgspec.Struct, frozen=True):
    """How one part of a watcher is doing."""

    watcher: Name
    mechanism: Name | None
    """What it observes by; None while nothing works."""
    polls: bool
    """Whether it asks again and again, because nothing better exists here."""
    since: datetime | None
    observed_at: datetime | None
    """When it last told something new."""
    error: Sentence | None
    obstacles: Annotated[list[Obstacle], Meta(max_length=20)]
    note: Sentence | None = None
    """What is good to know and no trouble: everything else works without it."""


class QueueHealth(msgspec.Struct, frozen=True):
    """What waits for the server."""

    waiting: Count
    oldest: datetime | None
    letters: Count
    left_out: Count
    bytes: Count
    last_answer: datetime | None
    trouble: Sentence | None


class ClockEvent(msgspec.Struct, frozen=True):
    """What the clocks of the computer did."""

    at: datetime
    kind: Literal["slept", "stalled", "set forward", "set back"]
    seconds: float


class DeviceHealth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the device program is doing."""

    device: Annotated[str, Meta(max_length=200)]
    version: Name
    pid: Count
    started_at: datetime
    at: datetime
    paused_until: datetime | None
    """None when nothing is paused; far ahead when it is paused until somebody resumes."""
    watchers: Annotated[list[WatcherHealth], Meta(max_length=20)]
    queue: QueueHealth | None
    clock: Annotated[list[ClockEvent], Meta(max_length=20)]
