"""What opens the database, by command."""

import json
import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from hourloom.db.keys import edit
from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.ways import Means
from tests.cli.program import Program

CODE = re.compile(r"(?:[0-9A-Z]{5}-){7}[0-9A-Z]{5}")
WORDS, OTHER = "correct horse battery staple", "a staple of another kind"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an encrypted database with one token, to be copied: faster than making each."""
    home = tmp_path_factory.mktemp("made")
    Program(home, encryption="file")("token", "create", "--scopes", "admin", "--name", "before")
    return home


@pytest.fixture
def hourloom(made: Path, tmp_path: Path) -> Program:
    return Program(Path(shutil.copytree(made, tmp_path / "home")), encryption="file")


def test_a_database_is_decrypted_and_encrypted_again_with_everything_in_it(hourloom: Program) -> None:
    database = hourloom.data_dir / "hourloom.db"
    assert not database.read_bytes().startswith(b"SQLite format 3")
    hourloom("keys", "off")
    assert database.read_bytes().startswith(b"SQLite format 3")
    assert hourloom.json("token", "list")[0]["name"] == "before"
    assert hourloom.json("keys", "list") == []
    hourloom("keys", "on")
    assert not database.read_bytes().startswith(b"SQLite format 3")
    assert hourloom.json("token", "list")[0]["name"] == "before"
    assert "already" in hourloom.refused("keys", "on")


def test_the_ways_are_listed_without_secrets(hourloom: Program) -> None:
    ways = {each["method"]: each for each in hourloom.json("keys", "list")}
    assert set(ways) == {"key-file", "recovery"}
    assert ways["recovery"]["pending"] is True
    hourloom("keys", "acknowledge")
    assert "not confirmed" not in hourloom("keys", "list").stdout


def test_a_recovery_code_is_shown_on_a_terminal_only(hourloom: Program) -> None:
    assert "terminal" in hourloom.refused("keys", "recovery")
    shown = hourloom.in_terminal("keys", "recovery")
    assert CODE.search(shown)
    created = hourloom("token", "create", "--scopes", "admin")
    assert not CODE.search(created.stdout + created.stderr)


def test_the_recovery_code_opens_what_nothing_else_opens(hourloom: Program) -> None:
    found = CODE.search(hourloom.in_terminal("keys", "recovery"))
    assert found is not None
    for file in (hourloom.home / "config" / "keys").glob("*.key"):
        file.unlink()
    assert "keys recovery" in hourloom.refused("token", "list")
    assert "bad" in {each["verdict"] for each in json.loads(hourloom("doctor", "--json", code=1).stdout)}
    assert "mistyped" in hourloom.in_terminal("keys", "recovery", answers=(mistyped(found[0]),))
    assert "opens again" in hourloom.in_terminal("keys", "recovery", answers=(found[0],))
    assert hourloom.json("token", "list")[0]["name"] == "before"


def test_a_passphrase_is_added_on_a_terminal_and_removed_by_its_id(hourloom: Program) -> None:
    assert "terminal" in hourloom.refused("keys", "add", "passphrase")
    words = "correct horse battery staple"
    seen = hourloom.in_terminal("keys", "add", "passphrase", answers=(words, words))
    assert words not in seen
    (way,) = [each for each in hourloom.json("keys", "list") if each["method"] == "passphrase"]
    assert "terminal" in hourloom.refused("keys", "remove", way["id"])
    hourloom("keys", "remove", way["id"], "--passphrase-file", str(a_file(hourloom.home, words)))
    assert "passphrase" not in {each["method"] for each in hourloom.json("keys", "list")}
    assert "no way" in hourloom.refused("keys", "add", "fingerprint")
    assert "no key" in hourloom.refused("keys", "remove", "nix")


def test_the_last_way_stays(hourloom: Program) -> None:
    for way in hourloom.json("keys", "list"):
        hourloom.refused("keys", "remove", way["id"])


def test_where_there_is_no_database_there_are_no_keys(tmp_path: Path) -> None:
    hourloom = Program(tmp_path)
    for words in (["list"], ["on"], ["off"], ["acknowledge"]):
        hourloom.refused("keys", *words)
    assert not hourloom.data_dir.exists()


def test_postgresql_has_no_keys(tmp_path: Path) -> None:
    hourloom = Program(tmp_path)
    hourloom.more["HOURLOOM_DATABASE_URL"] = "postgresql://127.0.0.1:1/none"
    assert "PostgreSQL" in hourloom.refused("keys", "list")


def a_file(home: Path, words: str) -> Path:
    path = home / "words"
    path.write_text(f"{words}\n")
    return path


def only_by(hourloom: Program, words: str) -> None:
    """Leave a passphrase as the only way to open the database, besides the recovery code."""
    means = Means(Places(hourloom.data_dir, hourloom.home / "config"))
    edit.add_passphrase(means, unlock(means, "file"), words)
    (way,) = [each for each in edit.list_wraps(means) if each.method == "key_file"]
    edit.remove_wrap(means, way.id)


def test_where_only_a_passphrase_opens_the_database_a_terminal_asks_for_it(hourloom: Program) -> None:
    only_by(hourloom, WORDS)
    assert "passphrase" in hourloom.refused("token", "list")
    seen = hourloom.in_terminal("token", "list", answers=("a wrong horse battery", WORDS))
    assert "not the passphrase" in seen
    assert "before" in seen


def test_a_way_gets_a_new_key_and_a_passphrase_new_words(hourloom: Program) -> None:
    (way,) = [each for each in hourloom.json("keys", "list") if each["method"] == "key-file"]
    assert "replaced" in hourloom("keys", "rotate", way["id"]).stderr
    only_by(hourloom, WORDS)
    (way,) = [each for each in hourloom.json("keys", "list") if each["method"] == "passphrase"]
    hourloom.in_terminal("keys", "rotate", way["id"], answers=(WORDS, OTHER, OTHER))
    assert "before" in hourloom.in_terminal("token", "list", answers=(OTHER,))
    assert "name one" in hourloom("keys", "rotate", code=2).stderr


def test_the_data_key_is_exchanged_without_a_server(hourloom: Program) -> None:
    before = (hourloom.data_dir / "hourloom.db").read_bytes()[:16]
    shown = CODE.search(hourloom.in_terminal("keys", "rotate", "--data-key"))
    assert shown is not None
    assert (hourloom.data_dir / "hourloom.db").read_bytes()[:16] != before
    assert hourloom.json("token", "list")[0]["name"] == "before"
    for file in (hourloom.home / "config" / "keys").glob("*.key"):
        file.unlink()
    assert "opens again" in hourloom.in_terminal("keys", "recovery", answers=(shown[0],))


def test_the_keys_of_a_running_server_are_changed_through_it(hourloom: Program) -> None:
    with hourloom.running():
        before = (hourloom.data_dir / "hourloom.db").read_bytes()[:16]
        assert "new data key" in hourloom("keys", "rotate", "--data-key").stderr
        assert (hourloom.data_dir / "hourloom.db").read_bytes()[:16] != before
        assert hourloom.json("token", "list")[0]["name"] == "before"
        assert CODE.search(hourloom.in_terminal("keys", "recovery"))
        hourloom("keys", "acknowledge")
        hourloom.in_terminal("keys", "add", "passphrase", answers=(WORDS, WORDS))
        assert "terminal" in hourloom.refused("token", "step-up")
        words = ("--passphrase-file", str(a_file(hourloom.home, WORDS)))
        assert len(hourloom("token", "step-up", *words).stdout.strip()) == 43
        assert "not right" in hourloom.refused("token", "step-up", "--passphrase-file", __file__)
        seen = hourloom.in_terminal("keys", "rotate", "--data-key", answers=(WORDS,))
        assert CODE.search(seen)
        assert WORDS not in seen
        link = hourloom.in_terminal("open", "--step-up", "--print", answers=(WORDS,))
        assert "/#step-up=" in link
    assert hourloom.json("token", "list")[0]["name"] == "before"


def test_a_lost_key_file_is_said_with_the_command_or_asked_about(hourloom: Program) -> None:
    found = CODE.search(hourloom.in_terminal("keys", "recovery"))
    assert found is not None
    for file in (hourloom.home / "config" / "keys").glob("*.key"):
        file.unlink()
    said = hourloom.refused("serve")
    assert "`hourloom keys recovery`" in said
    child, terminal = hourloom.forked("serve")
    seen = talk(terminal, [mistyped(found[0]), found[0]], until="listens on")
    child.terminate()
    child.wait(60)
    os.close(terminal)
    assert "mistyped" in seen
    assert "opens again" in seen
    assert hourloom.json("token", "list")[0]["name"] == "before"


def mistyped(code: str) -> str:
    """Return the code with another first letter than it has."""
    return ("Y" if code[0] == "X" else "X") + code[1:]


def talk(terminal: int, answers: list[str], until: str) -> str:
    """Answer the prompts of a program that stays, until it has said something."""
    seen = ""
    while until not in seen:
        seen += os.read(terminal, 4096).decode()
        if answers and seen.endswith(": "):
            os.write(terminal, answers.pop(0).encode() + b"\n")
    return seen


def test_up_asks_for_the_passphrase_and_again_when_the_server_died(hourloom: Program) -> None:
    only_by(hourloom, WORDS)
    child, terminal = hourloom.forked("up")
    seen = talk(terminal, ["a wrong horse battery", WORDS], until="listens on")
    assert "not the passphrase" in seen
    os.kill(hourloom.json("status")["pid"], signal.SIGKILL)
    again = talk(terminal, [WORDS], until="listens on")
    assert "Passphrase of the database" in again
    arguments = Path(f"/proc/{hourloom.json('status')['pid']}/cmdline").read_bytes()
    environment = Path(f"/proc/{hourloom.json('status')['pid']}/environ").read_bytes()
    assert WORDS.encode() not in arguments + environment
    child.terminate()
    child.wait(60)
    os.close(terminal)


def test_up_without_a_terminal_says_what_it_needs(hourloom: Program) -> None:
    only_by(hourloom, WORDS)
    said = hourloom("up", code=1).stderr
    assert said.count("opens with a passphrase") == 1
    hourloom.refused("serve")


def test_up_ends_when_nobody_knows_the_passphrase(hourloom: Program) -> None:
    only_by(hourloom, WORDS)
    seen = hourloom.in_terminal("up", answers=("a wrong horse battery",) * 3)
    assert seen.count("not the passphrase") == 3
    assert "No Hourloom server" in hourloom.refused("status")
