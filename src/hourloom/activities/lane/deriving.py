"""The lane of one person: what was in front, and open in it, wherever somebody was there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from hourloom.activities.lane.facts import NOTHING_KNOWN, Facts, shows
from hourloom.activities.lane.laying import Laid, lasting_to_next, lay
from hourloom.activities.lane.merging import ACTIVE, IDLE, MEDIA, Claim, coalesced, merged
from hourloom.activities.lane.spans import Spans, united, within, without
from hourloom.activities.model.subject import NOTHING, Subject
from hourloom.core.clock import HOUR, MINUTE, SECOND

PULSETIME = 5 * SECOND

Events = Sequence[tuple[int, int, int]]
Known = Mapping[int, Facts]


class Options(msgspec.Struct, frozen=True):
    """What the person decides about how the lane is made."""

    pulsetime: int = PULSETIME
    """Gaps up to this are watchers' imprecision."""
    audible_is_present: bool = True
    calls_are_present: bool = True
    longest_call: int = 3 * HOUR
    """So long a call counts without input or sound: a window left open is nobody."""
    editor_join: int = 10 * MINUTE
    """So long a single sign of life of an editor may last until the next."""


class DeviceRecord(msgspec.Struct):
    """The events of one device around the time that is derived."""

    device: int
    windows: Events = ()
    windows_from: int | None = None
    """When its first window begins; before, and without any, what was open is all there is."""
    presence: list[Events] = []
    """The events of each bucket that tells whether somebody is there."""
    known_from: int | None = None
    """When its first event about that begins; before, and without any, nobody can tell."""
    details: list[tuple[str, Events]] = []
    """The events of each bucket that tells what was open in which program."""
    moments: list[tuple[str, Events]] = []
    """The same, of buckets whose events are moments that last until the next."""
    totals: list[Events] = []
    """What is left of windows whose events are gone, laid within their quarters of an hour."""
    away: Spans = []
    """When, as far as is left of events that are gone, nobody was there."""


class Derived(NamedTuple):
    """A lane, cut to the time that was asked for."""

    stretches: list[tuple[int, int, Subject]]
    away: Spans


def derive(records: Iterable[DeviceRecord], known: Known, start: int, end: int, options: Options) -> Derived:
    """Return what a person was doing from one instant to another, at most one thing at a time.

        windows   |  Code       Firefox   Code      Zoom     |
        pages     |         wiki  news video  wiki           |
        input     |  --------------   ------                 |
        result    |  Code       F:news    Code      Zoom     |
                                  ^ away, but for the video that plays; a call needs no input

    It follows only from events within `reach` of the time, and within `reach_of_calls` before it where a call
    goes on, so days can be derived one by one.
    """
    claims: list[Claim] = []
    away: list[Spans] = []
    for record in records:
        of_device, its_away = _device(record, known, options)
        claims.append(of_device)
        away.append(its_away)
    lane = merged(claims, start, end)
    present = [(s, e) for s, e, _ in lane]
    return Derived(coalesced(lane), without(within(united(*away), start, end), united(present)))


def reach(options: Options, *, moments: bool) -> int:
    """Return how far around a time events can matter to it."""
    return max(2 * options.pulsetime, options.editor_join if moments else 0) + SECOND


def reach_of_calls(options: Options) -> int:
    """Return how far before a time events can matter to a call that goes on in it."""
    return options.longest_call + 2 * options.pulsetime + SECOND if options.calls_are_present else 0


def _device(record: DeviceRecord, known: Known, options: Options) -> tuple[Claim, Spans]:
    """Return what a device claims that the person did, by how sure that is, and when they were away."""
    laid = [lay(events, options.pulsetime) for events in record.presence]
    inputs = _inputs(laid, known)
    active = united((start, end) for start, end, _ in inputs)
    away = united(record.away, *(_spans(runs, known, "afk") for runs in laid))
    shown = _shown(record, known, options)
    media = without(_media(shown, known, options, active), active)
    idle: Spans = [(0, 2**62)]
    if record.known_from is not None:
        idle = [(0, record.known_from)] if record.known_from > 0 else []
    claims: Claim = [
        (ACTIVE, _cut(shown, inputs, record.device)),
        (MEDIA, _cut(shown, _since_ever(media), record.device)),
        (IDLE, _cut(shown, _since_ever(without(idle, united(active, media))), record.device)),
    ]
    if record.totals:
        claims.append((IDLE, _totals(record)))
    return claims, without(away, united(active, media))


Shown = list[tuple[int, int, int, int, int]]
"""Start, end, window, what was open in it, and since when."""


def _shown(record: DeviceRecord, known: Known, options: Options) -> Shown:
    """Return what a device showed, whether or not somebody looked."""
    opened: dict[str, list[tuple[int, int, int]]] = {}
    for program, events in record.details:
        opened.setdefault(program, []).extend(events)
    for program, events in record.moments:
        opened.setdefault(program, []).extend(lasting_to_next(events, options.editor_join))
    windows = lay(record.windows, options.pulsetime)
    inside = {program: lay(events, options.pulsetime) for program, events in opened.items() if events}
    shown = _opened(windows, inside, known)
    if record.windows_from is None or any(
        runs[0][0] < record.windows_from for runs in inside.values() if runs
    ):
        alone = lay([event for events in opened.values() for event in events], options.pulsetime)
        until = 2**62 if record.windows_from is None else record.windows_from
        before = [
            (start, min(end, until), NOTHING, payload, since)
            for start, end, payload, since in alone
            if start < until
        ]
        return before + [(max(start, until), *rest) for start, *rest in shown if rest[0] > until]  # type: ignore[misc]
    return shown


