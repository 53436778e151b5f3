"""What is said between the device program and the server."""

from __future__ import annotations

import msgspec
import pytest

from hourloom.core.clock import SECOND, Duration, Instant
from hourloom.device.away.presence import THRESHOLD, Rule
from hourloom.device.away.telling import MEDIA_SETTING, THRESHOLD_SETTING, Returned, rule_of
from hourloom.settings.definitions import IDLE_THRESHOLD_SECONDS, PRESENT_WITH_MEDIA


def test_settings_make_the_rule_and_nonsense_changes_nothing() -> None:
    assert rule_of({}) == Rule() == Rule(THRESHOLD, media=False)
    assert rule_of({THRESHOLD_SETTING: 120, MEDIA_SETTING: True}) == Rule(Duration(120 * SECOND), media=True)
    assert IDLE_THRESHOLD_SECONDS.default * SECOND == THRESHOLD
    assert (IDLE_THRESHOLD_SECONDS.name, PRESENT_WITH_MEDIA.name) == (THRESHOLD_SETTING, MEDIA_SETTING)
    assert PRESENT_WITH_MEDIA.default is False


@pytest.mark.parametrize("nonsense", [None, "300", True, 0, -5, 1e9, float("nan"), float("inf"), [300]])
def test_a_threshold_that_makes_no_sense_is_the_usual_one(nonsense: object) -> None:
    assert rule_of({THRESHOLD_SETTING: nonsense, MEDIA_SETTING: nonsense}).threshold == THRESHOLD


def test_a_return_is_said_to_the_server() -> None:
    path, body = Returned(Instant(0), Instant(90 * SECOND), "locked").request("my/desk")
    assert path == "/api/v1/devices/my%2Fdesk/returns"
    assert msgspec.json.decode(body) == {
        "away_from": "1970-01-01T00:00:00Z",
        "back_at": "1970-01-01T00:01:30Z",
        "why": "locked",
    }
