"""The lane, from raw events of several devices to one thing at a time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.activities.lane import DeviceRecord, Facts, Options, derive, facts_of
from hourloom.activities.lane.days import LaneDay, day_of, decoded, encoded
from hourloom.activities.lane.deriving import Derived, reach, reach_of_calls
from hourloom.activities.lane.dwelling import without_short_visits
from hourloom.activities.lane.facts import essence_of, program_of, shows
from hourloom.activities.lane.laying import lay
from hourloom.activities.lane.merging import coalesced
from hourloom.activities.lane.spans import united, without
from hourloom.activities.model.activity import Activity
from hourloom.activities.model.lane import days_within
from hourloom.activities.model.subject import NOTHING, Subject
from hourloom.activities.model.verdict import UNDECIDED
from hourloom.core.clock import DAY, HOUR, MINUTE, SECOND, Instant

CODE, FIREFOX, ZOOM, TERMINAL, HERE, AWAY, NEWS, VIDEO, FILE, MEETING, QUIET = range(1, 12)
KNOWN = {
    CODE: Facts("vscode"),
    FIREFOX: Facts("firefox"),
    ZOOM: Facts("zoom", call=True),
    TERMINAL: Facts("kitty"),
    HERE: Facts(status="not-afk"),
    AWAY: Facts(status="afk"),
    NEWS: Facts(),
    VIDEO: Facts(audible=True),
    FILE: Facts(),
    MEETING: Facts(audible=True, call=True),
    QUIET: Facts(call=True),
}
T = 20_000 * DAY
EXACTLY = Options(pulsetime=0)

Event = tuple[int, int, int]


def minutes(*events: tuple[float, float, int]) -> list[Event]:
    """Return events given in minutes after midnight."""
    return [(T + round(s * MINUTE), T + round(e * MINUTE), what) for s, e, what in events]


def desk(
    windows: list[Event], presence: list[Event] | None = None, *, device: int = 1, **more: list[Event]
) -> DeviceRecord:
    """Return the record of one device."""
    record = DeviceRecord(device, windows, windows_from=min((e[0] for e in windows), default=None))
    if presence is not None:
        record.presence, record.known_from = [presence], min(e[0] for e in presence)
    record.details = list(more.items())
    return record


def lane(*records: DeviceRecord, options: Options = EXACTLY) -> list[tuple[float, float, int, int, int]]:
    """Return the lane of a day, in minutes after midnight."""
    found = derive(records, KNOWN, T, T + DAY, options)
    return [
        ((s - T) / MINUTE, (e - T) / MINUTE, subject.window, subject.detail, subject.device)
        for s, e, subject in found.stretches
    ]


def away(*records: DeviceRecord, options: Options = EXACTLY) -> list[tuple[float, float]]:
    found = derive(records, KNOWN, T, T + DAY, options)
    return [((s - T) / MINUTE, (e - T) / MINUTE) for s, e in found.away]


def test_windows_count_while_there_is_input() -> None:
    record = desk(minutes((0, 60, CODE)), minutes((0, 20, HERE), (20, 40, AWAY), (50, 60, HERE)))
    assert lane(record) == [(0, 20, CODE, NOTHING, 1), (50, 60, CODE, NOTHING, 1)]
    assert away(record) == [(20, 40)]  # what nobody knows of is neither


def test_without_a_watcher_of_input_windows_count_as_they_are() -> None:
    assert lane(desk(minutes((0, 60, CODE)))) == [(0, 60, CODE, NOTHING, 1)]


def test_before_the_first_word_about_input_windows_count_as_they_are() -> None:
    record = desk(minutes((0, 60, CODE)), minutes((30, 40, HERE)))
    assert lane(record) == [(0, 40, CODE, NOTHING, 1)]


def test_pages_are_told_of_inside_the_windows_of_their_browser() -> None:
    windows = minutes((0, 10, CODE), (10, 30, FIREFOX), (30, 40, CODE))
    record = desk(windows, minutes((0, 40, HERE)), firefox=minutes((5, 20, NEWS), (25, 35, VIDEO)))
    assert lane(record) == [
        (0, 10, CODE, NOTHING, 1),
        (10, 20, FIREFOX, NEWS, 1),
        (20, 25, FIREFOX, NOTHING, 1),
        (25, 30, FIREFOX, VIDEO, 1),
        (30, 40, CODE, NOTHING, 1),
    ]


def test_sound_counts_as_presence_only_in_front() -> None:
    record = desk(
        minutes((0, 20, FIREFOX), (20, 30, CODE)), minutes((0, 5, HERE), (5, 30, AWAY)),
        firefox=minutes((0, 30, VIDEO)),
    )  # fmt: skip
    assert lane(record) == [(0, 20, FIREFOX, VIDEO, 1)]
    assert away(record) == [(20, 30)]
    silent = Options(pulsetime=0, audible_is_present=False)
    assert lane(record, options=silent) == [(0, 5, FIREFOX, VIDEO, 1)]


def test_a_call_needs_no_input() -> None:
    record = desk(minutes((0, 60, ZOOM)), minutes((0, 5, HERE), (5, 60, AWAY)))
    assert lane(record) == [(0, 60, ZOOM, NOTHING, 1)]
    assert lane(record, options=Options(pulsetime=0, calls_are_present=False)) == [(0, 5, ZOOM, NOTHING, 1)]


def test_a_call_that_stays_quiet_ends_and_begins_again_with_the_next_sign_of_life() -> None:
    presence = minutes((0, 5, HERE), (5, 100, AWAY), (100, 101, HERE), (101, 300, AWAY))
    record = desk(minutes((0, 250, ZOOM), (250, 300, CODE)), presence)
    hour = Options(pulsetime=0, longest_call=HOUR)
    assert lane(record, options=hour) == [(0, 65, ZOOM, NOTHING, 1), (100, 161, ZOOM, NOTHING, 1)]
    assert away(record, options=hour) == [(65, 100), (161, 300)]
    assert lane(record) == [(0, 250, ZOOM, NOTHING, 1)]
    # Whoever turns to a call without input is in it from then on.
    record = desk(minutes((0, 100, CODE), (100, 300, ZOOM)), minutes((0, 5, HERE), (5, 300, AWAY)))
    assert lane(record, options=hour)[-1] == (100, 160, ZOOM, NOTHING, 1)


def test_a_call_that_is_heard_goes_on_whatever_is_said_of_other_sounds() -> None:
    presence = minutes((0, 5, HERE), (5, 300, AWAY))
    heard = desk(minutes((0, 300, FIREFOX)), presence, firefox=minutes((0, 150, MEETING), (150, 300, QUIET)))
    for audible in (True, False):
        options = Options(pulsetime=0, longest_call=HOUR, audible_is_present=audible)
        assert lane(heard, options=options) == [
            (0, 150, FIREFOX, MEETING, 1),
            (150, 210, FIREFOX, QUIET, 1),
        ]


def test_files_are_told_of_inside_their_editor_and_editors_without_windows_inside_terminals() -> None:
    record = desk(minutes((0, 10, CODE), (10, 20, TERMINAL)), vscode=minutes((0, 20, FILE)))
    assert lane(record) == [(0, 10, CODE, FILE, 1), (10, 20, TERMINAL, NOTHING, 1)]
    record = desk(minutes((0, 10, CODE), (10, 20, TERMINAL)), vim=minutes((0, 20, FILE)))
    assert lane(record) == [(0, 10, CODE, NOTHING, 1), (10, 20, TERMINAL, FILE, 1)]


def test_what_an_editor_tells_is_all_there_is_without_windows() -> None:
    record = DeviceRecord(1, moments=[("vscode", minutes((0, 0, FILE), (4, 4, FILE), (30, 30, FILE)))])
    assert lane(record) == [(0, 4, NOTHING, FILE, 1)]
    record.windows, record.windows_from = minutes((2, 3, CODE)), T + 2 * MINUTE
    assert lane(record) == [(0, 2, NOTHING, FILE, 1), (2, 3, CODE, FILE, 1)]


def test_input_goes_before_sound_and_sound_before_windows_alone() -> None:
    laptop = desk(minutes((0, 60, CODE)), minutes((0, 20, HERE), (20, 60, AWAY)), device=1)
    tv = desk(minutes((10, 40, FIREFOX)), minutes((5, 6, AWAY)), device=2, firefox=minutes((10, 40, VIDEO)))
    phone = desk(minutes((0, 50, FIREFOX)), device=3)
    assert lane(laptop, tv, phone) == [
        (0, 20, CODE, NOTHING, 1),
        (20, 40, FIREFOX, VIDEO, 2),
        (40, 50, FIREFOX, NOTHING, 3),
    ]
    assert away(laptop, tv, phone) == [(50, 60)]


def test_of_two_devices_with_input_the_one_touched_last_wins() -> None:
    one = desk(minutes((0, 60, CODE)), minutes((0, 60, HERE)), device=1)
    other = desk(minutes((20, 30, FIREFOX)), minutes((20, 30, HERE)), device=2)
    expected = [(0, 20, CODE, NOTHING, 1), (20, 30, FIREFOX, NOTHING, 2), (30, 60, CODE, NOTHING, 1)]
    assert lane(one, other) == lane(other, one) == expected


def test_events_over_another_come_first_and_the_other_comes_back() -> None:
    laid = lay(minutes((0, 100, CODE), (20, 30, ZOOM)), 0)
    assert [run[:3] for run in laid] == minutes((0, 20, CODE), (20, 30, ZOOM), (30, 100, CODE))


def test_gaps_are_closed_in_the_middle() -> None:
    s = SECOND
    laid = lay([(0, 10 * s, 1), (12 * s, 12 * s, 2), (14 * s, 20 * s, 3), (26 * s, 30 * s, 3)], 5 * s)
    assert [run[:3] for run in laid] == [
        (0, 11 * s, 1),
        (11 * s, 13 * s, 2),
        (13 * s, 20 * s, 3),
        (26 * s, 30 * s, 3),
    ]


@pytest.mark.parametrize(
    ("bucket", "client", "program"),
    [
        ("aw-watcher-web-firefox_laptop", "aw-client-web", "firefox"),
        ("aw-watcher-web-chrome", "", "chrome"),
        ("hourloom-web-chrome-work_laptop", "", "chrome"),
        ("aw-watcher-vscode_laptop", "aw-watcher-vscode", "vscode"),
        ("aw-watcher-vim_x", "", "vim"),
        ("anything", "aw-watcher-jetbrains", "jetbrains"),
        ("aw-watcher-web", "", ""),
    ],
)
def test_a_bucket_names_its_program(bucket: str, client: str, program: str) -> None:
    assert program_of(bucket, client) == program


def test_windows_show_what_their_program_tells() -> None:
    assert shows("chromium", "chrome")
    assert shows("pycharm", "jetbrains")
    assert shows("firefox", "")
    assert not shows("firefox", "chrome")
    assert not shows("", "chrome")


def test_facts_are_read_from_what_watchers_send() -> None:
    assert facts_of('{"app":"Zoom","title":"x"}').call
    assert facts_of('{"url":"https://meet.google.com/abc"}').call
    assert not facts_of('{"url":"https://example.com/?q=meet.google.com"}').call
    assert facts_of('{"audible":true,"url":"x"}').audible
    assert facts_of('{"status":"not-afk"}').status == "not-afk"
    assert facts_of("[1]").app == ""
    one, other = (facts_of(f'{{"title":"a","url":"u","tabCount":{tabs}}}') for tabs in (1, 2))
    window, same = facts_of('{"app":"Firefox","title":"a"}'), facts_of('{"app":"Firefox","title":"b"}')
    assert essence_of(window, one, 1) == essence_of(same, other, 1) != essence_of(same, other, 2)
    assert essence_of(window, Facts(), 1) != essence_of(same, Facts(), 1)
    assert facts_of("{}", b"key").words != facts_of("{}").words


def test_short_visits_go_to_their_neighbours() -> None:
    def visit(start: int, end: int, what: int) -> Activity:
        return Activity(Instant(start), Instant(end), Subject(what, 0, 1), UNDECIDED)

    visits = [visit(0, 2, 1), visit(2, 20, 2), visit(20, 22, 3), visit(22, 40, 2), visit(50, 51, 4)]
    assert without_short_visits(visits, 5) == [visit(0, 40, 2), visit(50, 51, 4)]
    assert without_short_visits(visits, 0) == visits


times = st.integers(0, 90).map(lambda n: n * 20 * MINUTE)
events = st.lists(
    st.tuples(times, st.sampled_from([0, 3 * SECOND, MINUTE, HOUR, 9 * HOUR]), st.integers(0, 2)), max_size=6
)
devices = st.lists(st.tuples(events, events, events, events), min_size=1, max_size=3)


def of(drawn: list[Event], kinds: tuple[int, int, int]) -> list[Event]:
    return [(T + start, T + start + lasts, kinds[which]) for start, lasts, which in drawn]


def records_of(given_devices: list[tuple[list[Event], ...]]) -> list[DeviceRecord]:
    found = []
    for number, (windows, presence, pages, moments) in enumerate(given_devices, 1):
        record = desk(
            of(windows, (CODE, FIREFOX, ZOOM)),
            of(presence, (HERE, HERE, AWAY)) or None,
            device=number,
            firefox=of(pages, (NEWS, VIDEO, NEWS)),
        )
        record.moments = [("vscode", of(moments, (FILE, FILE, FILE)))]
        found.append(record)
    return found


@settings(max_examples=60)
@given(devices, st.lists(st.integers(0, 2 * DAY), max_size=4))
def test_nothing_counts_twice_and_cuts_change_nothing(
    given_devices: list[tuple[list[Event], ...]], cuts: list[int]
) -> None:
    records, options = records_of(given_devices), Options()
    whole = derive(records, KNOWN, T, T + 2 * DAY, options)
    spans = sorted([(s, e) for s, e, _ in whole.stretches] + whole.away)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    edges = sorted({T, T + 2 * DAY, *(T + cut for cut in cuts)})
    margin = reach(options, moments=True)
    pieces = []
    for start, end in pairwise(edges):
        near = [
            _near(record, start - margin - reach_of_calls(options), end + margin) for record in records
        ]  # as much as is read for a piece
        pieces.append(derive(near, KNOWN, start, end, options))
    joined = Derived(
        coalesced([each for piece in pieces for each in piece.stretches]),
        united(*(piece.away for piece in pieces)),
    )
    assert joined == whole


def _near(record: DeviceRecord, start: int, end: int) -> DeviceRecord:
    def meeting(given_events: list[Event]) -> list[Event]:
        return [event for event in given_events if event[1] >= start and event[0] <= end]

    return DeviceRecord(
        record.device,
        meeting(list(record.windows)),
        windows_from=record.windows_from,
        presence=[meeting(list(each)) for each in record.presence],
        known_from=record.known_from,
        details=[(name, meeting(list(each))) for name, each in record.details],
        moments=[(name, meeting(list(each))) for name, each in record.moments],
    )


@settings(max_examples=40)
@given(devices)
def test_a_day_is_read_as_it_was_written(given_devices: list[tuple[list[Event], ...]]) -> None:
    derived = derive(records_of(given_devices), KNOWN, T, T + DAY, Options())
    day = day_of(T, derived, {subject: hash(subject) & 0xFFFF for _, _, subject in derived.stretches})
    read = decoded(T, encoded(day))
    assert read is not None
    assert read.stretches(T, T + DAY) == derived.stretches
    assert read.away_spans(T, T + DAY) == derived.away
    assert sum(read.totals) == DAY
    assert (read.essences, read.columns, read.totals) == (day.essences, day.columns, day.totals)


@settings(max_examples=40)
@given(st.binary(max_size=80), st.integers(0, 200), st.integers(0, 255))
def test_a_damaged_day_is_no_day(noise: bytes, place: int, byte: int) -> None:
    assert decoded(T, noise) is None
    subject = Subject(1, 2, 3)
    written = bytearray(encoded(day_of(T, Derived([(T, T + HOUR, subject)], []), {subject: 4})))
    written[place % len(written)] = byte
    found = decoded(T, bytes(written))
    assert found is None or (isinstance(found, LaneDay) and sum(found.totals) == DAY)


def test_spans_are_taken_away() -> None:
    assert without([(0, 10), (12, 20)], [(2, 4), (8, 14)]) == [(0, 2), (4, 8), (14, 20)]
    assert list(days_within(DAY, 2 * DAY + 1)) == [1, 2]
