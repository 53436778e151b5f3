"""A running server, read in pages."""

import socket
from collections.abc import Callable
from contextlib import suppress
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hourloom.core.breaker import LeftAlone
from hourloom.core.errors import HourloomError
from hourloom.imports.activitywatch.http import (
    HttpFetch,
    NotAnAddress,
    ServerRefuses,
    ServerUnreachable,
    StrangeAnswer,
)
from hourloom.imports.activitywatch.opening import open_source
from hourloom.imports.activitywatch.server import ForeignServer, RunningServer
from hourloom.imports.model import Cursor
from tests.imports.fake_server import AnswersLikeActivityWatch, serving

BUCKET = "window desk/1"
TIMES = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 3000)), max_size=25)
"""Dense enough that events share starts, cross the edges of pages and fall into one millisecond."""


def whole(
    fake: AnswersLikeActivityWatch, page: int, after: Cursor | None = None
) -> list[tuple[int, int, bytes]]:
    source = RunningServer("http://desk:5600", fetch=fake, page=page)
    batches = list(source.events(BUCKET, after))
    assert not [fault for batch in batches for fault in batch.faulty]
    return [(e.started_at, e.ended_at, e.data_json) for batch in batches for e in batch.events]


@given(times=TIMES, page=st.integers(1, 5), rust=st.booleans())
@example(times=[(1, 2000), (1, 5), (1, 5), (0, 9)], page=2, rust=False)
def test_every_event_comes_once_and_whole_whatever_the_pages(
    times: list[tuple[int, int]], page: int, *, rust: bool
) -> None:
    unit = 1000 if rust else 1
    fine = 7 if rust else 0
    events = [(start * 250 * unit + fine, (start + length) * 250 * unit + fine) for start, length in times]
    got = whole(AnswersLikeActivityWatch(events, rust), page)
    assert sorted(got) == sorted(
        (start // unit, end // unit, b'{"n":%d}' % number) for number, (start, end) in enumerate(events)
    )


def test_events_come_newest_first_and_reading_goes_on_from_any_cursor() -> None:
    events = [(start * 1_000_000, start * 1_000_000 + 900_000) for start in range(2500)]
    source = RunningServer("http://desk:5600", fetch=AnswersLikeActivityWatch(events))
    batches = list(source.events(BUCKET))
    assert [len(batch.events) for batch in batches] == [1000, 1000, 500]
    starts = [event.started_at for batch in batches for event in batch.events]
    assert starts == sorted(starts, reverse=True)
    rest = {event.started_at for batch in source.events(BUCKET, batches[0].cursor) for event in batch.events}
    assert rest == set(starts[999:])


def test_buckets_come_with_their_number_of_events() -> None:
    source = RunningServer("http://desk:5600", fetch=AnswersLikeActivityWatch([(1, 2), (3, 4)]))
    (bucket,) = source.buckets()
    assert (bucket.id, bucket.event_count, bucket.created, bucket.data) == (BUCKET, 2, None, b"{}")


def answering(**bodies: bytes) -> Callable[[str], tuple[int, bytes]]:
    """Answer by the last part of the path; what is not named is 404."""

    def answer(path: str) -> tuple[int, bytes]:
        assert path.startswith("/api/0/")
        name = path.partition("?")[0].rstrip("/").rpartition("/")[2]
        return (200, bodies[name]) if name in bodies else (404, b"{}")

    return answer


INFO = b'{"hostname":"desk","version":"v0.13"}'
EVENT = b'{"id":1,"timestamp":"2024-03-04T09:00:00Z","duration":1,"data":{}}'


@pytest.mark.parametrize("tail", ["", "/", "/api/0", "/api/0/"])
def test_an_address_may_end_in_the_root_of_the_api(tail: str) -> None:
    with serving(answering(info=INFO, buckets=b"{}")) as url:
        assert open_source(url + tail).buckets() == []


def test_a_bad_event_among_good_ones_is_collected() -> None:
    body = b'[%s,{"id":2,"timestamp":"x","data":{}},{"id":3,"timestamp":"2024-03-04","data":NaN}]' % EVENT
    with serving(answering(info=INFO, events=body)) as url:
        (batch,) = open_source(url).events("b")
    assert (len(batch.events), len(batch.faulty)) == (1, 2)


@pytest.mark.parametrize("body", [b"", b"hello", b"[1]", b"{}", b'"x"', b"\xff\xfe", b"[" * 100_000])
def test_a_foreign_server_is_told_apart(body: bytes) -> None:
    with (
        serving(answering(info=body)) as url,
        pytest.raises(ForeignServer, match="not an ActivityWatch server"),
    ):
        open_source(url)
    with serving(answering()) as url, pytest.raises(ForeignServer, match="not an ActivityWatch server"):
        open_source(url)


@pytest.mark.parametrize("body", [b"", b"hello", b"[1]", b'{"a":1}', b"[" * 100_000, b"[{},", b"\xff"])
def test_a_garbage_answer_is_one_clear_error(body: bytes) -> None:
    with serving(answering(info=INFO, buckets=body, events=body)) as url:
        with pytest.raises(StrangeAnswer, match=url):
            open_source(url).buckets()
        if body != b"[1]":
            with pytest.raises(StrangeAnswer, match=url):
                list(open_source(url).events("b"))


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda tail: b"[" + EVENT + b"," + tail))
def test_random_answers_raise_only_our_errors(body: bytes) -> None:
    class Fixed(AnswersLikeActivityWatch):
        def __call__(self, path: str) -> bytes:
            return INFO if path == "info" else body

    source = RunningServer("http://desk", fetch=Fixed([]), page=1)
    with suppress(HourloomError):
        list(islice(source.events("b"), 20))
        source.buckets()


