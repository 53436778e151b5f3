"""The same queries over the same events, answered by aw-core and by us."""

import json
import os
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hourloom.core.clock import parse_instant
from hourloom.tracking.query.encoding import encode_result
from hourloom.tracking.query.errors import QueryError
from hourloom.tracking.query.events import Events, Payload
from tests.tracking.query.builders import PERIOD, an_event, answer_over

PYTHON = os.environ.get("HOURLOOM_PEERS_PYTHON")
pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not PYTHON, reason="HOURLOOM_PEERS_PYTHON names no Python that has aw-core"),
]
PEER = Path(__file__).with_name("aw_core_peer.py")
RULES = r"""rules = [
    [["Work"], {"type": "regex", "regex": "vim|code"}],
    [["Work", "Code"], {"regex": "\.PY", "ignore_case": true}],
    [["Web"], {"regex": "^web$", "select_keys": ["app"]}],
    [["Media"], {"regex": "x|y", "priority": 15}],
    [["Never"], {}]
];""".replace("\n", "")
TAGS = r"""rules = [
    ["a", {"regex": "vim"}],
    ["b", {"regex": "x", "select_keys": ["title"]}],
    ["c", {"regex": "(?i)WEB"}]
];""".replace("\n", "")
BUCKETS = 'w = query_bucket("window"); a = query_bucket("afk"); u = query_bucket("web"); none = [];'
SORTED = BUCKETS + "w = sort_by_timestamp(w); a = sort_by_timestamp(a); u = sort_by_timestamp(u);"
FLOODED = BUCKETS + "w = flood(w); a = flood(a); u = flood(u);"

ALIKE = [
    'RETURN = [1, "two", true, {"a": [NAME, STARTTIME]}];',
    "RETURN = [find_bucket('win'), find_bucket('e', 'host'), query_bucket_eventcount('window')];",
    "RETURN = find_bucket('win', 'other');",
    "RETURN = query_bucket('other');",
    "RETURN = nothing;",
    "RETURN = nothing();",
    "RETURN = nop(1);",
    "RETURN = flood(1);",
    "RETURN = limit_events([], 'a');",
    BUCKETS + "RETURN = {'w': w, 'a': a, 'u': u};",
    BUCKETS + "RETURN = flood(w);",
    BUCKETS + "RETURN = flood(w, 2);",
    FLOODED + "RETURN = flood(w, 60);",
    BUCKETS + 'RETURN = filter_keyvals(w, "app", ["vim", "none"]);',
    BUCKETS + 'RETURN = exclude_keyvals(w, "title", ["x"]);',
    BUCKETS + 'RETURN = filter_keyvals(u, "audible", [true]);',
    BUCKETS + 'RETURN = filter_keyvals_regex(w, "app", "^(v|C)");',
    SORTED + "RETURN = filter_period_intersect(w, a);",
    BUCKETS + "RETURN = filter_period_intersect(w, concat(a, u));",
    BUCKETS + "RETURN = period_union(a, u);",
    SORTED + "w = flood(w); u = limit_events(flood(u), 1); RETURN = union_no_overlap(w, u);",
    BUCKETS + "RETURN = concat(w, a);",
    BUCKETS + 'RETURN = merge_events_by_keys(w, ["app"]);',
    BUCKETS + 'RETURN = merge_events_by_keys(w, ["app", "title"]);',
    BUCKETS + "RETURN = merge_events_by_keys(w, none);",
    FLOODED + 'k = ["url", "title"]; RETURN = merge_subwatcher_fields(w, u, k);',
    FLOODED + 'k = ["url", "title"]; RETURN = merge_subwatcher_fields(w, u, k, "sub_wins");',
    BUCKETS + "RETURN = merge_subwatcher_fields(w, u, none, 'other');",
    BUCKETS + "RETURN = [sort_by_timestamp(w), sort_by_duration(w), limit_events(w, 2), sum_durations(w)];",
    BUCKETS + "RETURN = split_url_events(u);",
    BUCKETS + 'RETURN = simplify_window_titles(w, "title");',
    BUCKETS + RULES + "RETURN = categorize(w, rules);",
    BUCKETS + TAGS + "RETURN = tag(w, rules);",
    FLOODED
    + RULES
    + 'a = filter_keyvals(a, "status", ["not-afk"]); w = filter_period_intersect(w, a);'
    + "w = categorize(w, rules);"
    + 'keys = ["$category"]; RETURN = sort_by_duration(merge_events_by_keys(w, keys));',
]


@dataclass
class Difference:
    """Where we mean to differ: what each says, and why."""

    why: str
    query: str
    theirs: object
    ours: object