def _opened(windows: Laid, inside: Mapping[str, Laid], known: Known) -> Shown:
    """Put what was open into the windows of its program.

    windows  |  Firefox    Code     Firefox  |
    pages    |     wiki         news         |
    result   |  F  F:wiki  Code F:n F        |
    """
    places = dict.fromkeys(inside, 0)
    programs: dict[int, tuple[str, ...]] = {}
    by_app: dict[str, tuple[str, ...]] = {}
    shown: Shown = []
    for start, end, window, since in windows:
        fitting = programs.get(window)
        if fitting is None:
            app = known.get(window, NOTHING_KNOWN).app
            fitting = by_app.get(app)
            if fitting is None:
                # A bucket that names its program goes before one that might be of any.
                fitting = tuple(sorted((p for p in inside if shows(app, p)), reverse=True))
                by_app[app] = fitting
            programs[window] = fitting
        at = start
        program = fitting[0] if len(fitting) == 1 else _first_of(fitting, inside, start, end)
        runs, place = inside.get(program, []), places.get(program, 0)
        while place < len(runs) and runs[place][1] <= at:
            place += 1
        places[program] = place
        while place < len(runs) and runs[place][0] < end:
            begins, ends, detail, detail_since = runs[place]
            if at < begins:
                shown.append((at, begins, window, NOTHING, since))
                at = begins
            stops = min(ends, end)
            shown.append((at, stops, window, detail, max(since, detail_since)))
            at = stops
            place += 1
        if at < end:
            shown.append((at, end, window, NOTHING, since))
    return shown


def _first_of(fitting: Sequence[str], inside: Mapping[str, Laid], start: int, end: int) -> str:
    """Return the first of some programs of which something was open within a time."""
    for program in fitting:
        runs = inside[program]
        place = bisect_right(runs, (start, 2**62)) - 1
        candidates = runs[max(0, place) : place + 2]
        if any(run[0] < end and run[1] > start for run in candidates):
            return program
    return ""


def _spans(runs: Laid, known: Known, status: str) -> Spans:
    return [
        (start, end)
        for start, end, payload, _ in runs
        if (facts := known.get(payload, NOTHING_KNOWN)).status == status and not facts.asleep
    ]


def _inputs(laid: Sequence[Laid], known: Known) -> list[tuple[int, int, int]]:
    """Return when there was input, none over another, and since when."""
    runs = [
        (start, end, since)
        for of_bucket in laid
        for start, end, payload, since in of_bucket
        if known.get(payload, NOTHING_KNOWN).status == "not-afk"
    ]
    if len(laid) > 1:
        return [(start, end, since) for start, end, since, _ in lay(runs, 0)]
    return runs


def _media(shown: Shown, known: Known, options: Options, active: Spans) -> Spans:
    """Return when something in front was heard, or was a call: then somebody is there without any input.

    calls  |  -----------------------------    |
    input  |  --        -                      |
    heard  |                  --               |
    result |  -----   ----    -----            |    nobody is in one that was quiet for too long
    """
    heard, sound, calls = [], [], []
    for start, end, window, detail, _ in shown:
        inner = known.get(detail, NOTHING_KNOWN)
        is_call = options.calls_are_present and (inner.call or known.get(window, NOTHING_KNOWN).call)
        if is_call:
            calls.append((start, end))
        if inner.audible:
            heard.append((start, end))
            if options.audible_is_present or is_call:
                sound.append((start, end))
    quiet = [
        (start, min(end, start + options.longest_call))
        for start, end in without(united(calls), united(active, heard))
    ]
    return united(sound, quiet)


Claimed = list[tuple[int, int, Subject, int]]


def _cut(shown: Shown, present: Sequence[tuple[int, int, int]], device: int) -> Claimed:
    """Cut what was shown to when somebody was there, and since when that was."""
    cut: Claimed = []
    subjects: dict[tuple[int, int], Subject] = {}
    place, count = 0, len(present)
    for start, end, window, detail, since in shown:
        while place < count and present[place][1] <= start:
            place += 1
        at = place
        while at < count and present[at][0] < end:
            begins, ends, present_since = present[at]
            key = (window, detail)
            subject = subjects.get(key)
            if subject is None:
                subject = subjects[key] = Subject(window, detail, device)
            cut.append((max(start, begins), min(end, ends), subject, max(since, present_since)))
            at += 1
    return cut


def _since_ever(spans: Spans) -> list[tuple[int, int, int]]:
    return [(start, end, 0) for start, end in spans]


def _totals(record: DeviceRecord) -> Claimed:
    """Return what is left of quarters of an hour, as it was laid within them."""
    return [
        (start, end, Subject(payload, NOTHING, record.device), start)
        for events in record.totals
        for start, end, payload in events
    ]
