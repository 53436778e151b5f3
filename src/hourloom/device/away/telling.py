"""What the device program and the server tell each other about presence: settings and returns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from hourloom.core.clock import SECOND, Duration, Instant, format_instant
from hourloom.device.away.presence import THRESHOLD, Rule, Why

THRESHOLD_SETTING, MEDIA_SETTING = "idle_threshold_seconds", "present_with_media"
LONGEST = 86_400


class Returned(msgspec.Struct, frozen=True):
    """Somebody is back who was away in [away_from, back_at)."""

    away_from: Instant
    back_at: Instant
    why: Why

    def request(self, device: str) -> tuple[str, bytes]:
        """Return the path and the body of the POST that announces it."""
        body = {
            "away_from": format_instant(self.away_from),
            "back_at": format_instant(self.back_at),
            "why": self.why,
        }
        return f"/api/v1/devices/{quote(device, safe='')}/returns", msgspec.json.encode(body)


def rule_of(settings: Mapping[str, object]) -> Rule:
    """Return the rule that settings ask for; the usual one counts for what is missing or makes no sense."""
    seconds = settings.get(THRESHOLD_SETTING)
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool) and math.isfinite(seconds)
    threshold = THRESHOLD
    if is_number and isinstance(seconds, int | float) and 1 <= seconds <= LONGEST:
        threshold = Duration(round(seconds * SECOND))
    return Rule(threshold, media=settings.get(MEDIA_SETTING) is True)
