"""`hourloom doctor` as people run it."""

import json
import re
import stat
import zipfile
from pathlib import Path

import pytest

from tests.cli.program import Program, ask, stop

PAGE = 4096
BUCKET = {"type": "currentwindow", "client": "w", "hostname": "heron"}
TITLE = "canary-5c1d"


def spoil(hourloom: Program, *pages: int) -> None:
    with (hourloom.data_dir / "hourloom.db").open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(b"\xa5" * PAGE)


@pytest.fixture
def damaged(tmp_path: Path) -> Program:
    """The program on an encrypted database with a page that is gone."""
    program = Program(tmp_path, encryption="file")
    program("token", "create", "--scopes", "admin", "--name", "before")
    spoil(program, 12)
    return program


def test_nothing_is_repaired_unless_told_to(damaged: Program) -> None:
    body = (damaged.data_dir / "hourloom.db").read_bytes()
    said = damaged("doctor", code=1)
    assert "✗ database: it is damaged" in said.stdout
    assert "--fix would read out all" in said.stdout
    assert "--yes" in damaged.refused("doctor", "--fix")
    assert (damaged.data_dir / "hourloom.db").read_bytes() == body


def test_each_step_is_said_before_it_is_done(damaged: Program) -> None:
    done = damaged("doctor", "--fix", "--yes")
    assert "Repairing: read out all that can be read" in done.stderr
    assert "rows came back" in done.stderr
    assert done.stdout.index("Looking again") < done.stdout.index("✓ database")
    assert "There is nothing to repair" in damaged("doctor", "--fix", "--yes").stderr
    assert damaged.json("token", "list")[0]["name"] == "before"


def test_on_a_terminal_it_asks_once(damaged: Program) -> None:
    kept = damaged.in_terminal("doctor", "--fix", answers=("n",))
    assert kept.count("Do it?") == 1
    assert "Nothing was changed" in kept
    done = damaged.in_terminal("doctor", "--fix", answers=("y",))
    assert done.count("Do it?") == 1
    assert "rows came back" in done


def test_programs_get_findings_and_repairs(damaged: Program) -> None:
    found = json.loads(damaged("doctor", "--json", code=1).stdout)
    (database,) = [each for each in found if each["what"] == "database"]
    assert database["repair"].startswith("read out")
    told = json.loads(damaged("doctor", "--json", "--fix", "--yes").stdout)
    assert [(each["repair"], each["done"]) for each in told["repairs"]] == [(database["repair"], True)]
    assert {each["verdict"] for each in told["checks"]} == {"good", "note"}


def test_too_damaged_to_serve_is_one_sentence_that_names_the_way_out(tmp_path: Path) -> None:
    for encryption in ("file", "off"):
        program = Program(tmp_path / encryption, encryption=encryption)
        program("token", "create", "--scopes", "admin")
        whole = (program.data_dir / "hourloom.db").read_bytes()
        for pages in ((1,), tuple(range(2, 60))):
            (program.data_dir / "hourloom.db").write_bytes(whole)
            spoil(program, *pages)
            assert "hourloom doctor" in program.refused("serve"), (encryption, pages)


def test_with_a_server_it_looks_and_repairs_what_it_may(tmp_path: Path) -> None:
    program = Program(tmp_path, more={"HOURLOOM_BALLAST": "65536"})
    process = program.started()
    try:
        ask(program.port, "POST", "/api/0/buckets/w_heron", BUCKET)
        event = {"timestamp": "2026-03-02T08:00:00Z", "duration": 1, "data": {"title": TITLE}}
        ask(program.port, "POST", "/api/0/buckets/w_heron/events", [event])
        (program.data_dir / "ballast").unlink()
        (program.data_dir / "hourloom.db").chmod(0o644)
        (program.data_dir / "keys.json").unlink()
        done = program("doctor", "--fix", "--yes", "--deep")
        assert "✓ answer" in done.stdout
        assert (program.data_dir / "ballast").stat().st_size == 65_536
        assert stat.S_IMODE((program.data_dir / "hourloom.db").stat().st_mode) == 0o600
        bundle = tmp_path / "bundle.zip"
        said = program("doctor", "--bundle", str(bundle)).stdout
    finally:
        stop(process)
    with zipfile.ZipFile(bundle) as archive:
        names = archive.namelist()
        told = b"".join(archive.read(name) for name in names)
    assert "metrics.txt" in names
    assert all(f"  {name} (" in said for name in names)
    assert [each for each in (TITLE, "heron", str(tmp_path)) if each.encode() in told] == []


def test_a_bundle_gets_a_name_of_its_own_beside_you(
    hourloom: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    hourloom("token", "create", "--scopes", "admin")
    monkeypatch.chdir(hourloom.home)
    named = re.search(r"(\S+hourloom-doctor-\d{8}-\d{6}\.zip) holds", hourloom("doctor", "--bundle").stdout)
    assert named is not None
    assert stat.S_IMODE(Path(named[1]).stat().st_mode) == 0o600
    assert "there already" in hourloom("doctor", "--bundle", named[1], code=1).stderr
