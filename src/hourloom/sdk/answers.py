"""The shapes of the server's answers, as far as programs of ours read them."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Info(msgspec.Struct):
    """What the server is."""

    hostname: str
    version: str
    testing: bool
    device_id: str


class Bucket(msgspec.Struct):
    """A bucket and where its events begin and end."""

    name: str
    type: str
    client: str
    hostname: str
    started_at: datetime | None
    ended_at: datetime | None


class Token(msgspec.Struct):
    """A token without its secret."""

    id: int
    name: str
    purpose: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class IssuedToken(msgspec.Struct):
    """A new token."""

    id: int
    name: str
    scopes: list[str]
    secret: str


class Code(msgspec.Struct):
    """A single-use code."""

    code: str


class Operation(msgspec.Struct):
    """One deliberate change."""

    id: int
    kind: str
    subject: dict[str, object]
    at: datetime
    undone_at: datetime | None
    can_be_undone: bool


class OperationPage(msgspec.Struct):
    """Operations from the newest on."""

    operations: list[Operation]
    next_cursor: int | None


class Import(msgspec.Struct):
    """What an import did so far."""

    operation_id: int
    source: str
    created: int
    skipped: int
    buckets_created: list[str]
    buckets_merged: list[str]
    cursors: dict[str, str]
