"""The document of the whole API is right: every operation takes what it says and answers as it says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)

from hourloom.assembly import openapi_document
from hourloom.testing import Answer, Client, ServerInMemory
from tests.dialects import POSTGRESQL_LATER

WINDOW = {"client": "c", "type": "t", "hostname": "h"}
NINE = "2026-03-02T09:00:00Z"

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    positive_data_acceptance,
]
BEYOND_SCHEMA = {
    "query": "a query is a text in a language of its own, its periods too",
    "ask": "the same",
    "show_day": "a zone has a name that exists, a year is within 1970 to 9998",
    "list_events": "a cursor is one that the list gave out",
    "edit_event": "an event ends after it begins",
    "split_event": "an event is split within itself",
    "show_aw_setting": "a key has at most 128 bytes, all printable",
    "set_aw_setting": "the same",
    "delete_aw_setting": "the same",
    "show_setting": "a name has no control characters",
    "reset_setting": "the same",
    "change_setting": "each setting has a type of its own",
    "create_token": "a scope is one that exists",
    "import_events": "an event ends after it begins",
    "exchange_sign_in_code": "a code is one that was given out",
    "import_export": "a file is an export of any version of either server",
    "announce_return": "one is back after one left, and not in the future; a name is printable",
    "show_report": "periods, keys, zones, names of things and filters are those that there are",
    "show_heat": "the same",
    "show_timeline": "the same",
    "save_report": "a name can be seen, and what is kept can be asked",
    "edit_saved_report": "the same",
    "pair": "a bucket that is paired has no blanks of any script in its name",
}
"""Operations that may answer 400 or 422 to what the schema allows, and why no schema can say so."""

SCHEMA = schemathesis.openapi.from_dict(openapi_document())
OPERATIONS = {
    operation.definition.raw["operationId"]: operation
    for operation in (result.ok() for result in SCHEMA.get_all_operations())  # type: ignore[union-attr]
}
schemathesis.openapi.format(
    "date-time",
    st.builds(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}".format,
        st.integers(1971, 9800),
        st.integers(1, 12),
        st.integers(1, 28),
        st.integers(0, 23),
        st.integers(0, 59),
        st.integers(0, 59),
        st.sampled_from(["", ".5", ".123456", ".123456789"]),
        st.sampled_from(["Z", "+00:00", "-07:30", "+14:00"]),
    ),
)


@pytest.fixture(params=POSTGRESQL_LATER)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_is_as_documented(server: ServerInMemory, dialect: str, name: str) -> None:
    client, known = server.client_with("admin"), names_of_things(server)
    for case, is_about_what_exists in cases_of(name)[: 12 if dialect == "sqlite" else 10]:
        if is_about_what_exists:
            case.path_parameters.update({key: known[key] for key in case.path_parameters if key in known})
        try:
            response = sent(client, case)
            beyond = response.status_code in (400, 422) and name in BEYOND_SCHEMA
            case.validate_response(response, checks=CHECKS[:-1] if beyond else CHECKS)
        except BaseException as error:
            error.add_note(f"It was about {case!r}.")
            raise


@cache
def cases_of(name: str) -> list[tuple[schemathesis.Case[Any], bool]]:
    """Draw requests of an operation, once for both databases: that takes longer than to send them."""
    drawn = []

    @settings(max_examples=25, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(OPERATIONS[name].as_strategy(), st.booleans())
    def draw(case: schemathesis.Case[Any], is_about_what_exists: bool) -> None:  # noqa: FBT001 - drawn
        if fits_into_64_bits(case.body):
            case.body = with_plain_numbers(case.body)
            drawn.append((case, is_about_what_exists))

    draw()
    assert drawn
    return drawn


def names_of_things(server: ServerInMemory) -> Mapping[str, Any]:
    """Fill a server so that there is something to ask for; return what it is called."""
    client = server.client_with("admin")
    client.post("/api/0/buckets/desk", WINDOW)
    event = {"started_at": NINE, "duration": 5, "data": {"title": "a"}}
    number, _ = client.post("/api/v1/buckets/desk/events", [event, event]).json()["ids"]
    operation = client.post("/api/v1/imports", {"source": "test"}).json()["operation_id"]
    client.post("/api/0/settings/key", {"a": 1})
    return {
        "bucket": "desk",
        "event": number,
        "operation": operation,
        "key": "key",
        "name": "theme",
        "date": "2026-03-02",
    }


def sent(client: Client, case: schemathesis.Case[Any]) -> schemathesis.Response:
    request = requests.Request(**case.as_transport_kwargs(base_url="http://localhost:5600")).prepare()
    body: Any = request.body or b""
    content = body.encode() if isinstance(body, str) else body
    headers = {str(name): str(value) for name, value in request.headers.items()}
    answer: Answer = client.request(str(request.method), request.path_url, content=content, headers=headers)
    return schemathesis.Response(
        answer.status,
        {name: [value] for name, value in answer.headers.items()},
        answer.body,
        request,
        elapsed=0.0,
        verify=False,
    )


def fits_into_64_bits(value: object) -> bool:
    """Tell whether all whole numbers can be stored, which a schema of free data does not demand."""
    if isinstance(value, dict):
        return all(map(fits_into_64_bits, value.values()))
    if isinstance(value, list):
        return all(map(fits_into_64_bits, value))
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def with_plain_numbers(value: Any) -> Any:
    """Write whole numbers as such: a schema takes 1.0 for an integer, and parsers do not."""
    if isinstance(value, dict):
        return {key: with_plain_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_plain_numbers(item) for item in value]
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if is_whole else value


def test_every_operation_says_what_it_does() -> None:
    for name, operation in OPERATIONS.items():
        described = operation.definition.raw
        assert described["summary"].endswith((".", "…")) or described["summary"], name
        assert set(described["responses"]) & {"200", "201", "202", "204"}, name
    names = [operation.definition.raw["operationId"] for operation in OPERATIONS.values()]
    assert len(names) == len(set(names)) > 50


def test_the_document_is_json_of_openapi_3_1() -> None:
    document = msgspec.json.decode(msgspec.json.encode(openapi_document()))
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) >= {"/api/0/info", "/api/v1/days/{date}", "/health", "/metrics"}
