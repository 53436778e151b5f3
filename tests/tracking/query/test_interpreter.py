"""Running whole queries, and what comes out as JSON."""

import json

import pytest

from hourloom.core.clock import DAY, SECOND
from hourloom.core.errors import TimedOut
from hourloom.tracking.query import interpreter, operators
from hourloom.tracking.query.deadline import Deadline
from hourloom.tracking.query.encoding import encode_result, format_timestamp
from hourloom.tracking.query.errors import QueryFunctionError, QueryInterpretError, QueryTimedOut
from hourloom.tracking.query.events import EMPTY, Events, Payload, events_of_rows
from hourloom.tracking.query.interpreter import run
from hourloom.tracking.query.parser import parse_query
from hourloom.tracking.query.timeperiod import parse_period
from tests.tracking.query.builders import NOON, PERIOD, MemoryBuckets, an_event, answer, answer_over, spans

WINDOW = [an_event(0, 10, 1, app="vim"), an_event(10, 12.5, 2, app="web")]


def answered(*lines: str, **buckets: Events) -> object:
    return json.loads(encode_result(answer_over(buckets, *lines)))


def test_events_come_out_as_activitywatch_writes_them() -> None:
    assert (
        encode_result(answer('RETURN = query_bucket("w");', w=[an_event(1.5, 41.5, 7, title="é", app="a")]))
        == (
            '[{"data":{"app":"a","title":"é"},"duration":40.0,"id":7,"timestamp":"2024-03-04T12:00:01.500000+00:00"}]'
        ).encode()
    )


def test_keys_are_sorted_and_numbers_stay_what_they_are() -> None:
    assert (
        encode_result(answer('RETURN = {"b": 1, "a": [1.0, true, "x", print()]};'))
        == b'{"a":[1.0,true,"x",null],"b":1}'
    )


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (0, "1970-01-01T00:00:00+00:00"),
        (NOON, "2024-03-04T12:00:00+00:00"),
        (NOON + 1, "2024-03-04T12:00:00.000001+00:00"),
        (NOON + 3_723_450_000, "2024-03-04T13:02:03.450000+00:00"),
    ],
)
def test_timestamps_are_written_as_python_does(instant: int, text: str) -> None:
    assert format_timestamp(instant) == text


def test_buckets_are_read_newest_first_and_cut_to_the_period() -> None:
    events = [an_event(-10, 5, 1), an_event(5, 6, 2), an_event(3590, 4000, 3), an_event(4000, 4001, 4)]
    assert spans(answer('RETURN = query_bucket("w");', w=events)) == [(3590, 3600), (5, 6), (0, 5)]  # type: ignore[arg-type]
    assert answer('RETURN = query_bucket_eventcount("w");', w=events) == 3


def test_a_query_may_move_its_window() -> None:
    lines = ['STARTTIME = "2024-03-04T12:00:10Z";', "RETURN = query_bucket_eventcount('w');"]
    assert answer(*lines, w=[an_event(0, 1), an_event(20, 21)]) == 1
    lines = [
        'TIMEINTERVAL = "2024-03-04T12:00:00Z/2024-03-04T12:00:10Z";',
        "RETURN = query_bucket_eventcount('w');",
    ]
    assert answer(*lines, w=[an_event(0, 1), an_event(20, 21)]) == 1


def test_a_window_that_ends_before_it_begins_is_empty() -> None:
    backwards = "/".join(reversed(PERIOD.split("/")))
    assert answer_over({"w": WINDOW}, "RETURN = query_bucket('w');", period=backwards) == []
    assert answer_over({"w": WINDOW}, "RETURN = query_bucket_eventcount('w');", period=backwards) == 0


def test_the_variables_of_the_period_keep_its_zone() -> None:
    assert answer_over(
        {}, "RETURN = [STARTTIME, ENDTIME];", period="2024-03-04T13:00:00+01:00/2024-03-05"
    ) == [
        "2024-03-04T13:00:00+01:00",
        "2024-03-05T00:00:00+00:00",
    ]


@pytest.mark.parametrize("period", ["", "2024-03-04", "x/2024-03-04", "2024-03-04/", "2024-03-04/2024-13-01"])
def test_a_faulty_period_is_refused(period: str) -> None:
    with pytest.raises(QueryInterpretError):
        parse_period(period)


