"""Give a workspace the default tree of categories, once."""

from __future__ import annotations

import msgspec

from hourloom.activities import store
from hourloom.activities.model.category import Category, shipped_words
from hourloom.activities.shipped import TREE_VERSION, DefaultCategory, default_tree
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Database, Transaction


def ensure_default_tree(database: Database, workspace: WorkspaceId) -> None:
    """Lay out what is new in the default tree since it was laid out last, within a write.

    What a user deleted does not come back, nor is anything added below it; where a category of the same name
    stands in that place, that is taken for it.
    """
    with database.begin() as tx:
        laid_out = store.tree_version(tx, workspace)
        if laid_out >= TREE_VERSION:
            return
        _lay_out(tx, workspace, [each for each in default_tree() if each.since > laid_out])
        store.grow_version(tx, workspace)
        store.set_tree_version(tx, workspace, TREE_VERSION)


def _lay_out(tx: Transaction, workspace: WorkspaceId, new: list[DefaultCategory]) -> None:
    here = store.categories(tx, workspace)
    numbers = {word: category.id for category in here for word in shipped_words(category.shipped)}
    places = {(category.parent_id, category.name): category for category in here}
    for position, each in enumerate(new, len(here)):
        parent = None if each.parent is None else numbers.get(each.parent)
        if each.key in numbers or (each.parent is not None and parent is None):
            continue
        namesake = places.get((parent, each.name))
        if namesake is None:
            category = Category(
                id=0,
                name=each.name,
                parent_id=parent,
                color=None if parent else each.color,
                icon=each.icon,
                score=each.score,
                focus=each.focus,
                interrupts=each.interrupts,
                position=position,
                shipped=each.key,
            )
            numbers[each.key] = store.add_category(tx, workspace, category)
        else:
            numbers[each.key] = namesake.id
            if namesake.shipped is None:
                store.put_category(tx, workspace, msgspec.structs.replace(namesake, shipped=each.key))
