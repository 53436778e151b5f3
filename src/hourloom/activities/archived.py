"""Categories, rules and corrections in archives; what they name is known there by its number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.activities import store
from hourloom.activities.classifying.matching import has_room
from hourloom.activities.model.category import (
    DEEPEST,
    MOST_CATEGORIES,
    Category,
    CategoryTree,
    Color,
    Icon,
    Name,
    Score,
    problem_of_name,
)
from hourloom.activities.model.changes import RulesChanged
from hourloom.activities.model.correction import (
    LONGEST_SUBJECT,
    MOST_CORRECTIONS,
    Correction,
    Kind,
)
from hourloom.activities.model.rule import MOST_RULES, Outcome, Rule, problem_of_shape
from hourloom.activities.shipped import default_tree
from hourloom.core.archiving import (
    NOT_IN_ORDER,
    REFERS_TO_NOTHING,
    Incoming,
    Judged,
    Outgoing,
    PlainTable,
    Verdict,
)
from hourloom.core.clock import LATEST, Instant
from hourloom.core.decoding import decode
from hourloom.core.ids import WorkspaceId
from hourloom.db.sequences import skip_numbers
from hourloom.db.transaction import Transaction

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Position = Annotated[int, Meta(ge=-(2**31), le=2**31)]
At = Annotated[int, Meta(ge=0, lt=LATEST)]
NEW, SAME, LEFT_OUT = Judged(Verdict.NEW), Judged(Verdict.SAME), Judged(Verdict.LEFT_OUT)


class CategoryRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A category; the one above it may come later."""

    id: Number
    parent_id: Number | None
    name: Name
    color: Color | None
    icon: Icon | None
    score: Score | None
    focus: bool | None
    interrupts: bool | None
    shipped: Annotated[str, Meta(max_length=5_000)] | None
    position: Position


class RuleRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule, and its place among the others."""

    id: Number
    position: Position
    enabled: bool
    rule: Rule


class CorrectionRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was said about something: a payload of the archive, an app or a site."""

    id: Number
    kind: Kind
    subject: Annotated[str, Meta(max_length=LONGEST_SUBJECT)]
    """Empty for a payload, which has its number."""
    payload: Number | None
    outcome: Outcome
    at: At


class _CategoryAdded(msgspec.Struct, frozen=True, tag=True):
    id: int


class _TreeDropped(msgspec.Struct, frozen=True, tag=True):
    """The tree that a workspace began with, and that nobody had touched."""

    categories: list[Category]


class _RuleAdded(msgspec.Struct, frozen=True):
    id: int


class _CorrectionBefore(msgspec.Struct, frozen=True):
    """A correction that came in, and what was said before; None where it was nothing."""

    id: int
    was: Correction | None


