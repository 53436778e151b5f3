"""Commands beside a server that runs."""

import json
import os
import re
import stat
import uuid
from pathlib import Path

from tests.cli.program import Program, an_export, ask, free_port
from tests.polling import until

LINK = re.compile(r"http://127\.0\.0\.1:(\d+)/#code=([\w-]{40,})")


def test_status_tells_what_reports(served: Program) -> None:
    ask(
        served.port,
        "POST",
        "/api/0/buckets/aw-watcher-afk_otter",
        {"client": "aw-watcher-afk", "type": "afkstatus", "hostname": "otter"},
    )
    # The server's own jobs write now and then; its queue is empty in between.
    found = until(lambda: served.json("status"), lambda each: each["queue"] == 0)
    assert found["url"] == f"http://127.0.0.1:{served.port}"
    assert found["data_dir"] == str(served.data_dir)
    assert found["encrypted"] is False
    assert found["database_bytes"] > 0
    assert found["memory_bytes"] > 0
    assert (found["well"], found["queue"]) == (True, 0)
    watchers = {each["bucket"]: each for each in found["watchers"]}
    assert watchers["aw-watcher-afk_otter"]["last_heard"] is None
    assert "aw-watcher-afk_otter" in served("status").stdout


def test_status_tells_what_is_in_the_database(served: Program) -> None:
    found = served.json("status", "--database")
    assert found["database"] == "sqlite"
    assert {"events", "payloads", "notices"} <= {table["name"] for table in found["tables"]}
    lines = served("status", "--database").stdout.splitlines()
    assert re.fullmatch(
        r"sqlite: [\d.]+ [KM]iB, [\d.]+ (bytes|[KM]iB) of it free, log [\d.]+ [KM]iB", lines[0]
    )
    assert any(re.fullmatch(r"events +\d+ +[\d.]+ (bytes|[KM]iB)", line) for line in lines)


def test_notices_are_shown_and_read(served: Program) -> None:
    standing = served.json("notices")
    assert served.json("status")["notices"] == standing
    assert served("notices", "--read").returncode == 0
    assert all(each["read_at"] for each in served.json("notices"))
    said = served("notices").stdout
    assert all(each["sentence"] in said and each["advice"] in said for each in standing)
    assert isinstance(served.json("notices", "--all"), list)


def test_a_token_is_printed_and_nothing_else(served: Program) -> None:
    done = served("token", "create", "--scopes", "tracking:read,operations:read", "--name", "my script")
    assert re.fullmatch(r"[\w-]{43}\n", done.stdout)
    assert done.stderr == ""
    (mine,) = [each for each in served.json("token", "list") if each["name"] == "my script"]
    assert mine["scopes"] == ["operations:read", "tracking:read"]


def test_a_token_that_only_sends_heartbeats_is_a_uuid(served: Program) -> None:
    token = served("token", "create", "--scopes", "heartbeats:write").stdout.strip()
    assert uuid.UUID(token).version == 4


def test_a_scope_that_does_not_exist_is_refused(served: Program) -> None:
    assert "tracking:look" in served.refused("token", "create", "--scopes", "tracking:look")


def test_a_revoked_token_is_listed_as_such(served: Program) -> None:
    served("token", "create", "--scopes", "admin", "--name", "leaked")
    number = next(each["id"] for each in served.json("token", "list") if each["name"] == "leaked")
    assert served("token", "revoke", str(number)).stdout == ""
    assert next(e for e in served.json("token", "list") if e["id"] == number)["revoked_at"] is not None
    assert re.search(r"leaked .*revoked", served("token", "list").stdout)
    served.refused("token", "revoke", "4711")


def test_names_from_elsewhere_cannot_command_the_terminal(served: Program) -> None:
    served("token", "create", "--scopes", "admin", "--name", "evil\x1b]0;title\x07")
    assert "\x1b" not in served("token", "list").stdout


def test_open_prints_a_link_that_signs_in_once(served: Program) -> None:
    done = served("open", "--print")
    found = LINK.fullmatch(done.stdout.strip())
    assert found is not None
    assert int(found[1]) == served.port
    assert len(ask(served.port, "POST", "/api/v1/sign-in", {"code": found[2]})["secret"]) == 43


