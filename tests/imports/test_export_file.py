"""Export files, good, odd and hostile."""

import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hourloom.core.errors import HourloomError
from hourloom.imports.activitywatch import export
from hourloom.imports.activitywatch.asking import Kind
from hourloom.imports.activitywatch.database import DatabaseFile
from hourloom.imports.activitywatch.detect import detect
from hourloom.imports.activitywatch.export import ExportFile
from hourloom.imports.model import SourceEvent, content_hash
from hourloom.imports.ports import Source
from tests.imports.builders import MARCH_4, a_bucket, all_of, an_event, an_export, written

SECOND = 1_000_000


def test_the_python_servers_export_is_read(tmp_path: Path) -> None:
    source = ExportFile(written(tmp_path, an_export(a_bucket(an_event(), data={"b": 1, "a": 2}))))
    (bucket,) = source.buckets()
    assert (bucket.id, bucket.type, bucket.client, bucket.hostname) == (
        "window_desk",
        "currentwindow",
        "aw-watcher-window",
        "desk",
    )
    assert (bucket.data, bucket.name, bucket.event_count) == (b'{"a":2,"b":1}', None, 1)
    assert all_of(source) == ([SourceEvent(MARCH_4, MARCH_4 + 60 * SECOND, b'{"app":"Code"}')], [])


def test_the_rust_servers_export_with_ids_nanoseconds_and_later_fields_is_read(tmp_path: Path) -> None:
    event = an_event(id=7, timestamp="2024-03-04T09:00:00.000000999Z", duration=0.000000002)
    bucket = {**a_bucket(event), "metadata": {"start": None, "end": None}, "last_updated": None}
    events, faulty = all_of(ExportFile(written(tmp_path, an_export(bucket))))
    assert not faulty
    assert (events[0].started_at, events[0].ended_at) == (MARCH_4, MARCH_4 + 1)


@pytest.mark.parametrize(
    "shape",
    [
        lambda bucket: bucket,
        lambda bucket: [bucket],
        lambda bucket: {"buckets": [bucket]},
        lambda bucket: {"version": 1, "buckets": {"window_desk": bucket}},
        lambda bucket: {"buckets": {"window_desk": {k: v for k, v in bucket.items() if k != "id"}}},
    ],
)
def test_a_single_bucket_and_lists_of_buckets_are_read_alike(tmp_path: Path, shape: Any) -> None:
    source = ExportFile(written(tmp_path, shape(a_bucket(an_event()))))
    assert [bucket.id for bucket in source.buckets()] == ["window_desk"]
    assert len(all_of(source)[0]) == 1


