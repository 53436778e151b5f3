"""Whatever is sent, the server neither fails nor stores what cannot be given back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hourloom.testing import FixedClock, OpenDatabase, ServerInMemory, a_server
from tests.wakatime.sent import BULK, NINE, an_editor

ME = "/api/v1/users/current"

READS = [
    "summaries?range=last_7_days",
    "summaries?start=today&project=a",
    "heartbeats",
    "durations?slice_by=entity",
    "projects",
    "stats/all_time",
    "user_agents",
    "machine_names",
]
QUESTIONS = [
    "summaries?start=",
    "summaries?range=",
    "summaries?timeout=",
    "summaries?timezone=",
    "stats/",
    "durations?date=",
    "durations?slice_by=",
    "heartbeats?date=",
    "projects?q=",
    "goals/",
]

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["<<LAST_PROJECT>>", "domain", "url", "true", "1e999", "nan", str(NINE), "https://[x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [
    *("entity", "type", "time", "category", "project", "branch", "language", "is_write", "lines", "lineno"),
    *("cursorpos", "dependencies", "user_agent", "plugin", "machine", "ai_model", "ai_prompt_length"),
]
beats = st.dictionaries(st.sampled_from(FIELDS), values, max_size=len(FIELDS))
good = st.fixed_dictionaries({"entity": st.text(min_size=1), "time": st.floats(NINE - 9_000, NINE)})
sent = st.lists(values | beats | st.builds(lambda one, other: {**one, **other}, beats, good), max_size=6)


@pytest.fixture
def dialect() -> str:
    """Test on SQLite; what differs on PostgreSQL is in a module of its own."""
    return "sqlite"


@pytest.fixture
def fuzzed(open_database: OpenDatabase, clock: FixedClock, tmp_path: Path) -> Iterator[ServerInMemory]:
    with a_server(open_database, tmp_path, clock) as running:
        yield running


def test_any_beats_are_taken_or_refused_one_by_one(fuzzed: ServerInMemory) -> None:
    client = an_editor(fuzzed)

    @settings(max_examples=80, suppress_health_check=list(HealthCheck))
    @given(sent)
    def hold(items: list[Any]) -> None:
        answer = client.request("POST", BULK, content=json.dumps(items).encode())
        assert answer.status in (201, 400), answer.body
        if answer.status == 201:
            assert [code in (201, 400) for _, code in answer.json()["responses"]] == [True] * len(items)

    hold()
    for path in READS:
        assert client.get(f"{ME}/{path}").status == 200, path


def test_any_bytes_are_answered(fuzzed: ServerInMemory) -> None:
    client = an_editor(fuzzed)

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=200), st.sampled_from([BULK, "/", f"{ME}/external_durations.bulk"]))
    def hold(content: bytes, path: str) -> None:
        assert client.request("POST", path, content=content).status in (201, 400)

    hold()


def test_any_question_is_answered(fuzzed: ServerInMemory) -> None:
    client = an_editor(fuzzed)
    words = st.text("0123456789-TZ:+ayestrdk_%&=. ", max_size=20)
    routes = st.sampled_from(QUESTIONS)

    @settings(max_examples=80, suppress_health_check=list(HealthCheck))
    @given(routes, words)
    def hold(route: str, word: str) -> None:
        path = f"{ME}/{route}{word}".replace(" ", "%20")
        assert client.get(path).status in (200, 400, 404), path

    hold()


def test_any_header_is_answered(fuzzed: ServerInMemory) -> None:
    client = an_editor(fuzzed)
    printable = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80)

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(printable, printable, printable)
    def hold(machine: str, agent: str, authorization: str) -> None:
        beat = [{"entity": "a", "time": NINE}]
        named = {"x-machine-name": machine, "user-agent": agent}
        assert client.post(BULK, beat, headers=named).status == 201
        unknown = client.post(BULK, beat, headers={"authorization": f"Basic {authorization}"})
        assert unknown.status == 401

    hold()