def test_open_hands_the_browser_a_file_and_never_the_code(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" > {seen}.new\nmv {seen}.new {seen}\n', "utf-8")
    browser.chmod(0o700)
    program = Program(tmp_path, more={"BROWSER": str(browser)})
    with program.running():
        assert program("open").stdout == ""
        address = seen.read_text("utf-8").strip()
        assert "code" not in address
        file = Path(address.removeprefix("file://"))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.parent == program.data_dir / "run"
        assert LINK.search(file.read_text("utf-8"))
        program("open")
        assert not file.exists(), "the next link replaces it"


def test_a_window_of_its_own_is_opened_by_a_file_too_where_a_program_does_that(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    programs = tmp_path / "programs"
    programs.mkdir()
    browser = programs / "chromium"
    browser.write_text(f'#!/bin/sh\necho "$@" > {seen}.new\nmv {seen}.new {seen}\n', "utf-8")
    browser.chmod(0o700)
    program = Program(tmp_path, more={"PATH": f"{programs}:{os.environ['PATH']}"})
    with program.running():
        assert "window of its own" in program("open", "--window").stderr
        assert until(seen.exists, bool)
        words = seen.read_text("utf-8").split()
        assert words[0].startswith(f"--app=file://{program.data_dir}/run/open-")
        assert words[1:] == ["--window-size=1200,800"]
        assert "code" not in " ".join(words)


def test_without_such_a_program_the_browser_shows_the_page(tmp_path: Path) -> None:
    program = Program(tmp_path, more={"PATH": str(tmp_path), "BROWSER": "/bin/true"})
    with program.running():
        assert "needs Chromium" in program("open", "--window").stderr


def test_where_no_browser_opens_the_link_is_printed(served: Program) -> None:
    assert LINK.fullmatch(served("open").stdout.strip())
    assert list((served.data_dir / "run").glob("open-*")) == []


def test_an_export_is_whole_private_and_never_replaces_a_file_unasked(
    served: Program, tmp_path: Path
) -> None:
    served("import", "activitywatch", str(an_export(tmp_path / "in.json", 2500, "to-export")))
    file = tmp_path / "out.json"
    assert str(file) in served("export", "--output", str(file)).stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    exported = json.loads(file.read_bytes())["buckets"]["to-export"]
    assert len(exported["events"]) == 2500
    before = file.read_bytes()
    served.refused("export", "--output", str(file))
    assert file.read_bytes() == before
    served("export", "--output", str(file), "--bucket", "to-export", "--force")
    assert list(json.loads(file.read_bytes())["buckets"]) == ["to-export"]
    assert json.loads(served("export", "--bucket", "to-export").stdout)["buckets"]["to-export"]
    assert {each.name for each in tmp_path.iterdir()} == {"in.json", "out.json"}


def test_an_export_that_fails_leaves_no_file(served: Program, tmp_path: Path) -> None:
    assert "'nix'" in served.refused("export", "--bucket", "nix", "--output", str(tmp_path / "out.json"))
    served.refused("export", "--output", str(tmp_path / "missing" / "out.json"))
    assert list(tmp_path.iterdir()) == []


def test_undo_takes_the_last_operation_back_and_then_the_one_before(served: Program, tmp_path: Path) -> None:
    for number in (1, 2):
        served("import", "activitywatch", str(an_export(tmp_path / f"{number}.json", 3, f"undo-{number}")))
    assert "undo-2" not in served("undo").stdout
    names = {each["bucket"] for each in served.json("status")["watchers"]}
    assert "undo-1" in names
    assert "undo-2" not in names
    number = next(each["id"] for each in served.json("operations") if each["can_be_undone"])
    served("undo", str(number))
    assert "undone" in served("operations").stdout
    assert "undone already" in served.refused("undo", str(number))
    served.refused("undo", "4711")


def test_a_second_server_is_told_who_holds_the_directory(served: Program) -> None:
    other = Program(served.home, port=free_port())
    said = other.refused("serve")
    assert f"http://127.0.0.1:{served.port}" in said
    assert "process" in said


def test_keys_of_a_running_server_are_not_converted(served: Program) -> None:
    assert "in use" in served.refused("keys", "on")


def test_the_doctor_finds_a_running_server_well(served: Program) -> None:
    found = {each["what"]: each for each in json.loads(served("doctor", "--json").stdout)}
    assert found["server"]["verdict"] == "good"
    assert found["answer"]["verdict"] == "good"
    assert found["database"]["verdict"] == "good"
    assert found["schema"]["verdict"] == "good"
    assert found["port"]["verdict"] == "good"
    assert not [each for each in found.values() if each["verdict"] == "bad"]
