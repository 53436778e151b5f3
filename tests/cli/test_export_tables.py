"""`hourloom export report|activities|events`, with a server and without."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.cli.commands.export_tables import FormatsDiffer, format_of
from tests.cli.program import Program, an_export

DAYS = "2026-09-21..2026-09-22"
EVENTS = 120


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program beside a server that has some events."""
    home = tmp_path_factory.mktemp("served")
    program = Program(home, more={"XDG_DOCUMENTS_DIR": str(home / "Papers")})
    with program.running():
        program("import", "activitywatch", str(an_export(home / "in.json", EVENTS)))
        yield program


def test_a_file_of_its_own_goes_to_the_documents(program: Program) -> None:
    made = program.json("export", "events", "--range", DAYS, "--durations", "seconds")
    path = Path(made["file"])
    assert (made["rows"], made["bytes"]) == (EVENTS, path.stat().st_size)
    assert path == program.home / "Papers" / "hourloom-events-2026-09-21--2026-09-22.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(float(row["duration_seconds"]) for row in rows) == EVENTS
    assert rows[0]["started_at"].endswith("+02:00")


def test_a_report_goes_where_it_is_told(program: Program, tmp_path: Path) -> None:
    target = tmp_path / "week.pdf"
    report = ["export", "report", "--range", DAYS, "--format", "pdf", "--page", "letter", "--to", str(target)]
    assert program(*report).stdout == f"{target}\n"
    assert target.read_bytes().startswith(b"%PDF-1.7")
    assert "is there already" in program.refused(*report)
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_the_ending_of_a_name_says_what_kind_of_file_it_is(program: Program, tmp_path: Path) -> None:
    program("export", "report", "--range", DAYS, "--to", str(tmp_path / "week.XLSX"))
    assert (tmp_path / "week.XLSX").read_bytes().startswith(b"PK")
    assert format_of(None, "-") == format_of(None, "") == format_of(None, "a.txt") == "csv"
    assert format_of("json", "a.txt") == format_of(None, "b.a.json") == "json"
    with pytest.raises(FormatsDiffer):
        format_of("csv", "week.pdf")


def test_what_is_wrong_is_said_in_one_sentence(program: Program) -> None:
    assert "filter 'mood'" in program.refused("export", "report", "--where", "mood=good")
    assert "no category 'Wrk'" in program.refused("export", "report", "--where", "category=Wrk")


def test_without_a_server_it_comes_all_the_same(hourloom: Program) -> None:
    hourloom("import", "activitywatch", str(an_export(hourloom.home / "in.json", EVENTS)))
    words = ["--range", DAYS, "--format", "json", "--to", "-", "--where", "title=1.py"]
    done = hourloom("export", "activities", *words)
    assert {row["title"] for row in json.loads(done.stdout)["rows"]} == {
        f"{number}.py" for number in (1, 11, 21, 31, 41)
    }
    assert done.stderr == ""
