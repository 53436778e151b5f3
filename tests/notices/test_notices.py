"""Notices: raised once, told on the feed, read, cleared; and the jobs that raise them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hourloom.core.actors import Actor, ScopeMissing
from hourloom.core.changes import RecordedChange
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.db.transaction import Transaction
from hourloom.jobs.model import Job, JobProgress
from hourloom.notices.kinds import KINDS, table
from hourloom.notices.model import MOST_STANDING, NoSuchNotice
from hourloom.notices.service import Notices
from hourloom.testing import ServerInMemory
from tests.jobs.running import let_time_pass

PAGE = Path(__file__).resolve().parents[2] / "docs" / "notices.md"
State = dict[int, dict[str, Any]]  # what the list shows of each, by number


def notices_of(server: ServerInMemory) -> Notices:
    return server.service(Notices)


def raise_(server: ServerInMemory, kind: str, slot: str = "", **facts: int | str | None) -> None:
    home = server.owner.workspace_id
    server.write(lambda: notices_of(server).raised(home, kind, slot, **facts))


def clear(server: ServerInMemory, kind: str, slot: str = "") -> None:
    server.write(lambda: notices_of(server).cleared(server.owner.workspace_id, kind, slot))


def listed(server: ServerInMemory, query: str = "") -> list[dict[str, Any]]:
    answer = server.client_with("notices:read").get(f"/api/v1/notices{query}")
    assert answer.status == 200
    found: list[dict[str, Any]] = answer.json()["notices"]
    return found


def state(server: ServerInMemory) -> State:
    return {each["id"]: each for each in listed(server)}


def applied(before: State, change: RecordedChange) -> State:
    """Apply a Change as a screen does that shows the standing notices."""
    body = msgspec.json.decode(change.body)
    if change.kind == "NoticeRaised":
        return before | {body["id"]: {"kind": body.pop("notice_kind"), **body, "cleared_at": None}}
    if change.kind == "NoticeCleared":
        return {number: shown for number, shown in before.items() if number != body["id"]}
    if change.kind == "NoticeRead":
        return before | {body["id"]: before[body["id"]] | {"read_at": body["read_at"]}}
    return before


def test_a_notice_is_one_sentence_made_from_its_facts(server: ServerInMemory) -> None:
    raise_(server, "disk_low", mebibytes=12)
    (found,) = listed(server)
    assert found["sentence"] == "Only 12 MiB are free on the disk that holds your record."
    assert found["advice"] == KINDS["disk_low"].advice
    assert (found["severity"], found["facts"], found["slot"]) == ("alarm", {"mebibytes": 12}, "")
    assert (found["raised_at"], found["read_at"]) == ("2026-03-02T09:00:00Z", None)


def test_a_fact_that_is_not_known_leaves_a_plain_sentence(server: ServerInMemory) -> None:
    raise_(server, "disk_low")
    raise_(server, "job_failed", "x", job="x", error=None)
    assert [each["sentence"] for each in listed(server)] == [
        KINDS["job_failed"].plainly,
        KINDS["disk_low"].plainly,
    ]


def test_names_from_elsewhere_are_cut_and_cannot_command_a_terminal(server: ServerInMemory) -> None:
    raise_(server, "watcher_silent", "b", bucket="evil\x1b]0;" + "x" * 1_000, minutes=61)
    (found,) = listed(server)
    assert "\x1b" not in found["sentence"]
    assert len(found["sentence"]) < 400


def test_while_it_stands_it_is_raised_once_and_its_facts_are_renewed(server: ServerInMemory) -> None:
    raise_(server, "disk_low", mebibytes=12)
    server.clock.advance(60)
    changes = server.verify_changes(
        lambda: raise_(server, "disk_low", mebibytes=9), lambda: state(server), applied
    )
    assert [change.kind for change in changes] == ["NoticeRaised"]
    (found,) = listed(server)
    assert (found["facts"], found["raised_at"]) == ({"mebibytes": 9}, "2026-03-02T09:00:00Z")
    assert not server.verify_changes(
        lambda: raise_(server, "disk_low", mebibytes=9), lambda: state(server), applied
    )


def test_slots_stand_beside_one_another(server: ServerInMemory) -> None:
    for slot in ("one", "two"):
        raise_(server, "job_failed", slot, job=slot, error="ValueError")
    clear(server, "job_failed", "one")
    assert [each["slot"] for each in listed(server)] == ["two"]
    assert notices_of(server).slots(server.owner.workspace_id, "job_failed") == ["two"]


def test_the_whole_story_is_told_on_the_feed(server: ServerInMemory) -> None:
    def story() -> None:
        client = server.client_with("notices:write")
        raise_(server, "disk_low", mebibytes=12)
        raise_(server, "clock_jumped", seconds=3600, direction="back")
        raise_(server, "backup_stale", days=3)
        (newest, *_) = listed(server)
        assert client.post(f"/api/v1/notices/{newest['id']}/read").status == 200
        clear(server, "disk_low")

    changes = server.verify_changes(story, lambda: state(server), applied)
    told = [change.kind for change in changes if change.kind.startswith("Notice")]
    assert told == ["NoticeRaised"] * 3 + ["NoticeRead", "NoticeCleared"]
    assert {each["kind"] for each in listed(server)} == {"clock_jumped", "backup_stale"}


def test_a_notice_that_was_cleared_can_be_raised_anew_and_is_kept_for_a_month(server: ServerInMemory) -> None:
    raise_(server, "disk_low")
    clear(server, "disk_low")
    assert listed(server) == []
    raise_(server, "disk_low")
    first, second = sorted(listed(server, "?state=all"), key=lambda each: int(each["id"]))
    assert (first["cleared_at"] is None, second["cleared_at"] is None) == (False, True)
    server.clock.advance(30 * 86_400 + 1)
    assert server.write(notices_of(server).prune) is False
    left = [each["id"] for each in listed(server, "?state=all") if each["kind"] == "disk_low"]
    assert left == [second["id"]]


def test_to_clear_what_does_not_stand_is_nothing(server: ServerInMemory) -> None:
    assert not server.verify_changes(lambda: clear(server, "disk_low"), lambda: state(server), applied)


def test_what_tells_of_a_moment_is_over_once_it_was_read(server: ServerInMemory) -> None:
    raise_(server, "clock_jumped", seconds=3600, direction="back")
    raise_(server, "disk_low", mebibytes=1)
    client = server.client_with("notices:write")

    def read() -> None:
        assert client.post("/api/v1/notices/read").json() == {"read": 2}

    server.verify_changes(read, lambda: state(server), applied)
    (left,) = listed(server)
    assert (left["kind"], left["read_at"]) == ("disk_low", "2026-03-02T09:00:00Z")
    assert client.post("/api/v1/notices/read").json() == {"read": 0}


def test_pages_go_on_where_the_last_one_ended(server: ServerInMemory) -> None:
    for slot in "abc":
        raise_(server, "job_failed", slot, job=slot, error="E")
    client = server.client_with("notices:read")
    page = client.get("/api/v1/notices?limit=2").json()
    rest = client.get(f"/api/v1/notices?limit=2&cursor={page['next_cursor']}").json()
    assert [n["slot"] for n in page["notices"] + rest["notices"]] == ["c", "b", "a"]
    assert rest["next_cursor"] is None


def test_scopes_and_strangers(server: ServerInMemory) -> None:
    raise_(server, "disk_low", mebibytes=1)
    (found,) = listed(server)
    assert server.client_with("tracking:write").get("/api/v1/notices").status == 403
    assert server.client_with("notices:read").post(f"/api/v1/notices/{found['id']}/read").status == 403
    assert server.client_with("notices:write").post("/api/v1/notices/4711/read").status == 404
    stranger = Actor(WorkspaceId(4711), UserId(4711), frozenset({"admin"}))
    assert notices_of(server).list(stranger) == []
    with pytest.raises(NoSuchNotice):
        server.write(lambda: notices_of(server).read(stranger, found["id"]))
    with pytest.raises(ScopeMissing):
        notices_of(server).list(Actor(WorkspaceId(1), UserId(1), frozenset({"tracking:read"})))


def test_a_kind_that_has_no_words_is_a_mistake(server: ServerInMemory) -> None:
    with pytest.raises(LookupError, match="sunspots"):
        raise_(server, "sunspots")


def test_a_flood_of_notices_ends(server: ServerInMemory) -> None:
    home = server.owner.workspace_id

    def flood() -> None:
        for number in range(MOST_STANDING + 5):
            notices_of(server).raised(home, "job_failed", str(number), job="j", error="E")

    server.write(flood)
    assert notices_of(server).counted() == {"job_failed": MOST_STANDING}


def test_a_job_that_is_given_up_stands_until_one_of_its_kind_succeeds(server: ServerInMemory) -> None:
    well = False

    def step(_tx: Transaction, _job: Job) -> JobProgress:
        if not well:
            raise ValueError("https://bank.example/secret")
        return JobProgress(finished=True)

    def told() -> list[str]:
        return [each["sentence"] for each in listed(server) if each["slot"] == "test.work"]

    async def until_told(number: int) -> None:
        async with asyncio.timeout(20):
            while len(standing()) != number:
                await let_time_pass(jobs, server.clock)

    def standing() -> list[str]:
        return [slot for slot in notices_of(server).slots(home, "job_failed") if slot == "test.work"]

    jobs, home = server.server.jobs, server.owner.workspace_id
    jobs.register("test.work", step)
    server.write(lambda: jobs.enqueue(home, "test.work"))
    server.run(until_told(1))
    assert told() == ["The background work test.work failed (ValueError)."]
    well = True
    server.write(lambda: jobs.enqueue(home, "test.work"))
    server.run(until_told(0))
    assert told() == []


def test_all_kinds_have_words_that_end_in_a_period_and_are_in_the_docs() -> None:
    for kind in KINDS.values():
        for sentence in (kind.sentence, kind.plainly, kind.advice):
            assert sentence.endswith(".")
        assert "{" not in kind.plainly
    assert "\n".join(table()) in PAGE.read_text("utf-8"), (
        "run `python -m hourloom.notices.kinds` and paste its table"
    )
