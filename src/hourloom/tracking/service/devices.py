"""Keep what devices tell of themselves: in memory, because it is about the present alone."""

from __future__ import annotations

import threading
from collections import OrderedDict

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock, Instant
from hourloom.core.decoding import decode
from hourloom.core.device_health import DeviceHealth
from hourloom.core.errors import Forbidden
from hourloom.core.ids import WorkspaceId

MOST_DEVICES = 200


class MayNotReport(Forbidden):
    """The token may not record in every bucket, so it cannot speak for a device."""


def require_reporter(who: Actor) -> None:
    """Refuse whoever may not record, or in single buckets only: whose device that is nobody knows."""
    if not any(who.may(scope) for scope in ("heartbeats:write", "tracking:write")):
        raise MayNotReport


class Report(msgspec.Struct, frozen=True):
    """How a device is doing, and when it said so."""

    received_at: Instant
    health: DeviceHealth


class DeviceReports:
    """The last report of each device; after a restart the devices tell again."""

    is_service = True

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reports: OrderedDict[tuple[WorkspaceId, str], tuple[Instant, bytes]] = OrderedDict()
        """As JSON, which takes no more memory than what was sent."""
        self._lock = threading.Lock()

    def take(self, who: Actor, device: str, health: DeviceHealth) -> None:
        """Keep a report in the place of the one before."""
        require_reporter(who)
        with self._lock:
            self._reports[who.workspace_id, device] = self._clock.now(), msgspec.json.encode(health)
            self._reports.move_to_end((who.workspace_id, device))
            while len(self._reports) > MOST_DEVICES:
                self._reports.popitem(last=False)

    def of(self, who: Actor, device: str) -> Report | None:
        """Return the last report of a device."""
        who.require("tracking:read")
        with self._lock:
            found = self._reports.get((who.workspace_id, device))
        return found and Report(found[0], decode(found[1], DeviceHealth))
