"""What was said about a time goes with the time when it is too old, its notes with titles; and its undo."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.activities.model.mark import Mark, MarkEdit, left_of, left_of_edit
from hourloom.activities.service.activities import Activities
from hourloom.core.clock import DAY, MINUTE, SECOND, Instant, format_instant, parse_instant
from hourloom.testing import Client, ServerInMemory
from tests.activities.lanes import MIDNIGHT, NINE, WINDOW, a_day, told
from tests.conftest import KEY
from tests.tracking.bytes_left import places_of
from tests.tracking.recorded import until_jobs_end

CANARY = "canary-of-a-note-0815"
ON_SQLITE = pytest.mark.parametrize("dialect", ["sqlite"])

TIMES = st.integers(0, 20)
MARKS = st.lists(
    st.builds(
        lambda ends, note: Mark(1, Instant(min(ends)), Instant(max(ends)), "away", note=note),
        st.tuples(TIMES, TIMES).filter(lambda ends: ends[0] != ends[1]),
        st.sampled_from(["", "said"]),
    ),
    max_size=4,
)


@given(marks=MARKS, before=TIMES, notes=st.booleans())
def test_what_is_left_is_all_that_is_young(marks: list[Mark], before: int, *, notes: bool) -> None:
    edit = MarkEdit(1, marks, marks[::-1])
    left = left_of_edit(edit, before, notes=notes)
    assert left_of_edit(left, before, notes=notes) == left
    assert left.marks_after == left.marks_before[::-1]
    for mark in marks:
        one = left_of(mark, before, notes=notes)
        if notes:
            kept = mark.note if mark.end > before else ""
            assert one == msgspec.structs.replace(mark, note=kept)
        else:
            there = range(one.start, one.end) if one else range(0)
            assert list(there) == [at for at in range(mark.start, mark.end) if at >= before]


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    a_day(server)
    return server.client_with(
        "activities:write", "operations:write", "tracking:write", "settings:write", "projects:write"
    )


def at(minutes: float) -> str:
    return format_instant(Instant(NINE + round(minutes * MINUTE)))


def say(client: Client, start: float, end: float, **what: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/marks", {"marks": [{"start": at(start), "end": at(end), **what}]})
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.json()
    return made


def undo(client: Client, made: dict[str, Any]) -> int:
    return client.post(f"/api/v1/operations/{made['operation_id']}/undo", {}).status


def said(client: Client) -> list[tuple[float, float, str | None, str]]:
    """Return what is said, in minutes after nine."""
    marks = client.get("/api/v1/marks?limit=500").json()["marks"]
    return sorted(
        (minute(each["start"]), minute(each["end"]), each["presence"], each["note"]) for each in marks
    )


def minute(text: str) -> float:
    return (parse_instant(text) - NINE) / MINUTE


def keep(client: Client, **rules: object) -> None:
    for name, value in rules.items():
        path = f"/api/v1/settings/retention_{name}"
        assert client.request("PUT", path, json={"value": value}).status == 200


def age(server: ServerInMemory, days: int, minutes: float) -> None:
    """Let what ended by so many minutes after nine be that old."""
    server.clock.advance((NINE + minutes * MINUTE + days * DAY - server.clock.now()) / SECOND)


def run(client: Client) -> dict[str, int]:
    place, done = None, {"deleted": 0, "reduced": 0, "totals": 0, "marks": 0}
    while True:
        answer = client.post("/api/v1/retention/run", {"place": place})
        assert answer.status == 200, answer.body
        for name in done:
            done[name] += answer.json()[name]
        place = answer.json()["place"]
        if place is None:
            return done


def adds_up(server: ServerInMemory) -> int:
    """Return how long the day comes to, by every way there is to ask."""
    activities, who = server.service(Activities), server.owner
    start, end = Instant(MIDNIGHT), Instant(MIDNIGHT + DAY)
    with server.database.read():
        lane = activities.between(who, start, end)
        (sums,) = activities.sums(who, [start, end], ("app",))
        spans = activities.spans(who, start, end)
    assert sum(sums.by.values()) == lane.active == sum(e - s for s, e in spans)
    return lane.active


def steps(server: ServerInMemory) -> str:
    """Return all that undo keeps of marks."""
    with server.database.read() as tx:
        return str(tx.rows("SELECT was FROM operation_steps WHERE was LIKE '%marks_before%'"))


def test_marks_go_with_all_else_that_is_too_old_and_undo_brings_back_none(
    server: ServerInMemory, client: Client
) -> None:
    wholly = say(client, 0, 20, presence="away", note="gone")
    partly = say(client, 20, 68, presence="present", note="cut")
    say(client, 70, 75, presence="away", note="stays")
    age(server, 5, 65)
    gone = client.post("/api/v1/erasures", {"range": f"{at(66)}..{at(69)}"}).json()
    assert undo(client, gone) == 200
    again = client.post("/api/v1/erasures", {"range": f"{at(66)}..{at(67)}"}).json()
    until_jobs_end(server)
    keep(client, everything_days=5)
    counts = {each["kind"]: each for each in client.get("/api/v1/retention/preview").json()}
    assert (counts["marks"]["count"], counts["marks"]["seconds"]) == (2, 3_900)
    server.changes.clear()
    assert run(client)["marks"] == 2
    assert {"MarksChanged", "ActivitiesChanged"} <= {change.kind for change in server.changes}
    assert said(client) == [(65, 66, "present", "cut"), (67, 68, "present", "cut"), (70, 75, "away", "stays")]
    assert "gone" not in steps(server)
    assert undo(client, again) == 200
    assert said(client) == [(65, 68, "present", "cut"), (70, 75, "away", "stays")]
    assert [(start, end) for start, end, _, _ in told(server)] == [(60, 65), (65, 68), (68, 70), (75, 80)]
    adds_up(server)
    assert undo(client, wholly) == 410
    assert undo(client, partly) == 200
    assert said(client) == [(70, 75, "away", "stays")]
    assert run(client)["marks"] == 0


@ON_SQLITE
def test_notes_go_with_titles_and_what_was_said_stays(server: ServerInMemory, client: Client) -> None:
    tree = client.get("/api/v1/categories").json()["categories"]
    outcome = {"category_id": tree[0]["id"]}
    made = say(client, 85, 95, presence="present", outcome=outcome, note="old")
    say(client, 10, 20, presence="away", note="old")
    young = say(client, 96, 110, presence="present", note="young")
    before = adds_up(server)
    age(server, 5, 100)
    until_jobs_end(server)
    keep(client, titles_days=5)
    counts = {each["kind"]: each["count"] for each in client.get("/api/v1/retention/preview").json()}
    assert counts["notes"] == 2
    assert run(client)["marks"] == 2
    assert said(client) == [(10, 20, "away", ""), (85, 95, "present", ""), (96, 110, "present", "young")]
    marks = client.get("/api/v1/marks").json()["marks"]
    assert outcome["category_id"] in {each["outcome"]["category_id"] for each in marks}
    assert adds_up(server) == before
    assert "old" not in steps(server)
    assert "young" in steps(server)
    assert undo(client, made) == undo(client, young) == 200
    assert said(client) == [(10, 20, "away", "")]


@ON_SQLITE
def test_what_was_said_outlives_events_as_totals_do(server: ServerInMemory, client: Client) -> None:
    say(client, 0, 15, presence="away", note="a walk")
    say(client, 100, 130, presence="present", note="a meeting")
    age(server, 5, 200)
    until_jobs_end(server)
    keep(client, events_days=5)
    done = run(client)
    assert done["deleted"] > 0
    assert done["marks"] == 0
    assert said(client) == [(0, 15, "away", "a walk"), (100, 130, "present", "a meeting")]
    assert [(start, end) for start, end, _, _ in told(server)][-1] == (100, 130)
    assert adds_up(server) == (65 + 30) * MINUTE


@ON_SQLITE
@pytest.mark.parametrize("rule", ["titles_days", "everything_days"])
def test_no_byte_of_an_old_note_is_left_after_a_night(
    server: ServerInMemory, client: Client, tmp_path: Path, rule: str
) -> None:
    chance, numbers = random.Random(3), list[int]()
    for _ in range(8):
        notes = [(CANARY if n >= 30 else "quiet-" * 4) * chance.randrange(1, 22) for n in range(60)]
        marks = [
            {"start": at(-n - 1), "end": at(-n), "presence": "present", "note": note[:490]}
            for n, note in enumerate(notes)
        ]
        numbers += client.post("/api/v1/marks", {"marks": marks}).json()["ids"]
        chance.shuffle(numbers)
        for number in numbers[:20]:
            assert client.delete(f"/api/v1/marks/{number}").status == 200
        del numbers[:20]
    assert places_of(CANARY, tmp_path, KEY)
    age(server, 5, -30)
    until_jobs_end(server)
    keep(client, **{rule: 5})
    server.clock.advance(DAY / SECOND)

    def is_left() -> bool:
        until_jobs_end(server)
        with server.database.read() as tx:
            return tx.number("SELECT count(*) FROM marks WHERE note LIKE '%canary%'") > 0

    for _ in range(50):
        if not is_left():
            break
        # It gives way to any other write that waits at that moment, and looks again ten minutes later.
        server.clock.advance(11 * 60)
    until_jobs_end(server)
    assert places_of(CANARY, tmp_path, KEY) == []
    assert [page for page in server.database.traces(("marks",)).spoilt if page.rows] == []


@ON_SQLITE
def test_deleting_only_some_of_what_was_recorded_keeps_what_was_said(
    server: ServerInMemory, client: Client
) -> None:
    say(client, 0, 20, presence="present", note="said")
    period = f"{at(0)}..{at(60)}"
    assert client.post("/api/v1/erasures", {"app": "Code", "now": True}).status == 201
    some = {"range": period, "bucket": WINDOW, "now": True}
    assert client.post("/api/v1/erasures", some).status == 201
    assert said(client) == [(0, 20, "present", "said")]
