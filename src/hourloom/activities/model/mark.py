"""Marks: what a person says about a stretch of time; it wins over corrections and rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from hourloom.activities.model.category import CategoryTree
from hourloom.activities.model.rule import Outcome
from hourloom.activities.model.verdict import Verdict
from hourloom.core.changes import PersonalChange
from hourloom.core.clock import DAY, Duration, Instant
from hourloom.core.errors import Invalid, NotFound, TooLarge

MOST_MARKS = 20_000
MOST_AT_ONCE = 500
LONGEST_NOTE = 500
LONGEST = Duration(31 * DAY)

Presence = Literal["away", "present"]


class NoSuchMark(NotFound):
    """There is no mark {id}."""


class MarkNotValid(Invalid):
    """The mark cannot be made: {reason}."""


class TooManyMarks(TooLarge):
    """There are {most} marks already; make a rule of some."""


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says about a stretch of time, whatever was recorded then."""

    id: int
    start: Instant
    end: Instant
    presence: Presence | None = None
    """`away`: it does not count; `present`: it counts, recorded or not; None: as it was recorded."""
    outcome: Outcome = Outcome()
    note: Annotated[str, Meta(max_length=LONGEST_NOTE)] = ""
    at: Instant = Instant(0)
    """When it was made."""


class MarkEdit(msgspec.Struct, frozen=True):
    """The marks of a person that an edit took away, and those that it made."""

    user: int = 0
    marks_before: list[Mark] = []
    marks_after: list[Mark] = []


class Stated(NamedTuple):
    """What holds for a stretch of time by somebody's word."""

    mark: int
    outcome: Outcome
    note: str


class MarksChanged(PersonalChange, frozen=True):
    """What is said about some time changed: read the marks again, and what was done then."""

    started_at: Instant
    ended_at: Instant


def rank(mark: Mark) -> tuple[int, int]:
    """Return by what marks are put in order; of two that overlap the later one wins."""
    return mark.at, mark.id


def problem_of(mark: Mark, now: Instant) -> str | None:
    """Return why a mark cannot be made."""
    if not 0 <= mark.start < mark.end:
        return "it has to begin before it ends"
    if mark.end - mark.start > LONGEST:
        return f"it may be about {LONGEST // DAY} days at most"
    if mark.end > now:
        return "what has not been yet cannot be told"
    if mark.presence is None and not mark.outcome:
        return "say a category, a project or tags, or whether you were there"
    if mark.presence == "away" and mark.outcome:
        return "time away has no category, project or tags"
    if not mark.note.isprintable():
        return "a note has no control characters"
    return None


def stated(verdict: Verdict, outcome: Outcome, tree: CategoryTree) -> Verdict:
    """Return what is decided where somebody said something about the time; what they left open stays."""
    category = outcome.category_id
    if tree.get(category) is not None:
        verdict = msgspec.structs.replace(
            verdict, category_id=category, source="mark", rule_id=None, confidence=1.0, version=""
        )
    if outcome.project_id is not None:
        verdict = msgspec.structs.replace(verdict, project_id=outcome.project_id)
    if outcome.tag_ids:
        tags = tuple(sorted({*verdict.tag_ids, *outcome.tag_ids}))
        verdict = msgspec.structs.replace(verdict, tag_ids=tags)
    return verdict


def outside(mark: Mark, start: int, end: int) -> list[Mark]:
    """Return what is left of a mark outside of a period; the first piece keeps its number.

    mark    |  ------------  |
    period  |      [   )     |
    left    |  ----    ----  |
    """
    left = [
        msgspec.structs.replace(mark, start=Instant(a), end=Instant(b))
        for a, b in ((mark.start, min(mark.end, start)), (max(mark.start, end), mark.end))
        if a < b
    ]
    return [each if place == 0 else msgspec.structs.replace(each, id=0) for place, each in enumerate(left)]


def left_of(mark: Mark, before: int, *, notes: bool) -> Mark | None:
    """Return what is left of a mark where all before an instant goes, or only the note of what ended by then.

    mark    |  ------------  |
    before  |       ]        |
    left    |        ------  |
    """
    if notes:
        return msgspec.structs.replace(mark, note="") if mark.end <= before else mark
    return next(iter(outside(mark, 0, before)), None)


def left_of_edit(edit: MarkEdit, before: int, *, notes: bool) -> MarkEdit:
    """Return what is left of an edit where what is old of its marks goes; the rest can be undone still."""

    def left(marks: Sequence[Mark]) -> list[Mark]:
        return [each for mark in marks if (each := left_of(mark, before, notes=notes)) is not None]

    return MarkEdit(edit.user, left(edit.marks_before), left(edit.marks_after))


def changed_since(here: Iterable[Mark], edit: MarkEdit) -> list[int]:
    """Return the numbers of the marks of an edit that were changed again since."""
    known = {mark.id: mark for mark in here}
    made = {mark.id for mark in edit.marks_after}
    other = [mark.id for mark in edit.marks_after if known.get(mark.id) != mark]
    back = [mark.id for mark in edit.marks_before if mark.id not in made and mark.id in known]
    return sorted(other + back)


def extent(marks: Collection[Mark]) -> tuple[Instant, Instant]:
    """Return from when to when marks reach together."""
    return min(mark.start for mark in marks), max(mark.end for mark in marks)


def replaced(
    user: int, marks: Sequence[Mark], kind: Literal["category", "project", "tag"], number: int, by: int | None
) -> MarkEdit:
    """Return the edit of somebody's marks after which marks name another category, project or tag, or none.

    Those that say nothing any more go.
    """
    before, after = list[Mark](), list[Mark]()
    for mark in marks:
        outcome = _renamed(mark.outcome, kind, number, by)
        if outcome == mark.outcome:
            continue
        before.append(mark)
        if outcome or mark.presence is not None:
            after.append(msgspec.structs.replace(mark, outcome=outcome))
    return MarkEdit(user, before, after)


def uncategorised(user: int, marks: Sequence[Mark], gone: Collection[int]) -> MarkEdit:
    """Return the edit of somebody's marks after which none gives one of some categories.

    Those that say nothing any more go.
    """
    before = [mark for mark in marks if mark.outcome.category_id in gone]
    left = (
        msgspec.structs.replace(mark, outcome=msgspec.structs.replace(mark.outcome, category_id=None))
        for mark in before
    )
    return MarkEdit(user, before, [mark for mark in left if mark.outcome or mark.presence is not None])


def names(mark: Mark, kind: Literal["category", "project", "tag"], number: int) -> bool:
    """Return whether a mark gives a category, project or tag."""
    return _renamed(mark.outcome, kind, number, None) != mark.outcome


def _renamed(
    outcome: Outcome, kind: Literal["category", "project", "tag"], number: int, by: int | None
) -> Outcome:
    if kind == "category" and outcome.category_id == number:
        return msgspec.structs.replace(outcome, category_id=by)
    if kind == "project" and outcome.project_id == number:
        return msgspec.structs.replace(outcome, project_id=by)
    if kind == "tag" and number in outcome.tag_ids:
        tags = {*outcome.tag_ids} - {number} | ({by} if by is not None else set())
        return msgspec.structs.replace(outcome, tag_ids=tuple(sorted(tags)))
    return outcome
