"""Rules: which category, project and tags something gets, by conditions on what it was and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hourloom.core.errors import Conflict, Invalid, NotFound, TooLarge
from hourloom.core.privacy import Times

MOST_RULES = 5_000
MOST_CONDITIONS = 20
MOST_TAGS = 50
LONGEST_TEXT = 1_000
LONGEST_DWELL = 24 * 3600

Field = Literal[
    "any", "app", "domain", "url", "host", "path", "title", "project", "language", "device", "time", "dwell"
]
Form = Literal["words", "contains", "equals", "pattern"]
Origin = Literal["user", "activitywatch"]

Number = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
NONE_OF_TEXT = frozenset({"time", "dwell"})


class NoSuchRule(NotFound):
    """There is no rule {id}."""


class RuleNotValid(Invalid):
    """The rule cannot be used: {reason}."""


class TooManyRules(TooLarge):
    """There are {most} rules already; delete some."""


class NotTheSameRules(Conflict):
    """An order names each rule once; those there are: {ids}."""


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a rule looks at."""

    field: Field = "any"
    """What is looked at; `any`: the program's name, the title, the URL and the path."""
    form: Form = "contains"
    """`equals` of an app takes all names of it, of a domain it and those below it."""
    text: Annotated[str, Meta(max_length=LONGEST_TEXT)] = ""
    """What is looked for; upper and lower case do not matter, except in a pattern."""
    ignore_case: bool = False
    """Whether they do not matter in a pattern either."""
    negated: bool = False
    """Whether the condition is met where it otherwise is not."""
    times: Times | None = None
    """With the field `time`: days of the week and times of day in your zone."""
    seconds: Annotated[int, Meta(ge=0, le=LONGEST_DWELL)] = 0
    """With the field `dwell`: how long the visit lasted at least."""


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What something gets; what is left out stays open for others to say."""

    category_id: Number | None = None
    project_id: Number | None = None
    tag_ids: Annotated[tuple[Number, ...], Meta(max_length=MOST_TAGS)] = ()
    """Tags of all that apply add up."""

    def __bool__(self) -> bool:
        """Return whether it says anything."""
        return self.category_id is not None or self.project_id is not None or bool(self.tag_ids)


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Conditions, and what is given where they are met."""

    id: int = 0
    position: int = 0
    enabled: bool = True
    name: Annotated[str, Meta(max_length=200)] = ""
    priority: Annotated[int, Meta(ge=-1000, le=1000)] = 0
    """The higher goes first; of equal ones the earlier in the order."""
    match: Literal["all", "any"] = "all"
    conditions: Annotated[tuple[Condition, ...], Meta(max_length=MOST_CONDITIONS)] = ()
    outcome: Outcome = Outcome()
    origin: Origin = "user"
    """`activitywatch`: it came with the setting `classes` of ActivityWatch's clients."""


class Problem(msgspec.Struct, frozen=True):
    """Why a rule cannot be used: in which condition, and where in its pattern."""

    reason: str
    condition: int | None = None
    """Counted from 1."""
    position: int | None = None
    """The character of the pattern, counted from 1."""


def rank(rule: Rule) -> tuple[int, int, int]:
    """Return by what rules are put in the order in which they are asked."""
    return -rule.priority, rule.position, rule.id


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """Return rules in the order in which they are asked."""
    return sorted(rules, key=rank)


def problem_of_shape(rule: Rule) -> Problem | None:
    """Return why a rule cannot be used, its patterns aside."""
    if not rule.conditions:
        return Problem("it would meet everything: give a condition")
    if not rule.outcome:
        return Problem("it gives nothing: say a category, a project or tags")
    if not rule.name.isprintable():
        return Problem("a name has no control characters")
    for place, condition in enumerate(rule.conditions, 1):
        reason = _problem_of_condition(condition)
        if reason is not None:
            return Problem(reason, place)
    return None


def reordered(rules: Sequence[Rule], ids: Sequence[int]) -> list[Rule]:
    """Return rules in the order of their numbers, each of which is named once."""
    by_id = {rule.id: rule for rule in rules}
    if sorted(ids) != sorted(by_id):
        named = sorted(by_id)
        more = f" and {len(named) - 50} more" if len(named) > 50 else ""
        raise NotTheSameRules(ids=(", ".join(map(str, named[:50])) or "none") + more)
    return [msgspec.structs.replace(by_id[id_], position=place) for place, id_ in enumerate(ids)]


def _problem_of_condition(condition: Condition) -> str | None:
    if (condition.field == "time") != (condition.times is not None):
        return "`times` are given with the field `time`, and only then"
    if (condition.field == "dwell") != (condition.seconds > 0):
        return "`seconds`, more than 0, are given with the field `dwell`, and only then"
    if condition.field in NONE_OF_TEXT:
        return f"a condition on `{condition.field}` has no text" if condition.text else None
    if not condition.text.strip():
        return "give a text to look for"
    if condition.ignore_case and condition.form != "pattern":
        return "`ignore_case` is of patterns; other texts are found in any case"
    if condition.form == "words" and not any(letter.isalnum() for letter in condition.text):
        return "words have letters or digits"
    return None