def test_a_period_beyond_all_events_is_clamped() -> None:
    period = parse_period("0001-01-01/9999-12-31T23:59:59-12:00")
    assert period.start == 0
    assert period.end > NOON + 1000 * 365 * DAY


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ('"aw-watcher-window_host"', "aw-watcher-window_host"),
        ('"aw-watcher-window"', "aw-watcher-window_laptop"),
        ('"window"', "aw-watcher-window_laptop"),
        ('"window", "host"', "aw-watcher-window_laptop"),
        ('"a"', "a"),
    ],
)
def test_a_bucket_is_found_by_its_name_or_else_by_a_part_of_it(call: str, found: str) -> None:
    names: dict[str, Events] = {"aw-watcher-window_laptop": [], "aw-watcher-window_host": [], "a": []}
    assert answer_over(names, f"RETURN = find_bucket({call});") == found
    assert answer_over(names, "RETURN = query_bucket_names();") == list(names)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("RETURN = x;", "Tried to reference variable 'x' which is not defined"),
        ("RETURN = f();", "Tried to call function 'f' which doesn't exist"),
        ("RETURN = flood();", "Tried to call function flood with invalid amount of arguments"),
        ("STARTTIME = 1; RETURN = query_bucket('w');", "STARTTIME must be a string."),
        ("STARTTIME = 'x'; RETURN = query_bucket('w');", "'x' is not a time in ISO 8601."),
    ],
)
def test_what_cannot_be_interpreted_is_said_with_its_place(query: str, reason: str) -> None:
    with pytest.raises(QueryInterpretError) as caught:
        answer(query, w=WINDOW)
    assert (caught.value.reason, caught.value.line) == (reason, 1)
    assert caught.value.aw_type == "QueryInterpretException"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("query_bucket('x')", "There's no bucket named 'x'"),
        ("find_bucket('x')", "Unable to find bucket matching 'x' (hostname filter set to 'None')"),
        ("find_bucket('w', 'x')", "Unable to find bucket matching 'w' (hostname filter set to 'x')"),
        ("merge_subwatcher_fields([], [], [], 'x')", "conflict must be 'base_wins' or 'sub_wins', got 'x'"),
    ],
)
def test_what_a_function_cannot_do_is_said_with_its_place(call: str, reason: str) -> None:
    with pytest.raises(QueryFunctionError) as caught:
        answer(f"RETURN = {call};", w=WINDOW)
    assert (caught.value.reason, caught.value.line, caught.value.column) == (reason, 1, 10)
    assert caught.value.aw_type == "QueryFunctionException"


@pytest.mark.parametrize(
    ("call", "number", "expected"),
    [
        ("flood(1)", 1, "a list of events, not a number"),
        ("flood([1])", 1, "a list of events, not a list"),
        ("query_bucket(true)", 1, "a string, not true or false"),
        ("limit_events([], 1.5)", 2, "a whole number, not a number"),
        ("limit_events([], true)", 2, "a number, not true or false"),
        ("limit_events([], print())", 2, "a number, not nothing"),
        ("merge_events_by_keys([], [1])", 2, "a list of strings, not a list"),
        ("filter_keyvals([], 'a', {})", 3, "a list, not a dictionary"),
        ("contains(1, 2)", 1, "a list, not a number"),
        ("contains({}, query_bucket('w'))", 2, "a string, not a list of events"),
        ("categorize([], [1])", 2, "a list of pairs of a name and a rule, not a list"),
        (
            "categorize([], [['a', {}]])",
            2,
            "a list of pairs of a category (a list of strings) and a rule, not a list",
        ),
        ("tag([], [[['a'], {}]])", 2, "a list of pairs of a tag and a rule, not a list"),
    ],
)
def test_an_argument_of_the_wrong_type_is_named(call: str, number: int, expected: str) -> None:
    with pytest.raises(QueryFunctionError) as caught:
        answer(f"RETURN = {call};", w=WINDOW)
    name = call.partition("(")[0]
    assert caught.value.reason == f"Argument {number} of {name} must be {expected}."


def test_the_place_is_that_of_the_call() -> None:
    with pytest.raises(QueryFunctionError, match=r"^Line 2, column 14: "):
        answer("a = [];", "RETURN = [1, limit_events(a, 'x')];")


def test_the_functions_of_the_language_work_together() -> None:
    lines = [
        'events = flood(query_bucket("window"), 2);',
        'not_afk = filter_keyvals(query_bucket("afk"), "status", ["not-afk"]);',
        "events = filter_period_intersect(events, not_afk);",
        'events = categorize(events, [[["Code"], {"type": "regex", "regex": "vim"}]]);',
        'cats = sort_by_duration(merge_events_by_keys(events, ["$category"]));',
        'RETURN = {"cats": limit_events(cats, 1), "duration": sum_durations(events), "n": nop()};',
    ]
    afk = [an_event(0, 4, status="not-afk"), an_event(4, 8, status="afk"), an_event(8, 13, status="not-afk")]
    assert answered(*lines, window=WINDOW, afk=afk) == {
        "cats": [
            {
                "id": None,
                "timestamp": "2024-03-04T12:00:00+00:00",
                "duration": 6.0,
                "data": {"$category": ["Code"]},
            }
        ],
        "duration": 8.5,
        "n": 1,
    }


