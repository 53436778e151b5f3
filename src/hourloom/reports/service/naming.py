"""From the names that people give in filters to the numbers that these things have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hourloom.activities.model.category import SEPARATOR, CategoryTree
from hourloom.activities.model.filter import NONE, escaped, values_of, words_of
from hourloom.activities.service.categories import Categories
from hourloom.core.actors import Actor
from hourloom.core.apps import app_identity
from hourloom.core.errors import Invalid
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Database, Transaction

GONE = "deleted"
"""Said of a category, project or tag that a filter still names, with the number that it had."""


class NothingOfThatName(Invalid):
    """There is no {kind} '{name}'; `hourloom {kind} list` shows those there are."""


class Names(Protocol):
    """What projects or tags are called."""

    def names(self, tx: Transaction, workspace: WorkspaceId) -> dict[int, str]:
        """Return their names by their numbers."""
        ...


class Namer:
    """Knows what things are called in each workspace."""

    def __init__(self, database: Database, categories: Categories, projects: Names, tags: Names) -> None:
        self._database, self._categories = database, categories
        self._projects, self._tags = projects, tags

    def of(self, who: Actor) -> Naming:
        """Return what things are called in the workspace of an actor."""
        workspace = who.workspace_id
        with self._database.read() as tx:
            tree = self._categories.tree(tx, workspace)
            return Naming(tree, self._projects.names(tx, workspace), self._tags.names(tx, workspace))


class Naming:
    """Reads names of categories, projects, tags and programs."""

    def __init__(self, tree: CategoryTree, projects: Mapping[int, str], tags: Mapping[int, str]) -> None:
        self._tree = tree
        self._known: dict[str, Mapping[int, str]] = {"project": projects, "tag": tags}

    def numbered(self, where: Mapping[str, str]) -> dict[str, str]:
        """Return parameters of a filter with numbers in the place of names, and programs as we call them."""
        return {name: self._numbered(name, text) if text else text for name, text in where.items()}

    def described(self, where: Mapping[str, str]) -> str:
        """Return a filter in words, for people."""
        return "; ".join(
            f"{name} {self._called(name, text)}" for name, text in where.items() if name != "exact"
        )

    def _called(self, name: str, text: str) -> str:
        if name == "category":
            named = {each.id: SEPARATOR.join(self._tree.path(each.id)) for each in self._tree.all}
        elif name in self._known:
            named = dict(self._known[name])
        else:
            return ", ".join(words_of(name, text)) if name != "title" else text
        return ", ".join(
            named.get(int(word), f"{GONE} ({word})") if word.isdecimal() else word
            for word in words_of(name, text)
        )

    def _numbered(self, name: str, text: str) -> str:
        if name == "app":
            words = values_of(name, text)
            return ",".join(escaped(app_identity(word.strip()) or word.strip()) for word in words)
        if name not in ("category", *self._known):
            return text
        return ",".join(self._number(name, word) for word in words_of(name, text))

    def _number(self, kind: str, word: str) -> str:
        if word == NONE or word.isdecimal():
            return word
        found = self._category(word) if kind == "category" else self._named(kind, word)
        if found is None:
            raise NothingOfThatName(kind=kind, name=word[:100])
        return str(found)

    def _category(self, path: str) -> int | None:
        names = [name.strip().casefold() for name in path.split(SEPARATOR.strip())]
        for category in self._tree.all:
            if [name.casefold() for name in self._tree.path(category.id)] == names:
                return category.id
        return None

    def _named(self, kind: str, name: str) -> int | None:
        for number, known in self._known[kind].items():
            if known.casefold() == name.casefold():
                return number
        return None