@pytest.mark.parametrize(
    ("timestamp", "offset"),
    [
        ("2024-03-04T09:00:00", 0),
        ("2024-03-04T09:00:00Z", 0),
        ("2024-03-04 10:00:00.5+01:00", SECOND // 2),
        ("2024-03-04T14:45:00+05:45", 0),
        ("2024-03-04T00:00:00-09:00", 0),
        ("2024-03-04T09:00:00.123456999Z", 123_456),
    ],
)
def test_zone_offsets_are_honoured_and_none_means_utc(tmp_path: Path, timestamp: str, offset: int) -> None:
    events, _ = all_of(ExportFile(written(tmp_path, an_export(a_bucket(an_event(timestamp=timestamp))))))
    assert events[0].started_at == MARCH_4 + offset


FAULTS = [
    (an_event(duration=-1), "not a length of time"),
    (an_event(duration="1"), "shape"),
    (an_event(duration=None), "shape"),
    (an_event(duration=1e300), "after the year 9999"),
    (an_event(timestamp="yesterday"), "no time"),
    (an_event(timestamp="1969-12-31T23:59:59Z"), "no time"),
    (an_event(timestamp=5), "shape"),
    ({"duration": 1, "data": {}}, "timestamp"),
    (an_event(data=[]), "not an object"),
    (an_event(data=None), "not an object"),
    (an_event(data={"n": 2**64}), "64 bits"),
    ("text", "shape"),
    (None, "shape"),
    ([], "shape"),
    (17, "shape"),
    (an_event(data={"title": "x" * (1 << 20)}), "1 MiB"),
    (an_event(data={"title": "x" * (5 << 20)}), "1 MiB"),
]


@pytest.mark.parametrize(("faulty", "reason"), FAULTS)
def test_a_faulty_event_is_collected_and_its_neighbours_are_kept(
    tmp_path: Path, faulty: Any, reason: str
) -> None:
    path = written(tmp_path, an_export(a_bucket(an_event(duration=1), faulty, an_event(duration=2))))
    events, faults = all_of(ExportFile(path))
    assert [event.ended_at - event.started_at for event in events] == [SECOND, 2 * SECOND]
    (fault,) = faults
    assert reason in fault.reason
    assert fault.where.startswith("event 1, ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"timestamp":"2024-03-04T09:00:00Z","duration":NaN,"data":{}}', "NaN"),
        (b'{"timestamp":"2024-03-04T09:00:00Z","data":{"a":NaN}}', "NaN"),
        (b'{"timestamp":"2024-03-04T09:00:00Z","data":{"a":tru}}', "not valid JSON"),
        (b'{"timestamp":"2024-03-04T09:00:00Z","data":{"a":1},"data":{"b":1}}', "twice"),
        (b'{"timestamp":"2024-03-04T09:00:00Z","data":{"a":1,"a":2}}', "twice"),
        (
            b'{"timestamp":"2024-03-04T09:00:00Z","data":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
            "nested",
        ),
        (b'{"timestamp":"2024-03-04T09:00:00Z","more":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "nested"),
    ],
)
def test_text_that_is_no_json_spoils_one_event_only(tmp_path: Path, text: bytes, reason: str) -> None:
    good = json.dumps(an_event()).encode()
    path = written(tmp_path, b'{"buckets":{"window_desk":{"events":[%s,%s,%s]}}}' % (good, text, good))
    events, faults = all_of(ExportFile(path))
    assert len(events) == 2
    assert [reason in fault.reason for fault in faults] == [True]


def test_unknown_fields_and_a_missing_duration_or_data_are_fine(tmp_path: Path) -> None:
    event = {"timestamp": "2024-03-04T09:00:00Z", "colour": {"deep": [1, {"data": 2}]}}
    events, _ = all_of(ExportFile(written(tmp_path, an_export(a_bucket(event)))))
    assert events == [SourceEvent(MARCH_4, MARCH_4, b"{}")]


@pytest.mark.parametrize("cut", range(0, 300, 7))
def test_a_truncated_file_is_one_clear_error_before_anything_is_read(tmp_path: Path, cut: int) -> None:
    text = json.dumps(an_export(a_bucket(an_event(), an_event(data={"a": '\\"'})))).encode()
    path = written(tmp_path, text[:cut])
    with pytest.raises(HourloomError, match=r"damaged at byte|no ActivityWatch export"):
        ExportFile(path).buckets()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "empty"),
        (b'{"buckets":{"a":{"events":[{]}]}}}', "brackets do not match"),
        (b'{"buckets":{"a":{"events":[{} {}]}}}', "damaged at byte 30"),
        (b'{"buckets":{"a":{"events":[{},]}}}', "a value is missing"),
        (b'{"buckets":{}} {}', "something follows the end"),
        (b'{"buckets":17}', "'{' is missing"),
        (b'{"buckets":{a:1}}', "name in quotes"),
        (b'{"buckets":{"a":{"id":"x"},"b":{"id":"x"}}}', "'x' twice"),
        (b'[{"timestamp":"2024-03-04T09:00:00Z"}]', "no buckets with an id"),
        (b'{"colour":"red"}', "no buckets with an id"),
        (b"[" * 200_000, "damaged at byte"),
        (b'{"x":' + b"[" * 200_000, "nested too deep"),
    ],
)
def test_a_broken_document_is_one_clear_error(tmp_path: Path, text: bytes, message: str) -> None:
    with pytest.raises(HourloomError, match=message):
        ExportFile(written(tmp_path, text)).buckets()


def test_strange_fields_of_a_bucket_do_not_cost_its_events(tmp_path: Path) -> None:
    bucket = a_bucket(an_event(), type=5, client=None, hostname=["x"], created="2024", data=[1], name=3)
    source = ExportFile(written(tmp_path, an_export(bucket)))
    (found,) = source.buckets()
    assert (found.type, found.client, found.hostname, found.created, found.data, found.name) == (
        "unknown",
        "unknown",
        "unknown",
        None,
        b"{}",
        None,
    )
    assert len(all_of(source)[0]) == 1


