"""How names, days and moments are written for WakaTime's clients."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from hourloom.core.clock import SECOND, datetime_of, format_instant
from hourloom.core.days import SYSTEM
from hourloom.wakatime.service.time import Way


def zone_name(way: Way, at: int) -> str:
    """Return the name of the zone of the days; of the computer's own the short one, such as CET."""
    return way.zone if way.zone != SYSTEM else datetime_of(at).astimezone().tzname() or "UTC"


def id_of(kind: str, name: str) -> str:
    """Return the id of something that is known by its name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"hourloom:{kind}:{name}"))


def quoted(name: str) -> str:
    """Return a name as part of an address."""
    return quote(name, safe="")


def instant_text(at: int) -> str:
    """Write an instant in whole seconds."""
    return format_instant(at // SECOND * SECOND)
