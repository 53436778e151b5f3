"""WakaTime's API over HTTP."""

from hourloom.wakatime.routes import reading, sending
from hourloom.wakatime.routes.places import routes

__all__ = ["reading", "routes", "sending"]
