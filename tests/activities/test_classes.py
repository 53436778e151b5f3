"""ActivityWatch's setting `classes` and the categories here: what is written there shows here, and back."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.activities.model.category import Category, CategoryTree
from hourloom.activities.model.classes import (
    ClassesNotValid,
    classes_of,
    color_of,
    regex_of,
    score_of,
    shown,
    taken_over,
)
from hourloom.activities.model.rule import MOST_RULES, Condition, Outcome, Rule
from hourloom.activities.model.rulebook import Rulebook, difference
from hourloom.activities.model.tending import edited, with_category
from hourloom.testing import Client, ServerInMemory
from tests.activities.deciding import CODE, book, rule, where
from tests.activities.test_rules_api import add_category, add_rule, everything, explained, undo

DEFAULTS: list[dict[str, Any]] = [
    {
        "id": 0,
        "name": ["Work"],
        "rule": {"type": "regex", "regex": "Google Docs|libreoffice|ReText"},
        "data": {"color": "#0F0", "score": 10},
    },
    {
        "id": 1,
        "name": ["Work", "Programming"],
        "rule": {"type": "regex", "regex": "GitHub|Stack Overflow|BitBucket|Gitlab|vim|Spyder|kate"},
    },
    {
        "id": 2,
        "name": ["Work", "Programming", "ActivityWatch"],
        "rule": {"type": "regex", "regex": "ActivityWatch|aw-", "ignore_case": True},
    },
    {
        "id": 3,
        "name": ["Media", "Games"],
        "rule": {"type": "regex", "regex": "Minecraft|RimWorld"},
        "data": {"color": "#F80", "note": "of a plug-in"},
    },
    {"id": 4, "name": ["Comms"], "rule": {"type": None}, "data": {"color": "#9FF", "score": 0}},
    {"id": 5, "name": ["Comms", "IM"], "rule": {"type": "regex", "regex": "Slack|Riot|Element"}},
    {"id": 6, "name": ["Uncategorized"], "rule": {"type": None}, "data": {"color": "#CCC"}},
    {"id": 7, "name": ["Media"], "rule": {"type": None}},
]
"""The shape and most of the content of what aw-webui starts with."""


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    client = server.client_with("activities:write", "settings:write", "operations:read")
    for each in client.get("/api/v1/categories").json()["categories"]:
        client.delete(f"/api/v1/categories/{each['id']}?uncategorise=true")
    return client


def write(client: Client, classes: Any) -> None:
    answer = client.post("/api/0/settings/classes", classes)
    assert answer.status == 200, answer.body


def read(client: Client) -> list[dict[str, Any]]:
    return list(client.get("/api/0/settings/classes").json())


def categories(client: Client) -> dict[str, dict[str, Any]]:
    found = client.get("/api/v1/categories").json()["categories"]
    return {" > ".join(each["path"]): each for each in found}


def last_operation(client: Client) -> dict[str, Any]:
    newest = client.get("/api/v1/operations").json()["operations"][0]
    return {"operation_id": newest["id"]}


def test_the_defaults_of_its_clients_become_categories_and_are_read_as_they_were_written(
    client: Client,
) -> None:
    write(client, DEFAULTS)
    found = categories(client)
    assert set(found) == {
        "Work",
        "Work > Programming",
        "Work > Programming > ActivityWatch",
        "Media",
        "Media > Games",
        "Comms",
        "Comms > IM",
    }
    assert (found["Work"]["color"], found["Work"]["score"]) == ("#00ff00", 2)
    assert (found["Comms"]["score"], found["Media"]["score"]) == (0, None)
    assert read(client) == DEFAULTS
    assert explained(client, app="Slack", title="x")["path"] == ["Comms", "IM"]


def test_the_deepest_class_wins_then_the_later_and_what_is_said_here_goes_before(client: Client) -> None:
    write(
        client, [*DEFAULTS, {"id": 8, "name": ["Later"], "rule": {"type": "regex", "regex": "Google Docs"}}]
    )
    assert explained(client, app="vim", title="aw-server on GitHub")["path"][-1] == "ActivityWatch"
    assert explained(client, app="x", title="Google Docs")["path"] == ["Later"]
    own = add_category(client, "Handiwork")["category"]["id"]
    add_rule(client, own, {"field": "app", "form": "equals", "text": "vim"})
    assert explained(client, app="vim", title="aw-server on GitHub")["path"] == ["Handiwork"]


def test_what_changes_here_shows_there_and_all_else_stays(client: Client) -> None:
    write(client, DEFAULTS)
    numbers = {path: each["id"] for path, each in categories(client).items()}
    client.patch(f"/api/v1/categories/{numbers['Media']}", {"name": "Fun", "score": -2})
    client.patch(f"/api/v1/categories/{numbers['Comms']}", {"color": "slot2", "score": None})
    own = add_category(client, "Handiwork", parent_id=numbers["Work"])["category"]["id"]
    add_rule(client, own, {"field": "title", "form": "words", "text": "a.b"})
    expected = copy.deepcopy(DEFAULTS)
    expected[3]["name"] = ["Fun", "Games"]
    expected[4]["data"] = {"color": "#95982a"}
    expected[7] |= {"name": ["Fun"], "data": {"score": -10}}
    more = {"type": "regex", "regex": r"\ba\.b\b", "ignore_case": True}
    assert read(client) == [*expected, {"id": 8, "name": ["Work", "Handiwork"], "rule": more}]


def test_what_a_client_changes_is_taken_over_and_nothing_else(client: Client) -> None:
    write(client, DEFAULTS)
    numbers = {path: each["id"] for path, each in categories(client).items()}
    client.patch(f"/api/v1/categories/{numbers['Work']}", {"icon": "hammer", "focus": True})
    add_rule(client, numbers["Comms > IM"], {"field": "device", "form": "equals", "text": "phone"})
    later = read(client)
    later[0]["data"]["score"] = -1
    later[1]["rule"]["regex"] = "Emacs"
    write(client, [each for each in later if each["id"] != 2])
    found = categories(client)
    assert "Work > Programming > ActivityWatch" not in found
    assert [found["Work"][name] for name in ("score", "icon", "focus", "color")] == [
        -1,
        "hammer",
        True,
        "#00ff00",
    ]
    assert {path: found[path]["id"] for path in found} == {p: n for p, n in numbers.items() if p in found}
    assert explained(client, app="Emacs", title="x")["path"] == ["Work", "Programming"]
    assert explained(client, app="zz", title="zz", device="phone")["path"] == ["Comms", "IM"]


def test_a_class_that_a_client_renames_keeps_its_number_and_own_rules(client: Client) -> None:
    write(client, DEFAULTS)
    number = categories(client)["Media"]["id"]
    add_rule(client, number, {"field": "title", "text": "zoo"})
    later = read(client)
    later[3]["name"], later[7]["name"] = ["Fun", "Games"], ["Fun"]
    write(client, later)
    assert categories(client)["Fun"]["id"] == number
    assert explained(client, title="zoo")["path"] == ["Fun"]
    assert read(client) == later


def test_taking_over_can_be_undone_to_the_last_letter(client: Client) -> None:
    write(client, DEFAULTS)
    before = everything(client)
    write(client, [{"name": ["Only"], "mine": [1, 2]}])
    assert set(categories(client)) == {"Only"}
    assert undo(client, last_operation(client)) == 200
    assert everything(client) == before


def test_a_list_that_nobody_wrote_offers_what_is_there(server: ServerInMemory) -> None:
    client = server.client_with("activities:write", "settings:write")
    offered = read(client)
    assert [each["id"] for each in offered] == list(range(len(offered)))
    assert offered[0]["name"] == ["Work"]
    # One that saw the list and leaves one out means it; one that did not only adds its own.
    write(client, offered[:-1])
    assert " > ".join(offered[-1]["name"]) not in categories(client)


def test_a_client_that_never_saw_the_list_removes_nothing(server: ServerInMemory) -> None:
    client = server.client_with("activities:write", "settings:write")
    there = set(categories(client))
    write(client, [{"name": ["Mine"], "rule": {"type": "regex", "regex": "zz"}}])
    assert set(categories(client)) == there | {"Mine"}


def test_patterns_that_only_python_knows_are_kept_and_told(client: Client) -> None:
    odd = [{"name": ["Odd"], "rule": {"type": "regex", "regex": "a(?=b)"}}]
    write(client, odd)
    assert read(client) == odd
    (kept,) = client.get("/api/v1/rules").json()["rules"]
    assert "look-ahead" in kept["problem"]["reason"]
    assert explained(client, title="ab")["category_id"] is None


@pytest.mark.parametrize(
    "value",
    [
        "text",
        {},
        ["Secret"],
        [{"name": "Work"}],
        [{"name": []}],
        [{"name": [1]}],
        [{"name": ["a"] * 9}],
        [{"name": ["a > b"]}],
        [{"name": ["x" * 101]}],
        [{"name": ["a"], "rule": {"regex": "x" * 1001}}],
    ],
)
def test_what_is_no_list_of_classes_is_refused_and_nothing_changes(client: Client, value: Any) -> None:
    before = everything(client)
    answer = client.post("/api/0/settings/classes", value)
    assert (answer.status, everything(client)) == (400, before)


def test_forgetting_the_list_leaves_the_categories(client: Client) -> None:
    write(client, DEFAULTS)
    there = categories(client)
    write(client, None)
    assert client.delete("/api/0/settings/classes").status == 200
    assert categories(client) == there


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("#0F0", "#00ff00"), ("#A8FC00", "#a8fc00"), ("red", None), ("#12", None), (7, None), ("#xyz", None)],
)
def test_colours(theirs: object, ours: str | None) -> None:
    assert color_of(theirs) == ours


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [(10, 2), (5, 2), (1, 1), (0.5, 1), (0, 0), (-3, -1), (-100, -2), (True, None), ("1", None)],
)
def test_scores(theirs: object, ours: int | None) -> None:
    assert score_of(theirs) == ours


def test_what_one_expression_cannot_say() -> None:
    title, app = where("title", "a"), where("app", "b")
    assert regex_of(rule(1, CODE, title, app, match="any")) == ("(?:a)|(?:b)", True)
    assert regex_of(rule(1, CODE, title, app, match="all")) is None
    assert regex_of(rule(1, CODE, where("title", "a", negated=True))) is None
    assert regex_of(rule(1, None, title, outcome=Outcome(project_id=3))) is None
    mixed = rule(1, CODE, where("title", "A", "pattern"), app, match="any")
    assert regex_of(mixed) == ("(?:A)|(?:(?i:b))", False)


def test_too_many_classes() -> None:
    with pytest.raises(ClassesNotValid):
        classes_of([{"name": ["a"]}] * 10_000)


NAMES = st.lists(st.sampled_from("ABC"), min_size=1, max_size=3)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES},
        optional={
            "id": st.integers(0, 9),
            "rule": st.fixed_dictionaries(
                {"type": st.sampled_from(["regex", "none", None])},
                optional={"regex": st.sampled_from(["x", "y|z", ""]), "ignore_case": st.booleans()},
            ),
            "data": st.fixed_dictionaries(
                {},
                optional={
                    "color": st.sampled_from(["#0F0", "red"]),
                    "score": st.integers(-9, 9),
                    "k": st.none(),
                },
            ),
            "own": st.integers(),
        },
    ),
    max_size=6,
    unique_by=lambda entry: str(entry["name"]),
)
OURS = Rulebook(
    CategoryTree([Category(1, "A", score=1), Category(2, "D", 1, color="slot4")]),
    [Rule(1, 1, conditions=(Condition("device", "equals", "x"),), outcome=Outcome(2, 5))],
)


def _numbered(of: Rulebook) -> Rulebook:
    """Return a rulebook as it would be saved: what is new gets numbers."""
    most = max([*of.tree.by_id, *of.rules, 0])
    numbers = {each.id: each.id if each.id > 0 else most - each.id for each in of.tree.all}

    def given(outcome: Outcome) -> Outcome:
        return Outcome(numbers.get(outcome.category_id or 0), outcome.project_id, outcome.tag_ids)

    return Rulebook(
        CategoryTree(
            [
                Category(
                    numbers[c.id],
                    c.name,
                    numbers.get(c.parent_id or 0),
                    c.color,
                    score=c.score,
                    position=c.position,
                )
                for c in of.tree.all
            ]
        ),
        [
            Rule(
                r.id if r.id > 0 else most - r.id,
                r.position,
                priority=r.priority,
                conditions=r.conditions,
                outcome=given(r.outcome),
                origin=r.origin,
            )
            for r in of.rules.values()
        ],
    )


@settings(max_examples=60)
@given(ENTRIES, ENTRIES)
def test_lists_are_taken_over_and_shown_without_loss(
    first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> None:
    after = _numbered(taken_over(OURS, [], classes_of(first)))
    # Written again unchanged it changes nothing, whatever else is here.
    again = taken_over(after, classes_of(first), classes_of(first))
    assert not difference(after, again)
    # What was only here stays.
    assert {1, 2} <= set(after.tree.by_id)
    assert after.rules[1].outcome == Outcome(2, 5)
    # An edit here that touches nothing of the list leaves it to the letter, and appends what it lacked.
    elsewhere = with_category(after, edited(after, 2, {"icon": "x"}))
    told = shown(first, after, elsewhere)
    kept = [entry for entry in first if entry["name"] != ["Uncategorized"]]
    assert told[: len(kept)] == kept
    assert {each.path for each in classes_of(told)} == {after.tree.path(each.id) for each in after.tree.all}
    # Another list in its place says what there is of all that the first one said.
    other = _numbered(taken_over(after, classes_of(first), classes_of(second)))
    wanted = {each.path: each for each in classes_of(second)}
    for path, entry in wanted.items():
        number = other.tree.named(path)
        assert number is not None
        found = [
            r.conditions[0].text
            for r in other.rules.values()
            if r.outcome.category_id == number and r.id != 1
        ]
        assert found == ([] if entry.regex is None else [entry.regex])


def test_our_own_rule_and_theirs_stand_side_by_side() -> None:
    before = book(rule(1, CODE, where("title", "own")))
    offered = shown([], Rulebook(), before)
    mine = next(each for each in offered if each["name"] == ["Work", "Code"])
    assert mine["rule"] == {"type": "regex", "regex": "own", "ignore_case": True}
    changed = [
        each | ({"rule": {"type": "regex", "regex": "theirs"}} if each is mine else {}) for each in offered
    ]
    after = _numbered(taken_over(before, classes_of(offered), classes_of(changed)))
    assert sorted(each.origin for each in after.rules.values()) == ["activitywatch", "user"]
    assert {each.conditions[0].text for each in after.rules.values()} == {"own", "theirs"}


def test_a_list_that_is_too_much_is_refused_before_it_is_worked_out() -> None:
    deep = [{"name": [f"{n} {depth}" for depth in range(8)]} for n in range(1_500)]
    with pytest.raises(ClassesNotValid, match="more than 2,000 categories"):
        taken_over(Rulebook(), [], classes_of(deep))
    many = [{"name": ["A"], "rule": {"type": "regex", "regex": f"w{n}"}} for n in range(MOST_RULES)]
    with pytest.raises(ClassesNotValid, match="more than 5,000 rules"):
        classes_of([*many, many[0]])
    own = book(rule(1, CODE, where("title", "x")))
    with pytest.raises(ClassesNotValid, match="more than 5,000 rules"):
        taken_over(own, [], classes_of(many))


def test_what_the_list_does_not_name_is_not_moved_too_deep() -> None:
    chain = [Category(n, f"level {n}", n - 1 or None) for n in range(1, 9)]
    before = Rulebook(CategoryTree(chain))
    renamed = classes_of([{"name": ["New", "level 1"]}])
    with pytest.raises(ClassesNotValid, match="more than 8 levels"):
        taken_over(before, classes_of([{"name": ["level 1"]}]), renamed)


def test_a_token_needs_the_scope_of_activities_as_well(server: ServerInMemory, client: Client) -> None:
    write(client, DEFAULTS)
    client.post("/api/0/settings/other", 1)
    reader = server.client_with("settings:read")
    assert reader.get("/api/0/settings/classes").status == 403
    assert set(reader.get("/api/0/settings").json()) == {"other"}
    both = server.client_with("settings:read", "activities:read")
    assert both.get("/api/0/settings/classes").json() == DEFAULTS
    assert set(both.get("/api/0/settings").json()) == {"classes", "other"}
    writer = server.client_with("settings:write", "activities:read")
    assert writer.post("/api/0/settings/classes", []).status == 403
    assert writer.request("DELETE", "/api/0/settings/classes").status == 403
    assert writer.post("/api/0/settings/other", 2).status == 200
    assert read(client) == DEFAULTS
