"""The tree of categories over HTTP."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hourloom.activities.model.category import Category, CategoryTree, Color, Icon, Name, Score
from hourloom.activities.service.categories import Categories
from hourloom.activities.shipped import Language
from hourloom.core.actors import Actor
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "categories")

READ, WRITE = "activities:read", "activities:write"

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Position = Annotated[int, Meta(ge=0, le=1_000_000)]
LAST = 1_000_000


class CategoryShape(msgspec.Struct):
    """A category as it was set, and what of it holds, inherited or not."""

    id: int
    parent_id: int | None
    name: str
    path: list[str]
    """The names from the top down to it."""
    position: int
    color: str | None
    icon: str | None
    score: int | None
    focus: bool | None
    interrupts: bool | None
    color_in_force: str | None
    icon_in_force: str | None
    score_in_force: int | None
    is_focus: bool
    is_interruption: bool


class CategoriesShape(msgspec.Struct):
    """All categories, each before those below it."""

    version: int
    """Changes with everything that decides about categories."""
    categories: list[CategoryShape]


class NewCategory(msgspec.Struct, forbid_unknown_fields=True):
    """A category to be added; without a position behind the others."""

    name: Name
    parent_id: Number | None = None
    color: Color | None = None
    icon: Icon | None = None
    score: Score | None = None
    focus: bool | None = None
    interrupts: bool | None = None
    position: Position = LAST


class CategoryEdit(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be another; what is left out stays, null goes back to what is inherited."""

    name: Name | UnsetType = UNSET
    parent_id: Number | UnsetType | None = UNSET
    color: Color | UnsetType | None = UNSET
    icon: Icon | UnsetType | None = UNSET
    score: Score | UnsetType | None = UNSET
    focus: bool | UnsetType | None = UNSET
    interrupts: bool | UnsetType | None = UNSET
    position: Position | UnsetType = UNSET


class CategoryMade(msgspec.Struct):
    """A category as it is kept, and the operation with which this can be undone."""

    category: CategoryShape
    operation_id: int


class CategoriesChangeMade(msgspec.Struct):
    """The operation with which this can be undone."""

    operation_id: int


class CategoryLanguage(msgspec.Struct, forbid_unknown_fields=True):
    """The language in which the categories that ship are to be named."""

    language: Language


class NamedOtherwise(msgspec.Struct):
    """How many of the categories that ship would get another name."""

    named_otherwise: dict[Language, int]
    """By language; those that were renamed or moved are none of them."""


class CategoriesNamed(msgspec.Struct):
    """How many got another name, and the operation with which this can be undone."""

    renamed: int
    operation_id: int | None
    """None where all were named so already."""


@routes.on("GET", "/categories", scope=READ)
def list_categories(categories: Categories, who: Actor) -> CategoriesShape:
    """List the categories."""
    tree, version = categories.list(who)
    return CategoriesShape(version, [_shape(tree, each) for each in tree.all])


@routes.on("POST", "/categories", scope=WRITE, mode=Mode.WRITE, status=201)
def add_category(categories: Categories, who: Actor, body: NewCategory) -> CategoryMade:
    """Add a category."""
    wanted = Category(0, **msgspec.structs.asdict(body))
    tree, number, operation = categories.add(who, wanted)
    return CategoryMade(_shape(tree, tree.require(number)), operation)


@routes.on("GET", "/categories/language", scope=READ)
def count_category_names(categories: Categories, who: Actor) -> NamedOtherwise:
    """Tell how many of the categories that ship have their names in another language."""
    return NamedOtherwise(categories.named_otherwise(who))


@routes.on("PUT", "/categories/language", scope=WRITE, mode=Mode.WRITE)
def name_categories(categories: Categories, who: Actor, body: CategoryLanguage) -> CategoriesNamed:
    """Name the categories that ship in a language, but for those that were renamed or moved."""
    return CategoriesNamed(*categories.name_in(who, body.language))


@routes.on("PATCH", "/categories/{category}", scope=WRITE, mode=Mode.WRITE)
def change_category(categories: Categories, who: Actor, category: Number, body: CategoryEdit) -> CategoryMade:
    """Rename, move, recolour or score a category."""
    tree, operation = categories.change(who, category, changes_of(body))
    return CategoryMade(_shape(tree, tree.require(category)), operation)


@routes.on("DELETE", "/categories/{category}", scope=WRITE, mode=Mode.WRITE)
def remove_category(
    categories: Categories,
    who: Actor,
    category: Number,
    reassign_to: Number | None = None,
    uncategorise: bool = False,  # noqa: FBT001, FBT002 - it is a parameter of the address
) -> CategoriesChangeMade:
    """Remove a category; one in use only with what takes its place, or with `uncategorise`."""
    operation = categories.remove(who, category, reassign_to=reassign_to, uncategorise=uncategorise)
    return CategoriesChangeMade(operation)


def changes_of(edit: CategoryEdit) -> dict[str, object]:
    """Return what an edit says, by the names of fields."""
    return {name: value for name, value in msgspec.structs.asdict(edit).items() if value is not UNSET}


def _shape(tree: CategoryTree, category: Category) -> CategoryShape:
    number = category.id
    return CategoryShape(
        number,
        category.parent_id,
        category.name,
        list(tree.path(number)),
        category.position,
        category.color,
        category.icon,
        category.score,
        category.focus,
        category.interrupts,
        tree.color(number),
        tree.icon(number),
        tree.score(number),
        tree.is_focus(number),
        tree.interrupts(number),
    )
