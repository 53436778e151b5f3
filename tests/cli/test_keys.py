"""What opens the database, by command."""

import json
import re
from pathlib import Path

from tests.cli.program import Program

CODE = re.compile(r"(?:[0-9A-Z]{5}-){7}[0-9A-Z]{5}")


def encrypted(home: Path) -> Program:
    program = Program(home, encryption="file")
    program("token", "create", "--scopes", "admin", "--name", "before")
    return program


def test_a_database_is_decrypted_and_encrypted_again_with_everything_in_it(tmp_path: Path) -> None:
    hourloom = encrypted(tmp_path)
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


def test_the_ways_are_listed_without_secrets(tmp_path: Path) -> None:
    hourloom = encrypted(tmp_path)
    ways = {each["method"]: each for each in hourloom.json("keys", "list")}
    assert set(ways) == {"key-file", "recovery"}
    assert ways["recovery"]["pending"] is True
    hourloom("keys", "acknowledge")
    assert "not confirmed" not in hourloom("keys", "list").stdout


def test_a_recovery_code_is_shown_on_a_terminal_only(tmp_path: Path) -> None:
    hourloom = encrypted(tmp_path)
    assert "terminal" in hourloom.refused("keys", "recovery")
    shown = hourloom.in_terminal("keys", "recovery")
    assert CODE.search(shown)
    created = hourloom("token", "create", "--scopes", "admin")
    assert not CODE.search(created.stdout + created.stderr)


def test_the_recovery_code_opens_what_nothing_else_opens(tmp_path: Path) -> None:
    hourloom = encrypted(tmp_path)
    found = CODE.search(hourloom.in_terminal("keys", "recovery"))
    assert found is not None
    for file in (tmp_path / "config" / "keys").glob("*.key"):
        file.unlink()
    assert "keys recovery" in hourloom.refused("token", "list")
    assert "bad" in {each["verdict"] for each in json.loads(hourloom("doctor", "--json", code=1).stdout)}
    assert "mistyped" in hourloom.in_terminal("keys", "recovery", answers=(f"X{found[0][1:]}",))
    assert "opens again" in hourloom.in_terminal("keys", "recovery", answers=(found[0],))
    assert hourloom.json("token", "list")[0]["name"] == "before"


def test_a_passphrase_is_added_on_a_terminal_and_removed_by_its_id(tmp_path: Path) -> None:
    hourloom = encrypted(tmp_path)
    assert "terminal" in hourloom.refused("keys", "add", "passphrase")
    words = "correct horse battery staple"
    seen = hourloom.in_terminal("keys", "add", "passphrase", answers=(words, words))
    assert words not in seen
    (way,) = [each for each in hourloom.json("keys", "list") if each["method"] == "passphrase"]
    hourloom("keys", "remove", way["id"])
    assert "passphrase" not in {each["method"] for each in hourloom.json("keys", "list")}
    assert "no way" in hourloom.refused("keys", "add", "fingerprint")
    assert "no key" in hourloom.refused("keys", "remove", "nix")


def test_the_last_way_stays(tmp_path: Path) -> None:
    hourloom = encrypted(tmp_path)
    for way in hourloom.json("keys", "list"):
        hourloom.refused("keys", "remove", way["id"])


def test_where_there_is_no_database_there_are_no_keys(hourloom: Program) -> None:
    for words in (["list"], ["on"], ["off"], ["acknowledge"]):
        hourloom.refused("keys", *words)
    assert not hourloom.data_dir.exists()


def test_postgresql_has_no_keys(hourloom: Program) -> None:
    hourloom.more["HOURLOOM_DATABASE_URL"] = "postgresql://127.0.0.1:1/none"
    assert "PostgreSQL" in hourloom.refused("keys", "list")


def test_where_only_a_passphrase_opens_the_database_a_terminal_asks_for_it(tmp_path: Path) -> None:
    hourloom = encrypted(tmp_path)
    words = "correct horse battery staple"
    hourloom.in_terminal("keys", "add", "passphrase", answers=(words, words))
    for way in hourloom.json("keys", "list"):
        if way["method"] == "key-file":
            hourloom.in_terminal("keys", "remove", way["id"])
    assert "passphrase" in hourloom.refused("token", "list")
    assert "before" in hourloom.in_terminal("token", "list", answers=(words,))
    assert "not the passphrase" in hourloom.in_terminal("token", "list", answers=("a wrong horse battery",))
