"""What the head of every answer has."""

from __future__ import annotations

from typing import Any

JSON = b"application/json"
ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
]
NOT_KEPT = (b"cache-control", b"no-store")
"""Whatever does not say otherwise may hold somebody's record, so that no cache keeps it."""


def completed(headers: Any) -> list[tuple[bytes, bytes]]:  # whatever iterable ASGI was given
    """Return headers of an answer with those that every answer has."""
    whole = [*headers, *ALWAYS]
    if NOT_KEPT[0] not in [name for name, _ in whole]:
        whole.append(NOT_KEPT)
    return whole
