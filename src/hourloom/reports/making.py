"""Put the parts of reports together."""

from __future__ import annotations

from hourloom.activities.service.activities import Activities
from hourloom.activities.service.categories import Categories
from hourloom.core.clock import Clock
from hourloom.db.transaction import Database
from hourloom.operations.service import Operations
from hourloom.projects.service import References
from hourloom.reports.service.naming import Namer, Names
from hourloom.reports.service.referring import SavedReportReferring, SavedReportsOfCategories
from hourloom.reports.service.reports import Reports
from hourloom.reports.service.saved import SavedReports
from hourloom.settings.service import Settings


class Reporting:
    """Reports, and those that are kept by a name."""

    def __init__(  # noqa: PLR0913 - each is a part or a setting
        self,
        database: Database,
        clock: Clock,
        operations: Operations,
        settings: Settings,
        *,
        activities: Activities,
        categories: Categories,
        projects: Names,
        tags: Names,
        references: References,
        seconds: float,
    ) -> None:
        self.namer = Namer(database, categories, projects, tags)
        self.saved = SavedReports(database, clock, operations, self.namer)
        self.reports = Reports(
            database, clock, settings, activities, categories, self.saved, self.namer, seconds
        )

        references.add(SavedReportReferring())
        categories.refer(SavedReportsOfCategories())

    @property
    def services(self) -> list[object]:
        """Return what routes ask for."""
        return [self.reports, self.saved]
