"""Python client for the server's HTTP API, with a queue on disk for what watchers see. See docs/sdk.md."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hourloom.core.errors import HourloomError
    from hourloom.sdk.answers import Bucket, Event
    from hourloom.sdk.api import RefusedByServer
    from hourloom.sdk.client import Client
    from hourloom.sdk.connection import ServerNotAnswering, ServerNotRunning
    from hourloom.sdk.outbox import Beat, BeatRefused, Bounds, Letter, Outbox, OutboxInUse, State

__all__ = [
    "Beat",
    "BeatRefused",
    "Bounds",
    "Bucket",
    "Client",
    "Event",
    "HourloomError",
    "Letter",
    "Outbox",
    "OutboxInUse",
    "RefusedByServer",
    "ServerNotAnswering",
    "ServerNotRunning",
    "State",
]

_HOMES = {
    "hourloom.core.errors": ("HourloomError",),
    "hourloom.sdk.answers": ("Bucket", "Event"),
    "hourloom.sdk.api": ("RefusedByServer",),
    "hourloom.sdk.client": ("Client",),
    "hourloom.sdk.connection": ("ServerNotAnswering", "ServerNotRunning"),
    "hourloom.sdk.outbox": ("Beat", "BeatRefused", "Bounds", "Letter", "Outbox", "OutboxInUse", "State"),
}


def __getattr__(name: str) -> object:
    """Import what is asked for: our own programs use parts of this, and start faster without the rest."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(name)
