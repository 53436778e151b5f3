"""Edits of the tree of categories: each returns the rulebook that comes of it, or says why it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from hourloom.activities.model.category import (
    Category,
    CategoryInUse,
    CategoryNotValid,
    require_fits,
    shipped_words,
)
from hourloom.activities.model.correction import Correction
from hourloom.activities.model.rule import Outcome, Rule
from hourloom.activities.model.rulebook import Rulebook

NEW = -1
LAST = 1_000_000


class CategoryUses(NamedTuple):
    """How much belongs to a category, or to one below it, otherwise than by rules and corrections."""

    marks: int = 0
    """What somebody said about stretches of time."""
    known: int = 0
    """What the shipped table and keywords know, and what models answered."""


UNUSED = CategoryUses()


def edited(book: Rulebook, number: int, changes: Mapping[str, object]) -> Category:
    """Return a category with some of its fields changed; moved, it comes last unless its place is said."""
    was = book.tree.require(number)
    place = was.position if changes.get("parent_id", was.parent_id) == was.parent_id else LAST
    return msgspec.structs.replace(was, **{"position": place, **changes, "id": was.id})


def with_category(book: Rulebook, category: Category) -> Rulebook:
    """Return a rulebook with a category more, or with one changed; its position is where it is wanted.

    Those of the same parent make room.
    """
    require_fits(book.tree, category)
    others = {each.id: each for each in book.tree.all if each.id != category.id}
    beside = [number for number in book.tree.children(category.parent_id) if number != category.id]
    beside.insert(max(0, min(category.position, len(beside))), category.id)
    others[category.id] = category
    for place, number in enumerate(beside):
        others[number] = msgspec.structs.replace(others[number], position=place)
    return book.with_(categories=others.values())


def without_category(
    book: Rulebook,
    number: int,
    *,
    reassign_to: int | None = None,
    uncategorise: bool = False,
    uses: CategoryUses = UNUSED,
) -> Rulebook:
    """Return a rulebook without a category: another takes its place, or what it had becomes uncategorised.

    Those below it move to the one that takes its place, or go with it.
    """
    gone = book.tree.below(book.tree.require(number).id)
    rules = [rule for rule in book.rules.values() if rule.outcome.category_id in gone]
    said = [each for each in book.corrections.values() if each.outcome.category_id in gone]
    if reassign_to is not None and uncategorise:
        raise CategoryNotValid(reason="choose one of `reassign_to` and `uncategorise`")
    if reassign_to is None and not uncategorise and (rules or said or any(uses) or len(gone) > 1):
        raise CategoryInUse(len(rules), len(said), uses.marks, below=len(gone) - 1, known=uses.known)
    if reassign_to is None:
        return uncategorised(book, gone)
    if reassign_to in gone:
        raise CategoryNotValid(reason="what takes its place is neither itself nor below it; name another one")
    return _reassigned(book, number, book.tree.require(reassign_to))


def _reassigned(book: Rulebook, number: int, other: Category) -> Rulebook:
    behind = len(book.tree.children(other.id))
    children = book.tree.children(number)
    # What the shipped table gave the one, it gives the other from now on.
    words = [*shipped_words(other.shipped), *shipped_words(book.tree.require(number).shipped)]
    known = ",".join(words) or None
    left = [
        msgspec.structs.replace(each, shipped=known) if each.id == other.id else each
        for each in book.tree.all
        if each.id != number and each.id not in children
    ]
    for place, child in enumerate(children, behind):
        moved = msgspec.structs.replace(book.tree.require(child), parent_id=other.id, position=place)
        require_fits(book.tree, moved)
        left.append(moved)
    return book.with_(
        left,
        [_given(rule, number, other.id) for rule in book.rules.values()],
        [_said(each, number, other.id) for each in book.corrections.values()],
    )


def uncategorised(book: Rulebook, gone: frozenset[int]) -> Rulebook:
    """Return a rulebook without some categories; rules and corrections that gave nothing else go too."""
    rules, said = list[Rule](), list[Correction]()
    for rule in book.rules.values():
        left = _without(rule.outcome, gone)
        if left:
            rules.append(msgspec.structs.replace(rule, outcome=left))
    for each in book.corrections.values():
        left = _without(each.outcome, gone)
        if left:
            said.append(msgspec.structs.replace(each, outcome=left))
    return book.with_([each for each in book.tree.all if each.id not in gone], rules, said)


def _without(outcome: Outcome, gone: frozenset[int]) -> Outcome:
    if outcome.category_id not in gone:
        return outcome
    return msgspec.structs.replace(outcome, category_id=None)


def _given(rule: Rule, number: int, other: int) -> Rule:
    if rule.outcome.category_id != number:
        return rule
    return msgspec.structs.replace(rule, outcome=msgspec.structs.replace(rule.outcome, category_id=other))


def _said(each: Correction, number: int, other: int) -> Correction:
    if each.outcome.category_id != number:
        return each
    return msgspec.structs.replace(each, outcome=msgspec.structs.replace(each.outcome, category_id=other))
