"""What the API answers of categories and rules, as far as programs here read it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hourloom.core.privacy import Times


class CategoryShown(msgspec.Struct):
    """A category as it was set, and what of it holds."""

    id: int
    parent_id: int | None
    name: str
    path: list[str]
    position: int
    color: str | None
    icon: str | None
    score: int | None
    focus: bool | None
    interrupts: bool | None
    color_in_force: str | None
    score_in_force: int | None
    is_focus: bool
    is_interruption: bool


class ListedCategories(msgspec.Struct):
    """All categories, each before those below it."""

    version: int
    categories: list[CategoryShown]


class MadeCategory(msgspec.Struct):
    """A category as it is kept."""

    category: CategoryShown
    operation_id: int


class NamedCategories(msgspec.Struct):
    """How many categories got another name."""

    renamed: int
    operation_id: int | None


class ConditionShown(msgspec.Struct):
    """One thing that a rule looks at."""

    field: str = "any"
    form: str = "contains"
    text: str = ""
    ignore_case: bool = False
    negated: bool = False
    times: Times | None = None
    seconds: int = 0


class OutcomeShown(msgspec.Struct):
    """What something gets."""

    category_id: int | None = None
    project_id: int | None = None
    tag_ids: list[int] = []


class RuleShown(msgspec.Struct):
    """Conditions, and what is given where they are met."""

    id: int = 0
    position: int = 0
    enabled: bool = True
    name: str = ""
    priority: int = 0
    match: str = "all"
    conditions: list[ConditionShown] = []
    outcome: OutcomeShown = msgspec.field(default_factory=OutcomeShown)
    origin: str = "user"


class ProblemShown(msgspec.Struct):
    """Why a rule cannot be used."""

    reason: str


class ListedRule(msgspec.Struct):
    """A rule, and why it cannot be used where it cannot."""

    rule: RuleShown
    problem: ProblemShown | None


class ListedRules(msgspec.Struct):
    """All rules in the order in which they are asked."""

    rules: list[ListedRule]


class MadeRule(msgspec.Struct):
    """A rule as it is kept."""

    rule: RuleShown
    operation_id: int


class TestedRules(msgspec.Struct):
    """What was decided about something, and why."""

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


class MoveShown(msgspec.Struct):
    """Time that would go from one category to another."""

    from_path: list[str] | None
    to_path: list[str] | None
    activities: int
    seconds: float


class RulesPreview(msgspec.Struct):
    """What an edit would move."""

    activities: int
    seconds: float
    looked_at: int
    relabelled: int
    relabelled_seconds: float
    moves: list[MoveShown]


class CorrectionShown(msgspec.Struct):
    """What was said about something."""

    id: int
    kind: str
    about: str
    app: str
    payload_id: int | None
    outcome: OutcomeShown
    at: datetime


class ListedCorrections(msgspec.Struct):
    """What was said, the newest first."""

    corrections: list[CorrectionShown]
    next_cursor: int | None


class MadeCorrection(msgspec.Struct):
    """A correction as it is kept."""

    id: int
    operation_id: int


class MarkShown(msgspec.Struct):
    """What was said about a stretch of time."""

    id: int
    start: datetime
    end: datetime
    presence: str | None = None
    outcome: OutcomeShown = msgspec.field(default_factory=OutcomeShown)
    note: str = ""


class ListedMarks(msgspec.Struct):
    """Marks from the newest on."""

    marks: list[MarkShown]
    next_cursor: int | None


class MadeMarks(msgspec.Struct):
    """The numbers of marks."""

    ids: list[int]
    operation_id: int
