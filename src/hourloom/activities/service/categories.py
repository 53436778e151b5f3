"""Keep the tree of categories, and the classifier that comes of it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from typing import Protocol, get_args

import msgspec

from hourloom.activities import store
from hourloom.activities.classifying import Classifier, Memory
from hourloom.activities.classifying.guessing import Guesses
from hourloom.activities.classifying.patterns import forget_patterns
from hourloom.activities.classifying.texts import forget_texts
from hourloom.activities.model.category import Category, CategoryNameTaken, CategoryTree, shipped_words
from hourloom.activities.model.learned import Vote
from hourloom.activities.model.rulebook import Rulebook
from hourloom.activities.model.tending import NEW, CategoryUses, edited, with_category, without_category
from hourloom.activities.service.answered import AnswersOfModels
from hourloom.activities.service.editing import CATEGORIES, READ, WRITE, Rulebooks, Saved
from hourloom.activities.shipped import Language, known_of, names_in
from hourloom.core.actors import Actor
from hourloom.core.ids import OperationId, WorkspaceId
from hourloom.db.transaction import Database, Transaction, whole
from hourloom.settings.definitions import TIME_ZONE
from hourloom.settings.service import Settings


class CategoryReferrer(Protocol):
    """A feature whose rows name categories; asked within the write that puts another in the place of one."""

    @property
    def name(self) -> str:
        """Return the word under which it finds again what it changed."""
        ...

    def replace(self, tx: Transaction, who: Actor, number: int, by: int, /) -> object | None:
        """Let what names a category name another one.

        Return what it needs to take that back, to be kept as JSON; None where nothing named it.
        """
        ...

    def take_back(self, tx: Transaction, who: Actor, was: bytes, /) -> None:
        """Let everything name again what it did; leave alone what was changed since."""
        ...


class CategoryGiver(CategoryReferrer, Protocol):
    """A feature whose rows give categories as rules do: without any they keep what else they give, or go."""

    def uncategorise(self, tx: Transaction, who: Actor, gone: Collection[int], /) -> object | None:
        """Let nothing give one of some categories; return what takes that back, as `replace` does."""
        ...


class Categories:
    """The tree of categories, and who decides what belongs to which."""

    is_service = True

    def __init__(self, database: Database, rulebooks: Rulebooks, settings: Settings, owner: Actor) -> None:
        self._database, self._rulebooks, self._settings = database, rulebooks, settings
        self._owner = owner
        self._classifiers: dict[int, tuple[str, Classifier]] = {}
        self._guard = threading.Lock()
        self._referrers: list[CategoryReferrer] = []
        self._givers: list[CategoryGiver] = []
        self.refer(AnswersOfModels())

    def refer(self, referrer: CategoryReferrer) -> None:
        """Ask a feature from now on, when another category takes the place of one."""
        self._referrers.append(referrer)
        self._rulebooks.take_back_with(referrer.name, referrer.take_back)

    def let_give(self, giver: CategoryGiver) -> None:
        """Ask a feature from now on also when categories go and nothing takes their place."""
        self._givers.append(giver)
        self.refer(giver)

    def classifier(self, tx: Transaction, workspace_id: int) -> Classifier:
        """Return the classifier of a workspace as of now; the same one until something changes."""
        version, zone = store.version(tx, workspace_id), self._zone(workspace_id)
        found = self._kept(workspace_id, version, zone)
        if found is not None:
            return found
        with self._guard:
            found = self._kept(workspace_id, version, zone)
            if found is None:
                found = self.made_of(tx, workspace_id, self._rulebooks.read(tx, workspace_id))
                self._classifiers[workspace_id] = zone, found
        return found

    def made_of(self, tx: Transaction, workspace_id: int, book: Rulebook) -> Classifier:
        """Return the classifier that comes of a rulebook, or would."""
        guesses = Guesses(
            book.tree,
            _votes(tx, book, workspace_id),
            workspace_id,
            has_answers=store.has_answers(tx, workspace_id),
        )
        return Classifier(book, guesses, self._zone(workspace_id), workspace_id)

    def tree(self, tx: Transaction, workspace_id: int) -> CategoryTree:
        """Return the tree of a workspace."""
        return self._rulebooks.read(tx, workspace_id).tree

    def uses(self, tx: Transaction, workspace_id: int, tree: CategoryTree, number: int) -> CategoryUses:
        """Return how much belongs to a category or below it without any rule."""
        gone = tree.below(number)
        words = (word for each in gone for word in shipped_words(tree.require(each).shipped))
        answers = store.count_answers(tx, workspace_id, gone)
        return CategoryUses(store.count_marks_giving(tx, workspace_id, gone), known_of(words) + answers)

    def version(self, tx: Transaction, workspace_id: int) -> int:
        """Return the version of all that decides about categories."""
        return store.version(tx, workspace_id)

    def memory(self) -> Memory:
        """Return what classifiers remember, and how often that helped."""
        found = [classifier.memory() for _, classifier in list(self._classifiers.values())]
        return Memory(*(sum(column) for column in zip(*found, strict=True))) if found else Memory(0, 0, 0, 0)

    def forget(self) -> None:
        """Drop all texts that are remembered: some were erased."""
        self._classifiers = {}
        self._rulebooks.forget()
        forget_texts()
        forget_patterns()

    def list(self, who: Actor) -> tuple[CategoryTree, int]:
        """Return the tree, and the version of all that decides about categories."""
        who.require(READ)
        with self._database.read() as tx:
            book = self._rulebooks.read(tx, who.workspace_id)
            return book.tree, book.version

    def add(self, who: Actor, category: Category) -> tuple[CategoryTree, int, OperationId]:
        """Add a category; return the tree and the number it got."""
        who.require(WRITE)
        with self._database.begin() as tx:
            before = self._rulebooks.read(tx, who.workspace_id)
            new = msgspec.structs.replace(category, id=NEW, shipped=None)
            _require_distinct(before.tree, new)
            saved = self._saved(tx, who, before, with_category(before, new))
            return saved.book.tree, saved.numbers[NEW], saved.operation_id

    def change(
        self, who: Actor, number: int, changes: Mapping[str, object]
    ) -> tuple[CategoryTree, OperationId]:
        """Give a category another name, parent, place, colour, icon or score; return the tree."""
        who.require(WRITE)
        with self._database.begin() as tx:
            before = self._rulebooks.read(tx, who.workspace_id)
            after = edited(before, number, changes)
            if {"name", "parent_id"} & set(changes):
                _require_distinct(before.tree, after)
            saved = self._saved(tx, who, before, with_category(before, after))
            return saved.book.tree, saved.operation_id

    def remove(
        self, who: Actor, number: int, *, reassign_to: int | None = None, uncategorise: bool = False
    ) -> OperationId:
        """Remove a category; where it is in use, it must be said what becomes of that."""
        who.require(WRITE)
        with self._database.begin() as tx:
            before = self._rulebooks.read(tx, who.workspace_id)
            uses = self.uses(tx, who.workspace_id, before.tree, number)
            after = without_category(
                before, number, reassign_to=reassign_to, uncategorise=uncategorise, uses=uses
            )
            if reassign_to is not None:
                steps = {each.name: each.replace(tx, who, number, reassign_to) for each in self._referrers}
            else:
                gone = before.tree.below(number)
                steps = {each.name: each.uncategorise(tx, who, gone) for each in self._givers}
            kept = {name: was for name, was in steps.items() if was is not None}
            return self._rulebooks.save(tx, who, CATEGORIES, before, after, kept).operation_id

    def named_otherwise(self, who: Actor) -> dict[Language, int]:
        """Return by languages how many of the categories that ship `name_in` would rename."""
        who.require(READ)
        with self._database.read() as tx:
            tree = self.tree(tx, who.workspace_id)
            return {language: len(names_in(tree, language)) for language in get_args(Language)}

    def name_in(self, who: Actor, language: Language) -> tuple[int, OperationId | None]:
        """Name the categories that ship in a language; return how many got another name.

        Those that their user renamed or moved stay as they are.
        """
        who.require(WRITE)
        with self._database.begin() as tx:
            before = self._rulebooks.read(tx, who.workspace_id)
            names = names_in(before.tree, language)
            if not names:
                return 0, None
            after = [
                msgspec.structs.replace(each, name=names.get(each.id, each.name)) for each in before.tree.all
            ]
            return len(names), self._saved(tx, who, before, before.with_(categories=after)).operation_id

    def _saved(self, tx: Transaction, who: Actor, before: Rulebook, after: Rulebook) -> Saved:
        return self._rulebooks.save(tx, who, CATEGORIES, before, after)

    def _zone(self, workspace_id: int) -> str:
        # Whose day it is: a workspace here has one user.
        owner = msgspec.structs.replace(self._owner, workspace_id=WorkspaceId(workspace_id))
        return self._settings.value(owner, TIME_ZONE)

    def _kept(self, workspace_id: int, version: int, zone: str) -> Classifier | None:
        found = self._classifiers.get(workspace_id)
        if found is not None and found[0] == zone and found[1].version == version:
            return found[1]
        return None


def _require_distinct(tree: CategoryTree, category: Category) -> None:
    """Raise where one in the same place is called so but for its case: a person could not tell them apart."""
    for number in tree.children(category.parent_id):
        other = tree.require(number)
        if number != category.id and other.name.casefold() == category.name.casefold():
            raise CategoryNameTaken(name=other.name)


def _votes(tx: Transaction, book: Rulebook, workspace_id: int) -> list[Vote]:
    """Return what the corrections of single payloads say of apps and sites."""
    said = {
        c.id: c.outcome.category_id
        for c in book.corrections.values()
        if c.kind == "payload" and c.outcome.category_id is not None
    }
    if not said:
        return []
    return [
        Vote(str(app or ""), str(domain or ""), said[whole(number)])
        for number, app, domain in store.corrected_traits(tx, workspace_id)
        if whole(number) in said
    ]
