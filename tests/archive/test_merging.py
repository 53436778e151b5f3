"""An archive comes into a database that has data: what is there stays, what is new is added."""

from __future__ import annotations

from typing import Any

import pytest

from hourloom.archive.model import ArchiveImport
from hourloom.operations.model import ChangedSince
from hourloom.tracking.archived.events import Here, judged_event
from hourloom.tracking.archived.rows import EventRow
from tests.archive.a_home import Home, a_record, keep_totals, lines_of

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
OLD, NEW = {"app": "old"}, {"app": "new"}


def tally(facts: ArchiveImport, table: str) -> tuple[int, int, int, int]:
    """Return how many rows are new, same, conflicting and left out."""
    found = next(each for each in facts.tables if each.name == table)
    return found.new, found.same, found.conflicting, found.left_out


def test_two_records_become_one(home: Home, other: Home) -> None:
    home.bucket("window")
    home.events("window", [(0, 5, OLD), (10, 15, NEW)])
    other.bucket("other")
    other.bucket("window")
    other.events("window", [(10, 15, NEW), (20, 25, OLD)])

    facts = other.read_in(home.export())

    assert not facts.keeps_numbers
    assert tally(facts, "events") == (1, 1, 0, 0)
    assert tally(facts, "buckets") == (0, 1, 0, 0)
    assert other.spans("window") == [(0, 5, OLD), (10, 15, NEW), (20, 25, OLD)]


def test_the_same_archive_again_changes_nothing(home: Home, other: Home) -> None:
    a_record(home)
    archive = home.export()
    other.bucket("other")
    other.read_in(archive)
    before = other.export()

    again = other.hand_in(archive)
    assert again.state == "ready"
    assert not again.brings_something
    assert other.commit(again.id).operation_id is None

    assert other.export() == before


def test_undo_takes_all_of_it_back_and_nothing_else(home: Home, other: Home) -> None:
    a_record(home)
    keep_totals(home, [(1, 0, 1, 600), (2, 4, 1, 30)])
    other.bucket("window", client="another")
    other.events("window", [(0, 7.5, {"app": "app0", "title": "another"}), (3000, 3001, NEW)])
    other.ask("PUT", "/api/v1/settings/time_zone", {"value": "Asia/Tokyo"})
    before = other.export()

    for on_conflict in ("keep", "replace", "both"):
        facts = other.read_in(home.export(), on_conflict)
        assert other.export() != before
        other.undo(facts.operation_id)
        assert unnumbered(other.export()) == unnumbered(before), on_conflict
    assert other.count("operation_steps") == 0
    assert other.count("operation_runs") == 0


def unnumbered(archive: bytes) -> dict[str, list[Any]]:
    """Return what is in an archive: payloads that undo left without events are not part of it."""
    tables = ("workspace", "members", "settings", "devices", "buckets", "payloads", "events", "kept_totals")
    return {table: lines_of(archive, table) for table in (*tables, "operations", "operation_events")}


@on_sqlite
def test_undo_of_what_came_into_an_empty_database_empties_it(home: Home, other: Home) -> None:
    empty = unnumbered(other.export())
    a_record(home)
    facts = other.read_in(home.export())

    other.undo(facts.operation_id)

    assert unnumbered(other.export()) == empty
    assert [other.count(table) for table in ("events", "buckets", "devices", "operation_events")] == [
        0,
        0,
        0,
        0,
    ]


@on_sqlite
def test_undo_asks_for_later_changes_to_be_undone_first(home: Home, other: Home) -> None:
    home.bucket("window")
    home.events("window", [(0, 5, OLD)])
    facts = other.read_in(home.export())
    (number,) = [row["id"] for row in lines_of(other.export(), "events")]
    other.ask("PATCH", f"/api/v1/events/{number}", {"data": NEW})

    with pytest.raises(ChangedSince):
        other.undo(facts.operation_id)


@on_sqlite
def test_a_bucket_into_which_somebody_recorded_meanwhile_stays(home: Home, other: Home) -> None:
    home.bucket("window")
    home.events("window", [(0, 5, OLD)])
    facts = other.read_in(home.export())
    other.events("window", [(100, 101, NEW)])

    other.undo(facts.operation_id)

    assert other.spans("window") == [(100, 101, NEW)]


