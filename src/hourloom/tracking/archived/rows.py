"""The lines of an archive that hold the record; numbers are those of the database that wrote them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core.clock import EARLIEST, LATEST
from hourloom.tracking.model import MOST_DATA, BucketName, Word

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
At = Annotated[int, Meta(ge=EARLIEST, lt=LATEST)]
"""Microseconds since 1970, UTC."""


class DeviceRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A computer or phone that reports."""

    id: Number
    user: Annotated[int, Meta(ge=1, le=1_000_000)]
    """A place among the members."""
    name: Annotated[str, Meta(max_length=200)]
    created_at: At


class BucketRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One watcher's stream of events; with `deleted_at` it lies in the trash."""

    id: Number
    device_id: Number
    name: BucketName
    type: Word
    client: Word
    hostname: Word
    data: Annotated[str, Meta(max_length=4 * MOST_DATA)]
    """JSON in a text, so that programs get back what they wrote."""
    created_at: At
    deleted_at: Annotated[int, Meta(ge=1, lt=LATEST)] | None


class PayloadRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data of events; each distinct one is there once."""

    id: Number
    data: msgspec.Raw


class EventRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A raw interval."""

    id: Number
    bucket_id: Number
    started_at: At
    ended_at: At
    payload_id: Number


class TotalRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """How long something lasted within a quarter of an hour whose events are deleted."""

    bucket_id: Number
    started_at: At
    payload_id: Number
    lasted: Annotated[int, Meta(ge=0, lt=LATEST)]


class ImageRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """An event as it was before (0) or after (1) an operation, by which that can be undone."""

    operation_id: Number
    event_id: Number
    side: Annotated[int, Meta(ge=0, le=1)]
    bucket_id: Number
    started_at: At
    ended_at: At
    payload_id: Number


class RunRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Numbers of events without a gap that an operation added."""

    operation_id: Number
    first_event: Number
    last_event: Number