BASE = [an_event(0, 10, 1, k="a"), an_event(10, 10, 2, k="b"), an_event(20, 30, 3, k="a")]
W = "w = sort_by_timestamp(query_bucket('w'));"
DIFFERENCES = [
    Difference(
        "functions never change the events they are given",
        "w = query_bucket('w'); r = []; x = tag(w, r); w = limit_events(w, 1); RETURN = w;",
        {"$tags": [], "k": "a"},
        {"k": "a"},
    ),
    Difference(
        "period_union leaves the events it was given as they are",
        "w = query_bucket('w'); e = []; x = period_union(w, e); w = limit_events(w, 1); RETURN = w;",
        {},
        {"k": "a"},
    ),
    Difference(
        "instants are exact, not cut to milliseconds",
        "RETURN = flood(query_bucket('odd'));",
        ["12:00:00", "12:00:01.001000"],
        ["12:00:00", "12:00:01.001500"],
    ),
    Difference(
        "events that lack a key are merged only with those that lack the same key",
        "k = ['k', 'l']; RETURN = merge_events_by_keys(query_bucket('lacking'), k);",
        [3.0],
        [2.0, 1.0],
    ),
    Difference(
        "1 and true are different values",
        "k = ['n']; RETURN = merge_events_by_keys(query_bucket('ones'), k);",
        [2.0],
        [1.0, 1.0],
    ),
    Difference(
        "an event without the key does not end the chunks",
        "RETURN = chunk_events_by_key(sort_by_timestamp(query_bucket('lacking')), 'k');",
        [1.0],
        [2.0],
    ),
    Difference(
        "chunks do not depend on the order of time",
        "RETURN = chunk_events_by_key(query_bucket('long_runs'), 'k');",
        [1.0, 2.0],
        [3.0],
    ),
    Difference(
        "an event without length does not delete the one it stands at the beginning of",
        W + "b = query_bucket('zero'); RETURN = union_no_overlap(b, w);",
        [0.0, 0.0, 10.0],
        [0.0, 10.0, 0.0, 10.0],
    ),
    Difference(
        "two events of the second list that meet one of the first are both cut",
        "a = sort_by_timestamp(query_bucket('runs')); b = sort_by_timestamp(query_bucket('meeting'));"
        "RETURN = union_no_overlap(a, b);",
        [1.0, 2.4, 1.0],
        [1.0, 2.0, 1.0],
    ),
    Difference(
        "lists given newest first are put in order before one is cut around the other",
        "b = query_bucket('runs'); w = query_bucket('w'); RETURN = sum_durations(union_no_overlap(w, b));",
        21.0,
        20.0,
    ),
    Difference(
        "an event without length is kept where another watcher saw something",
        W + "b = query_bucket('inside'); k = ['k']; RETURN = merge_subwatcher_fields(b, w, k);",
        [],
        [0.0],
    ),
    Difference(
        "another watcher's events without length enrich nothing",
        "w = query_bucket('w'); b = query_bucket('inside'); k = ['z'];"
        "RETURN = merge_subwatcher_fields(w, b, k);",
        {"k": "a", "z": "z"},
        {"k": "a"},
    ),
    Difference(
        "a call before other arguments does not swallow one of them",
        "RETURN = filter_keyvals(query_bucket('w'), 'k', ['a']);",
        "QueryFunctionException",
        [10.0, 10.0],
    ),
    Difference("blanks may stand in empty lists", "RETURN = [ ];", "QueryParseException", []),
    Difference(
        "what simplify_window_titles cannot simplify is left alone",
        "RETURN = simplify_window_titles(query_bucket('w'), 'title');",
        "KeyError",
        [10.0, 0.0, 10.0],
    ),
    Difference(
        "only text can match a pattern",
        "w = query_bucket('ones'); RETURN = filter_keyvals_regex(w, 'n', '1');",
        "QueryInterpretException",
        [],
    ),
    Difference(
        "too few arguments are the query's fault, not the server's",
        "RETURN = flood();",
        "IndexError",
        "QueryInterpretException",
    ),
    Difference(
        "a pattern that cannot be used is the query's fault, not the server's",
        W + "RETURN = filter_keyvals_regex(w, 'k', '(');",
        "error",
        "QueryFunctionException",
    ),
    Difference(
        "look-around and back-references are refused, because they can take for ever",
        W + "RETURN = filter_keyvals_regex(w, 'k', '(?=x)');",
        [],
        "QueryFunctionException",
    ),
    Difference(
        "word characters are those of ASCII, as re2 has them",
        r"w = query_bucket('accents'); RETURN = filter_keyvals_regex(w, 'k', '^\w');",
        [1.0],
        [],
    ),
    Difference("a missing comma is an error", "RETURN = [1 2];", [1, 2], "QueryParseException"),
]
SPECIAL = {
    "w": BASE,
    "odd": [an_event(0, 1, 1, k="a"), an_event(1.003, 2, 2, k="b")],
    "lacking": [an_event(0, 1, 1, k="a"), an_event(1, 2, 2, l="a"), an_event(3, 4, 3, k="a")],
    "ones": [an_event(0, 1, 1, n=1), an_event(1, 2, 2, n=True)],
    "runs": [an_event(0, 1, 1, k="a"), an_event(21, 22, 2, k="a")],
    "long_runs": [an_event(0, 1, 1, k="a"), an_event(21, 22, 2, k="a"), an_event(41, 42, 3, k="a")],
    "meeting": [an_event(0.2, 0.5, 1), an_event(0.6, 3, 2)],
    "accents": [an_event(0, 1, 1, k="é")],
    "zero": [an_event(0, 0, 1)],
    "inside": [an_event(25, 25, 1, z="z")],
}


