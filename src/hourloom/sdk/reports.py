"""Reports as the server answers them, for commands and scripts."""

from __future__ import annotations

from datetime import datetime

import msgspec


class ReportRest(msgspec.Struct):
    """What a limit left out."""

    rows: int
    seconds: float
    share: float
    before_seconds: float = 0.0


class ReportRow(msgspec.Struct):
    """How long something lasted; with the rows of a second key, if there is one."""

    key: str | None
    seconds: float
    share: float
    where: dict[str, str] = {}
    color: str | None = None
    before_seconds: float = 0.0
    change_seconds: float = 0.0
    rows: list[ReportRow] | None = None
    rest: ReportRest | None = None


class ReportLongest(msgspec.Struct):
    """The longest active time without interruption."""

    started_at: datetime
    ended_at: datetime
    seconds: float


class ReportPart(msgspec.Struct):
    """An hour, a day or a month of a report."""

    key: str
    started_at: datetime
    seconds: float
    away_seconds: float


class ReportSeries(msgspec.Struct):
    """A report's time in parts of one kind."""

    unit: str
    parts: list[ReportPart]


class ReportFacts(msgspec.Struct):
    """What is known of a period besides its rows."""

    first_activity_at: datetime | None
    last_activity_at: datetime | None
    longest: ReportLongest | None
    active_days: int
    days: int


class ReportBefore(msgspec.Struct):
    """The period that a report is compared with."""

    range: str
    started_at: datetime
    ended_at: datetime
    total_seconds: float
    away_seconds: float
    cut: bool
    """Whether it ends where the report's own period has come to."""


class Report(msgspec.Struct):
    """Where the hours of a period went."""

    range: str
    zone: str
    started_at: datetime
    ended_at: datetime
    by: str
    then: str | None
    where: dict[str, str]
    where_in_words: str
    total_seconds: float
    away_seconds: float
    unassigned_seconds: float
    rows: list[ReportRow]
    rest: ReportRest | None
    facts: ReportFacts
    series: ReportSeries
    compared_with: ReportBefore | None


class SavedReport(msgspec.Struct):
    """A report that is kept by a name."""

    id: int
    name: str
    definition: dict[str, object]
    where_in_words: str
    created_at: datetime
    updated_at: datetime


class SavedReports(msgspec.Struct):
    """All reports that are kept by a name."""

    reports: list[SavedReport]


class MadeSavedReport(msgspec.Struct):
    """A saved report as it is kept."""

    report: SavedReport
    operation_id: int