@on_sqlite
def test_the_history_comes_only_into_a_database_without_one(home: Home, other: Home) -> None:
    a_record(home)
    other.bucket("mine")

    facts = other.read_in(home.export())

    assert tally(facts, "operations")[3] > 0
    assert tally(facts, "operation_events")[3] > 0
    assert {o["kind"] for o in other.ask("GET", "/api/v1/operations")["operations"]} == {"import_archive"}


@on_sqlite
def test_equal_events_stay_as_many_as_they_were(home: Home, other: Home) -> None:
    home.bucket("window")
    home.events("window", [(0, 5, OLD)] * 3)
    other.bucket("other")
    archive = home.export()

    other.read_in(archive)
    assert other.spans("window") == [(0, 5, OLD)] * 3
    assert not other.hand_in(archive).brings_something


@on_sqlite
def test_an_event_that_went_on_since_is_the_same(home: Home, other: Home) -> None:
    home.bucket("window")
    home.events("window", [(0, 5, OLD)])
    other.bucket("window")
    other.events("window", [(0, 60, OLD)])

    facts = other.read_in(home.export())

    assert tally(facts, "events") == (0, 1, 0, 0)
    assert other.spans("window") == [(0, 60, OLD)]


@on_sqlite
@pytest.mark.parametrize(("on_conflict", "expected"), [
    ("keep", [(0, 5, NEW)]),
    ("replace", [(0, 5, OLD)]),
    ("both", [(0, 5, NEW), (0, 5, OLD)]),
])  # fmt: skip
def test_of_two_accounts_of_one_interval_the_policy_decides(
    home: Home, other: Home, on_conflict: Any, expected: list[tuple[float, float, object]]
) -> None:
    home.bucket("window")
    home.events("window", [(0, 5, OLD)])
    other.bucket("window")
    other.events("window", [(0, 5, NEW)])
    archive = home.export()

    facts = other.read_in(archive, on_conflict)

    assert tally(facts, "events") == (0, 0, 1, 0)
    assert other.spans("window") == expected
    again = other.hand_in(archive, on_conflict)
    assert not again.brings_something
    if facts.operation_id is not None:
        other.undo(facts.operation_id)
    assert other.spans("window") == [(0, 5, NEW)]


@on_sqlite
@pytest.mark.parametrize(("on_conflict", "clients"), [
    ("keep", {"window": "test"}),
    ("replace", {"window": "another"}),
    ("both", {"window": "test", "window.": "another"}),
])  # fmt: skip
def test_of_two_buckets_of_one_name_the_policy_decides(
    home: Home, other: Home, on_conflict: Any, clients: dict[str, str]
) -> None:
    home.bucket("window", client="another")
    home.events("window", [(0, 5, OLD)])
    other.bucket("window")
    archive = home.export()

    facts = other.read_in(archive, on_conflict)

    assert tally(facts, "buckets") == (0, 0, 1, 0)
    buckets = other.ask("GET", "/api/v1/buckets")
    assert {b["name"][:7]: b["client"] for b in buckets} == clients
    into = next(b["name"] for b in buckets if on_conflict != "both" or b["name"] != "window")
    assert other.spans(into) == [(0, 5, OLD)]
    assert not other.hand_in(archive, on_conflict).brings_something


@on_sqlite
@pytest.mark.parametrize(("on_conflict", "zone"), [
    ("keep", "Asia/Tokyo"),
    ("replace", "Europe/Berlin"),
    ("both", "Asia/Tokyo"),
])  # fmt: skip
def test_of_two_values_of_a_setting_the_policy_decides(
    home: Home, other: Home, on_conflict: Any, zone: str
) -> None:
    home.ask("PUT", "/api/v1/settings/time_zone", {"value": "Europe/Berlin"})
    home.ask("POST", "/api/0/settings/own", [1, {"a": None}])
    other.ask("PUT", "/api/v1/settings/time_zone", {"value": "Asia/Tokyo"})
    other.bucket("other")

    facts = other.read_in(home.export(), on_conflict)

    assert tally(facts, "settings") == (1, 0, 1, 0)
    assert other.ask("GET", "/api/v1/settings/time_zone")["value"] == zone
    other.undo(facts.operation_id)
    assert other.ask("GET", "/api/v1/settings/time_zone")["value"] == "Asia/Tokyo"
    assert "own" not in other.ask("GET", "/api/0/settings")


