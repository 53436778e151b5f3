"""Tells the server how the device is doing and who is back, and asks it for rules, from its own thread."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from urllib.parse import quote

import msgspec

from hourloom.core.decoding import decode
from hourloom.core.device_health import DeviceHealth
from hourloom.core.errors import HourloomError
from hourloom.device.away.telling import MEDIA_SETTING, THRESHOLD_SETTING
from hourloom.sdk.connection import Response
from hourloom.sdk.outbox import Line

log = logging.getLogger(__name__)

EVERY, SOONEST = 60.0, 1.0
TOLD_EVERY = 300.0
RULES = "/api/v1/privacy/rules"
SETTINGS = {name: f"/api/v1/settings/{name}" for name in (THRESHOLD_SETTING, MEDIA_SETTING)}
LARGEST_RULES = 4 * 1024 * 1024
MOST_NEWS = 100
"""Of more that waits for the server, the oldest is forgotten: the record has it anyway."""
LATER = frozenset({401, 408, 429})
"""Answers after which the same may be taken another time, as after those from 500 on."""
_JSON = {"Content-Type": "application/json"}


class _Setting(msgspec.Struct):
    value: bool | int | float


class Reporter:
    """Sends health whenever it changed, and now and then; what cannot be sent is sent later.

    `rules` hears of privacy rules that are new, as the server wrote them; `settings` of those that say what
    counts as away. Both are called on the thread.
    """

    def __init__(
        self,
        reach: Callable[[], Line],
        rules: Callable[[bytes], None] = lambda written: None,
        settings: Callable[[Mapping[str, object]], None] = lambda settings: None,
        every: float = EVERY,
        soonest: float = SOONEST,
    ) -> None:
        self._reach, self._every, self._soonest = reach, every, soonest
        self._rules, self._tag, self._settings = rules, "", settings
        self._in_force: dict[str, object] = {}
        self._news: deque[tuple[str, bytes]] = deque(maxlen=MOST_NEWS)
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

    def post(self, path: str, body: bytes) -> None:
        """Tell the server something that just happened, now or when it answers again."""
        with self._stirred:
            self._news.append((path, body))
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
                self._stirred.wait_for(lambda: self._is_new or self._news or self._closed, self._every)
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
            settings = {name: self._line.request("GET", path) for name, path in SETTINGS.items()}
            is_taken = self._posted(self._line)
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
        self._learn(settings)
        return is_taken

    def _learn(self, settings: Mapping[str, Response]) -> None:
        """Tell what is in force; a token that may only record is told nothing, and the usual values count."""
        for name, answer in settings.items():
            if answer.status == 200:
                with contextlib.suppress(msgspec.MsgspecError):
                    self._in_force[name] = decode(answer.body, _Setting).value
        if self._in_force:
            self._settings(dict(self._in_force))

    def _posted(self, line: Line) -> bool:
        """Say what is new, the oldest first; tell whether the server took it all or will never take it."""
        while self._news:
            said = self._news[0]
            status = line.request("POST", said[0], said[1], _JSON).status
            if status >= 500 or status in LATER:
                return False
            if status >= 400:
                log.warning("the server refused news of this device (%d)", status)
            with self._stirred:
                # Meanwhile it may have been pushed out by what is newer.
                if self._news and self._news[0] is said:
                    self._news.popleft()
        return True
