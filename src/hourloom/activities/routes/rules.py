"""Rules over HTTP: what they are, what they decide and why, and what an edit of them would move."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.activities.model.preview import Moves
from hourloom.activities.model.rule import MOST_RULES, Problem, Rule
from hourloom.activities.model.subject import Subject
from hourloom.activities.routes.categories import CategoryEdit, changes_of
from hourloom.activities.service.categories import Categories
from hourloom.activities.service.rules import Asked, Edit, RuleInForce, Rules
from hourloom.core.actors import Actor
from hourloom.core.clock import SECOND, instant_of
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "rules")

READ, WRITE = "activities:read", "activities:write"

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Moment = Annotated[datetime, Meta(tz=True)]
Text = Annotated[str, Meta(max_length=2_000)]


class CategoryRuleShape(msgspec.Struct):
    """A rule, and why it cannot be used where it came so from another program."""

    rule: Rule
    problem: Problem | None


class CategoryRulesShape(msgspec.Struct):
    """All rules in the order in which they are asked."""

    rules: list[CategoryRuleShape]


class CategoryRuleMade(msgspec.Struct):
    """A rule as it is kept, and the operation with which this can be undone."""

    rule: Rule
    operation_id: int


class CategoryRulesChangeMade(msgspec.Struct):
    """The operation with which this can be undone."""

    operation_id: int


class CategoryRulesOrder(msgspec.Struct, forbid_unknown_fields=True):
    """All rules by their numbers, in the order wanted."""

    ids: Annotated[list[Number], Meta(max_length=MOST_RULES)]


class RulePlace(msgspec.Struct, forbid_unknown_fields=True):
    """A place in the order, counted from 0."""

    position: Annotated[int, Meta(ge=0, le=MOST_RULES)]


class ToTest(msgspec.Struct, forbid_unknown_fields=True):
    """Something in words; or what was recorded, by the numbers of its payloads."""

    app: Text = ""
    title: Text = ""
    url: Text = ""
    path: Text = ""
    project: Text = ""
    language: Text = ""
    device: Text = ""
    window_id: Number | None = None
    detail_id: Number | None = None
    device_id: Number | None = None


class Tested(msgspec.Struct):
    """What was decided, by whom, how sure that is, and which rules it meets."""

    category_id: int | None
    path: list[str] | None
    project_id: int | None
    tag_ids: list[int]
    source: str
    rule_id: int | None
    confidence: float
    version: str
    matched: list[int]
    depends_on_moment: bool
    """Whether the time, or how long a visit lasts, could make it another."""


class EditToPreview(msgspec.Struct, forbid_unknown_fields=True):
    """One edit, and a period, the last 28 days if none is given."""

    add: Rule | None = None
    change: Rule | None = None
    remove: Number | None = None
    order: Annotated[list[Number], Meta(max_length=MOST_RULES)] | None = None
    category: Number | None = None
    """A category to be edited by `changes`."""
    changes: CategoryEdit | None = None
    remove_category: Number | None = None
    reassign_to: Number | None = None
    uncategorise: bool = False
    started_at: Moment | None = None
    ended_at: Moment | None = None


class MoveShape(msgspec.Struct):
    """Time that would go from one category to another; null is uncategorised."""

    from_path: list[str] | None
    to_path: list[str] | None
    activities: int
    seconds: float


class RulesPreviewShape(msgspec.Struct):
    """What would move, the most time first."""

    activities: int
    seconds: float
    looked_at: int
    relabelled: int
    """Activities that keep their category and get other projects or tags."""
    relabelled_seconds: float
    moves: list[MoveShape]


@routes.on("GET", "/rules", scope=READ)
def list_rules(rules: Rules, who: Actor) -> CategoryRulesShape:
    """List the rules in the order in which they are asked."""
    return CategoryRulesShape([_shape(each) for each in rules.list(who)])


@routes.on("POST", "/rules", scope=WRITE, mode=Mode.WRITE, status=201)
def add_rule(rules: Rules, who: Actor, body: Rule) -> CategoryRuleMade:
    """Add a rule behind those that are there."""
    return CategoryRuleMade(*rules.add(who, body))


@routes.on("PUT", "/rules", scope=WRITE, mode=Mode.WRITE)
def order_rules(rules: Rules, who: Actor, body: CategoryRulesOrder) -> CategoryRulesChangeMade:
    """Put the rules in another order."""
    return CategoryRulesChangeMade(rules.order(who, body.ids))


@routes.on("PUT", "/rules/{rule}", scope=WRITE, mode=Mode.WRITE)
def change_rule(rules: Rules, who: Actor, rule: Number, body: Rule) -> CategoryRuleMade:
    """Put a rule in the place of one."""
    return CategoryRuleMade(*rules.change(who, msgspec.structs.replace(body, id=rule)))


@routes.on("DELETE", "/rules/{rule}", scope=WRITE, mode=Mode.WRITE)
def remove_rule(rules: Rules, who: Actor, rule: Number) -> CategoryRulesChangeMade:
    """Remove a rule."""
    return CategoryRulesChangeMade(rules.remove(who, rule))


@routes.on("POST", "/rules/{rule}/move", scope=WRITE, mode=Mode.WRITE)
def move_rule(rules: Rules, who: Actor, rule: Number, body: RulePlace) -> CategoryRulesChangeMade:
    """Put one rule at another place in the order."""
    return CategoryRulesChangeMade(rules.move(who, rule, body.position))


@routes.on("POST", "/rules/test", scope=READ)
def test_rules(rules: Rules, categories: Categories, who: Actor, body: ToTest) -> Tested:
    """Show what is decided about something, by whom, and why."""
    if body.window_id is None and body.detail_id is None:
        names = Asked.__struct_fields__
        found = rules.explain(who, Asked(**{name: getattr(body, name) for name in names}))
    else:
        subject = Subject(body.window_id or 0, body.detail_id or 0, body.device_id or 0)
        found = rules.explain_subject(who, subject)
    verdict = found.verdict
    tree, _ = categories.list(who)
    return Tested(
        verdict.category_id,
        list(tree.path(verdict.category_id)) or None,
        verdict.project_id,
        list(verdict.tag_ids),
        verdict.source,
        verdict.rule_id,
        verdict.confidence,
        verdict.version,
        found.matched,
        found.depends,
    )


@routes.on("POST", "/rules/preview", scope=READ, mode=Mode.AWAITED)
async def preview_rules(rules: Rules, who: Actor, body: EditToPreview) -> RulesPreviewShape:
    """Show what an edit of rules or categories would move, before it is made."""
    edit = Edit(
        body.add,
        body.change,
        body.remove,
        body.order,
        body.category,
        {} if body.changes is None else changes_of(body.changes),
        body.remove_category,
        body.reassign_to,
        body.uncategorise,
    )
    start = None if body.started_at is None else instant_of(body.started_at)
    end = None if body.ended_at is None else instant_of(body.ended_at)
    return _preview(await rules.preview(who, edit, start, end))


def _shape(found: RuleInForce) -> CategoryRuleShape:
    return CategoryRuleShape(found.rule, found.problem)


def _preview(moves: Moves) -> RulesPreviewShape:
    activities, lasts = moves.all()
    return RulesPreviewShape(
        activities,
        lasts / SECOND,
        moves.looked_at,
        moves.relabelled,
        moves.relabelled_lasts / SECOND,
        [
            MoveShape(list(m.from_path) or None, list(m.to_path) or None, m.activities, m.lasts / SECOND)
            for m in moves.largest()
        ],
    )
