"""From raw inputs to presence: whether somebody is there, and since when. Pure: time comes in as arguments.

Instants are microseconds of any clock that only goes forward; live it is the one that nobody can set and that
counts sleep, afterwards it is that of the stored events.

    input     active      idle                                active
    session   open                    locked        open
    presence  not-afk    |afk                                |not-afk

Away begins at the last input, not when it is noticed. Lock and sleep end the waiting at once, and only an
input after them ends the absence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from hourloom.core.clock import SECOND, Duration

Stream = Literal["input", "session", "media"]
Status = Literal["not-afk", "afk", "unknown"]
Why = Literal["idle", "locked", "asleep", ""]

RAW = Duration(60 * SECOND)
"""Shorter pauses are not recorded: presence by any threshold from here on can be derived from what is."""
THRESHOLD = Duration(300 * SECOND)
SLACK = Duration(5 * SECOND)
"""How late a timer may fire."""
BARRED = ("locked", "asleep")
MOST_KEPT = 256
"""Raw inputs that are kept for one that comes late; of more, the oldest are settled."""


class Rule(NamedTuple):
    """What counts as away."""

    threshold: Duration = THRESHOLD
    media: bool = False
    """Whether somebody whose media plays, or whose camera or microphone is in use, is there without input."""

    @property
    def raw(self) -> Duration:
        """Return how long a pause is before it is recorded."""
        return min(RAW, self.threshold)


class Raw(NamedTuple):
    """From `at` on, a stream is in a state; None is unknown.

    input: active, idle · session: open, locked, asleep · media: playing, quiet.
    """

    at: int
    stream: Stream
    state: str | None


class Span(NamedTuple):
    """Presence in [start, end)."""

    start: int
    end: int
    status: Status
    why: Why = ""


class _Moment(NamedTuple):
    """A stretch in which no stream changes."""

    start: int
    end: int
    kind: Literal["engaged", "waiting", "barred", "unknown"]
    why: Why


def derive(raws: Iterable[Raw], start: int, until: int, rule: Rule) -> list[Span]:
    """Return the presence in [start, until): spans that touch, of which no two in a row are alike."""
    spans, spell = _walked(_moments(raws, start, until, rule, {}), rule, None)
    return _joined([*spans, *_judged(spell, rule, None)])


def _walked(moments: Iterable[_Moment], rule: Rule, decided: Why | None) -> tuple[list[Span], list[_Moment]]:
    """Return the spans that are over, and the time without input that goes on at the end."""
    spans: list[Span] = []
    spell: list[_Moment] = []
    for moment in moments:
        if moment.kind in ("waiting", "barred"):
            spell.append(moment)
            continue
        spans += _judged(spell, rule, decided)
        spell, decided = [], None
        spans.append(Span(moment.start, moment.end, "not-afk" if moment.kind == "engaged" else "unknown"))
    return spans, spell


def _moments(
    raws: Iterable[Raw], start: int, until: int, rule: Rule, before: Mapping[Stream, str | None]
) -> Iterator[_Moment]:
    states = dict(before)
    since = start
    for raw in sorted(raws, key=_at):
        at = min(max(raw.at, start), until)
        moment = _moment(since, at, states, rule)
        # One touch after which nothing follows lasts for no time at all, and yet ends an absence.
        if at > since or moment.kind == "engaged":
            yield moment
        since = at
        states[raw.stream] = raw.state
    if until > since:
        yield _moment(since, until, states, rule)


def _moment(start: int, end: int, states: Mapping[Stream, str | None], rule: Rule) -> _Moment:
    match states.get("session"):
        case "locked" | "asleep" as why:
            return _Moment(start, end, "barred", why)
        case _:
            pass
    if states.get("input") == "active" or (rule.media and states.get("media") == "playing"):
        return _Moment(start, end, "engaged", "")
    if states.get("input") is None:
        return _Moment(start, end, "unknown", "")
    return _Moment(start, end, "waiting", "idle")


def _judged(spell: Sequence[_Moment], rule: Rule, decided: Why | None) -> list[Span]:
    """Divide a time without input into the part that still counts as present, and away."""
    if not spell:
        return []
    start, end = spell[0].start, spell[-1].end
    since, why = (start, decided) if decided is not None else _away(spell, rule)
    if since is None:
        return [Span(start, end, "not-afk")]
    present = [Span(start, since, "not-afk")] if start < since else []
    return [*present, Span(since, end, "afk", why)]


def _away(spell: Sequence[_Moment], rule: Rule) -> tuple[int | None, Why]:
    """Return since when and why somebody without input is away, if so.

    A lock or sleep that comes before the pause was long enough to be recorded begins the away itself.
    """
    start, end = spell[0].start, spell[-1].end
    barred = next((each for each in spell if each.kind == "barred"), None)
    patience = start + rule.threshold
    if barred is not None and barred.start < patience:
        known = barred.start - start >= rule.raw
        return start if known else barred.start, barred.why
    return (start, "idle") if end >= patience else (None, "")


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Join neighbours of one status, and leave empty ones out."""
    joined: list[Span] = []
    for span in spans:
        if span.start == span.end:
            continue
        if joined and joined[-1].status == span.status:
            joined[-1] = joined[-1]._replace(end=span.end)
        else:
            joined.append(span)
    return joined


