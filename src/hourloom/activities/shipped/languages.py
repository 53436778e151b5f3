"""Name the categories that ship in another language, and leave alone what a user made of them."""

from __future__ import annotations

from collections.abc import Mapping

from hourloom.activities.model.category import CategoryTree, shipped_words
from hourloom.activities.shipped.tree import Language, default_tree


def names_in(tree: CategoryTree, language: Language) -> dict[int, str]:
    """Return what categories would be called in a language that are called otherwise by now.

    Those that their user renamed or moved stay as they are, and so does what would be called like another
    in its place.
    """
    shipped = {each.key: each for each in default_tree()}
    found: dict[int, str] = {}
    for category in tree.all:
        default = shipped.get(_key(tree, category.id) or "")
        if default is None or default.parent != _key(tree, category.parent_id):
            continue
        name = default.names[language]
        if category.name != name and category.name in default.names.values():
            found[category.id] = name
    while taken := [number for number in found if _is_taken(tree, number, found)]:
        for number in taken:
            del found[number]
    return found


def _key(tree: CategoryTree, number: int | None) -> str | None:
    """Return the word of a category itself, without those of what it took the place of."""
    category = tree.get(number)
    return next(iter(shipped_words(category.shipped)), None) if category else None


def _is_taken(tree: CategoryTree, number: int, names: Mapping[int, str]) -> bool:
    beside = (tree.require(each) for each in tree.children(tree.require(number).parent_id) if each != number)
    return names[number].casefold() in {names.get(each.id, each.name).casefold() for each in beside}