@on_sqlite
def test_time_that_is_kept_in_a_total_is_not_counted_twice(home: Home, other: Home) -> None:
    """One side has deleted its events and kept their totals, the other has them still; in both directions."""
    home.bucket("window")
    home.events("window", [(0, 600, OLD), (7200, 7300, NEW)])
    other.bucket("window")
    other.events("window", [(7200, 7300, NEW), (90_000, 90_100, OLD)])
    (payload,) = [row["id"] for row in lines_of(other.export(), "payloads") if row["data"] == OLD]
    keep_totals(other, [(1, 0, payload, 600)])

    facts = other.read_in(home.export())
    assert tally(facts, "events") == (0, 2, 0, 0)
    facts = home.hand_in(other.export())
    assert tally(facts, "kept_totals") == (0, 1, 0, 0)
    assert tally(facts, "events") == (1, 1, 0, 0)


def test_totals_are_added_and_never_added_up(home: Home, other: Home) -> None:
    home.bucket("window")
    home.events("window", [(90_000, 90_001, OLD)])
    keep_totals(home, [(1, 0, 1, 600), (1, 1, 1, 60)])
    archive = home.export()
    other.bucket("window")
    other.events("window", [(90_000, 90_001, OLD)])
    keep_totals(other, [(1, 1, 1, 30)])

    facts = other.read_in(archive)

    assert tally(facts, "kept_totals") == (1, 0, 1, 0)
    lasted = [row["lasted"] // 1_000_000 for row in lines_of(other.export(), "kept_totals")]
    assert lasted == [600, 30]
    assert not other.hand_in(archive).brings_something
    replaced = other.read_in(archive, "replace")
    assert [row["lasted"] // 1_000_000 for row in lines_of(other.export(), "kept_totals")] == [600, 60]
    other.undo(replaced.operation_id)
    assert [row["lasted"] // 1_000_000 for row in lines_of(other.export(), "kept_totals")] == [600, 30]


@on_sqlite
def test_a_preview_stores_nothing(home: Home, other: Home) -> None:
    a_record(home)
    other.bucket("window")
    before, changes = other.export(), len(other.server.changes)

    facts = other.hand_in(home.export())

    assert tally(facts, "events")[0] == 23
    assert other.export() == before
    kinds = {change.kind for change in other.server.changes[changes:]}
    assert kinds <= {"ArchiveExamined", "ArchiveExported", "TokenCreated"}


@on_sqlite
def test_everybody_hears_of_what_came_in(home: Home, other: Home) -> None:
    a_record(home)
    archive = home.export()
    changes = len(other.server.changes)

    other.read_in(archive)

    kinds = [change.kind for change in other.server.changes[changes:]]
    assert kinds.count("BucketCreated") == 2
    assert kinds.count("EventsChanged") == 2
    assert kinds[-1] == "ArchiveImported"


ROW = EventRow(7, 1, 100, 200, 3)


@pytest.mark.parametrize(("here", "verdict"), [
    ([], "new"),
    ([Here(9, 200, 3)], "same"),
    ([Here(9, 500, 3)], "same"),
    ([Here(9, 150, 3)], "conflicting"),
    ([Here(9, 200, 4)], "conflicting"),
    ([Here(9, 150, 4)], "new"),
    ([Here(7, 150, 4)], "conflicting"),
    ([Here(7, 150, 4), Here(9, 200, 3)], "same"),
])  # fmt: skip
def test_an_event_is_judged_by_what_begins_with_it(here: list[Here], verdict: str) -> None:
    assert judged_event(ROW, 3, here).verdict.value == verdict


def test_a_moment_beside_another_moment_is_new() -> None:
    assert judged_event(EventRow(7, 1, 100, 100, 3), 3, [Here(9, 100, 4)]).verdict.value == "new"
