"""Let projects, tags and categories be deleted and merged that goals look at."""

from __future__ import annotations

from typing import Literal

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.decoding import decode
from hourloom.db.transaction import Transaction
from hourloom.goals import store
from hourloom.goals.model.goal import Goal, GoalChanged, GoalTerms
from hourloom.projects.ports import Labelling, Use

Field = Literal["categories", "projects", "tags"]
_FIELDS: dict[Labelling, Field] = {"project": "projects", "tag": "tags"}


class ChangedGoal(msgspec.Struct, frozen=True):
    """A goal before it looked at another thing, and what it asks for since."""

    was: Goal
    terms: GoalTerms


class GoalReferring:
    """The goals that look at a project or tag."""

    name = "goals"

    def uses(self, tx: Transaction, who: Actor, kind: Labelling, number: int) -> list[Use]:
        """Return the goals that look at a project or tag; of others' only that there are some."""
        return [
            Use("goal", goal.id, goal.terms.name) if goal.user_id == who.user_id else Use("goal", 0, "")
            for goal in _naming(tx, who, _FIELDS[kind], number)
        ]

    def replace(
        self, tx: Transaction, who: Actor, kind: Labelling, number: int, by: int | None
    ) -> list[ChangedGoal] | None:
        """Let goals look at another project or tag.

        Where it is deleted they still look at it, and find nothing: without it, a goal would be about more,
        about everything where it was the only one.
        """
        return None if by is None else _replaced(tx, who, _FIELDS[kind], number, by)

    def take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        """Let goals look again at what they did; leave alone what was changed since."""
        _take_back(tx, who, was)


class GoalsOfCategories:
    """The goals that look at a category."""

    name = "goals"

    def replace(self, tx: Transaction, who: Actor, number: int, by: int) -> list[ChangedGoal] | None:
        """Let goals look at the category that takes the place of one."""
        return _replaced(tx, who, "categories", number, by)

    def take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        """Let goals look again at what they did; leave alone what was changed since."""
        _take_back(tx, who, was)


def _take_back(tx: Transaction, who: Actor, was: bytes) -> None:
    here = {goal.id: goal.terms for goal in store.goals_of_all(tx, who.workspace_id)}
    for changed in decode(was, list[ChangedGoal]):
        if here.get(changed.was.id) == changed.terms:
            _set(tx, changed.was, changed.was.terms)


def _naming(tx: Transaction, who: Actor, field: Field, number: int) -> list[Goal]:
    return [
        goal
        for goal in store.goals_of_all(tx, who.workspace_id)
        if number in getattr(goal.terms.where, field)
    ]


def _replaced(tx: Transaction, who: Actor, field: Field, number: int, by: int) -> list[ChangedGoal] | None:
    changed = []
    for goal in _naming(tx, who, field, number):
        numbers = {by if each == number else each for each in getattr(goal.terms.where, field)}
        where = msgspec.structs.replace(goal.terms.where, **{field: tuple(sorted(numbers))})
        terms = msgspec.structs.replace(goal.terms, where=where)
        changed.append(ChangedGoal(goal, terms))
        _set(tx, goal, terms)
    return changed or None


def _set(tx: Transaction, goal: Goal, terms: GoalTerms) -> None:
    store.set_terms(tx, goal.workspace_id, goal.id, terms)
    tx.changed(goal.workspace_id, GoalChanged(goal.user_id, goal.id, terms))
