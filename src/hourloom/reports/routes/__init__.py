"""`/api/v1/reports`."""

from hourloom.reports.routes.reports import routes

__all__ = ["routes"]