@pytest.mark.parametrize(
    "call",
    [
        "exclude_keyvals(e, 'app', ['vim'])",
        "filter_keyvals_regex(e, 'app', 'web')",
        "limit_events(e, 1)",
        "limit_events(sort_by_timestamp(e), -1)",
        "period_union(e, [])",
        "union_no_overlap(concat(), limit_events(e, 1))",
        "concat(limit_events(e, 1), [], [])",
        "chunk_events_by_key(limit_events(e, 1), 'app')",
        "merge_subwatcher_fields(limit_events(e, 1), e, ['app'], 'sub_wins')",
        "simplify_window_titles(limit_events(e, 1), 'title')",
        "split_url_events(limit_events(e, 1))",
        "tag(limit_events(e, 1), [['t', {'regex': 'x'}]])",
        "merge_events_by_keys(e, ['none'])",
    ],
)
def test_every_function_can_be_called(call: str) -> None:
    assert len(answered(f"e = query_bucket('w'); RETURN = {call};", w=WINDOW)) == 1  # type: ignore[arg-type]


def test_a_variable_is_not_changed_by_what_is_made_of_it() -> None:
    lines = [
        "a = query_bucket('w');",
        "b = categorize(a, []);",
        "RETURN = merge_events_by_keys(a, ['$category']);",
    ]
    assert answered(*lines, w=WINDOW[:1]) == [
        {"id": None, "timestamp": "2024-03-04T12:00:00+00:00", "duration": 10.0, "data": {}}
    ]


def test_a_query_out_of_time_is_stopped() -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 1
        return now[0]

    deadline = Deadline(4.5, clock)
    program = parse_query(["a = 1;"] * 10)
    with pytest.raises(QueryTimedOut, match=r"longer than 4\.5 s; ask for a shorter period") as caught:
        run(program, parse_period(PERIOD), MemoryBuckets({}), deadline=deadline)
    assert isinstance(caught.value, TimedOut)


@pytest.mark.parametrize(
    "call",
    [
        "flood(e)",
        "filter_period_intersect(e, e)",
        "period_union(e, e)",
        "union_no_overlap(e, e)",
        "merge_events_by_keys(e, ['n'])",
        "merge_subwatcher_fields(e, e, ['n'])",
        "chunk_events_by_key(e, 'n')",
        "categorize(e, [])",
        "split_url_events(e)",
        "filter_keyvals(e, 'n', [1])",
        "simplify_window_titles(e, 'n')",
    ],
)
def test_long_loops_look_at_the_clock(call: str) -> None:
    looks = [0]

    def clock() -> float:
        looks[0] += 1
        return 0

    events = [an_event(n / 10, (n + 1) / 10, n=n) for n in range(20_000)]
    program = parse_query([f"e = query_bucket('w'); RETURN = {call};"])
    run(program, parse_period(PERIOD), MemoryBuckets({"w": events}), deadline=Deadline(1, clock))
    assert looks[0] > 6


def test_a_list_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    query = ["a = query_bucket('w');", *["a = concat(a, a);"] * 40, "RETURN = 1;"]
    with pytest.raises(QueryFunctionError, match="more than 5000000 events"):
        answer(*query, w=[an_event(n, n + 1) for n in range(40)])
    with pytest.raises(QueryFunctionError, match="more than 5000000 events"):
        answer("a = [1] + [2];", *["a = a + a;"] * 40)


def test_variables_that_hold_too_much_together_are_refused() -> None:
    query = ["a = query_bucket('w');", *["a = concat(a, a);"] * 15]
    with pytest.raises(QueryInterpretError, match="the query's variables hold too many events"):
        answer(
            *query, *[f"b{n} = concat(a, []);" for n in range(20)], w=[an_event(n, n + 1) for n in range(40)]
        )


def test_rows_become_events_cut_to_the_period() -> None:
    payload = Payload.of_text('{"app":"a"}')
    events = events_of_rows([(2, 50, 120, 7), (1, 0, 30, 8)], {7: payload, 8: EMPTY}, 10, 100)
    assert events == [(2, 50, 100, payload), (1, 10, 30, EMPTY)]


def test_a_day_of_events_is_written_in_a_moment() -> None:
    events = [an_event(n / 10, (n + 1) / 10, n, app="a") for n in range(10_000)]
    assert len(json.loads(encode_result(events))) == 10_000
    assert sum(event["duration"] for event in json.loads(encode_result(events))) == pytest.approx(1000)


def test_limits_are_what_the_messages_say() -> None:
    assert (interpreter.MAX_HELD, operators.MAX_TEXT) == (20_000_000, 1_048_576)
    assert SECOND == 1_000_000
