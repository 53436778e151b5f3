"""Marks: what somebody says about a stretch of time wins, and everything else adds up as before."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hourloom.activities.lane.days import AWAY, FIRST, NOTHING_THERE, LaneDay
from hourloom.activities.lane.marking import marked, said_of
from hourloom.activities.model.lane import Key
from hourloom.activities.model.mark import Mark, outside, rank
from hourloom.activities.model.rule import Outcome
from hourloom.activities.model.subject import Subject
from hourloom.activities.service.activities import Activities
from hourloom.core.clock import DAY, HOUR, MINUTE, Instant, format_instant
from hourloom.testing import Client, ServerInMemory
from tests.activities.lanes import MIDNIGHT, NINE, ORDINARY, a_day, told

WORK, REST = 1, 2


@pytest.fixture
def dialect() -> str:
    """Run on one database; what both must do is in `test_marks_store`."""
    return "sqlite"


@pytest.fixture
def server(server: ServerInMemory) -> ServerInMemory:
    """Have recorded a day, and be a day further."""
    a_day(server)
    return server


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    return server.client_with(
        "activities:write", "operations:write", "tracking:write", "projects:write", "reports:read"
    )


# What marks come to, and how they lie over a day.

TIMES = st.integers(0, 20)


@st.composite
def some_marks(draw: st.DrawFn) -> list[Mark]:
    found = []
    for number in range(1, draw(st.integers(0, 8)) + 1):
        start, end = sorted(draw(st.tuples(TIMES, TIMES).filter(lambda pair: pair[0] != pair[1])))
        presence = draw(st.sampled_from([None, "away", "present"]))
        given_ = draw(st.sampled_from([None, WORK, REST])) if presence != "away" else None
        outcome = Outcome(given_ if presence is not None else given_ or WORK)
        at = Instant(draw(TIMES))
        found.append(Mark(number, Instant(start), Instant(end), presence, outcome, at=at))  # type: ignore[arg-type]
    return found


@settings(max_examples=40)
@given(some_marks())
def test_of_marks_that_overlap_the_later_one_holds(marks: list[Mark]) -> None:
    pieces = said_of(marks)
    for moment in range(21):
        here = sorted((mark for mark in marks if mark.start <= moment < mark.end), key=rank)
        presence = next((mark.presence for mark in reversed(here) if mark.presence), None)
        outcome = next((mark.outcome for mark in reversed(here) if mark.outcome), None)
        found = [piece for piece in pieces if piece.start <= moment < piece.end]
        if not here:
            assert found == []
            continue
        (piece,) = found
        assert piece.presence == presence
        if presence == "away":
            assert piece.stated is None
        else:
            assert (piece.stated.outcome if piece.stated else None) == (outcome or Outcome())


@st.composite
def a_lane(draw: st.DrawFn) -> LaneDay:
    """Draw a day that has something in its first 20 microseconds."""
    cuts = sorted(draw(st.sets(st.integers(1, 20), max_size=8)) | {21})
    indices = draw(
        st.lists(st.integers(0, 4), min_size=len(cuts), max_size=len(cuts)).filter(
            lambda each: all(a != b for a, b in pairwise([*each, NOTHING_THERE]))
        )
    )
    columns = (array("q", [5, 6, 7]), array("q", [0, 0, 8]), array("q", [1, 1, 2]))
    starts = array("q", [0, *cuts, DAY])
    return LaneDay(0, columns, array("q", [50, 60, 70]), starts, array("H", [*indices, NOTHING_THERE]))


def shown(day: LaneDay, moment: int) -> object:
    ((_, _, place),) = day.runs(moment, moment + 1)
    return day.subject(place) if place >= FIRST else place


@settings(max_examples=60)
@given(a_lane(), some_marks())
def test_a_marked_day_is_as_somebody_says_and_elsewhere_as_it_was(bare: LaneDay, marks: list[Mark]) -> None:
    day = marked(bare, said_of(marks))
    assert sum(day.totals) == DAY
    assert list(day.starts) == sorted(set(day.starts))
    assert all(a != b for a, b in pairwise(day.indices))
    for moment in range(21):
        here = sorted((mark for mark in marks if mark.start <= moment < mark.end), key=rank)
        presence = next((mark.presence for mark in reversed(here) if mark.presence), None)
        was, is_ = shown(bare, moment), shown(day, moment)
        if presence == "away":
            assert is_ == AWAY
        elif presence is None and (not here or not isinstance(was, Subject)):
            assert is_ == was
        else:
            assert isinstance(is_, Subject)
            assert is_[:3] == (was[:3] if isinstance(was, Subject) else (0, 0, 0))
            assert is_.mark in {mark.id for mark in here}
    for start, end, place in day.runs(0, DAY):
        ((_, _, recorded),) = bare.runs(start, start + 1)
        if place >= FIRST and recorded >= FIRST:
            assert day.visit(start, end, place) == bare.visit(start, end, recorded)


@settings(max_examples=40)
@given(some_marks(), TIMES, TIMES)
def test_what_is_left_of_a_mark_lies_outside(marks: list[Mark], start: int, end: int) -> None:
    for mark in marks:
        left = outside(mark, start, max(start, end))
        there = {at for each in left for at in range(each.start, each.end)}
        assert there == {at for at in range(mark.start, mark.end) if not start <= at < max(start, end)}


# On a day that was recorded.

KEYS: list[tuple[Key, ...]] = [*((key,) for key in get_args(Key)), ("category", "title")]


def at(minutes: float) -> str:
    return format_instant(Instant(NINE + round(minutes * MINUTE)))


def a_mark(start: float, end: float, **more: Any) -> dict[str, Any]:
    return {"start": at(start), "end": at(end), **more}


def mark(client: Client, *marks: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/marks", {"marks": list(marks), **more})
    assert answer.status == 201, answer.json()
    found: dict[str, Any] = answer.json()
    return found


def undo(client: Client, made: dict[str, Any]) -> int:
    return client.post(f"/api/v1/operations/{made['operation_id']}/undo", {}).status


def answers(server: ServerInMemory, client: Client) -> list[object]:
    """Return what all who ask are told of the day."""
    activities, who = server.service(Activities), server.owner
    period = Instant(MIDNIGHT), Instant(MIDNIGHT + DAY)
    with server.database.read():
        sums = [activities.sums(who, period, keys) for keys in KEYS]
        spans = activities.spans(who, *period)
    asked = f"start={format_instant(period[0])}&end={format_instant(period[1])}".replace("+", "%2B")
    day = "range=day&date=2026-02-27&zone=UTC"
    return [
        sums,
        spans,
        client.get(f"/api/v1/activities?{asked}").json(),
        *(
            client.get(f"/api/v1/reports{path}").json()
            for path in (f"/summary?{day}&by=category", f"/heat?{day}", f"/timeline?{day}&by=category")
        ),
    ]


def test_whatever_is_said_everything_adds_up_and_undo_brings_back_the_same(
    server: ServerInMemory, client: Client
) -> None:
    before = answers(server, client)
    category = client.get("/api/v1/categories").json()["categories"][0]["id"]
    minutes = st.integers(-30, 130)
    activities, who = server.service(Activities), server.owner

    @settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.tuples(minutes, st.integers(1, 60), st.sampled_from(["away", "present", "outcome", "both"])),
            min_size=1,
            max_size=4,
        )
    )
    def hold(drawn: Sequence[tuple[int, int, str]]) -> None:
        outcome = {"category_id": category}
        forms: dict[str, dict[str, Any]] = {
            "away": {"presence": "away"},
            "present": {"presence": "present", "note": "a walk"},
            "outcome": {"outcome": outcome},
            "both": {"presence": "present", "outcome": outcome},
        }
        made = mark(client, *(a_mark(start, start + lasts, **forms[form]) for start, lasts, form in drawn))
        with server.database.read():
            lane = activities.between(who, Instant(MIDNIGHT), Instant(MIDNIGHT + DAY))
            whole = {
                (sum(part.by.values()), part.away)
                for keys in KEYS
                for part in activities.sums(who, [Instant(MIDNIGHT), Instant(MIDNIGHT + DAY)], keys)
            }
            spans = activities.spans(who, Instant(MIDNIGHT), Instant(MIDNIGHT + DAY))
            told = [activities.told(who, Instant(MIDNIGHT), Instant(MIDNIGHT + DAY), keys) for keys in KEYS]
        whole |= {
            (sum(e - s for s, e, _ in each.stretches), sum(e - s for s, e in each.away)) for each in told
        }
        away = sum(e - s for s, e in lane.away)
        assert whole == {(lane.active, away)}
        assert sum(e - s for s, e in spans) == lane.active
        assert all(a.end <= b.start for a, b in pairwise(lane.activities))
        assert all(part.end <= s or part.start >= e for part in lane.activities for s, e in lane.away)
        told_ = answers(server, client)
        report, heat, timeline = told_[-3:]
        assert report["total_seconds"] == pytest.approx(lane.active / 1e6)  # type: ignore[index]
        assert sum(map(sum, heat["seconds"])) == pytest.approx(lane.active / 1e6)  # type: ignore[index, arg-type]
        assert sum(timeline["durations"]) == lane.active  # type: ignore[index]
        assert undo(client, made) == 200
        assert answers(server, client) == before

    hold()


def test_a_part_of_an_activity_is_something_else_and_the_rest_stays(
    server: ServerInMemory, client: Client
) -> None:
    tree = client.get("/api/v1/categories").json()["categories"]
    games = next(each["id"] for each in tree if each["path"][-1] == "Games")
    made = mark(client, a_mark(10, 30, outcome={"category_id": games}))
    period = f"start={at(0)}&end={at(60)}".replace("+", "%2B")
    found = client.get(f"/api/v1/activities?{period}").json()["activities"]
    assert [(each["start"][11:16], each["source"], each["mark_id"]) for each in found] == [
        ("09:00", found[0]["source"], None),
        ("09:10", "mark", made["ids"][0]),
        ("09:30", found[0]["source"], None),
    ]
    assert found[1]["category_id"] == games
    assert found[0]["category_id"] == found[2]["category_id"] != games


def test_a_meeting_without_the_computer_counts_under_its_note(server: ServerInMemory, client: Client) -> None:
    made = mark(client, a_mark(85, 95, presence="present", note="Stand-up"))
    assert told(server) == [*ORDINARY, (85, 95, "", "")]
    period = f"start={at(85)}&end={at(96)}".replace("+", "%2B")
    (found,) = client.get(f"/api/v1/activities?{period}").json()["activities"]
    assert (found["title"], found["app"], found["mark_id"]) == ("Stand-up", "", made["ids"][0])
    day = "range=day&date=2026-02-27&zone=UTC&by=title"
    rows = client.get(f"/api/v1/reports/summary?{day}").json()["rows"]
    assert [row["seconds"] for row in rows if row["key"] == "Stand-up"] == [600]
    assert client.delete(f"/api/v1/marks/{made['ids'][0]}").status == 200
    assert told(server) == ORDINARY


def test_time_away_does_not_count_and_later_words_win(server: ServerInMemory, client: Client) -> None:
    mark(client, a_mark(0, 60, presence="away"))
    assert told(server) == ORDINARY[1:]
    mark(client, a_mark(30, 60, presence="present"))
    assert told(server)[0] == (30, 60, "vscode", "")


@pytest.mark.parametrize(
    "wrong",
    [
        a_mark(10, 10, presence="away"),
        a_mark(0, 10),
        a_mark(0, 10, presence="away", outcome={"category_id": 1}),
        a_mark(0, 10, presence="present", note="a\nb"),
        a_mark(0, 40 * 24 * 60, presence="away"),
        a_mark(0, 24 * 60 * 3000, presence="away"),
        a_mark(0, 10, outcome={"category_id": 10**9}),
        a_mark(0, 10, outcome={"project_id": 10**9}),
        {"start": "2026-02-27T09:00:00", "end": "2026-02-27T10:00:00", "presence": "away"},
    ],
)
def test_what_cannot_be_said_is_refused_and_nothing_is_half_done(
    server: ServerInMemory, client: Client, wrong: dict[str, Any]
) -> None:
    body = {"marks": [a_mark(0, 10, presence="away"), wrong]}
    assert 400 <= client.post("/api/v1/marks", body).status < 500
    assert client.get("/api/v1/marks").json()["marks"] == []
    assert told(server) == ORDINARY


def test_marks_in_the_place_of_others_are_one_operation(server: ServerInMemory, client: Client) -> None:
    first = mark(client, a_mark(0, 60, presence="away"))
    second = mark(client, a_mark(0, 30, presence="away"), instead_of=first["ids"])
    assert told(server)[0] == (30, 60, "vscode", "")
    assert undo(client, first) == 409
    assert undo(client, second) == 200
    assert told(server) == ORDINARY[1:]
    assert undo(client, first) == 200
    assert client.post("/api/v1/marks", {"marks": [], "instead_of": first["ids"]}).status == 404


def test_a_mark_tells_what_it_changed(server: ServerInMemory, client: Client) -> None:
    server.changes.clear()
    mark(client, a_mark(0, 60, presence="away"))
    kinds = [change.kind for change in server.changes]
    assert {"MarksChanged", "ActivitiesChanged"} <= set(kinds)


def test_only_the_days_of_a_mark_become_stale(server: ServerInMemory, client: Client) -> None:
    activities, who = server.service(Activities), server.owner

    def versions() -> dict[int, object]:
        with server.database.read() as tx:
            days = activities.lanes.days(tx, who, Instant(MIDNIGHT - 3 * DAY), Instant(MIDNIGHT + 3 * DAY))
            return {known.start: known.version for known in days}

    before, word = versions(), activities.version(who)
    mark(client, a_mark(0, 60, presence="away"))
    after = versions()
    assert {start for start in before if before[start] != after[start]} <= {MIDNIGHT}
    assert activities.version(who) != word


def test_deleting_time_takes_what_was_said_about_it_and_undo_brings_it_back(
    server: ServerInMemory, client: Client
) -> None:
    mark(client, a_mark(-30, 30, presence="present", note="before and after"))
    wanted = {"range": f"{at(0)}..{at(20)}"}
    gone = client.post("/api/v1/erasures", wanted).json()
    left = client.get("/api/v1/marks").json()["marks"]
    assert sorted((each["start"][11:16], each["end"][11:16]) for each in left) == [
        ("08:30", "09:00"),
        ("09:20", "09:30"),
    ]
    assert undo(client, gone) == 200
    (whole,) = client.get("/api/v1/marks").json()["marks"]
    assert (whole["start"][11:16], whole["end"][11:16]) == ("08:30", "09:30")
    client.post("/api/v1/erasures", wanted | {"now": True})
    with server.database.read() as tx:
        steps = tx.rows("SELECT was FROM operation_steps WHERE was LIKE '%marks_before%'")
    assert steps == []


def test_a_project_and_a_category_that_marks_give_may_go(server: ServerInMemory, client: Client) -> None:
    project = client.post("/api/v1/projects", {"name": "Atlas"}).json()["project"]["id"]
    tree = client.get("/api/v1/categories").json()["categories"]
    one = client.post("/api/v1/categories", {"name": "Bees"}).json()["category"]["id"]
    mark(client, a_mark(0, 10, outcome={"project_id": project}))
    mark(client, a_mark(10, 20, outcome={"category_id": one}))
    refused = client.delete(f"/api/v1/categories/{one}").json()
    assert (refused["code"], refused["fields"]["marks"], refused["fields"]["known"]) == (
        "category_in_use",
        1,
        0,
    )
    gone = client.delete(f"/api/v1/categories/{one}?reassign_to={tree[0]['id']}").json()
    newest = client.get("/api/v1/marks").json()["marks"][0]
    assert newest["outcome"]["category_id"] == tree[0]["id"]
    assert undo(client, gone) == 200
    assert client.get("/api/v1/marks").json()["marks"][0]["outcome"]["category_id"] == one
    mark(client, a_mark(20, 30, outcome={"category_id": one, "project_id": project}))
    mark(client, a_mark(30, 40, presence="present", outcome={"category_id": one}))
    before = client.get("/api/v1/marks").json()
    gone = client.delete(f"/api/v1/categories/{one}?uncategorise=true").json()
    left = client.get("/api/v1/marks").json()["marks"]
    assert [(each["presence"], each["outcome"]["category_id"]) for each in left] == [
        ("present", None),
        (None, None),
        (None, None),
    ]
    assert undo(client, gone) == 200
    assert client.get("/api/v1/marks").json() == before
    for each in before["marks"][:2]:
        client.delete(f"/api/v1/marks/{each['id']}")
    dropped = client.delete(f"/api/v1/projects/{project}").json()
    assert len(client.get("/api/v1/marks").json()["marks"]) == 1
    assert undo(client, dropped) == 200
    assert len(client.get("/api/v1/marks").json()["marks"]) == 2


def test_a_rule_moves_nothing_that_somebody_said(server: ServerInMemory, client: Client) -> None:
    one = client.post("/api/v1/categories", {"name": "Bees"}).json()["category"]["id"]
    rule = {"conditions": [{"field": "app", "text": "Code"}], "outcome": {"category_id": one}}
    period = {"started_at": format_instant(MIDNIGHT), "ended_at": format_instant(Instant(MIDNIGHT + DAY))}

    def moves() -> float:
        answer = client.post("/api/v1/rules/preview", {"add": rule, **period})
        assert answer.status == 200, answer.json()
        return float(sum(each["seconds"] for each in answer.json()["moves"]))

    assert moves() == 3600
    mark(client, a_mark(0, 20, outcome={"category_id": one}), a_mark(20, 30, presence="away"))
    assert moves() == 1800


def test_marks_are_listed_the_newest_first_page_by_page(server: ServerInMemory, client: Client) -> None:
    made = mark(client, *(a_mark(n, n + 1, presence="away") for n in range(5)))
    first = client.get("/api/v1/marks?limit=3").json()
    assert [each["id"] for each in first["marks"]] == made["ids"][:1:-1]
    rest = client.get(f"/api/v1/marks?limit=3&cursor={first['next_cursor']}").json()
    assert [each["id"] for each in rest["marks"]] == made["ids"][1::-1]
    period = f"start={at(2)}&end={at(3)}".replace("+", "%2B")
    assert [each["id"] for each in client.get(f"/api/v1/marks?{period}").json()["marks"]] == [made["ids"][2]]


def test_an_hour_that_only_a_mark_tells_of_is_found_far_from_all_events(
    server: ServerInMemory, client: Client
) -> None:
    mark(client, a_mark(-20 * 24 * 60, -20 * 24 * 60 + 60, presence="present", note="A trip"))
    activities = server.service(Activities)
    with server.database.read():
        (sums,) = activities.sums(
            server.owner, [Instant(MIDNIGHT - 30 * DAY), Instant(MIDNIGHT - DAY)], ("title",)
        )
    assert dict(sums.by) == {("A trip",): HOUR}
