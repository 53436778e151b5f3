"""`hourloom category` and `hourloom rule`."""

from __future__ import annotations

import pytest

from hourloom.cli.categories import ManyCategoriesNamed, NoCategoryNamed, category_named
from hourloom.cli.commands.category import tree_lines
from hourloom.cli.commands.rule import (
    NotDaysOfTheWeek,
    NotTimesOfDay,
    OneForm,
    _conditions,
    _form,
    _moments,
    said,
)
from hourloom.core.privacy import Times
from hourloom.sdk.deciding import CategoryShown, RuleShown
from tests.cli.program import Program


def shown(number: int, parent: int | None, name: str) -> CategoryShown:
    return CategoryShown(
        number,
        parent,
        name,
        [name],
        0,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        is_focus=False,
        is_interruption=False,
    )


def test_the_tree_is_drawn_with_lines() -> None:
    found = [
        shown(1, None, "A"),
        shown(2, 1, "B"),
        shown(3, 2, "C"),
        shown(4, 1, "D"),
        shown(5, 4, "E"),
        shown(6, None, "F"),
    ]
    assert tree_lines(found) == ["A", "├─ B", "│  └─ C", "└─ D", "   └─ E", "F"]


def test_categories_and_rules_from_the_first_to_the_last(served: Program) -> None:
    assert "takes it back" in served("category", "add", "Handiwork", "--score", "1").stderr
    served("category", "add", "Loom", "--in", "Handiwork", "--focus")
    assert "└─ Loom" in served("category", "list").stdout
    assert "takes it back" in served("category", "language", "de").stderr
    assert "already" in served("category", "language", "de").stderr
    assert "├─ Programmieren" in served("category", "list").stdout
    assert served.json("category", "language", "en")["renamed"] > 20
    made = served.json("rule", "add", "--title", "yarn", "--words", "-c", "Handiwork > Loom")["rule"]
    assert "title has yarn" in served("rule", "list").stdout
    tested = served("rule", "test", "--title", "My yarn")
    assert tested.stdout.strip() == "Handiwork > Loom"
    assert f"your rule {made['id']}" in tested.stderr
    assert "0 of 0 activities" in served("rule", "preview", str(made["id"]), "--delete").stderr
    assert "look-ahead" in served.refused("rule", "add", "--title", "a(?=b)", "--re2", "-c", "Loom")
    assert "--reassign-to CATEGORY" in served.refused("category", "delete", "Loom")
    assert "--into CATEGORY" in served.refused("category", "move", "Loom")
    assert "already" in served.refused("category", "add", "handiwork")
    for words in (["--score", "5"], ["--color", "blue"], ["--icon", "A b"]):
        assert "`" not in served.refused("category", "add", "Foo", *words)
    served("category", "delete", "Loom", "--reassign-to", "Handiwork")
    assert served("category", "of", "My yarn").stdout.strip() == "Handiwork"


def test_corrections_are_listed_and_forgotten(served: Program) -> None:
    served("category", "add", "Cards")
    number = str(served.json("category", "correct", "Cards", "--app", "anki")["id"])
    assert served("category", "corrections").stdout.splitlines()[1].split() == [
        number,
        "program",
        "anki",
        "Cards",
    ]
    assert "add correction" in served("operations").stdout
    assert "brings it back" in served("category", "forget", number).stderr
    assert served.json("category", "corrections")["corrections"] == []


def test_what_options_say_of_conditions() -> None:
    texts = {"app": ["Vim"], "title": ["a", "b"]}
    found = _conditions(texts, ["no"], None)  # type: ignore[arg-type]
    assert [(each.field, each.form, each.negated) for each in found] == [
        ("app", "equals", False),
        ("title", "contains", False),
        ("title", "contains", False),
        ("any", "contains", True),
    ]
    late, long = _moments("22:00-06:00", "1-3,7", 60)[::-1]
    assert (late.times, long.seconds) == (Times("22:00", "06:00", [1, 2, 3, 7]), 60)
    with pytest.raises(NotDaysOfTheWeek):
        _moments(None, "1-9", None)
    with pytest.raises(NotTimesOfDay):
        _moments("noon", None, None)
    with pytest.raises(OneForm):
        _form(words=True, whole=True, re2=False)


def test_categories_are_named_by_path_name_or_number() -> None:
    found = [shown(1, None, "A"), shown(2, 1, "B"), shown(3, None, "b")]
    found[1].path = ["A", "B"]
    assert [category_named(found, name).id for name in ("A > B", "A>B", "3", "a")] == [2, 2, 3, 1]
    with pytest.raises(ManyCategoriesNamed):
        category_named(found, "B ")
    with pytest.raises(NoCategoryNamed):
        category_named(found, "C")


def test_a_rule_is_said_in_a_few_words() -> None:
    rule = RuleShown(
        match="any", conditions=_conditions({"title": ["x"]}, ["y"], "words") + _moments(None, "6", 9)
    )
    assert said(rule) == "title has x or not any has y or 9 s or longer or 00:00-00:00 on days 6"