class Presence:
    """The same, live: raw inputs come one by one, some late, and what was told is never taken back."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._latest: dict[Stream, str | None] = {}
        self._states: dict[Stream, str | None] = {}
        """What the streams were where that begins which is kept."""
        self._decided: Why | None = None
        """Why that beginning is in the midst of an away."""
        self._start: int | None = None
        self._raws: list[Raw] = []
        self._reached: dict[Stream, int] = {}
        """Each stream's last change: none goes back behind its own."""
        self._opened = 0
        self._due: int | None = None
        self.told: Span | None = None
        """The presence that was told last; it goes on."""

    @property
    def rule(self) -> Rule:
        """Return what counts as away."""
        return self._rule

    def follow(self, rule: Rule) -> None:
        """Let another rule count from now on."""
        self._rule = rule
        self._states["media"] = self._latest.get("media")

    def state(self, stream: Stream) -> str | None:
        """Return what a stream is now."""
        return self._latest.get(stream)

    def due(self) -> int | None:
        """Return when somebody who is not heard of again will have been away for long enough."""
        return self._due

    def take(self, raw: Raw) -> Raw | None:
        """Take a raw input; return it as it is to be recorded, or None if it says nothing new."""
        if raw.stream in self._latest and self._latest[raw.stream] == raw.state:
            return None
        if self._start is None or self.told is None:
            self._start = raw.at if self._start is None else min(self._start, raw.at)
        # Who unlocks is there, so a pause noticed later does not begin before that.
        earliest = max(self._reached.get(raw.stream, 0), self._opened if raw.stream == "input" else 0)
        raw = raw._replace(at=max(raw.at, earliest))
        if raw.stream == "session" and self._latest.get("session") in BARRED:
            self._opened = raw.at
        self._latest[raw.stream], self._reached[raw.stream] = raw.state, raw.at
        if raw.stream != "media" or self._rule.media:
            self._raws.append(raw)
        return raw

    def tell(self, now: int) -> list[Span]:
        """Return what is new: each span that begins, the last of them without its end."""
        if self._start is None or now < self._start:
            return []
        # What has just begun is told as well, though it has not lasted yet.
        moments = _moments(self._raws, self._start, now + 1, self._rule, self._states)
        spans, spell = _walked(moments, self._rule, self._decided)
        # A pause at the very beginning is in the midst of the away that was decided.
        decided = None if spans else self._decided
        last = _judged(spell, self._rule, decided)
        waits = bool(last) and last[-1].status == "not-afk"
        self._due = spell[0].start + self._rule.threshold if waits else None
        spans = _joined([*spans, *last])
        news = self._news(spans)
        self._settle(spans, spell[0].start if waits else now, now)
        return news

    def _news(self, spans: Iterable[Span]) -> list[Span]:
        news: list[Span] = []
        for span in spans:
            told = self.told
            if told is None and span.status == "unknown":
                continue
            if told is None or (span.end > told.start and span.status != told.status):
                self.told = span if told is None else span._replace(start=max(span.start, told.start))
                news.append(self.told)
        return news

    def _settle(self, spans: Sequence[Span], waiting_since: int, now: int) -> None:
        """Keep only what an input that comes late may still change."""
        start = min(waiting_since, now - self._rule.raw - SLACK)
        if len(self._raws) > MOST_KEPT:
            start = waiting_since
        if self._start is None or start <= self._start:
            return
        within = next((each for each in reversed(spans) if each.start <= start), None)
        if within is None:
            return
        self._decided = within.why if within.status == "afk" else None
        for raw in sorted(self._raws, key=_at):
            if raw.at <= start:
                self._states[raw.stream] = raw.state
        self._raws = [each for each in self._raws if each.at > start]
        self._start = start


def _at(raw: Raw) -> int:
    return raw.at
