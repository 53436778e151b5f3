"""Spans from other programs are kept apart, each once, and are part of no total."""

from typing import Any

import pytest

from hourloom.testing import ServerInMemory
from tests.wakatime.sent import NINE, an_editor

ME = "/api/v1/users/current"


@pytest.fixture
def dialect() -> str:
    """Test on SQLite; what differs on PostgreSQL is in a module of its own."""
    return "sqlite"


def a_span(id: str, start: float = -600, end: float = -300, **fields: Any) -> dict[str, Any]:
    return {"external_id": id, "entity": "Standup", "type": "app", "category": "meeting",
            "start_time": NINE + start, "end_time": NINE + end} | fields  # fmt: skip


def test_spans_are_taken_and_given_back(server: ServerInMemory) -> None:
    client = an_editor(server)
    one = client.post(f"{ME}/external_durations", a_span("a"))
    assert (one.status, one.json()["data"]["external_id"]) == (201, "a")
    many = client.post(f"{ME}/external_durations.bulk", [a_span("b", -200, -100), {}, a_span("c", 5, 1)])
    assert [code for _, code in many.json()["responses"]] == [201, 400, 400]
    found = client.get(f"{ME}/external_durations?date=2026-03-02&timezone=UTC").json()["data"]
    assert [(span["external_id"], span["start_time"] - NINE, span["end_time"] - NINE) for span in found] == [
        ("a", -600, -300),
        ("b", -200, -100),
    ]
    assert client.get(f"{ME}/statusbar/today").json()["data"]["grand_total"]["total_seconds"] == 0


def test_a_span_that_is_known_takes_the_place_of_what_it_was(server: ServerInMemory) -> None:
    client = an_editor(server)
    for _ in range(2):
        client.post(f"{ME}/external_durations.bulk", [a_span("a"), a_span("b")])
    client.post(f"{ME}/external_durations", a_span("a", -900, -300, entity="Longer"))
    found = client.get(f"{ME}/external_durations?timezone=UTC").json()["data"]
    assert [(span["external_id"], span["entity"], span["start_time"] - NINE) for span in found] == [
        ("a", "Longer", -900),
        ("b", "Standup", -600),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"external_id": None},
        {"entity": 3},
        {"start_time": "x"},
        {"end_time": None},
        {"end_time": NINE - 601},
        {"end_time": NINE + 32 * 86_400},
    ],
)
def test_a_faulty_span_is_told(server: ServerInMemory, fields: dict[str, Any]) -> None:
    answer = an_editor(server).post(f"{ME}/external_durations", a_span("a") | fields)
    assert (answer.status, set(answer.json())) == (400, {"error", "errors"})


def test_more_than_a_thousand_are_too_many(server: ServerInMemory) -> None:
    assert an_editor(server).post(f"{ME}/external_durations.bulk", [a_span("a")] * 1_001).status == 413
