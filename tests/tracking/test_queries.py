"""Queries over HTTP: both dialects' errors, time limits, heartbeats beside them, answers kept and renewed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.testing import Client, FixedClock, OpenDatabase, ServerInMemory, a_server
from hourloom.tracking.service import Queries

WINDOW = {"client": "c", "type": "currentwindow", "hostname": "desk"}
BUCKET = "/api/0/buckets/window_desk"
DAY = "2026-03-01T00:00:00Z/2026-03-02T00:00:00Z"
EVENTS = "RETURN = query_bucket('window_desk');"


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    server.client.post(BUCKET, WINDOW)
    return server.client


def an_event(hour: int, minute: int = 0, duration: float = 60, app: str = "Code") -> dict[str, Any]:
    return {
        "timestamp": f"2026-03-01T{hour:02}:{minute:02}:00+00:00",
        "duration": duration,
        "data": {"app": app},
    }


def ask(client: Client, *lines: str, periods: tuple[str, ...] = (DAY,), query: str = "") -> Any:
    answer = client.post(f"/api/0/query/{query}", {"query": list(lines), "timeperiods": list(periods)})
    assert answer.status == 200, answer.body
    return answer.json()


def test_one_result_for_each_period(client: Client) -> None:
    client.post(f"{BUCKET}/events", [an_event(1), an_event(2, 59, 120)])
    halves = ("2026-03-01T00:00:00Z/2026-03-01T03:00:00Z", "2026-03-01T03:00:00Z/2026-03-02T00:00:00Z")
    first, second = ask(
        client, "e = query_bucket('window_desk');", "RETURN = sum_durations(e);", periods=halves
    )
    assert (first, second) == (120.0, 60.0)
    assert ask(client, EVENTS, periods=halves)[1] == [
        an_event(3, 0, 60.0) | {"id": ask(client, EVENTS)[0][0]["id"]}
    ]
    assert ask(client, "RETURN = NAME;", query="?name=mine&cache=1") == ["mine"]
    assert ask(client, EVENTS, periods=()) == []


def test_the_dialect_of_the_other_server_is_understood(client: Client) -> None:
    client.post(f"{BUCKET}/events", [an_event(1)])
    lines = ('b = find_bucket("window_"); # the first', "return sum_durations(query_bucket(b)) / 2.0;")
    assert ask(client, *lines) == [30.0]


@pytest.mark.parametrize(
    ("line", "type_"),
    [
        ("RETURN = ;", "QueryParseException"),
        ("a = 1;", "QueryParseException"),
        ("RETURN = nothing;", "QueryInterpretException"),
        ("RETURN = query_bucket('none');", "QueryFunctionException"),
        ("RETURN = limit_events([], 'x');", "QueryFunctionException"),
        ("RETURN = filter_keyvals_regex([], 'a', '(?=x)');", "QueryFunctionException"),
    ],
)
def test_an_error_in_a_query_has_activitywatchs_type(client: Client, line: str, type_: str) -> None:
    answer = client.post("/api/0/query/", {"query": [line], "timeperiods": [DAY]})
    assert answer.status == 400
    assert answer.json()["type"] == type_


def test_our_own_route_answers_the_same(server: ServerInMemory, client: Client) -> None:
    client.post(f"{BUCKET}/events", [an_event(1)])
    ours = server.client_with("tracking:read").post("/api/v1/query", {"query": [EVENTS], "periods": [DAY]})
    assert ours.json() == ask(client, EVENTS)


@pytest.fixture
def hasty(open_database: OpenDatabase, tmp_path: Path, clock: FixedClock) -> Iterator[ServerInMemory]:
    """Run a server whose queries have half a second."""
    with a_server(open_database, tmp_path, clock, query_seconds=0.5) as server:
        record_much(server)
        yield server


@pytest.fixture
def patient(open_database: OpenDatabase, tmp_path: Path, clock: FixedClock) -> Iterator[ServerInMemory]:
    """Run a server whose queries have time for what a busy machine does meanwhile."""
    with a_server(open_database, tmp_path, clock, query_seconds=4) as server:
        record_much(server)
        yield server


def record_much(server: ServerInMemory) -> None:
    server.client.post(BUCKET, WINDOW)
    events = [an_event(n // 3600, n // 60 % 60, n % 60, f"{n}") for n in range(20_000)]
    server.client.post(f"{BUCKET}/events", events)


HEAVY = [
    "e = query_bucket('window_desk');",
    *["e = concat(e, e);"] * 5,
    *["f = flood(union_no_overlap(e, e));"] * 200,
    "RETURN = sum_durations(f);",
]


def test_a_query_that_takes_too_long_is_stopped_and_says_so(hasty: ServerInMemory) -> None:
    began = time.monotonic()
    answer = hasty.client.post("/api/0/query/", {"query": HEAVY, "timeperiods": [DAY]})
    assert (answer.status, answer.json()["code"]) == (503, "query_timed_out")
    assert time.monotonic() - began < 60
    assert ask(hasty.client, "RETURN = 1;") == [1]


def test_heartbeats_are_answered_beside_long_queries(patient: ServerInMemory) -> None:
    async def beats_beside_queries() -> tuple[list[bool], list[int]]:
        body = {"query": HEAVY, "timeperiods": [DAY]}
        asking = [
            asyncio.create_task(patient.client.ask("POST", "/api/0/query/", json=body)) for _ in range(3)
        ]
        await asyncio.sleep(0.05)
        beside: list[bool] = []
        for minute in range(3):
            path = f"{BUCKET}/heartbeat?pulsetime=60"
            answer = await patient.client.ask("POST", path, json=an_event(23, minute))
            assert answer.status == 200
            beside.append(not any(task.done() for task in asking))
        return beside, [(await task).status for task in asking]

    beside, statuses = patient.run(beats_beside_queries())
    assert set(statuses) == {503}
    assert beside[0], "it did not wait for the queries to end"


def test_a_settled_answer_is_given_again_without_reading(server: ServerInMemory, client: Client) -> None:
    client.post(f"{BUCKET}/events", [an_event(hour, minute) for hour in range(20) for minute in range(60)])
    asked = ask(client, EVENTS)
    queries = server.service(Queries)
    assert len(queries._answers._kept) == 1
    assert ask(client, EVENTS) == asked
    ask(client, EVENTS, periods=("2026-03-02T08:00:00Z/2026-03-02T08:50:00Z",))
    assert len(queries._answers._kept) == 1, "a period that is hardly over is not kept"


def test_a_host_that_changes_changes_what_is_found(client: Client) -> None:
    client.post("/api/0/buckets/window_two", WINDOW | {"hostname": "two"})
    find = "RETURN = find_bucket('window', 'two');"
    assert ask(client, find) == ["window_two"]
    client.put(BUCKET, WINDOW | {"hostname": "two"})
    assert ask(client, find) == ["window_desk"]


hours = st.integers(0, 23)
apps = st.sampled_from(["Code", "Mail"])
Step = tuple[str, int, int, str]
steps: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from(
            ["insert", "heartbeat", "edit", "delete", "restore", "undo", "make", "drop", "change", "import"]
        ),
        hours,
        st.sampled_from([0, 1, 59]),
        apps,
    ),
    min_size=1,
    max_size=12,
)
QUERIES = [
    [EVENTS],
    ["RETURN = query_bucket_eventcount(find_bucket('window'));"],
    ["RETURN = merge_events_by_keys(query_bucket(find_bucket('window', 'desk')), ['app']);"],
]
PERIODS = ["2026-03-01T00:00:00Z/2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z/2026-03-02T08:45:00Z", DAY]


class Actions:
    """Does to a server what a step says, whether or not it succeeds."""

    def __init__(self, server: ServerInMemory) -> None:
        self.admin = server.client_with("admin")
        self.operations: list[int] = []

    def do(self, step: Step) -> None:
        what, hour, minute, app = step
        answer = getattr(self, what)(an_event(hour, minute, app=app), hour)
        if answer.status == 200 and (operation := (answer.json() or {}).get("operation_id")):
            self.operations.append(operation)

    def insert(self, event: Any, _: int) -> Any:
        return self.admin.post(f"{BUCKET}/events", event)

    def heartbeat(self, event: Any, _: int) -> Any:
        return self.admin.post(f"{BUCKET}/heartbeat?pulsetime=3600", event)

    def edit(self, event: Any, hour: int) -> Any:
        return self.admin.patch(f"/api/v1/events/{hour}", {"data": event["data"]})

    def delete(self, _: Any, hour: int) -> Any:
        return self.admin.delete(f"/api/v1/events/{hour}")

    def restore(self, _: Any, hour: int) -> Any:
        return self.admin.post(f"/api/v1/events/{hour}/restore")

    def undo(self, _: Any, hour: int) -> Any:
        number = self.operations[hour % len(self.operations)] if self.operations else 1
        return self.admin.post(f"/api/v1/operations/{number}/undo")

    def make(self, _: Any, hour: int) -> Any:
        name = "a_window" if hour % 2 else "window_desk"
        return self.admin.post("/api/v1/buckets", WINDOW | {"name": name})

    def drop(self, _: Any, hour: int) -> Any:
        return self.admin.delete("/api/v1/buckets/" + ("a_window" if hour % 2 else "window_desk"))

    def change(self, _: Any, hour: int) -> Any:
        return self.admin.put(BUCKET, WINDOW | {"hostname": "desk" if hour % 2 else "other"})

    def __getattr__(self, name: str) -> Any:
        # `import` is a word of the language.
        assert name == "import"
        return lambda event, _: self.admin.post(
            "/api/0/import", {"buckets": {"window_desk": {"events": [event]}}}
        )


def answers(client: Client) -> list[bytes]:
    bodies = ({"query": lines, "timeperiods": PERIODS} for lines in QUERIES)
    return [client.post("/api/0/query/", body).body for body in bodies]


def test_kept_answers_are_those_that_would_be_given_afresh(server: ServerInMemory) -> None:
    queries, actions = server.service(Queries), Actions(server)

    @settings(max_examples=25)
    @given(steps)
    def hold(taken: list[Step]) -> None:
        # Examples go on where the last one stopped: every state is as good as another.
        actions.make(None, 0)
        for step in taken:
            actions.do(step)
            kept = answers(actions.admin)
            queries._answers._kept.clear()
            assert answers(actions.admin) == kept, step

    hold()
