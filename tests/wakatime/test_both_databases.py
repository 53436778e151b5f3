"""What differs between the databases, and what happens when the disk is full or keys are guessed."""

import pytest

from hourloom.testing import ServerInMemory, a_peer
from tests.wakatime.sent import BULK, CODE, a_beat, an_editor, codes, sends, stored

ME = "/api/v1/users/current"


def test_beats_are_stored_once_and_joined(server: ServerInMemory) -> None:
    client = an_editor(server)
    server.client_with("settings:write").put("/api/v1/settings/time_zone", {"value": "UTC"})
    seconds = [(0, None), (30, None), (30, None), (160, None), (180, CODE), (190, CODE), (195, CODE)]
    beats = [a_beat(-600 + second, **({"user_agent": agent} if agent else {})) for second, agent in seconds]
    for _ in range(2):
        assert set(codes(sends(client, *beats))) == {201}
    assert (len(stored(server)), len(stored(server, "editor-vs-code_desk"))) == (3, 3)
    for timeout, lengths in ((2, [30, 20, 15]), (2.5, [180, 15]), (10, [180, 15])):
        spans = client.get(f"{ME}/durations?slice_by=editor&timeout={timeout}").json()["data"]
        assert [span["duration"] for span in spans] == lengths
        day = client.get(f"{ME}/summaries?start=today&timeout={timeout}").json()["data"][0]
        assert day["grand_total"]["total_seconds"] == sum(lengths)
    day = client.get(f"{ME}/statusbar/today").json()["data"]
    assert {one["name"]: one["total_seconds"] for one in day["editors"]} == {"Vim": 180, "VS Code": 15}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_full_disk_is_no_fault_of_the_beat(server: ServerInMemory) -> None:
    client = an_editor(server)
    assert codes(sends(client, a_beat())) == [201]
    let_grow(server, 1)
    beats = [a_beat(-n, entity=f"{n}" * 500) for n in range(1, 600)]
    answer = sends(client, *beats)
    assert (answer.status, "error" in answer.json()) == (507, True)
    let_grow(server, 2**30)
    assert set(codes(sends(client, *beats))) == {201}


def let_grow(server: ServerInMemory, pages: int) -> None:
    """Let the file have so many pages; it keeps those that it has."""

    def limit() -> None:
        with server.database.begin() as tx:
            tx.rows(f"PRAGMA max_page_count = {pages}")

    server.write(limit)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_whoever_guesses_keys_in_addresses_is_slowed_down(server: ServerInMemory) -> None:
    stranger = a_peer(loopback=False)
    answers = [
        server.client.request("POST", f"{BULK}?api_key={n:032}", json=[a_beat()], peer=stranger).status
        for n in range(130)
    ]
    assert answers[0] == 401
    assert answers[-1] == 429
