"""What rules leave in files and archives, and their bounds; on SQLite, where that can be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.clock import MINUTE, SECOND, format_instant
from hourloom.core.privacy import MOST_RULES, PrivacyRule, problem_of
from hourloom.testing import ServerInMemory
from hourloom.tracking.filters import FilterRefused, NotFilters, imported
from tests.archive.a_home import a_sqlite_home
from tests.conftest import KEY
from tests.tracking.bytes_left import places_of
from tests.tracking.recorded import WEB, WINDOW, add, make_buckets, rows

RULES = "/api/v1/privacy/rules"
BANK = {"where": "domain", "form": "domain", "pattern": "bank.example"}


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"where": "title", "form": "re2", "pattern": "("}, "missing )"),
        ({"form": "re2", "pattern": r"(?=x)"}, "invalid perl operator"),
        ({"form": "re2", "pattern": r"(\pL{1,100}){1,10}"}, "too large"),
        ({}, "every event"),
        ({"where": "title", "form": "is"}, "give a pattern"),
        ({"where": "title", "form": "domain", "pattern": "x"}, "form"),
        ({"where": "field", "pattern": "x"}, "field"),
        ({"pattern": "x", "fields": {"title": "remove"}}, "redacts no fields"),
        ({"where": "domain", "form": "domain", "pattern": "."}, "give a domain"),
    ],
)
def test_what_is_wrong_with_a_rule_is_a_value(rule: dict[str, Any], reason: str) -> None:
    assert reason in (problem_of(msgspec.convert(rule, PrivacyRule)) or "")


def test_a_faulty_rule_is_refused_when_it_is_kept(server: ServerInMemory) -> None:
    client = server.client_with("tracking:write")
    answer = client.post(RULES, {"where": "title", "form": "re2", "pattern": "("})
    assert (answer.status, answer.json()["code"]) == (400, "privacy_rule_refused"), answer.body
    assert "missing )" in answer.json()["detail"]
    assert client.post(RULES, {"pattern": "x" * 1001}).status == 422
    assert client.post(RULES, {"pattern": "x", "times": {"starts": "24:00", "ends": "01:00"}}).status == 422
    assert client.get(RULES).json()["rules"] == []


def test_there_is_a_bound_of_rules(server: ServerInMemory) -> None:
    make_buckets(server)
    client = server.client_with("tracking:write")
    many = [{"type": "app", "pattern": f"app{n}"} for n in range(MOST_RULES)]
    assert len(client.post("/api/v1/privacy/import", many).json()["rules"]) == MOST_RULES
    assert client.post(RULES, BANK).json()["code"] == "too_many_privacy_rules"
    add(server, WINDOW, (0, SECOND, {"app": "app499"}), (0, SECOND, {"app": "other"}))
    assert len(rows(server, WINDOW)) == 1


def test_no_byte_of_what_is_dropped_reaches_the_file(server: ServerInMemory, tmp_path: Path) -> None:
    """Looked for in the file and its log, as they are under their encryption."""
    make_buckets(server)
    client = server.client_with("tracking:write")
    client.post(RULES, BANK)
    client.post(RULES, {"where": "title", "pattern": "hide-me", "action": "redact"})
    canary, witness = "canary-83c1d9", "witness-5b20aa"
    now = server.clock.now()
    for n in range(50):
        for bucket, data in (
            (WEB, {"url": f"https://bank.example/{canary}/{n}", "title": canary}),
            (WINDOW, {"app": "a", "title": f"hide-me {canary} {n}"}),
            (WINDOW, {"app": "a", "title": f"{witness} {n}"}),
        ):
            body = {"timestamp": format_instant(now + n * MINUTE), "data": data}
            assert client.post(f"/api/0/buckets/{bucket}/heartbeat?pulsetime=1", body).status == 200
            client.post(f"/api/0/buckets/{bucket}/events", body)
    assert places_of(witness, tmp_path, KEY)
    assert places_of(canary, tmp_path, KEY) == []


def test_an_archive_comes_through_the_door_and_brings_its_rules_last(tmp_path: Path) -> None:
    with a_sqlite_home(tmp_path / "one") as old:
        old.bucket("web", type="web.tab.current")
        old.events("web", [(0, 60, {"url": "https://bank.example/a", "title": "secret-x"})])
        old.events("web", [(60, 120, {"url": "https://bank.example/b", "title": "secret-y"})])
        old.events("web", [(120, 180, {"url": "https://news.example/", "title": "News"})])
        old.ask("POST", RULES, {"where": "domain", "form": "domain", "pattern": "news.example"})
        archive = old.export()
    with a_sqlite_home(tmp_path / "same") as same:
        same.read_in(archive)
        assert len(same.spans("web")) == 3
        assert [r["pattern"] for r in same.ask("GET", RULES)["rules"]] == ["news.example"]
    with a_sqlite_home(tmp_path / "two") as new:
        new.ask("POST", RULES, {"where": "title", "pattern": "secret-x"})
        new.ask("POST", RULES, {"where": "title", "pattern": "secret-y", "action": "redact"})
        done = new.read_in(archive)
        titles = [data["title"] for _, _, data in new.spans("web")]
        assert titles == ["hidden", "News"]
        assert len(new.ask("GET", RULES)["rules"]) == 3
        with new.server.database.read() as tx:
            assert "secret" not in str(tx.rows("SELECT body FROM payloads"))
        again = new.read_in(archive)
        assert len(new.spans("web")) == 2
        assert again.operation_id is None or again.operation_id != done.operation_id
        new.undo(done.operation_id)
        assert len(new.ask("GET", RULES)["rules"]) == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3),
    max_leaves=6,
)
filters = st.lists(
    json_values
    | st.fixed_dictionaries(
        {"pattern": json_values, "action": st.sampled_from(["drop", "redact", 1])},
        optional={"field": json_values, "bucket_prefix": json_values, "replacement": json_values},
    )
    | st.fixed_dictionaries({"pattern": json_values, "type": st.sampled_from(["app", "url", "x", 1])}),
    max_size=4,
)


@given(filters | json_values)
def test_whatever_is_imported_becomes_usable_rules_or_reasons(value: object) -> None:
    try:
        found = imported(value, [("a-bucket", "a-type")])
    except NotFilters:
        return
    for each in found:
        assert isinstance(each, FilterRefused) or problem_of(each) is None
