"""`/api/v1/reports`: where the hours went, by what, when, and reports that are kept by a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from hourloom.core.actors import Actor
from hourloom.core.clock import datetime_of
from hourloom.reports.model.asked import DEEPEST, MOST_ROOM, MOST_ROWS, ReportAsked, ReportDefinition
from hourloom.reports.model.saved import ReportName, SavedReport
from hourloom.reports.routes.shapes import (
    HeatShape,
    ReportShape,
    SavedReportShape,
    TimelineShape,
    heat_shape_of,
    shape_of,
    timeline_shape_of,
)
from hourloom.reports.service.reports import ReportAnswer, Reports
from hourloom.reports.service.saved import SavedReports
from hourloom.web.caller import Caller
from hourloom.web.routes import Answer, Mode, Routes

routes = Routes("/api/v1", "reports")

READ, WRITE = "reports:read", "reports:write"
KNOWN = {304: "You have it already: the tag in If-None-Match is still right."}

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Text = Annotated[str, Meta(max_length=200)]
Words = Annotated[str, Meta(max_length=4_000)]
Limit = Annotated[int, Meta(ge=0, le=MOST_ROWS)]
Room = Annotated[int, Meta(ge=0, le=MOST_ROOM)]
Depth = Annotated[int, Meta(ge=0, le=DEEPEST)]

Found = TypeVar("Found")


class SavedReportList(msgspec.Struct):
    """The saved reports of a user."""

    reports: list[SavedReportShape]


class ReportToSave(msgspec.Struct, forbid_unknown_fields=True):
    """A report, and the name to keep it by."""

    name: ReportName
    definition: ReportDefinition


class SavedReportMade(msgspec.Struct):
    """A saved report as it is kept, and the operation with which this can be undone."""

    report: SavedReportShape
    operation_id: int


class SavedReportGone(msgspec.Struct):
    """The operation with which this can be undone."""

    operation_id: int


@routes.on(
    "GET", "/reports/summary", scope=READ, mode=Mode.AWAITED, shows=ReportShape, compressed=True, also=KNOWN
)
async def show_report(  # noqa: PLR0913, PLR0917 - each is a parameter of the address
    reports: Reports,
    who: Actor,
    caller: Caller,
    range: Text = "",  # noqa: A002 - the word that it has everywhere
    date: Text = "",
    zone: Text = "",
    by: Text = "",
    then: Text = "",
    compare: bool | None = None,  # noqa: FBT001 - as above
    depth: Depth | None = None,
    limit: Limit = 0,
    saved: Text = "",
    category: Words = "",
    project: Words = "",
    tag: Words = "",
    app: Words = "",
    domain: Words = "",
    device: Words = "",
    score: Words = "",
    source: Words = "",
    title: Words = "",
    unassigned: Text = "",
    exact: Text = "",
    hour: Text = "",
    weekday: Text = "",
) -> Answer:
    """Tell how long was spent on what in a period, by one key or two, with the facts of the period.

    `range` is today, yesterday, day, week, month, quarter, year or FROM..TO; `date` a day within the period.
    """
    where = {
        "category": category,
        "project": project,
        "tag": tag,
        "app": app,
        "domain": domain,
        "device": device,
        "score": score,
        "source": source,
        "title": title,
        "unassigned": unassigned,
        "exact": exact,
        "hour": hour,
        "weekday": weekday,
    }
    asked = ReportAsked(saved, range, date, zone, by, then, compare, depth, limit, where)
    return _answer(await reports.ask(who, asked, _known(caller)), shape_of)


@routes.on(
    "GET", "/reports/heat", scope=READ, mode=Mode.AWAITED, shows=HeatShape, compressed=True, also=KNOWN
)
async def show_heat(  # noqa: PLR0913, PLR0917 - as above
    reports: Reports,
    who: Actor,
    caller: Caller,
    range: Text = "",  # noqa: A002 - as above
    date: Text = "",
    zone: Text = "",
    saved: Text = "",
    category: Words = "",
    project: Words = "",
    tag: Words = "",
    app: Words = "",
    domain: Words = "",
    device: Words = "",
    score: Words = "",
    source: Words = "",
    title: Words = "",
    unassigned: Text = "",
    exact: Text = "",
    hour: Text = "",
    weekday: Text = "",
) -> Answer:
    """Tell how active each hour of each weekday was in a period."""
    where = {
        "category": category,
        "project": project,
        "tag": tag,
        "app": app,
        "domain": domain,
        "device": device,
        "score": score,
        "source": source,
        "title": title,
        "unassigned": unassigned,
        "exact": exact,
        "hour": hour,
        "weekday": weekday,
    }
    asked = ReportAsked(saved, range, date, zone, where=where)
    return _answer(await reports.heat(who, asked, _known(caller)), heat_shape_of)


@routes.on(
    "GET",
    "/reports/timeline",
    scope=READ,
    mode=Mode.AWAITED,
    shows=TimelineShape,
    compressed=True,
    also=KNOWN,
)
async def show_timeline(  # noqa: PLR0913, PLR0917 - as above
    reports: Reports,
    who: Actor,
    caller: Caller,
    range: Text = "",  # noqa: A002 - as above
    date: Text = "",
    zone: Text = "",
    by: Text = "",
    depth: Depth | None = None,
    most: Room = 0,
    category: Words = "",
    project: Words = "",
    tag: Words = "",
    app: Words = "",
    domain: Words = "",
    device: Words = "",
    score: Words = "",
    source: Words = "",
    title: Words = "",
    unassigned: Text = "",
    exact: Text = "",
    hour: Text = "",
    weekday: Text = "",
) -> Answer:
    """Tell what was done when in a period of up to 31 days, by one key, in columns for drawing.

    `most` says for about how many stretches there is room: of more, short ones are joined.
    """
    where = {
        "category": category,
        "project": project,
        "tag": tag,
        "app": app,
        "domain": domain,
        "device": device,
        "score": score,
        "source": source,
        "title": title,
        "unassigned": unassigned,
        "exact": exact,
        "hour": hour,
        "weekday": weekday,
    }
    asked = ReportAsked("", range, date, zone, by, depth=depth, where=where, most=most)
    return _answer(await reports.timeline(who, asked, _known(caller)), timeline_shape_of)


@routes.on("GET", "/reports/saved", scope=READ)
def list_saved_reports(saved: SavedReports, who: Actor) -> SavedReportList:
    """List the reports that were saved, by name."""
    return SavedReportList(_shapes(saved, who, saved.all(who)))


@routes.on("POST", "/reports/saved", scope=WRITE, mode=Mode.WRITE, status=201)
def save_report(saved: SavedReports, who: Actor, body: ReportToSave) -> SavedReportMade:
    """Save a report by a name."""
    report, operation = saved.add(who, body.name, body.definition)
    return SavedReportMade(_shapes(saved, who, [report])[0], operation)


@routes.on("GET", "/reports/saved/{report}", scope=READ)
def show_saved_report(saved: SavedReports, who: Actor, report: Number) -> SavedReportShape:
    """Show a saved report: its name and what it asks."""
    return _shapes(saved, who, [saved.get(who, report)])[0]


@routes.on("PUT", "/reports/saved/{report}", scope=WRITE, mode=Mode.WRITE)
def edit_saved_report(saved: SavedReports, who: Actor, report: Number, body: ReportToSave) -> SavedReportMade:
    """Give a saved report another name, or let it ask something else."""
    made, operation = saved.change(who, report, body.name, body.definition)
    return SavedReportMade(_shapes(saved, who, [made])[0], operation)


@routes.on("DELETE", "/reports/saved/{report}", scope=WRITE, mode=Mode.WRITE)
def delete_saved_report(saved: SavedReports, who: Actor, report: Number) -> SavedReportGone:
    """Delete a saved report."""
    return SavedReportGone(saved.delete(who, report))


def _shapes(saved: SavedReports, who: Actor, found: Sequence[SavedReport]) -> list[SavedReportShape]:
    return [
        SavedReportShape(
            report.id,
            report.name,
            report.definition,
            words,
            datetime_of(report.created_at),
            datetime_of(report.updated_at),
        )
        for report, words in zip(found, saved.described(who, found), strict=True)
    ]


def _known(caller: Caller) -> list[str]:
    return [tag.strip() for tag in caller.if_none_match.split(",")]


def _answer(answer: ReportAnswer[Found], shape: Callable[[Found], object]) -> Answer:
    headers = {"etag": answer.tag}
    if answer.found is None:
        return Answer(b"", 304, headers)
    return Answer(shape(answer.found), headers=headers)
