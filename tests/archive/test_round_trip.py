"""Export, wipe, import, export: byte for byte the same, whatever is in it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hourloom.core import strict_json
from hourloom.core.errors import HourloomError
from hourloom.tracking.model import canonical_data
from tests.archive.a_home import START, TITLE, Home, a_record, a_sqlite_home, keep_totals, lines_of

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def test_an_empty_database_becomes_the_same_as_the_one_it_came_from(home: Home, other: Home) -> None:
    a_record(home)
    keep_totals(home, [(1, 0, 1, 600), (1, 1, 2, 60), (2, 0, 1, 1)])
    archive = home.export()

    facts = other.read_in(archive)

    assert other.export() == archive
    assert facts.keeps_numbers
    assert sum(each.new + each.same for each in facts.tables) == facts.rows
    assert not any(each.conflicting or each.left_out for each in facts.tables)
    assert other.spans("window") == home.spans("window")
    assert other.ask("GET", "/api/0/settings") == home.ask("GET", "/api/0/settings")


@on_sqlite
def test_the_same_record_always_gives_the_same_bytes(home: Home) -> None:
    a_record(home)

    first, second = home.exported(), home.exported()

    assert first[1] == second[1]
    assert first[0].sha256 == second[0].sha256
    assert first[0].rows == sum(table.rows for table in first[0].tables)


def test_an_archive_goes_from_one_kind_of_database_to_the_other(home: Home, tmp_path: Path) -> None:
    a_record(home)
    archive = home.export()

    with a_sqlite_home(tmp_path, "elsewhere") as elsewhere:
        elsewhere.read_in(archive)
        assert elsewhere.export() == archive


@on_sqlite
def test_undo_survives_the_journey(home: Home, other: Home) -> None:
    done = a_record(home)
    before = home.spans("window")
    other.read_in(home.export())

    for kind in ("edit", "delete"):
        other.ask("POST", f"/api/v1/operations/{done[kind]}/undo")
        home.ask("POST", f"/api/v1/operations/{done[kind]}/undo")

    assert other.spans("window") == home.spans("window") != before


@on_sqlite
def test_a_bucket_in_the_trash_comes_along_and_can_be_brought_back(home: Home, other: Home) -> None:
    a_record(home)
    other.read_in(home.export())
    names = [bucket["name"] for bucket in other.ask("GET", "/api/v1/buckets")]
    assert sorted(names) == ["afk", "window"]

    deletion = next(
        each
        for each in other.ask("GET", "/api/v1/operations")["operations"]
        if each["kind"] == "delete_bucket"
    )
    other.ask("POST", f"/api/v1/operations/{deletion['id']}/undo")

    assert other.spans("gone") == [(1, 2, {"app": "x"})]


def test_recording_goes_on_after_what_came_in(home: Home, other: Home) -> None:
    a_record(home)
    other.read_in(home.export())

    (number,) = other.events("window", [(500, 501, {"app": "new"})])
    beat = {"timestamp": "2026-03-02T08:10:00Z", "duration": 0, "data": {"app": "beat"}}
    told = other.ask("POST", "/api/0/buckets/window/heartbeat?pulsetime=10", beat)

    highest = max(row["id"] for row in lines_of(home.export(), "events"))
    assert highest < number < told["id"]
    assert len(other.spans("window")) == len(home.spans("window")) + 2
    operation = other.ask("DELETE", f"/api/v1/events/{number}")["operation_id"]
    assert operation > max(row["id"] for row in lines_of(home.export(), "operations"))


@on_sqlite
def test_secrets_and_what_is_made_anew_stay_at_home(home: Home) -> None:
    a_record(home)
    home.server.write(
        lambda: home.server.server.accounts.issue_token(home.server.owner, "secret token", ["tracking:read"])
    )
    archive = home.export()

    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        names, text = opened.namelist(), b"".join(opened.read(name) for name in opened.namelist())
    assert names == [
        "workspace.jsonl",
        "members.jsonl",
        "settings.jsonl",
        "devices.jsonl",
        "buckets.jsonl",
        "payloads.jsonl",
        "events.jsonl",
        "kept_totals.jsonl",
        "operations.jsonl",
        "operation_events.jsonl",
        "operation_runs.jsonl",
        "privacy_rules.jsonl",
        "projects.jsonl",
        "tags.jsonl",
        "categories.jsonl",
        "rules.jsonl",
        "corrections.jsonl",
        "marks.jsonl",
        "saved_reports.jsonl",
        "goals.jsonl",
        "manifest.json",
    ]
    key = home.server.server.accounts.workspace().payload_key
    assert b"secret token" not in text
    assert key not in text
    assert key.hex().encode() not in text
    assert TITLE.encode() in text


@on_sqlite
def test_what_was_erased_for_good_but_can_still_be_brought_back_does_not_come_along(home: Home) -> None:
    a_record(home)
    home.events("window", [(900, 901, {"title": "a regrettable title"})])
    body = {"title": "a regrettable title"}
    home.ask("POST", "/api/v1/erasures", body)

    assert b"regrettable" not in unpacked(home.export())


@on_sqlite
def test_a_payload_that_nothing_has_any_more_does_not_come_along(home: Home) -> None:
    home.bucket("window")
    home.events("window", [(0, 1, {"title": "kept"})])

    def leave_an_orphan() -> None:
        with home.server.database.begin() as tx:
            home.server.server.recorder.payloads.number_of(tx, 1, b'{"title":"orphan"}')

    home.server.write(leave_an_orphan)

    assert b"orphan" not in unpacked(home.export())


def unpacked(archive: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return b"".join(opened.read(name) for name in opened.namelist())


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([1e308, -0.0, 5e-324, 2**53 + 1, -(2**63)])
    | st.text(max_size=8)
    | st.sampled_from(["\0", "\ud800", "\n", "\u2028", '"\\', "=1+1", "\U0001f9ff", "\x7f"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
HOSTILE = st.dictionaries(st.text(max_size=4) | st.sampled_from(["app", "title"]), VALUES, max_size=4)
EDGES = st.sampled_from([0, 1, 999_999, 1_000_000, 899_999_999, 900_000_000])


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(),
    events=st.lists(st.tuples(EDGES, EDGES, st.integers(0, 3)), max_size=12),
    payloads=st.lists(HOSTILE, min_size=4, max_size=4),
    values=st.lists(VALUES, max_size=3),
)
def test_hostile_records_come_through_unchanged(
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
    events: list[tuple[int, int, int]],
    payloads: list[dict[str, Any]],
    values: list[Any],
) -> None:
    top = tmp_path_factory.mktemp("hostile")
    stored = [body for body in map(as_sent, payloads) if body is not None] or [b"{}"]
    with a_sqlite_home(top, "one") as home:
        home.bucket("b" + data.draw(st.text('%\u00e9 ."', max_size=3)) + "!")
        home.bucket("plain")
        for number, value in enumerate(values):
            as_json = as_sent({"value": value})
            if as_json is not None:
                home.server.client_with("admin").post(
                    f"/api/0/settings/k{number}", content=as_json, headers=JSON
                )
        record(home, [(s, s + length, stored[n % len(stored)]) for s, length, n in events])
        archive = home.export()

    with a_sqlite_home(top, "two") as other:
        other.read_in(archive)
        assert other.export() == archive


JSON = {"content-type": "application/json"}


def as_sent(value: dict[str, Any]) -> bytes | None:
    """Return JSON as a watcher may send it, or nothing where it would be refused at once."""
    import json

    body = json.dumps(value).encode()
    try:
        strict_json.loads(body)
        canonical_data(body)
    except HourloomError:
        return None
    return body


def record(home: Home, events: list[tuple[int, int, bytes]]) -> None:
    """Store events with microseconds, equal ones too."""
    from hourloom.core.clock import Instant
    from hourloom.tracking.model import EventDraft
    from hourloom.tracking.service import Events

    service, who = home.server.service(Events), home.server.owner
    drafts = [EventDraft(Instant(START + s), Instant(START + e), body) for s, e, body in events]
    home.server.write(lambda: service.append(who, "plain", drafts))


@on_sqlite
def test_a_payload_that_grew_in_its_one_form_comes_back_in(home: Home, other: Home) -> None:
    """1E5 becomes 100000.0: what was small enough when it was sent may be larger than that afterwards."""
    home.bucket("plain")
    body = b'{"n":[' + b",".join([b"1E5"] * 60_000) + b"]}"
    record(home, [(0, 1, body)])
    archive = home.export()

    other.read_in(archive)

    assert other.export() == archive


@pytest.mark.soak
def test_a_uniform_record_is_not_mistaken_for_a_bomb(home: Home, other: Home) -> None:
    home.bucket("plain")
    record(home, [(n, n + 1, b'{"t":"' + str(n).encode() + b"x" * 250_000 + b'"}') for n in range(300)])
    archive = home.export()

    assert len(archive) > 70_000_000
    other.read_in(archive)
    assert other.count("payloads") == 300
