"""The outbox: what is put is sent once, in order, whatever the server says meanwhile."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from hourloom.core.clock import SECOND
from hourloom.sdk.connection import Response
from hourloom.sdk.outbox import Beat, BeatRefused, Bounds, Outbox, OutboxInUse
from tests.sdk.outbox.post_office import NOW, PATIENCE, Office, an_outbox, answer, beat, problem, until


@pytest.fixture
def office() -> Office:
    return Office()


def test_what_is_put_is_sent_in_order_after_its_bucket_is_made(tmp_path: Path, office: Office) -> None:
    with an_outbox(tmp_path, office) as box:
        for number in range(20):
            box.put(beat(number, f"title {number}"))
        assert box.flush(PATIENCE)
        state = box.state()
    assert office.asked[0] == "/api/v1/buckets"
    assert office.titles("desk") == [f"title {number}" for number in range(20)]
    assert (state.waiting, state.oldest, state.trouble, state.letters) == (0, None, None, 0)
    assert state.last_answer is not None


def test_equal_beats_become_one_while_they_wait(tmp_path: Path, office: Office) -> None:
    office.is_open, office.where = False, "https://hours.example"
    with an_outbox(tmp_path, office, pause=60.0) as box:
        box.put(beat(0))
        # What is under way does not grow; from now on nothing is, until somebody asks for it.
        until(lambda: box.state().trouble == "server_not_running")
        for seconds in (4, 9, 15):
            box.put(beat(seconds))
        assert (box.state().waiting, box.state().oldest) == (2, NOW)
        office.is_open = True
        assert box.flush(PATIENCE)
    assert [(sent["timestamp"], sent["duration"]) for _, sent in office.taken] == [
        ("2026-03-02T09:00:00Z", 9.0),
        ("2026-03-02T09:00:15Z", 0.0),
    ]


def test_what_waits_survives_a_restart_and_is_not_readable_on_disk(tmp_path: Path, office: Office) -> None:
    office.is_open, office.where = False, "https://hours.example"
    with an_outbox(tmp_path, office, pause=60.0) as box:
        box.put(beat(0, "Secret plans"))
        until(lambda: box.state().trouble == "server_not_running")
        box.put(beat(3, "Secret plans"))
        box.put(beat(4, "Other"))
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert held
    assert all(word not in held for word in (b"Secret", b"Other", b"Code", b"desk", b"currentwindow"))
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    office.is_open = True
    with Outbox(tmp_path / "outbox", office, key_file=tmp_path / "key") as box:
        assert box.flush(PATIENCE)
    assert office.buckets == {"desk"}, "its declaration is on disk too"
    assert [(sent["data"], sent["duration"]) for _, sent in office.taken] == [
        ({"app": "Code", "title": "Secret plans"}, 3.0),
        ({"app": "Code", "title": "Other"}, 0.0),
    ]


@pytest.mark.parametrize(
    ("status", "code"),
    [(500, "error"), (503, "error"), (429, "error"), (507, "error"), (401, "not_signed_in")],
)
def test_what_has_nothing_to_do_with_the_beats_only_delays_them(
    tmp_path: Path, office: Office, status: int, code: str
) -> None:
    office.says = lambda path, body: answer(status, problem(status, "error"), retry_after="0")
    with an_outbox(tmp_path, office) as box:
        box.put(beat(0, "a"))
        until(lambda: box.state().trouble == code)
        box.put(beat(60, "b"))
        assert (box.state().waiting, box.state().letters) == (2, 0)
        office.says = lambda path, body: None
        until(lambda: box.state().waiting == 0)
        assert box.state().trouble is None
    assert office.titles("desk") == ["a", "b"]


def test_who_is_not_let_in_tries_another_way(tmp_path: Path, office: Office) -> None:
    ways: list[Office] = []

    def reach() -> Office:
        ways.append(office)
        return office

    office.says = lambda path, body: answer(401, problem(401, "unauthenticated")) if len(ways) < 3 else None
    with Outbox(tmp_path / "outbox", reach, key_file=tmp_path / "key", pause=lambda failures: 0.01) as box:
        box.declare("desk", type="currentwindow", client="test", hostname="here")
        box.put(beat(0))
        assert box.flush(PATIENCE)
    assert len(ways) == 3


@pytest.mark.parametrize(
    "strange",
    [
        Response(200, {}, b"<html>Sign in to this network"),
        Response(200, {}, b'{"results":[]}'),
        Response(302, {}, b""),
    ],
)
def test_what_is_no_server_of_ours_gets_no_beat_settled(
    tmp_path: Path, office: Office, strange: Response
) -> None:
    office.says = lambda path, body: strange if path.endswith("heartbeats") else None
    with an_outbox(tmp_path, office) as box:
        box.put(beat(0))
        until(lambda: box.state().trouble == "strange_answer")
        office.says = lambda path, body: None
        until(lambda: box.state().waiting == 0)
    assert office.titles("desk") == ["a"]


def test_a_token_for_one_bucket_alone_holds_up_only_the_others(tmp_path: Path, office: Office) -> None:
    def says(path: str, body: dict[str, object]) -> Response | None:
        return answer(403, problem(403, "scope_missing")) if "mail" in body.values() else None

    office.says = says
    with an_outbox(tmp_path, office) as box:
        box.declare("mail", type="x", client="test", hostname="here")
        box.put(beat(0, "kept", "mail"))
        until(lambda: box.state().trouble == "not_signed_in")
        box.put(beat(0, "sent"))
        until(lambda: office.titles("desk") == ["sent"])
        assert (box.state().waiting, box.state().trouble) == (1, "not_signed_in")


def test_a_bucket_that_the_server_lost_is_made_again(tmp_path: Path, office: Office) -> None:
    with an_outbox(tmp_path, office) as box:
        box.put(beat(0))
        assert box.flush(PATIENCE)
        office.buckets.clear()
        box.put(beat(60, "b"))
        until(lambda: office.titles("desk") == ["a", "b"])


def test_beats_of_a_bucket_that_nobody_declared_wait_for_that(tmp_path: Path, office: Office) -> None:
    with an_outbox(tmp_path, office) as box:
        box.put(beat(0, "early", "late"))
        until(lambda: box.state().trouble == "bucket_not_declared")
        box.declare("late", type="x", client="test", hostname="here")
        until(lambda: office.titles("late") == ["early"])


@pytest.mark.parametrize("status", [400, 413, 422])
def test_of_a_batch_that_is_refused_only_the_faulty_beat_becomes_a_letter(
    tmp_path: Path, office: Office, status: int
) -> None:
    def says(path: str, body: dict[str, object]) -> Response | None:
        return answer(status, problem(status, "bad", "It is bad.")) if "bad" in repr(body) else None

    office.is_open, office.says = False, says
    with an_outbox(tmp_path, office) as box:
        for number in range(20):
            box.put(beat(number, "bad" if number == 13 else f"{number}"))
        office.is_open = True
        assert box.flush(PATIENCE)
        (letter,) = box.dead_letters()
        assert (letter.bucket, letter.at, letter.status, letter.code, letter.reason) == (
            "desk",
            NOW + 13 * SECOND,
            status,
            "bad",
            "It is bad.",
        )
        assert bytes(letter.data) == b'{"app":"Code","title":"bad"}'
    assert office.titles("desk") == [f"{number}" for number in range(20) if number != 13]


def refusing(path: str, body: dict[str, object]) -> Response | None:
    """Refuse single beats whose title says so, as the server does."""
    beats = body.get("heartbeats")
    if not isinstance(beats, list):
        return None
    results = [
        {"problem": problem(400, "bad")} if "bad" in each["data"]["title"] else {"id": 1} for each in beats
    ]
    return answer(200, {"results": results})


def test_letters_can_be_discarded_and_sent_again_also_after_a_restart(tmp_path: Path, office: Office) -> None:
    office.says = refusing
    with an_outbox(tmp_path, office) as box:
        for number in range(3):
            box.put(beat(number, f"bad {number}"))
        assert box.flush(PATIENCE)
    office.says = lambda path, body: None
    with an_outbox(tmp_path, office) as box:
        first, second, _ = box.dead_letters()
        assert box.discard([first.id]) == 1
        assert box.retry([second.id]) == 1
        assert box.flush(PATIENCE)
        assert office.titles("desk") == ["bad 1"]
        assert box.state().letters == 1
        assert box.retry() == 1
        assert box.retry() == 0


def test_a_beat_at_which_the_server_fails_again_and_again_lets_the_others_through(
    tmp_path: Path, office: Office
) -> None:
    def says(path: str, body: dict[str, object]) -> Response | None:
        refused = refusing(path, body)
        return refused and Response(200, {}, refused.body.replace(b'"status":400', b'"status":500'))

    office.says = says
    with an_outbox(tmp_path, office) as box:
        for title in ("a", "bad", "c"):
            box.put(beat(0 if title == "a" else 60, title))
        until(lambda: box.state().waiting == 0)
        (letter,) = box.dead_letters()
    assert (letter.status, letter.code) == (500, "bad")


def test_a_long_history_waits_on_disk_and_comes_in_order(tmp_path: Path, office: Office) -> None:
    office.is_open = False
    with an_outbox(tmp_path, office) as box:
        for number in range(2_500):
            box.put(beat(number, f"{number}"))
        office.is_open = True
        assert box.flush(PATIENCE)
        assert box.state().bytes < 1_000
    assert office.titles("desk") == [f"{number}" for number in range(2_500)]
    assert max(office.batches) <= 500


def test_a_clock_that_is_set_back_begins_a_batch(tmp_path: Path, office: Office) -> None:
    office.is_open = False
    with an_outbox(tmp_path, office) as box:
        for number, seconds in enumerate((0, 10, 10, -100, -90)):
            box.put(beat(seconds, f"{number}"))
        office.is_open = True
        assert box.flush(PATIENCE)
    assert office.batches == [3, 2]
    times = [str(sent["timestamp"]) for _, sent in office.taken]
    assert times[1:3] == ["2026-03-02T09:00:10Z", "2026-03-02T09:00:10.000001Z"]


def test_when_it_is_full_what_lasts_is_kept_and_that_is_said(tmp_path: Path, office: Office) -> None:
    office.is_open = False
    with an_outbox(tmp_path, office, Bounds(beats=5)) as box:
        for number in range(5):
            box.put(beat(number, f"old {number}"))
        for number in range(8):
            box.put(beat(10 + number, f"flicker {number}"))
        for seconds in (20, 24, 28, 32):
            box.put(beat(seconds, "lasts"))
        box.put(beat(33, "next"))
        state = box.state()
        assert (state.full, state.left_out) == (True, 8)
        office.is_open = True
        assert box.flush(PATIENCE)
        assert not box.state().full
    assert office.titles("desk") == [*(f"old {number}" for number in range(5)), "lasts", "next"]


def test_two_programs_cannot_share_one(tmp_path: Path, office: Office) -> None:
    with (
        an_outbox(tmp_path, office),
        pytest.raises(OutboxInUse),
        an_outbox(tmp_path, office),
    ):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="there the directory says whose a file is")
def test_its_files_are_for_no_other_user(tmp_path: Path, office: Office) -> None:
    office.is_open = False
    with an_outbox(tmp_path, office) as box:
        box.put(beat(0))
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert "lock" in {path.name for path in files}
        assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_beats_whose_key_is_gone_are_left_alone_and_counted(tmp_path: Path, office: Office) -> None:
    office.is_open = False
    with an_outbox(tmp_path, office) as box:
        box.put(beat(0))
    key = (tmp_path / "key").read_bytes()
    (tmp_path / "key").unlink()
    with an_outbox(tmp_path, office) as box:
        assert box.state().waiting == 0
        assert box.state().unreadable > 0
    (tmp_path / "key").write_bytes(key)
    with an_outbox(tmp_path, office) as box:
        assert (box.state().waiting, box.state().trouble is None) in {(1, True), (1, False)}


@pytest.mark.parametrize(
    "wrong",
    [
        Beat("desk", NOW, {"title": "x" * 70_000}, 5.0),
        Beat("desk", NOW, {"title": object()}, 5.0),  # type: ignore[dict-item]
        Beat("desk", NOW, [1], 5.0),  # type: ignore[arg-type]
        Beat("desk", NOW, {}, float("nan")),
        Beat("desk", NOW, {}, -1.0),
        Beat("desk", NOW, {}, 5.0, float("inf")),
        beat(-10_000_000_000),
        Beat("", NOW, {}, 5.0),
        Beat("a/b", NOW, {}, 5.0),
        Beat("a\n", NOW, {}, 5.0),
        Beat("x" * 201, NOW, {}, 5.0),
    ],
)
def test_what_no_server_would_take_is_refused_at_once(tmp_path: Path, office: Office, wrong: Beat) -> None:
    with an_outbox(tmp_path, office) as box:
        with pytest.raises(BeatRefused):
            box.put(wrong)
        assert box.state().waiting == 0


def test_half_a_surrogate_pair_is_carried(tmp_path: Path, office: Office) -> None:
    with an_outbox(tmp_path, office) as box:
        box.put(beat(0, "half \ud83d"))
        assert box.flush(PATIENCE)
    assert office.titles("desk") == ["half \ufffd"]
