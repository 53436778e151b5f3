"""`hourloom project` and `hourloom tag`."""

from __future__ import annotations

from tests.cli.program import Program


def test_projects_and_tags_by_name_and_number(served: Program) -> None:
    made = served.json("project", "add", "Web site", "--color", "slot3")
    number = str(made["project"]["id"])
    assert "takes it back" in served("project", "edit", "web SITE", "--name", "Website", "--color", "").stderr
    assert "Archived" in served("project", "archive", number).stderr
    (row,) = served("project", "list").stdout.splitlines()[1:]
    assert row.split() == [number, "Website", "archived"]
    gone = served.json("project", "delete", "Website")
    assert gone["uses"] == []
    assert "Restored" in served("project", "restore", "website").stderr
    assert "no project 'other'" in served.refused("project", "delete", "other")
    assert "--name" in served.refused("project", "edit", "Website")
    for name in ("paid", "billed"):
        served("tag", "add", name)
    assert "into 'billed'" in served("tag", "merge", "paid", "billed").stderr
    served("tag", "rename", "billed", "invoiced")
    assert [tag["name"] for tag in served.json("tag", "list")["tags"]] == ["invoiced"]
    assert "brings it back" in served("tag", "delete", "invoiced").stderr
    assert served("operations", "--limit", "1").stdout.splitlines()[1].split()[3:6] == ["delete", "tag", "2"]
    assert "--limit N lists more" in served("operations", "--limit", "1").stderr
    assert "Restored" in served("tag", "restore", "invoiced").stderr
    for words in (
        ["project", "add", ""],
        ["tag", "add", "x" * 101],
        ["project", "add", "A", "--color", "blue"],
    ):
        assert "`" not in served.refused(*words)