def test_a_server_that_repeats_one_page_for_ever_is_left() -> None:
    with serving(answering(info=INFO, events=b"[%s]" % EVENT)) as url:
        source = RunningServer(url, page=1)
        assert sum(len(batch.events) for batch in source.events("b")) == 1


def test_a_refused_connection_is_one_clear_sentence() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ServerUnreachable, match=f"No server answers at {url}"):
            open_source(url)


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        fetch = HttpFetch(f"http://127.0.0.1:{mute.getsockname()[1]}", seconds=0.1)
        with pytest.raises(ServerUnreachable, match="takes too long"):
            fetch("info")
        fetch.close()


def test_a_server_that_wants_a_key_says_so() -> None:
    with serving(lambda path: (401, b"{}")) as url, pytest.raises(ServerRefuses, match="wants a key"):
        open_source(url)


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://[", "http://a b:99999999"])
def test_what_is_no_address_is_one_clear_sentence(url: str) -> None:
    with pytest.raises((NotAnAddress, ServerUnreachable, StrangeAnswer)):
        HttpFetch(url)("info")


def test_a_server_that_fails_for_every_event_is_left_alone() -> None:
    """Events that cross the edge of a page are asked for one by one: not ten thousand times in vain."""
    asked: list[str] = []
    page = b",".join(
        b'{"id":%d,"timestamp":"2024-03-04T0%d:00:00Z","duration":86400,"data":{}}'
        % (number, 9 - number // 8)
        for number in range(40)
    )

    def answer(path: str) -> tuple[int, bytes]:
        asked.append(path)
        if "/events/" in path:
            return 500, b"{}"
        return 200, INFO if path.endswith("info") else b"[" + page + b"]"

    with serving(answer) as url:
        source = RunningServer(url, page=40)
        with pytest.raises(LeftAlone, match=r"failed 5 times in a row; it is tried again in 30 s"):
            list(source.events("b", Cursor("1709542800000000")))
        source.close()
    assert sum("/events/" in path for path in asked) == 5
