"""Let projects, tags and categories be deleted and merged that goals look at."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.decoding import decode
from hourloom.db.transaction import Transaction
from hourloom.goals import store
from hourloom.goals.model.goal import Goal, GoalChanged, GoalFilter, GoalTerms
from hourloom.projects.ports import Labelling, Use


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
            for goal in store.goals_of_all(tx, who.workspace_id)
            if number in _numbers(goal.terms.where, kind)
        ]

    def replace(
        self, tx: Transaction, who: Actor, kind: Labelling, number: int, by: int | None
    ) -> list[ChangedGoal] | None:
        """Let goals look at another project or tag.

        Where it is deleted they still look at it, and find nothing: without it, a goal would be about more,
        about everything where it was the only one.
        """
        if by is None:
            return None
        touched = [
            goal
            for goal in store.goals_of_all(tx, who.workspace_id)
            if number in _numbers(goal.terms.where, kind)
        ]
        return _all_set(tx, [(goal, _replaced(goal.terms, kind, number, by)) for goal in touched])

    def take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        """Let goals look again at what they did; leave alone what was changed since."""
        _take_back(tx, who, was)


class GoalsOfCategories:
    """The goals that look at a category."""

    name = "goals"

    def replace(self, tx: Transaction, who: Actor, number: int, by: int) -> list[ChangedGoal] | None:
        """Let goals look at the category that takes the place of one."""
        touched = [
            goal for goal in store.goals_of_all(tx, who.workspace_id) if number in goal.terms.where.categories
        ]
        after = []
        for goal in touched:
            numbers = {by if each == number else each for each in goal.terms.where.categories}
            where = msgspec.structs.replace(goal.terms.where, categories=tuple(sorted(numbers)))
            after.append((goal, msgspec.structs.replace(goal.terms, where=where)))
        return _all_set(tx, after)

    def take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        """Let goals look again at what they did; leave alone what was changed since."""
        _take_back(tx, who, was)


def _take_back(tx: Transaction, who: Actor, was: bytes) -> None:
    here = {goal.id: goal.terms for goal in store.goals_of_all(tx, who.workspace_id)}
    for changed in decode(was, list[ChangedGoal]):
        if here.get(changed.was.id) == changed.terms:
            _set(tx, changed.was, changed.was.terms)


def _numbers(where: GoalFilter, kind: Labelling) -> tuple[int, ...]:
    return where.projects if kind == "project" else where.tags


def _replaced(terms: GoalTerms, kind: Labelling, number: int, by: int) -> GoalTerms:
    numbers = tuple(sorted({by if each == number else each for each in _numbers(terms.where, kind)}))
    if kind == "project":
        where = msgspec.structs.replace(terms.where, projects=numbers)
    else:
        where = msgspec.structs.replace(terms.where, tags=numbers)
    return msgspec.structs.replace(terms, where=where)


def _all_set(tx: Transaction, after: Sequence[tuple[Goal, GoalTerms]]) -> list[ChangedGoal] | None:
    for goal, terms in after:
        _set(tx, goal, terms)
    return [ChangedGoal(goal, terms) for goal, terms in after] or None


def _set(tx: Transaction, goal: Goal, terms: GoalTerms) -> None:
    store.set_terms(tx, goal.workspace_id, goal.id, terms)
    tx.changed(goal.workspace_id, GoalChanged(goal.user_id, goal.id, terms))
