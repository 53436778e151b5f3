"""Projects and tags travel in archives; merged, those of one name are one."""

from __future__ import annotations

from pathlib import Path

from tests.archive.a_home import Home, a_sqlite_home


def named(home: Home, kind: str) -> list[str]:
    return [each["name"] for each in home.ask("GET", f"/api/v1/{kind}")[kind]]


def test_merged_those_of_one_name_are_one_and_undo_takes_the_others_out(tmp_path: Path) -> None:
    with a_sqlite_home(tmp_path, "home") as home, a_sqlite_home(tmp_path, "other") as other:
        for name in ("Website", "App"):
            home.ask("POST", "/api/v1/projects", {"name": name})
        home.ask("PATCH", "/api/v1/projects/2", {"archived": True, "color": "slot2"})
        home.ask("POST", "/api/v1/projects", {"name": "Gone"})
        home.ask("DELETE", "/api/v1/projects/3")
        home.ask("POST", "/api/v1/tags", {"name": "paid"})
        other.ask("POST", "/api/v1/projects", {"name": "WEBSITE"})
        other.ask("POST", "/api/v1/tags", {"name": "billed"})

        facts = other.read_in(home.export())

        found = {each.name: each for each in facts.tables}
        assert (found["projects"].new, found["projects"].same) == (1, 1)
        assert named(other, "projects") == ["App", "WEBSITE"]
        assert named(other, "tags") == ["billed", "paid"]
        (app, _) = other.ask("GET", "/api/v1/projects")["projects"]
        assert (app["color"], app["archived_at"]) == ("slot2", "2026-03-02T09:00:00Z")
        other.undo(facts.operation_id)
        assert named(other, "projects") == ["WEBSITE"]
        assert named(other, "tags") == ["billed"]
