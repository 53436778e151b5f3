"""Typed identifiers, so that one kind cannot be passed for another."""

from __future__ import annotations

from typing import NewType

WorkspaceId = NewType("WorkspaceId", int)
UserId = NewType("UserId", int)
TokenId = NewType("TokenId", int)
DeviceId = NewType("DeviceId", int)
BucketId = NewType("BucketId", int)
PayloadId = NewType("PayloadId", int)
EventId = NewType("EventId", int)
OperationId = NewType("OperationId", int)
JobId = NewType("JobId", int)
NoticeId = NewType("NoticeId", int)
ErasureId = NewType("ErasureId", int)
GoalId = NewType("GoalId", int)
