"""The tree of categories: what is inherited, what can stand where, what becomes of what is removed."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.activities.model.category import (
    DEEPEST,
    MOST_CATEGORIES,
    PALETTE,
    Category,
    CategoryInItself,
    CategoryInUse,
    CategoryNameTaken,
    CategoryNotValid,
    CategoryTree,
    NoSuchCategory,
    TooManyCategories,
    problem_of_name,
)
from hourloom.activities.model.correction import Correction
from hourloom.activities.model.rule import Outcome
from hourloom.activities.model.rulebook import Rulebook, amiss, changed_since, difference, taken_back
from hourloom.activities.model.tending import NEW, CategoryUses, edited, with_category, without_category
from tests.activities.deciding import CODE, LEISURE, MAIL, TREE, VIDEO, WORK, book, rule, where

A_RULE = rule(1, CODE, where("title", "python"))


def test_a_tree_is_walked_from_the_top_down() -> None:
    assert [TREE.path(each.id) for each in TREE.all] == [
        ("Work",),
        ("Work", "Code"),
        ("Leisure",),
        ("Leisure", "Video"),
        ("Mail",),
    ]
    assert (TREE.roots, TREE.children(WORK), TREE.below(LEISURE)) == (
        (WORK, LEISURE, MAIL),
        (CODE,),
        frozenset({LEISURE, VIDEO}),
    )
    assert TREE.named(("Work", "Code")) == CODE
    assert TREE.named(("Code",)) is None


def test_a_score_is_inherited_until_it_is_set_and_none_is_not_neutral() -> None:
    assert [TREE.score(n) for n in (WORK, CODE, LEISURE, VIDEO, MAIL)] == [1, 2, -1, -1, None]
    neutral = CategoryTree([Category(1, "A", score=2), Category(2, "B", 1, score=0)])
    assert (neutral.score(2), neutral.is_focus(2)) == (0, False)
    assert TREE.score(None) is None


def test_focus_and_interruption_follow_the_score_unless_they_are_set() -> None:
    assert [TREE.is_focus(n) for n in (CODE, VIDEO, MAIL)] == [True, False, False]
    assert [TREE.interrupts(n) for n in (CODE, VIDEO, MAIL)] == [False, True, False]
    tree = CategoryTree([Category(1, "Chat", score=1, focus=False, interrupts=True), Category(2, "Team", 1)])
    assert (tree.is_focus(2), tree.interrupts(2)) == (False, True)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\x00", "Work > Code", "> Code", "Work >"])
def test_names_that_are_none(name: str) -> None:
    assert problem_of_name(name)
    with pytest.raises(CategoryNotValid):
        with_category(book(), Category(NEW, name))


def test_names_that_look_odd_are_fine() -> None:
    assert all(problem_of_name(name) is None for name in ("C++ & C#", "a>b", "Café", "🎮", "x" * 100))


def test_a_name_is_taken_once_in_one_place() -> None:
    with pytest.raises(CategoryNameTaken):
        with_category(book(), Category(NEW, "Code", WORK))
    with_category(book(), Category(NEW, "Code", LEISURE))


def test_a_category_does_not_move_into_itself() -> None:
    with pytest.raises(CategoryInItself):
        with_category(book(), edited(book(), LEISURE, {"parent_id": VIDEO}))
    with pytest.raises(CategoryInItself):
        with_category(book(), edited(book(), LEISURE, {"parent_id": LEISURE}))


def test_a_parent_is_there() -> None:
    with pytest.raises(NoSuchCategory):
        with_category(book(), Category(NEW, "Lost", 99))


def test_the_tree_is_bounded_in_depth_and_number() -> None:
    chain = CategoryTree([Category(n, f"L{n}", n - 1 or None) for n in range(1, DEEPEST + 1)])
    with pytest.raises(CategoryNotValid):
        with_category(book(tree=chain), Category(NEW, "Too deep", DEEPEST))
    both = CategoryTree([*chain.all, Category(50, "Top"), Category(51, "Below", 50)])
    with pytest.raises(CategoryNotValid):
        with_category(book(tree=both), edited(book(tree=both), 50, {"parent_id": DEEPEST - 1}))
    many = CategoryTree([Category(n, f"C{n}") for n in range(1, MOST_CATEGORIES + 1)])
    with pytest.raises(TooManyCategories):
        with_category(book(tree=many), Category(NEW, "One more"))


def test_a_new_category_stands_where_it_is_wanted_and_others_make_room() -> None:
    after = with_category(book(), Category(NEW, "First", None, position=0))
    assert after.tree.roots == (NEW, WORK, LEISURE, MAIL)
    after = with_category(book(), Category(NEW, "Last", None, position=1_000_000))
    assert after.tree.roots == (WORK, LEISURE, MAIL, NEW)


def test_a_category_that_moves_comes_last_and_takes_along_what_is_below() -> None:
    after = with_category(book(), edited(book(), LEISURE, {"parent_id": WORK})).tree
    assert after.children(WORK) == (CODE, LEISURE)
    assert after.path(VIDEO) == ("Work", "Leisure", "Video")


def test_removing_what_is_used_wants_a_choice() -> None:
    with pytest.raises(CategoryInUse) as refused:
        without_category(book(A_RULE), CODE)
    counts = {"rules": 1, "corrections": 0, "marks": 0, "below": 0, "known": 0}
    assert refused.value.fields == {**counts, "uses": "1 rule"}
    assert "reassign_to" in str(refused.value)
    assert "uncategorise" in str(refused.value)
    with pytest.raises(CategoryInUse):
        without_category(book(), WORK)
    with pytest.raises(CategoryNotValid):
        without_category(book(A_RULE), CODE, reassign_to=MAIL, uncategorise=True)
    assert MAIL not in without_category(book(), MAIL).tree.by_id
    with pytest.raises(CategoryInUse, match="In use by 7 known apps, sites or words: say"):
        without_category(book(), MAIL, uses=CategoryUses(known=7))
    with pytest.raises(CategoryInUse, match="In use by 1 mark: say"):
        without_category(book(), MAIL, uses=CategoryUses(marks=1))


def test_what_a_removed_category_had_goes_to_another() -> None:
    said = Correction(1, "app", "vim", Outcome(WORK))
    after = without_category(book(A_RULE, corrections=(said,)), WORK, reassign_to=MAIL)
    assert after.tree.path(CODE) == ("Mail", "Code")
    assert after.rules[1].outcome.category_id == CODE
    assert after.corrections[1].outcome.category_id == MAIL
    for wrong in (WORK, CODE):
        with pytest.raises(CategoryNotValid):
            without_category(book(A_RULE), WORK, reassign_to=wrong)


def test_names_that_would_meet_in_the_other_place_are_told() -> None:
    tree = CategoryTree([*TREE.all, Category(6, "Code", MAIL)])
    with pytest.raises(CategoryNameTaken):
        without_category(book(tree=tree), WORK, reassign_to=MAIL)


def test_what_a_removed_category_had_becomes_uncategorised() -> None:
    both = rule(2, None, where("title", "x"), outcome=Outcome(CODE, project_id=7))
    after = without_category(book(A_RULE, both), WORK, uncategorise=True)
    assert set(after.tree.by_id) == {LEISURE, VIDEO, MAIL}
    assert {number: each.outcome for number, each in after.rules.items()} == {2: Outcome(project_id=7)}


def test_a_rulebook_is_taken_back_to_what_it_was() -> None:
    before = book(A_RULE, corrections=(Correction(1, "app", "vim", Outcome(CODE)),))
    after = without_category(before, WORK, uncategorise=True)
    changed = difference(before, after)
    assert changed_since(after, changed) is None
    assert difference(taken_back(after, changed), before).counts() == {
        "categories": 0,
        "rules": 0,
        "corrections": 0,
    }


def test_what_was_changed_again_is_not_taken_back() -> None:
    before = book(A_RULE)
    after = with_category(before, edited(before, CODE, {"name": "Coding"}))
    changed = difference(before, after)
    later = with_category(after, edited(after, CODE, {"name": "Hacking"}))
    assert changed_since(later, changed) == ("categories", [CODE])
    added = with_category(before, Category(9, "New"))
    used = added.with_(rules=[A_RULE, rule(2, 9, where("title", "new"))])
    assert changed_since(used, difference(before, added)) == ("rules", [2])
    named = with_category(after, Category(9, "Code", WORK, position=9))
    assert changed_since(named, changed) == ("categories", [CODE, 9])


def test_what_has_no_way_to_the_top_stands_there() -> None:
    tree = CategoryTree([Category(1, "A", 2), Category(2, "B", 1), Category(3, "C", 77)])
    assert len(tree.all) == 3
    assert tree.score(1) is None
    assert amiss(Rulebook(tree)) is None


def test_every_slot_has_a_colour_on_light_and_on_dark() -> None:
    assert len(PALETTE) == 8
    msgspec.convert([[*pair] for pair in PALETTE], list[list[str]])
    for slot in range(1, 9):
        msgspec.convert({"id": 1, "name": "A", "color": f"slot{slot}"}, Category)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30)), max_size=40))
def test_no_edit_makes_a_cycle_or_loses_a_category(moves: list[tuple[int, int]]) -> None:
    now = book(tree=CategoryTree([Category(n, f"C{n}") for n in range(1, 31)]))
    for number, parent in moves:
        try:
            now = with_category(now, edited(now, number, {"parent_id": parent or None}))
        except (CategoryInItself, CategoryNotValid):
            continue
    assert len(now.tree.all) == 30
    assert max(map(now.tree.depth, now.tree.by_id)) <= DEEPEST
    assert amiss(now) is None
