"""Reports that a user keeps by a name."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core.changes import PersonalChange
from hourloom.core.clock import Instant
from hourloom.core.errors import Conflict, Invalid, NotFound
from hourloom.reports.model.asked import ReportDefinition

MOST_SAVED = 500
LONGEST_NAME = 100

ReportName = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]


class NoSuchSavedReport(NotFound):
    """There is no saved report {id}; `hourloom report --list` lists those there are."""


class SavedReportNameTaken(Conflict):
    """There is a saved report with the name '{name}' already."""


class SavedReportNotNamed(Invalid):
    """The name of a saved report has 1 to 100 characters that can be seen."""


class TooManySavedReports(Conflict):
    """There can be at most {most} saved reports; delete some."""


class SavedReport(msgspec.Struct, frozen=True):
    """A report with a name."""

    id: int
    name: str
    definition: ReportDefinition
    created_at: Instant
    updated_at: Instant


class ReportSaved(PersonalChange, frozen=True):
    """A report was saved, or one that was saved before was changed."""

    id: int
    name: str
    definition: ReportDefinition


class SavedReportDeleted(PersonalChange, frozen=True):
    """A saved report was deleted."""

    id: int


def name_of(text: str) -> str:
    """Return a name without blanks around it."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise SavedReportNotNamed
    return name
