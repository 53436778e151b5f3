"""Tells the server how the device is doing and asks it for privacy rules, from a thread of its own."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from urllib.parse import quote

import msgspec

from hourloom.core.device_health import DeviceHealth
from hourloom.core.errors import HourloomError
from hourloom.sdk.outbox import Line

EVERY, SOONEST = 60.0, 1.0
TOLD_EVERY = 300.0
RULES = "/api/v1/privacy/rules"
THRESHOLD = "/api/v1/settings/idle_threshold_seconds"
LARGEST_RULES = 4 * 1024 * 1024
_JSON = {"Content-Type": "application/json"}


class _Setting(msgspec.Struct):
    value: float


class Reporter:
    """Sends health whenever it changed, and now and then; what cannot be sent is sent later.

    `rules` hears of privacy rules that are new, as the server wrote them; `threshold` of the seconds without
    input after which somebody is away. Both are called on the thread.
    """

    def __init__(
        self,
        reach: Callable[[], Line],
        rules: Callable[[bytes], None] = lambda written: None,
        threshold: Callable[[float], None] = lambda seconds: None,
        every: float = EVERY,
        soonest: float = SOONEST,
    ) -> None:
        self._reach, self._every, self._soonest = reach, every, soonest
        self._rules, self._tag, self._threshold = rules, "", threshold
        self._told_at = 0.0
        self._line: Line | None = None
        self._stirred = threading.Condition()
        self._health: DeviceHealth | None = None
        self._is_new = self._closed = False
        self._thread = threading.Thread(target=self._run, name="report", daemon=True)
        self._thread.start()

    def tell(self, health: DeviceHealth) -> None:
        """Send this as soon as it may be."""
        with self._stirred:
            self._health, self._is_new = health, True
            self._stirred.notify()

    def close(self) -> None:
        """Stop; what was not sent is not sent any more."""
        with self._stirred:
            self._closed = True
            self._stirred.notify()
        self._thread.join(1.0)

    def _run(self) -> None:
        failures = 0
        while True:
            with self._stirred:
                self._stirred.wait_for(lambda: self._is_new or self._closed, self._every)
                if self._closed:
                    break
                health, is_new, self._is_new = self._health, self._is_new, False
            is_due = is_new or time.monotonic() - self._told_at >= TOLD_EVERY
            rest = self._soonest
            if not self._speak(health if is_due else None):
                failures += 1
                rest = min(self._every, self._soonest * 2**failures)
            else:
                is_due, failures = False, 0
            with self._stirred:
                self._is_new = self._is_new or is_due
                if self._stirred.wait_for(lambda: self._closed, rest):
                    break
        if self._line is not None:
            self._line.close()

    def _speak(self, health: DeviceHealth | None) -> bool:
        """Tell and ask once; tell whether the server answered."""
        try:
            if self._line is None:
                self._line = self._reach()
            if health is not None:
                path = f"/api/v1/devices/{quote(health.device, safe='')}/health"
                self._line.request("PUT", path, msgspec.json.encode(health), _JSON)
                self._told_at = time.monotonic()
            answer = self._line.request("GET", RULES, None, {"If-None-Match": self._tag} if self._tag else {})
            setting = self._line.request("GET", THRESHOLD)
        except (HourloomError, OSError):
            # The queue says that the server cannot be reached; it need not be said twice.
            line, self._line = self._line, None
            if line is not None:
                with contextlib.suppress(HourloomError, OSError):
                    line.close()
            return False
        if answer.status == 200 and len(answer.body) <= LARGEST_RULES:
            self._tag = answer.headers.get("etag", "")
            self._rules(answer.body)
        # A token that may only record is told nothing of settings; the usual value counts then.
        if setting.status == 200:
            with contextlib.suppress(msgspec.MsgspecError):
                self._threshold(msgspec.json.decode(setting.body, type=_Setting).value)
        return True
