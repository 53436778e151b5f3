"""What is asked of a report, as it comes and as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hourloom.activities.model.filter import PARAMETERS, Filter, filter_of, parameters_of
from hourloom.core.errors import Invalid
from hourloom.core.periods import WEEKDAYS
from hourloom.reports.model.keys import Key, keys_of

MOST_ROWS = 100_000
MOST_ROOM = 20_000
SHOWN_ROWS = 1_000
DEEPEST = 100

Words = Annotated[str, Meta(max_length=4_000)]
Shape = Literal["table", "tree", "sunburst"]
"""A table with bars, a tree map, or rings; each with that table."""


class PartNotKnown(Invalid):
    """'{text}' is not valid for the filter {name}; write {known}."""


class FilterNotKnown(Invalid):
    """There is no filter '{name}'; there are: {known}."""


class ReportParts(msgspec.Struct, frozen=True):
    """Which hours and which weekdays a report looks at; None is all."""

    hours: tuple[str, ...] | None = None
    weekdays: tuple[str, ...] | None = None

    @property
    def keys(self) -> tuple[Key, ...]:
        """Return the keys of time that have to be looked at for this."""
        return (*(("hour",) if self.hours else ()), *(("weekday",) if self.weekdays else ()))

    def chosen(self, names: tuple[str, ...]) -> bool:
        """Return whether a stretch of time with these names, one for each of `keys`, is looked at."""
        wanted = [each for each in (self.hours, self.weekdays) if each]
        return all(name in each for name, each in zip(names, wanted, strict=True))


class ReportQuestion(msgspec.Struct, frozen=True):
    """What is asked: of which time, grouped by what, of which activities."""

    range: str = "today"
    date: str = ""
    """A day within the period; today if it is empty."""
    zone: str = ""
    """The zone that days are counted in; the user's if it is empty."""
    keys: tuple[Key, ...] = ("category",)
    compare: bool = False
    depth: int = 0
    """How many levels of the tree of categories are told apart; 0 is all."""
    limit: int = SHOWN_ROWS
    where: Filter = Filter()
    parts: ReportParts = ReportParts()
    most: int = 0
    """Of a timeline, about how many stretches there is room for; 0 for all."""


class ReportDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A report as it is kept: what it is asked each time it is shown."""

    range: Annotated[str, Meta(max_length=100)] = "today"
    by: Annotated[str, Meta(max_length=40)] = "category"
    then: Annotated[str, Meta(max_length=40)] = ""
    zone: Annotated[str, Meta(max_length=64)] = ""
    compare: bool = False
    depth: Annotated[int, Meta(ge=0, le=DEEPEST)] = 0
    limit: Annotated[int, Meta(ge=0, le=MOST_ROWS)] = 0
    """How many rows are shown; 0 leaves that open."""
    where: dict[Annotated[str, Meta(max_length=20)], Words] = {}
    """The parameters of its filter."""
    shape: Shape = "table"
    """How the screens draw it; the numbers are the same."""


def parts_of(parameters: Mapping[str, str]) -> ReportParts:
    """Read the filters `hour` and `weekday`."""
    return ReportParts(
        _listed("hour", parameters, {str(n): f"{n:02}" for n in range(24)}, "hours from 0 to 23"),
        _listed("weekday", parameters, {day: day for day in WEEKDAYS}, "days such as monday,tuesday"),
    )


def _listed(
    name: str, parameters: Mapping[str, str], known: Mapping[str, str], form: str
) -> tuple[str, ...] | None:
    text = parameters.get(name, "")
    if not text:
        return None
    found = []
    for word in text.split(","):
        plain = word.strip().lower()
        plain = str(int(plain)) if plain.isascii() and plain.isdecimal() and len(plain) <= 2 else plain
        if plain not in known:
            raise PartNotKnown(name=name, text=word[:40], known=form)
        found.append(known[plain])
    return tuple(dict.fromkeys(found))


class ReportAsked(msgspec.Struct, frozen=True):
    """A report as programs ask for it: a saved one, or none, and what holds instead of what that says."""

    saved: str = ""
    """The name of a saved report, or its number."""
    range: str = ""
    date: str = ""
    zone: str = ""
    by: str = ""
    then: str = ""
    compare: bool | None = None
    depth: int | None = None
    limit: int = 0
    where: Mapping[str, str] = {}
    most: int = 0
    """Of a timeline, about how many stretches there is room for; 0 for all."""


def question_of(asked: ReportAsked, definition: ReportDefinition = ReportDefinition()) -> ReportQuestion:  # noqa: B008 - it is frozen
    """Return what is asked; what is left open is as the definition says."""
    known = (*PARAMETERS, "hour", "weekday")
    for name in definition.where:
        if name not in known:
            raise FilterNotKnown(name=name, known=", ".join(known))
    where = {**definition.where, **{name: text for name, text in asked.where.items() if text}}
    return ReportQuestion(
        range=asked.range or definition.range,
        date=asked.date,
        zone=asked.zone or definition.zone,
        keys=keys_of(asked.by, asked.then)
        if asked.by
        else keys_of(definition.by, asked.then or definition.then),
        compare=definition.compare if asked.compare is None else asked.compare,
        depth=definition.depth if asked.depth is None else asked.depth,
        limit=asked.limit or definition.limit or SHOWN_ROWS,
        where=filter_of(where),
        parts=parts_of(where),
        most=asked.most,
    )


def where_of(question: ReportQuestion) -> dict[str, str]:
    """Write the filters of a question as parameters of an address."""
    written = parameters_of(question.where)
    if question.parts.hours:
        written["hour"] = ",".join(question.parts.hours)
    if question.parts.weekdays:
        written["weekday"] = ",".join(question.parts.weekdays)
    return written