def wire(events: Events) -> object:
    return json.loads(encode_result(events))


@dataclass
class Peer:
    process: "subprocess.Popen[str]"

    def answers(self, buckets: dict[str, Events], queries: list[str]) -> list[object]:
        assert self.process.stdin
        assert self.process.stdout
        case = {
            "buckets": {name: wire(events) for name, events in buckets.items()},
            "period": PERIOD,
            "queries": queries,
        }
        self.process.stdin.write(json.dumps(case) + "\n")
        self.process.stdin.flush()
        answers: list[object] = json.loads(self.process.stdout.readline())
        return answers


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    home = tmp_path_factory.mktemp("home")
    with subprocess.Popen(
        [str(PYTHON), str(PEER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"HOME": str(home)},
    ) as process:
        yield Peer(process)
        process.communicate()


def ours(query: str, buckets: dict[str, Events]) -> object:
    period = PERIOD.replace("13:00:00", "12:59:59.999")
    try:
        return json.loads(encode_result(answer_over(buckets, query, period=period)))
    except QueryError as error:
        return error.aw_type


def comparable(value: object) -> object:
    """Return a result with durations as whole microseconds and instants as such."""
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, dict) and "timestamp" in value:
        return {
            **value,
            "timestamp": parse_instant(value["timestamp"]),
            "duration": round(value["duration"] * 1e6),
        }
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    return round(value, 6) if isinstance(value, float) else value


def random_events(rng: random.Random, payloads: list[Payload], gaps: list[int]) -> Events:
    """Make events in order of time on even milliseconds, so that halves of gaps are whole ones."""
    events: Events = []
    start, end = an_event(60, 60)[1:3]
    for number in range(rng.randrange(14)):
        start = max(start + 2000, end + rng.choice(gaps) * 2000)
        end = start + rng.choice([0, 2, 500, 1000, 4000, 30_000]) * 2000
        events.append((number, start, end, rng.choice(payloads)))
    return events


def random_buckets(rng: random.Random) -> dict[str, Events]:
    gaps = [0, 0, 1, 700, 1250, 1251, 9000]
    overlapping = [*gaps, -10, -25, -26, -600]
    apps = [
        ("vim", "main.py"),
        ("Code", "* (1) a.py"),
        ("web", "(12) x"),
        ("web", "y"),
        ("game", "FPS: 59.5 z"),
    ]
    urls = ["https://www.a.com/b?c#d", "http://b.c:80/x;y", "file:///z", "about:blank", "x"]
    return {
        "window": random_events(
            rng, [Payload.of({"app": app, "title": title}) for app, title in apps], overlapping
        ),
        "afk": random_events(rng, [Payload.of({"status": status}) for status in ("afk", "not-afk")], gaps),
        "web": random_events(
            rng,
            [Payload.of({"url": url, "title": "t", "audible": url < "http"}) for url in urls],
            overlapping,
        ),
    }


@pytest.mark.parametrize("seed", range(60))
def test_random_events_give_the_same_answers(peer: Peer, seed: int) -> None:
    buckets = random_buckets(random.Random(seed))
    for query, theirs in zip(ALIKE, peer.answers(buckets, ALIKE), strict=True):
        assert comparable(ours(query, buckets)) == comparable(theirs), query


def told(value: object, like: object) -> object:
    """Return of a result what a difference speaks of: one event's data, or all durations or times of day."""
    if not (isinstance(value, list) and value and isinstance(value[0], dict)):
        return value
    if isinstance(like, dict):
        return value[0]["data"]
    if isinstance(like, list) and isinstance(like[0], str):
        return [event["timestamp"][11:-6] for event in value]
    return [event["duration"] for event in value]


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.why)
def test_we_differ_where_we_mean_to(peer: Peer, difference: Difference) -> None:
    (theirs,) = peer.answers(SPECIAL, [difference.query])
    assert told(theirs, difference.theirs) == difference.theirs
    assert told(ours(difference.query, SPECIAL), difference.ours) == difference.ours
