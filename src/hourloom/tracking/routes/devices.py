"""`/api/v1/devices`: which computers report, and how they are doing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core.actors import Actor
from hourloom.core.clock import datetime_of
from hourloom.core.device_health import DeviceHealth
from hourloom.tracking.service import Buckets, DeviceReports
from hourloom.web.routes import KIB, Mode, Routes

routes = Routes("/api/v1", "tracking")

LARGEST_REPORT = 64 * KIB
"""Some ten times what a device with everything tells; reports are kept in memory."""

DeviceName = Annotated[str, Meta(max_length=200, pattern=r"^[^/\x00-\x1f\x7f\ufffd]+(?!\n)$")]


class DeviceShape(msgspec.Struct):
    """A computer or phone that reports."""

    id: int
    name: str
    created_at: datetime
    reported_at: datetime | None
    """When its program last said how it is doing; null since the server's start until it does."""
    health: DeviceHealth | None


class ReportTaken(msgspec.Struct):
    """The report is kept until the next one."""


@routes.on("GET", "/devices", scope="tracking:read")
def list_devices(buckets: Buckets, reports: DeviceReports, who: Actor) -> list[DeviceShape]:
    """List the devices that reported, and how each is doing."""
    found = []
    for device in buckets.devices(who):
        report = reports.of(who, device.name)
        at, health = (datetime_of(report.received_at), report.health) if report else (None, None)
        found.append(DeviceShape(device.id, device.name, datetime_of(device.created_at), at, health))
    return found


@routes.on("PUT", "/devices/{device}/health", mode=Mode.PLAIN, limit=LARGEST_REPORT)
def report_health(reports: DeviceReports, who: Actor, device: DeviceName, body: DeviceHealth) -> ReportTaken:
    """Say how a device is doing; its program does that."""
    reports.take(who, device, body)
    return ReportTaken()
