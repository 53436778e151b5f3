"""`hourloom backup`, beside a server and without one."""

import http.client
import json
import shutil
import subprocess
from pathlib import Path

from tests.backups.builders import Home, a_home
from tests.cli.program import PROGRAM, Program

NOBODYS = "hourloom-00000000-20260302T040000Z-0a1b2c.backup"


def a_record(top: Path, encryption: str = "file", events: int = 40) -> tuple[Program, Home]:
    """Make a record without a program's help, which is faster, and the program that works on it."""
    home = a_home(top, "file" if encryption == "file" else "off", events)
    return Program(top, encryption=encryption), home


def piped(hourloom: Program, words: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *command],
        env=hourloom.environment,
        input=words,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_backup_prints_its_path_and_nothing_else(tmp_path: Path) -> None:
    hourloom, _ = a_record(tmp_path / "home")
    done = hourloom("backup", "--to", str(tmp_path / "disk"))
    path = Path(done.stdout.rstrip("\n"))
    assert path.parent == tmp_path / "disk"
    assert path.exists()
    assert "verified" in done.stderr
    assert hourloom("backup", "verify").stdout == f"{path.name} is whole.\n"
    (listed,) = hourloom.json("backup", "list")["backups"]
    assert (listed["name"], listed["verified"], listed["sealed"]) == (path.name, True, True)


def test_a_plain_backup_says_that_it_is_not_sealed(tmp_path: Path) -> None:
    hourloom, _ = a_record(tmp_path, "off")
    done = hourloom("backup")
    assert "not sealed" in done.stderr
    assert Path(done.stdout.strip()).parent == hourloom.data_dir / "backups"
    made = hourloom.json("backup")
    assert (made["sealed"], made["verified"], made["fault"]) == (False, True, None)
    assert hourloom("backup", "list").stdout.count("verified") == 2


def test_a_server_that_runs_makes_the_backup(tmp_path: Path) -> None:
    hourloom, _ = a_record(tmp_path / "home")
    token = hourloom("token", "create", "--scopes", "admin").stdout.strip()
    with hourloom.running():
        path = Path(hourloom("backup", "--to", str(tmp_path / "disk")).stdout.strip())
        assert path.parent == tmp_path / "disk"
        assert hourloom("backup", "verify", path.name).stdout == f"{path.name} is whole.\n"
        assert "plug its disk in" in hourloom.refused("backup", "--to", str(tmp_path / "away" / "disk"))
        assert "no such backup that opens here" in hourloom.refused("backup", "verify", NOBODYS)

        answer = posted(hourloom, token, {"folder": str(tmp_path / "elsewhere")})
        assert (answer["status"], answer["code"]) == (403, "backup_place_not_yours")
    assert not (tmp_path / "elsewhere").exists()


def posted(hourloom: Program, token: str, body: object) -> dict[str, object]:
    """Ask over TCP, as a program elsewhere would."""
    connection = http.client.HTTPConnection("127.0.0.1", hourloom.port, timeout=20)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    connection.request("POST", "/api/v1/backups", json.dumps(body), headers)
    try:
        found: dict[str, object] = json.loads(connection.getresponse().read())
        return found
    finally:
        connection.close()


def test_what_is_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    hourloom, home = a_record(tmp_path / "home")
    (tmp_path / "file").write_text("no folder", "utf-8")
    assert "plug its disk in" in hourloom.refused("backup", "--to", str(tmp_path / "file"))
    path = home.folder.path / home.back_up().name
    path.write_bytes(path.read_bytes()[:-100])
    assert "its end is missing" in hourloom.refused("backup", "verify", str(path))
    assert "damaged" in hourloom("backup", "list").stdout


def test_a_backup_of_another_computer_is_examined_with_its_recovery_code(tmp_path: Path) -> None:
    _, there = a_record(tmp_path / "there")
    path = shutil.copy(there.folder.path / there.back_up().name, tmp_path / "carried.backup")
    here = Program(tmp_path / "here", encryption="file")
    assert "terminal" in here.refused("backup", "verify", str(path))
    seen = here.in_terminal("backup", "verify", str(path), answers=(there.recovery_code,))
    assert "is whole" in seen
    assert there.recovery_code not in seen
    done = piped(here, f"{there.recovery_code}\n", "backup", "verify", str(path))
    assert (done.returncode, done.stdout) == (0, "carried.backup is whole.\n")
    assert not here.data_dir.exists()


def test_where_nothing_was_recorded_there_is_nothing_to_back_up(hourloom: Program) -> None:
    assert "hourloom up" in hourloom.refused("backup")
    assert "hourloom up" in hourloom.refused("downgrade", "--yes")
    assert not (hourloom.data_dir / "hourloom.db").exists()


def test_options_before_a_subcommand_are_not_silently_dropped(hourloom: Program) -> None:
    assert "behind `list`" in hourloom("backup", "--data-dir", "/nowhere", "list", code=2).stderr


def test_postgresql_is_backed_up_with_its_own_tools(hourloom: Program) -> None:
    hourloom.more["HOURLOOM_DATABASE_URL"] = "postgresql://127.0.0.1:1/none"
    assert "pg_dump" in hourloom.refused("backup")
    assert "pg_dump" in hourloom.refused("restore", "x.backup", "--yes")
