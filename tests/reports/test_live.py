"""Reports by name over the live socket: the same answers as over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from hourloom.testing import FixedClock, OpenDatabase
from tests.live.serving import a_running_server, perform, told


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_every_command_of_reports_answers(
    open_database: OpenDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    definition = {"range": "week", "by": "app"}
    with a_running_server(open_database, tmp_path, clock) as serving:
        token = serving.token()
        with serving.program(token) as program:
            told(program)
            report = perform(program, "show_report", range="2026-03-01..2026-03-02", by="app", compare=True)
            assert report["status"] == 200
            status, over_http = serving.ask(
                "GET",
                "/api/v1/reports/summary?range=2026-03-01..2026-03-02&by=app&compare=true",
                token.secret,
            )
            assert (status, over_http) == (200, report["body"])
            assert perform(program, "show_heat", range="week")["status"] == 200
            assert perform(program, "show_timeline")["status"] == 200
            saved = perform(program, "save_report", body={"name": "A", "definition": definition})
            number = saved["body"]["report"]["id"]
            again = {"name": "B", "definition": definition}
            assert perform(program, "edit_saved_report", report=number, body=again)["status"] == 200
            assert perform(program, "show_saved_report", report=number)["body"]["name"] == "B"
            assert len(perform(program, "list_saved_reports")["body"]["reports"]) == 1
            assert perform(program, "delete_saved_report", report=number)["status"] == 200
            refused = perform(program, "show_report", by="colour")
            assert refused["problem"]["code"] == "key_not_known"