class ArchivedCategories(PlainTable):
    """The tree of categories; one that is here in the same place stands for that of the archive."""

    name = "categories"
    row = CategoryRow
    numbered = referred = True
    # All at once, for a category may stand below one with a higher number.
    most = at_once = MOST_CATEGORIES

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return len(store.categories(tx, out.workspace_id))

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[CategoryRow]]:
        yield [
            CategoryRow(
                each.id,
                each.parent_id,
                each.name,
                each.color,
                each.icon,
                each.score,
                each.focus,
                each.interrupts,
                each.shipped,
                each.position,
            )
            for each in store.categories(tx, out.workspace_id)
        ]

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        # The tree that a workspace begins with makes room while nobody touched it.
        if _is_untouched(tx, workspace):
            return store.has_categories_elsewhere(tx, workspace, first, last)
        return True

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: CategoryRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        return None if problem_of_name(row.name) is None else "its name cannot be"

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[CategoryRow]) -> list[Judged]:
        if into.keeps_numbers:
            return [NEW] * len(rows)
        tree = CategoryTree(store.categories(tx, into.workspace_id))
        room = MOST_CATEGORIES - len(tree)
        here: dict[int | None, int] = {}
        found: dict[int, Judged] = {}
        depths: dict[int | None, int] = {}
        for row in _from_the_top(rows):
            number = _same(tree, row, here)
            # One whose parent stays behind stands at the top.
            depth = tree.depth(number) or 1 + depths.get(row.parent_id, 0)
            if number is not None:
                here[row.id], found[row.id] = number, Judged(Verdict.SAME, number)
            elif room <= 0 or depth > DEEPEST:
                found[row.id] = LEFT_OUT
                continue
            else:
                found[row.id] = NEW
                room -= 1
            depths[row.id] = depth
        return [found[row.id] for row in rows]

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[CategoryRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        said = {row.id: each for row, each in zip(rows, judged, strict=True)}
        numbers = {number: each.number for number, each in said.items()}
        if into.keeps_numbers and rows:
            self._make_room(tx, into)
        for row in _from_the_top(rows):
            if said[row.id].verdict is Verdict.NEW:
                numbers[row.id] = _added(tx, into, row, numbers)
                into.keep(self.name, _CategoryAdded(numbers[row.id]))
        if any(each.verdict is Verdict.NEW for each in judged):
            _tell(tx, into.workspace_id, categories=True)
        return [numbers[row.id] for row in rows]

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        step = decode(was, _CategoryAdded | _TreeDropped)
        if isinstance(step, _CategoryAdded):
            store.drop_category(tx, workspace, step.id)
        else:
            for category in step.categories:
                store.put_category(tx, workspace, category)
        _tell(tx, workspace, categories=True)

    def _make_room(self, tx: Transaction, into: Incoming) -> None:
        there = store.categories(tx, into.workspace_id)
        if there:
            into.keep(self.name, _TreeDropped(there))
        for category in there:
            store.drop_category(tx, into.workspace_id, category.id)


class ArchivedRules(PlainTable):
    """The rules of the workspace; merged, those that are not here yet come behind the others."""

    name = "rules"
    row = RuleRow
    numbered = True
    most = MOST_RULES

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return len(store.rules(tx, out.workspace_id))

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[RuleRow]]:
        for rule in sorted(store.rules(tx, out.workspace_id), key=lambda rule: rule.id):
            bare = msgspec.structs.replace(rule, id=0, position=0, enabled=True)
            yield [RuleRow(rule.id, rule.position, rule.enabled, bare)]

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return bool(store.rules(tx, workspace)) or store.has_rules(tx, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: RuleRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        return None if is_held(row.rule.outcome, into) else REFERS_TO_NOTHING

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[RuleRow]) -> list[Judged]:
        kept = store.rules(tx, into.workspace_id)
        here, room = {store.text_of_rule(rule) for rule in kept}, MOST_RULES - len(kept)
        steps = has_room(kept)
        judged = []
        for row in rows:
            rule = _placed(row, into, 0)
            if rule is not None and store.text_of_rule(rule) in here:
                judged.append(SAME)
                continue
            if rule is None or room <= 0 or steps is None or problem_of_shape(row.rule):
                judged.append(LEFT_OUT)
                continue
            # Behind the first one that is too much none comes in: to try each would take as long.
            steps = has_room([rule], steps)
            judged.append(LEFT_OUT if steps is None else NEW)
            room -= steps is not None
        return judged

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[RuleRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        kept = store.rules(tx, into.workspace_id)
        behind = 0 if into.keeps_numbers else 1 + max((rule.position for rule in kept), default=-1)
        new = [row for row, each in zip(rows, judged, strict=True) if each.verdict is Verdict.NEW]
        for row in new:
            rule = _placed(row, into, behind)
            if rule is None:
                continue
            number = row.id
            if into.keeps_numbers:
                store.put_rule(tx, into.workspace_id, rule)
            else:
                number = store.add_rule(tx, into.workspace_id, rule)
            into.keep(self.name, _RuleAdded(number))
        if new:
            _tell(tx, into.workspace_id, rules=True)
        return [0] * len(rows)

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        store.drop_rule(tx, workspace, decode(was, _RuleAdded).id)
        _tell(tx, workspace, rules=True)


class ArchivedCorrections(PlainTable):
    """What was said about single things; that about a payload that is not recorded any more stays behind."""

    name = "corrections"
    row = CorrectionRow
    numbered = True
    most = MOST_CORRECTIONS

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return len(_recorded(tx, out.workspace_id))

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[CorrectionRow]]:
        for each in _recorded(tx, out.workspace_id):
            subject = "" if each.kind == "payload" else each.subject
            yield [CorrectionRow(each.id, each.kind, subject, each.payload_id, each.outcome, each.at)]

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return bool(store.corrections(tx, workspace)) or store.has_corrections(tx, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: CorrectionRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        if (row.kind == "payload") != (row.payload is not None) or bool(row.subject) != (row.payload is None):
            return "it is about nothing"
        known = row.payload is None or into.knows("payloads", row.payload)
        return None if known and is_held(row.outcome, into) else REFERS_TO_NOTHING

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[CorrectionRow]) -> list[Judged]:
        here = {(each.kind, each.subject): each for each in store.corrections(tx, into.workspace_id)}
        judged = []
        for row in rows:
            said = _said(tx, into, row)
            known = None if said is None else here.get((said.kind, said.subject))
            if said is None:
                judged.append(LEFT_OUT if into.operation else NEW)
            elif known is None:
                judged.append(NEW if len(here) < MOST_CORRECTIONS else LEFT_OUT)
            else:
                judged.append(
                    SAME if known.outcome == said.outcome else Judged(Verdict.CONFLICTING, known.id)
                )
        return judged

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[CorrectionRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        here = {each.id: each for each in store.corrections(tx, into.workspace_id)}
        for row, each in zip(rows, judged, strict=True):
            said = _said(tx, into, row)
            replaces = each.verdict is Verdict.CONFLICTING and into.on_conflict == "replace"
            if said is None or not (each.verdict is Verdict.NEW or replaces):
                continue
            if replaces:
                number = each.number
                store.put_correction(tx, into.workspace_id, msgspec.structs.replace(said, id=number))
            elif into.keeps_numbers:
                number = row.id
                store.put_correction(tx, into.workspace_id, said)
            else:
                number = store.add_correction(tx, into.workspace_id, said)
            into.keep(self.name, _CorrectionBefore(number, here.get(number) if replaces else None))
        if rows:
            _tell(tx, into.workspace_id, corrections=True)
        return [0] * len(rows)

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        step = decode(was, _CorrectionBefore)
        if step.was is None:
            store.drop_correction(tx, workspace, step.id)
        else:
            store.put_correction(tx, workspace, step.was)
        _tell(tx, workspace, corrections=True)


def _tell(
    tx: Transaction,
    workspace: WorkspaceId,
    *,
    categories: bool = False,
    rules: bool = False,
    corrections: bool = False,
) -> None:
    version = store.grow_version(tx, workspace)
    tx.changed(workspace, RulesChanged(version, categories, rules, corrections))


def _is_untouched(tx: Transaction, workspace: WorkspaceId) -> bool:
    """Return whether there is nothing but the tree that a workspace begins with, or not even that."""
    tree = CategoryTree(store.categories(tx, workspace))
    wanted = {each.key: each for each in default_tree()}
    for category in tree.all:
        default = wanted.get(category.shipped or "")
        above = tree.get(category.parent_id)
        if default is None or default.parent != (None if above is None else above.shipped):
            return False
        here = (category.icon, category.score, category.focus, category.interrupts)
        if here != (default.icon, default.score, default.focus, default.interrupts):
            return False
        if category.name not in default.names.values():
            return False
        if category.color != (None if category.parent_id else default.color):
            return False
    return len(tree) in (0, len(wanted))


def _from_the_top(rows: Sequence[CategoryRow]) -> list[CategoryRow]:
    """Return rows, each behind the one above it; those that have no way to the top stand there.

    So does what is deeper than a tree may be, with what is below it.
    """
    by_id = {row.id: row for row in rows}
    tree = CategoryTree(
        Category(row.id, row.name, row.parent_id if row.parent_id in by_id else None) for row in rows
    )
    return [
        msgspec.structs.replace(
            by_id[each.id], parent_id=each.parent_id if (tree.depth(each.id) - 1) % DEEPEST else None
        )
        for each in tree.all
    ]


def _same(tree: CategoryTree, row: CategoryRow, here: dict[int | None, int]) -> int | None:
    """Return the category here that stands for one of an archive: of the same key, else in the same place."""
    shipped = None if row.shipped is None else tree.shipped(row.shipped)
    if shipped is not None:
        return shipped
    if row.parent_id is not None and row.parent_id not in here:
        return None
    above = None if row.parent_id is None else here[row.parent_id]
    return next((each for each in tree.children(above) if tree.require(each).name == row.name), None)


def _added(tx: Transaction, into: Incoming, row: CategoryRow, numbers: dict[int, int]) -> int:
    category = Category(
        row.id,
        row.name,
        None if row.parent_id is None else numbers[row.parent_id] or None,
        row.color,
        row.icon,
        row.score,
        row.focus,
        row.interrupts,
        row.position,
        row.shipped,
    )
    if into.keeps_numbers:
        store.put_category(tx, into.workspace_id, category)
        return row.id
    return store.add_category(tx, into.workspace_id, category)


def is_held(outcome: Outcome, into: Incoming) -> bool:
    """Return whether an archive holds all that an outcome names."""
    return (
        (outcome.category_id is None or into.knows("categories", outcome.category_id))
        and (outcome.project_id is None or into.knows("projects", outcome.project_id))
        and all(into.knows("tags", tag) for tag in outcome.tag_ids)
    )


def outcome_here(outcome: Outcome, into: Incoming) -> Outcome:
    """Return an outcome with the numbers that things have here; without those that stayed behind."""
    category, project = outcome.category_id, outcome.project_id
    tags = {into.number("tags", tag) for tag in outcome.tag_ids} - {0}
    return Outcome(
        None if category is None else into.number("categories", category) or None,
        None if project is None else into.number("projects", project) or None,
        tuple(sorted(tags)),
    )


def _placed(row: RuleRow, into: Incoming, behind: int) -> Rule | None:
    outcome = outcome_here(row.rule.outcome, into)
    if not outcome and into.operation is not None:
        return None
    return msgspec.structs.replace(
        row.rule, id=row.id, position=row.position + behind, enabled=row.enabled, outcome=outcome
    )


def _said(tx: Transaction, into: Incoming, row: CorrectionRow) -> Correction | None:
    """Return a correction as it is kept here; None where what it is about, or all it says, is not here."""
    outcome, subject, payload = outcome_here(row.outcome, into), row.subject, None
    if row.payload is not None:
        payload = into.number("payloads", row.payload) or None
        digest = None if payload is None else store.digest_of_payload(tx, into.workspace_id, payload)
        if digest is None:
            return None
        subject = digest.hex()
    if not outcome:
        return None
    return Correction(row.id, row.kind, subject, outcome, payload, Instant(row.at))


def _recorded(tx: Transaction, workspace: WorkspaceId) -> list[Correction]:
    there = {row[0] for row in store.corrected_traits(tx, workspace)}
    return [each for each in store.corrections(tx, workspace) if each.kind != "payload" or each.id in there]
