"""The typed routes of all features, and the description of the whole API."""

from __future__ import annotations

from typing import Any

from hourloom import __version__
from hourloom.accounts.routes.downloads import routes as downloads_routes
from hourloom.accounts.routes.keys import routes as keys_routes
from hourloom.accounts.routes.step_up import routes as step_up_routes
from hourloom.accounts.routes.tokens import routes as accounts_routes
from hourloom.activities.routes.activities import routes as activities_routes
from hourloom.activities.routes.categories import routes as categories_routes
from hourloom.activities.routes.corrections import routes as corrections_routes
from hourloom.activities.routes.marks import routes as marks_routes
from hourloom.activities.routes.rules import routes as rules_routes
from hourloom.archive.routes import routes as archive_routes
from hourloom.backups.routes import routes as backups_routes
from hourloom.care.routes import routes as care_routes
from hourloom.demo.routes import routes as demo_routes
from hourloom.goals.routes import routes as goals_routes
from hourloom.jobs.routes import routes as jobs_routes
from hourloom.notices.routes import routes as notices_routes
from hourloom.operations.routes import routes as operations_routes
from hourloom.projects.routes import routes as projects_routes
from hourloom.reports.routes.exports import routes as exports_routes
from hourloom.reports.routes.measures import routes as measures_routes
from hourloom.reports.routes.reports import routes as reports_routes
from hourloom.settings.routes import routes as settings_routes
from hourloom.today.routes import routes as today_routes
from hourloom.tracking.routes.aw import routes as aw_routes
from hourloom.tracking.routes.days import routes as days_routes
from hourloom.tracking.routes.devices import routes as devices_routes
from hourloom.tracking.routes.erasures import routes as erasures_routes
from hourloom.tracking.routes.moving import aw_routes as aw_moving_routes
from hourloom.tracking.routes.moving import routes as moving_routes
from hourloom.tracking.routes.privacy import routes as privacy_routes
from hourloom.tracking.routes.retention import routes as retention_routes
from hourloom.tracking.routes.returns import routes as returns_routes
from hourloom.tracking.routes.v1 import routes as tracking_routes
from hourloom.wakatime.routes import routes as editor_routes
from hourloom.web.openapi import document
from hourloom.web.routes import Route
from hourloom.web.vitals import routes as vitals_routes


def all_routes() -> list[Route]:
    """Return the typed routes of all features, the busiest first."""
    return [
        *aw_routes.all,
        *aw_moving_routes.all,
        *tracking_routes.all,
        *devices_routes.all,
        *returns_routes.all,
        *editor_routes.all,
        *moving_routes.all,
        *days_routes.all,
        *erasures_routes.all,
        *retention_routes.all,
        *privacy_routes.all,
        *operations_routes.all,
        *accounts_routes.all,
        *step_up_routes.all,
        *keys_routes.all,
        *settings_routes.all,
        *projects_routes.all,
        *activities_routes.all,
        *categories_routes.all,
        *rules_routes.all,
        *corrections_routes.all,
        *marks_routes.all,
        *reports_routes.all,
        *measures_routes.all,
        *goals_routes.all,
        *today_routes.all,
        *jobs_routes.all,
        *backups_routes.all,
        *archive_routes.all,
        *downloads_routes.all,
        *exports_routes.all,
        *notices_routes.all,
        *demo_routes.all,
        *care_routes.all,
        *vitals_routes.all,
    ]


def openapi_document() -> dict[str, Any]:
    """Return the description of the whole API."""
    return document(all_routes(), __version__)
