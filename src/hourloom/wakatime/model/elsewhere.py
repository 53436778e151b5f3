"""Time that was spent elsewhere, as programs report it: spans with a beginning and an end."""

from __future__ import annotations

from typing import Any

import msgspec

from hourloom.core.clock import DAY, Duration, Instant
from hourloom.wakatime.model.beats import (
    LONGEST_ENTITY,
    BeatFault,
    instant_in,
    text_in,
    word_in,
)

BUCKET_TYPE = "app.editor.elsewhere"
"""Of the buckets that hold such spans; they are part of no total."""
LONGEST = Duration(31 * DAY)


class ElsewhereSpan(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is stored of a span that was spent elsewhere; the payload of its event."""

    external_id: str
    entity: str
    type: str = "app"
    category: str | None = None
    provider: str | None = None
    project: str | None = None
    branch: str | None = None
    language: str | None = None
    meta: str | None = None


class SentSpan(msgspec.Struct, frozen=True):
    """A span with its bounds."""

    start: Instant
    end: Instant
    span: ElsewhereSpan


def read_span(item: object) -> SentSpan | BeatFault:
    """Return a span as it is stored, or why it cannot be."""
    if not isinstance(item, dict):
        return BeatFault("external_duration", "This is not a JSON object.")
    start, end = (
        instant_in(item.get("start_time"), "start_time"),
        instant_in(item.get("end_time"), "end_time"),
    )
    if isinstance(start, BeatFault):
        return start
    if isinstance(end, BeatFault):
        return end
    if not 0 <= end - start <= LONGEST:
        return BeatFault("end_time", "It must come after the start, and within 31 days.")
    external_id, entity = word_in(item.get("external_id")), text_in(item.get("entity"), LONGEST_ENTITY)
    if external_id is None or entity is None:
        return BeatFault("external_id" if external_id is None else "entity", "This field is required.")
    return SentSpan(start, end, _span(item, external_id, entity))


def _span(item: dict[str, Any], external_id: str, entity: str) -> ElsewhereSpan:
    category = word_in(item.get("category"))
    return ElsewhereSpan(
        external_id=external_id,
        entity=entity,
        type=(word_in(item.get("type")) or "app").lower(),
        category=None if category is None else category.lower(),
        provider=word_in(item.get("provider")),
        project=word_in(item.get("project")),
        branch=word_in(item.get("branch")),
        language=word_in(item.get("language")),
        meta=text_in(item.get("meta"), LONGEST_ENTITY),
    )
