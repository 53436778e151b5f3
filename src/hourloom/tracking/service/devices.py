"""Keep what devices tell of themselves: in memory, because it is about the present alone."""

from __future__ import annotations

import threading
from collections import OrderedDict

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock, Instant
from hourloom.core.device_health import DeviceHealth
from hourloom.core.errors import Forbidden
from hourloom.core.ids import WorkspaceId

MOST_DEVICES = 1_000


class MayNotReport(Forbidden):
    """The token may not record, so it cannot tell how a device is doing."""


def require_reporter(who: Actor) -> None:
    """Refuse whoever may not record."""
    may = any(who.may(scope) for scope in ("heartbeats:write", "tracking:write"))
    if not may and not any(scope.startswith("heartbeats:write:") for scope in who.scopes):
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
        self._reports: OrderedDict[tuple[WorkspaceId, str], Report] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, who: Actor, device: str, health: DeviceHealth) -> None:
        """Keep a report in the place of the one before."""
        require_reporter(who)
        with self._lock:
            self._reports[who.workspace_id, device] = Report(self._clock.now(), health)
            self._reports.move_to_end((who.workspace_id, device))
            while len(self._reports) > MOST_DEVICES:
                self._reports.popitem(last=False)

    def of(self, who: Actor, device: str) -> Report | None:
        """Return the last report of a device."""
        who.require("tracking:read")
        with self._lock:
            return self._reports.get((who.workspace_id, device))
