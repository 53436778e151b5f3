"""Send crashes to a Sentry server: the class of the error and the places in the source, nothing else."""

from __future__ import annotations

from typing import Any

import sentry_sdk

from hourloom.care.crashes import Crash
from hourloom.care.telemetry import Measures

SECONDS_TO_FLUSH = 2.0


class Adapter:
    """Sends crashes; figures are none of Sentry's business."""

    def __init__(self, address: str) -> None:
        sentry_sdk.init(
            dsn=address,
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            send_default_pii=False,
            traces_sample_rate=0.0,
            server_name="",
            before_send=_ours_alone,
        )

    def crashed(self, crash: Crash) -> None:
        """Send what is known of a crash."""
        sentry_sdk.capture_event(event_of(crash))

    def watch(self, measures: Measures) -> None:
        """Send no figures."""

    def close(self) -> None:
        """Send what waits."""
        sentry_sdk.flush(timeout=SECONDS_TO_FLUSH)


def event_of(crash: Crash) -> dict[str, Any]:  # Sentry's own shape
    """Write a crash as Sentry reads it."""
    frames = []
    for frame in reversed(crash.frames):
        file, _, rest = frame.partition(":")
        line, _, function = rest.partition(" ")
        frames.append({"filename": file, "lineno": int(line) if line.isdigit() else 0, "function": function})
    return {
        "platform": "python",
        "level": "error",
        "release": crash.version,
        "timestamp": crash.at,
        "tags": {"place": crash.place},
        "exception": {"values": [{"type": crash.error, "value": "", "stacktrace": {"frames": frames}}]},
    }


def _ours_alone(event: dict[str, Any], _hint: object) -> dict[str, Any] | None:  # Sentry's own shape
    """Let out events that were made here, without what the package added to them."""
    kept = ("event_id", "platform", "level", "release", "timestamp", "tags", "exception")
    values = event.get("exception", {}).get("values", [])
    if any(value.get("value") for value in values) or not values:
        return None
    return {name: event[name] for name in kept if name in event}
