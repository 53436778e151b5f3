"""What rules and corrections refer to: categories here, projects and tags of the feature below."""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec

from hourloom.activities.model.rule import Outcome, RuleNotValid
from hourloom.activities.model.rulebook import Difference, Rulebook
from hourloom.activities.service.editing import Rulebooks
from hourloom.core.actors import Actor
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Transaction
from hourloom.projects.ports import Labelling, Use

Known = Callable[[Transaction, WorkspaceId, Collection[int]], frozenset[int]]
"""Returns those of some numbers that there are."""


class Labels:
    """The projects and tags that may be given."""

    def __init__(self, projects: Known, tags: Known) -> None:
        self._projects, self._tags = projects, tags

    def require(self, tx: Transaction, who: Actor, book: Rulebook, outcome: Outcome) -> None:
        """Raise unless all that an outcome names is there."""
        if outcome.category_id is not None:
            book.tree.require(outcome.category_id)
        project, workspace = outcome.project_id, who.workspace_id
        if project is not None and project not in self._projects(tx, workspace, [project]):
            raise RuleNotValid(reason=f"there is no project {project}")
        lacking = set(outcome.tag_ids) - self._tags(tx, workspace, outcome.tag_ids)
        if lacking:
            raise RuleNotValid(reason=f"there is no tag {min(lacking)}")


class Referring:
    """Lets projects and tags be deleted and merged that rules and corrections give."""

    name = "rules"

    def __init__(self, rulebooks: Rulebooks) -> None:
        self._rulebooks = rulebooks

    def uses(self, tx: Transaction, who: Actor, kind: Labelling, number: int) -> list[Use]:
        """Return the rules and corrections that give a project or tag."""
        book = self._rulebooks.read(tx, who.workspace_id)
        found = [
            Use("rule", rule.id, rule.name)
            for rule in book.rules.values()
            if _names(rule.outcome, kind, number)
        ]
        found += [
            # What was corrected may be a title, which is nobody's name.
            Use("correction", each.id, "" if each.kind == "payload" else each.subject)
            for each in book.corrections.values()
            if _names(each.outcome, kind, number)
        ]
        return found[:100]

    def replace(
        self, tx: Transaction, who: Actor, kind: Labelling, number: int, by: int | None
    ) -> Difference | None:
        """Let rules and corrections give another project or tag, or none; those left with nothing go."""
        before = self._rulebooks.read(tx, who.workspace_id)
        rules = [
            msgspec.structs.replace(rule, outcome=_replaced(rule.outcome, kind, number, by))
            for rule in before.rules.values()
        ]
        corrections = [
            msgspec.structs.replace(each, outcome=_replaced(each.outcome, kind, number, by))
            for each in before.corrections.values()
        ]
        after = before.with_(
            rules=[rule for rule in rules if rule.outcome],
            corrections=[each for each in corrections if each.outcome],
        )
        return self._rulebooks.change(tx, who, before, after)

    def take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        """Let everything refer again to what it did."""
        self._rulebooks.take_back(tx, who, was)


def _names(outcome: Outcome, kind: Labelling, number: int) -> bool:
    return outcome.project_id == number if kind == "project" else number in outcome.tag_ids


def _replaced(outcome: Outcome, kind: Labelling, number: int, by: int | None) -> Outcome:
    if not _names(outcome, kind, number):
        return outcome
    if kind == "project":
        return msgspec.structs.replace(outcome, project_id=by)
    tags = (set(outcome.tag_ids) - {number}) | (set() if by is None else {by})
    return msgspec.structs.replace(outcome, tag_ids=tuple(sorted(tags)))