def test_a_mark_at_the_beginning_and_blanks_everywhere_are_fine(tmp_path: Path) -> None:
    text = (
        b"\xef\xbb\xbf\r\n\t "
        + json.dumps(an_export(a_bucket(an_event(), an_event())), indent=8).encode()
        + b"\n"
    )
    assert len(all_of(ExportFile(written(tmp_path, text)))[0]) == 2


def many_events(count: int) -> list[dict[str, Any]]:
    chance = random.Random(5)
    titles = ["plain", 'quo"te', "back\\slash", "}, {", "café \U0001f600", "]}}", "x" * 3000]
    return [an_event(duration=number, data={"title": chance.choice(titles)}) for number in range(count)]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_many_windows_of_text_give_every_event_once_and_in_order(
    tmp_path: Path, *, indent: int | None, ascii_only: bool
) -> None:
    export = an_export(
        a_bucket(*many_events(3000)), a_bucket(*many_events(10), id="other"), a_bucket(id="none")
    )
    path = written(tmp_path, json.dumps(export, indent=indent, ensure_ascii=ascii_only).encode())
    source = ExportFile(path)
    assert [bucket.event_count for bucket in source.buckets()] == [3000, 10, 0]
    events, faulty = all_of(source)
    assert not faulty
    assert [event.ended_at - event.started_at for event in events] == [n * SECOND for n in range(3000)]
    assert [json.loads(event.data_json) for event in events] == [event["data"] for event in many_events(3000)]
    assert len(all_of(source, "other")[0]) == 10


def test_reading_goes_on_behind_any_batch(tmp_path: Path) -> None:
    events = many_events(3500)
    events[1200] = an_event(duration=-1)
    path = written(tmp_path, an_export(a_bucket(*events)))
    batches = list(ExportFile(path).events("window_desk"))
    assert [len(batch.events) + len(batch.faulty) for batch in batches] == [1000, 1000, 1000, 500]
    for number, batch in enumerate(batches):
        assert list(ExportFile(path).events("window_desk", batch.cursor)) == batches[number + 1 :]


def test_an_unknown_bucket_is_said(tmp_path: Path) -> None:
    with pytest.raises(export.UnknownBucket, match="no bucket 'x'"):
        list(ExportFile(written(tmp_path, an_export())).events("x"))


def test_the_content_hash_tells_apart_what_differs_and_only_that() -> None:
    event = SourceEvent(1, 2, b"{}")
    others = [("b", event), ("a", SourceEvent(1, 3, b"{}")), ("a", SourceEvent(1, 2, b'{"a":1}'))]
    assert content_hash("a", event) == content_hash("a", SourceEvent(1, 2, b"{}"))
    assert content_hash("a", event) not in {content_hash(*other) for other in others}


def read_whole(path: Path) -> None:
    source: Source = ExportFile(path) if detect(path) is Kind.EXPORT else DatabaseFile(path)
    for bucket in source.buckets():
        list(source.events(bucket.id))
    source.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.binary() | st.binary().map(lambda tail: b'{"buckets":{"a":{"events":[' + tail))
def test_random_bytes_raise_only_our_errors(tmp_path: Path, text: bytes) -> None:
    with suppress(HourloomError):
        read_whole(written(tmp_path, text))


VALID = json.dumps(
    an_export(a_bucket(*[an_event(data={"t": 'é\\"}{,['}) for _ in range(4)]), a_bucket(id="b"))
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(
    st.lists(
        st.tuples(st.integers(0, len(VALID)), st.integers(0, 9), st.binary(max_size=6)),
        min_size=1,
        max_size=4,
    )
)
def test_mutated_exports_raise_only_our_errors(tmp_path: Path, edits: list[tuple[int, int, bytes]]) -> None:
    text = VALID.encode()
    for at, length, instead in edits:
        text = text[:at] + instead + text[at + length :]
    with suppress(HourloomError):
        read_whole(written(tmp_path, text))
