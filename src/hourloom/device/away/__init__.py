"""The away watcher: whether somebody is at the computer, from input, locks, sleep and, if wished, media.

What mechanisms tell is stored raw, in three streams: input, session, media. Presence, the stream "away", is
derived from them and can be derived anew by another threshold.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from hourloom.core.clock import SECOND, Instant
from hourloom.device.away.presence import BARRED, SLACK, Presence, Raw, Rule, Span, Stream
from hourloom.device.away.sources import Guarded, Hint, Ticking
from hourloom.device.away.telling import Returned
from hourloom.device.clocks import HEARTBEAT, SLEPT, Clocks, Reading, SystemClocks
from hourloom.device.ports import Observation, Source

__all__ = ["AwayWatcher", "Returned"]

UNPROVEN_LOCK = 2 * SECOND
"""Input so soon after a lock that nobody confirmed is the keys that locked."""


class AwayWatcher:
    """Tells presence by the best mechanisms that work here."""

    name = "away"

    def __init__(
        self,
        environment: Mapping[str, str],
        clocks: Clocks | None = None,
        *,
        rule: Rule | None = None,
        returned: Callable[[Returned], None] = lambda _: None,
        groups: Sequence[Sequence[Source]] | None = None,
    ) -> None:
        self._environment = environment
        self._clocks = clocks or SystemClocks()
        self._returned = returned
        self._groups = groups
        self._presence = Presence(rule or Rule())
        self._bars: dict[str, str] = {}
        """Who says what of the session: by each, that it is locked or asleep."""
        self._unproven: dict[str, int] = {}
        """Locks that were asked for and that nobody confirmed, by when: input ends them."""
        self._playing: set[str] = set()
        self._seen: Reading | None = None
        self._began = self._clocks.read().on
        self._active_at = 0
        """Until when there was input for certain, while there is any."""
        self._woken_at = 0
        self._heard: dict[Stream, None] = {}
        """The streams of which some mechanism told."""

    @property
    def rule(self) -> Rule:
        """Return what counts as away."""
        return self._presence.rule

    def follow(self, rule: Rule) -> None:
        """Let another rule count from now on: what is stored stays."""
        self._presence.follow(rule)

    def choices(self) -> Sequence[Sequence[Source]]:
        """Return the mechanisms: of input, and of each that tells of locks, sleep and media."""
        if self._groups is not None:
            idle, *others = self._groups
        else:
            from hourloom.device.away.mechanisms import mechanisms  # noqa: PLC0415 - only what runs here is loaded

            idle, *others = mechanisms(self._environment, lambda: self.rule, sys.platform)
        return [
            [Ticking(each, self._now, lambda: self.rule, self._due) for each in idle],
            *([Guarded(each, self._now) for each in group] for group in others),
        ]

    def refine(self, observation: Observation) -> Sequence[Observation]:
        """Store what is raw, and what follows from it."""
        now = self._clocks.read()
        observed = self._slept(now)
        at = min(observation.at, now.wall)
        hint = Hint.of(observation)
        if hint is not None:
            observed += self._taken(hint, now.on - (now.wall - at), now)
        return [*observed, *self._still(now), *self._told(now)]

    def _now(self) -> Instant:
        return self._clocks.read().wall

    def _due(self) -> float:
        """Return in how many seconds to look again."""
        due, now = self._presence.due(), self._clocks.read().on
        return min(HEARTBEAT, max(0, due - now) if due is not None else HEARTBEAT) / SECOND

    def _slept(self, now: Reading) -> list[Observation]:
        """Tell of a sleep that nobody announced: it is seen in the clocks."""
        before, self._seen = self._seen, now
        if before is None or "asleep" in self._bars.values():
            return []
        if (now.on - before.on) - (now.awake - before.awake) < SLEPT:
            return []
        told = self._bar("clocks", "asleep", before.on, now)
        return told + self._bar("clocks", None, now.on, now)

    def _taken(self, hint: Hint, at: int, now: Reading) -> list[Observation]:
        match hint.stream:
            case "input":
                return self._input(hint.state, at, now)
            case "session":
                if hint.state == "locking":
                    self._unproven.setdefault(hint.by, at)
                else:
                    self._unproven.pop(hint.by, None)
                state = "locked" if hint.state == "locking" else hint.state
                return self._bar(hint.by, state if state in BARRED else None, at, now)
            case "media":
                (self._playing.add if hint.state == "playing" else self._playing.discard)(hint.by)
                return self._raw("media", "playing" if self._playing else "quiet", at, now)

    def _input(self, state: str | None, at: int, now: Reading) -> list[Observation]:
        told: list[Observation] = []
        if state == "active":
            for by, since in list(self._unproven.items()):
                if at > since + UNPROVEN_LOCK:
                    del self._unproven[by]
                    told += self._bar(by, None, at, now)
            if "asleep" in self._bars.values() or at < self._woken_at:
                return told
            self._active_at = max(self._active_at, at)
        return told + self._raw("input", state, at, now)

    def _bar(self, by: str, state: str | None, at: int, now: Reading) -> list[Observation]:
        """Take what one says of the session; asleep counts more than locked, and either more than nothing."""
        was_asleep = "asleep" in self._bars.values()
        if state is None:
            self._bars.pop(by, None)
        else:
            self._bars[by] = state
        states = set(self._bars.values())
        session = next((each for each in ("asleep", "locked") if each in states), "open")
        told = self._raw("session", session, at, now)
        if session == "asleep" and self._presence.state("input") is not None:
            # A mechanism that saw input before does not know that it ended.
            told += self._raw("input", "idle", at, now)
        if was_asleep and session != "asleep":
            self._woken_at = at
        return told

    def _raw(self, stream: Stream, state: str | None, at: int, now: Reading) -> list[Observation]:
        self._heard[stream] = None
        raw = self._presence.take(Raw(at, stream, state))
        if raw is None:
            return []
        return [self._recorded(raw, now)]

    def _recorded(self, raw: Raw, now: Reading) -> Observation:
        """Return a raw input as it is stored; that a pause has begun may be told late."""
        data = None if raw.state is None else {"state": raw.state}
        lag = (self.rule.raw + SLACK) / SECOND if raw.state == "active" else 0.0
        return Observation(raw.stream, self._stored_at(raw.at, now), data, lag)

    def _still(self, now: Reading) -> list[Observation]:
        """Say that what the streams were goes on: whoever lost one mechanism has not lost the others."""
        return [
            self._recorded(Raw(self._active_at if state == "active" else now.on, stream, state), now)
            for stream in self._heard
            if (state := self._presence.state(stream)) is not None
        ]

    def _told(self, now: Reading) -> list[Observation]:
        """Return the presence that is new, and the present one again: so it is known to go on."""
        before = self._presence.told
        news = self._presence.tell(now.on)
        for span in news:
            if before is not None and (before.status, span.status) == ("afk", "not-afk"):
                self._returned(Returned(_wall(before.start, now), _wall(span.start, now), before.why))
            before = span
        told = [self._away(span, span.start, now) for span in news]
        if before is None:
            return told
        # The same again, as above.
        return [*told, self._away(before, self._known_until(before, now), now)]

    def _known_until(self, told: Span, now: Reading) -> int:
        if told.status != "not-afk":
            return now.on
        due = self._presence.due()
        return max(told.start, self._active_at if due is None else due - self.rule.threshold)

    def _away(self, span: Span, at: int, now: Reading) -> Observation:
        if span.status == "unknown":
            return Observation("away", self._stored_at(at, now), None)
        lag = (self.rule.threshold + SLACK) / SECOND if span.status == "not-afk" else 0.0
        return Observation("away", self._stored_at(at, now), {"status": span.status}, lag)

    def _stored_at(self, at: int, now: Reading) -> Instant:
        """Return when it is to be stored: what was before the program began, the one before it has stored."""
        return _wall(max(at, self._began), now)


def _wall(at: int, now: Reading) -> Instant:
    """Return what the clock of now calls an instant of the clock that nobody sets."""
    return Instant(now.wall - (now.on - at))
