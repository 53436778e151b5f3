"""What of an archive stays behind because there would be too much of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from hourloom.activities.archived import ArchivedCategories, ArchivedRules, CategoryRow, RuleRow
from hourloom.activities.model.category import DEEPEST
from hourloom.activities.model.rule import Condition, Outcome, Rule
from hourloom.activities.service.categories import Categories
from hourloom.core.archiving import Incoming, Verdict
from hourloom.core.ids import OperationId
from hourloom.projects import archived as projects_archived
from hourloom.projects.archived import ArchivedProjects, ArchivedTags, ProjectRow, TagRow
from hourloom.testing import ServerInMemory


@pytest.fixture
def dialect() -> str:
    return "sqlite"


def an_import(server: ServerInMemory, *, keeps_numbers: bool = False) -> Incoming:
    into = Incoming(
        server.owner.workspace_id,
        server.owner.user_id,
        keeps_numbers=keeps_numbers,
        operation=OperationId(1),
    )
    into.numbers("categories").put(1, 1)
    return into


def verdicts(
    server: ServerInMemory,
    table: ArchivedCategories | ArchivedRules | ArchivedProjects | ArchivedTags,
    rows: Sequence[object],
) -> list[Verdict]:
    with server.database.read() as tx:
        return [each.verdict for each in table.judge(tx, an_import(server), rows)]  # type: ignore[arg-type]


def a_rule(number: int, *conditions: Condition) -> RuleRow:
    return RuleRow(number, number, enabled=True, rule=Rule(conditions=conditions, outcome=Outcome(1)))


def a_chain(length: int) -> list[CategoryRow]:
    return [
        CategoryRow(n, n - 1 or None, f"level {n}", None, None, None, None, None, None, 0)
        for n in range(1, length + 1)
    ]


def test_rules_of_a_faulty_shape_and_more_than_there_is_room_for_stay_behind(server: ServerInMemory) -> None:
    heavy = [
        a_rule(n, *(Condition("title", "pattern", f"[a-z]{{90}}{n} {m}") for m in range(20)))
        for n in range(3, 10)
    ]
    rows = [a_rule(1), a_rule(2, Condition("title", "contains", " ")), *heavy]
    found = verdicts(server, ArchivedRules(), rows)
    assert found[:3] == [Verdict.LEFT_OUT, Verdict.LEFT_OUT, Verdict.NEW]
    assert found[-1] is Verdict.LEFT_OUT


@pytest.mark.parametrize("keeps_numbers", [False, True])
def test_a_tree_of_an_archive_that_is_too_deep_becomes_several(
    server: ServerInMemory, *, keeps_numbers: bool
) -> None:
    table, into, rows = ArchivedCategories(), an_import(server, keeps_numbers=keeps_numbers), a_chain(20)

    def take_in() -> None:
        with server.database.begin() as tx:
            table.take_in(tx, into, rows, table.judge(tx, into, rows))

    server.write(take_in)
    with server.database.read() as tx:
        tree = server.service(Categories).tree(tx, server.owner.workspace_id)
    ours = {each.name: tree.depth(each.id) for each in tree.all if each.name.startswith("level ")}
    assert ours == {f"level {n}": (n - 1) % DEEPEST + 1 for n in range(1, 21)}


def test_more_projects_and_tags_than_there_may_be_stay_behind(
    server: ServerInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projects_archived, "MOST", 2)
    client = server.client_with("admin")
    for kind in ("projects", "tags"):
        assert client.post(f"/api/v1/{kind}", {"name": "Here"}).status == 201
    judge = partial(verdicts, server)
    expected = [Verdict.SAME, Verdict.NEW, Verdict.LEFT_OUT]
    names = ["here", "One", "Two"]
    assert (
        judge(ArchivedProjects(), [ProjectRow(n, x, None, 1, None) for n, x in enumerate(names)]) == expected
    )
    assert judge(ArchivedTags(), [TagRow(n, x, 1) for n, x in enumerate(names)]) == expected
