"""Commands where no server runs: they hold the data directory and call the application within themselves."""

import json
import os
import re
import stat
from pathlib import Path

import pytest

from tests.cli.program import Program, a_fake_activitywatch, an_export

READING = [["token", "list"], ["operations"], ["export"], ["undo"], ["status"], ["open", "--print"]]


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_where_nothing_was_recorded_nothing_is_made(hourloom: Program, words: list[str]) -> None:
    assert "hourloom up" in hourloom.refused(*words)
    assert not (hourloom.data_dir / "hourloom.db").exists()


def test_the_same_answers_come_without_a_server(hourloom: Program, tmp_path: Path) -> None:
    token = hourloom("token", "create", "--scopes", "tracking:read", "--name", "early").stdout
    assert re.fullmatch(r"[\w-]{43}\n", token)
    hourloom("import", "activitywatch", str(an_export(tmp_path / "in.json", 2500)))
    assert [each["name"] for each in hourloom.json("token", "list")] == ["early"]
    assert [each["kind"] for each in hourloom.json("operations")] == ["import"]
    exported = json.loads(hourloom("export").stdout)["buckets"]["aw-watcher-window_heron"]
    assert len(exported["events"]) == 2500
    hourloom("undo")
    assert json.loads(hourloom("export").stdout) == {"buckets": {}}


def test_status_of_a_stopped_server_is_one_sentence(hourloom: Program) -> None:
    hourloom("token", "create", "--scopes", "admin")
    assert str(hourloom.data_dir) in hourloom.refused("status")
    assert str(hourloom.data_dir) in hourloom.refused("status", "--json")


def test_another_directorys_server_on_the_port_is_not_asked(tmp_path: Path) -> None:
    there = Program(tmp_path / "there")
    here = Program(tmp_path / "here", port=there.port)
    with there.running():
        here("token", "create", "--scopes", "admin", "--name", "here")
        assert here.json("token", "list")[0]["name"] == "here"
        assert there.json("token", "list") == []
        assert "No Hourloom server runs" in here.refused("status")


def test_a_socket_file_that_a_killed_server_left_is_no_obstacle(hourloom: Program) -> None:
    process = hourloom.started()
    process.kill()
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    assert (hourloom.data_dir / "run" / "server.sock").exists()
    assert hourloom.json("token", "list") == []
    hourloom.refused("status")


def test_a_directory_of_others_is_refused_in_a_sentence(hourloom: Program) -> None:
    hourloom.home.mkdir(exist_ok=True)
    hourloom.data_dir.write_text("no directory", "utf-8")
    assert "is a file" in hourloom.refused("token", "create", "--scopes", "admin")


def test_a_wrong_configuration_is_refused_in_a_sentence(hourloom: Program) -> None:
    (hourloom.home / "wrong.toml").write_text("prot = 5600\n", "utf-8")
    assert "port is meant" in hourloom.refused("status", "--config", str(hourloom.home / "wrong.toml"))


def test_the_doctor_changes_nothing_where_nothing_is(hourloom: Program) -> None:
    found = {each["what"]: each["verdict"] for each in json.loads(hourloom("doctor", "--json").stdout)}
    assert found["data directory"] == "note"
    assert found["server"] == "note"
    assert not hourloom.data_dir.exists()
    assert not (hourloom.home / "config").exists()


def test_the_doctor_finds_a_damaged_database_and_says_so_by_its_exit_code(hourloom: Program) -> None:
    hourloom("token", "create", "--scopes", "admin")
    path = hourloom.data_dir / "hourloom.db"
    page = path.stat().st_size // 2 // 4096 * 4096
    with path.open("r+b") as file:
        file.seek(page)
        file.write(os.urandom(8192))
    done = hourloom("doctor", code=1)
    assert "database: it is damaged" in done.stdout
    assert done.stderr == ""


def test_the_doctor_sees_an_open_directory_and_a_foreign_program_on_the_port(tmp_path: Path) -> None:
    with a_fake_activitywatch() as port:
        program = Program(tmp_path, port=port)
        program("token", "create", "--scopes", "admin")
        program.data_dir.chmod(0o755)
        said = program("doctor").stdout
    assert f"run `chmod 700 {program.data_dir}`" in said
    assert f"port: {port} is used by ActivityWatch" in said


def test_a_port_with_activitywatch_on_it_is_said_to_have_it(tmp_path: Path) -> None:
    with a_fake_activitywatch() as port:
        for words in (["up"], ["serve"]):
            said = Program(tmp_path / words[0], port=port).refused(*words)
            assert "ActivityWatch" in said
            assert str(port) in said


def test_the_files_of_a_record_made_by_a_command_are_private(hourloom: Program) -> None:
    hourloom("token", "create", "--scopes", "admin")
    assert stat.S_IMODE(hourloom.data_dir.stat().st_mode) == 0o700
