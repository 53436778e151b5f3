"""Open whatever source a person named."""

from __future__ import annotations

from pathlib import Path

from hourloom.imports.activitywatch.database import DatabaseFile
from hourloom.imports.activitywatch.detect import Kind, detect
from hourloom.imports.activitywatch.export import ExportFile
from hourloom.imports.activitywatch.server import RunningServer
from hourloom.imports.ports import Source


def open_source(place: str, token: str | None = None) -> Source:
    """Open what a person named: an address that begins with http, or a file of any kind."""
    if place.startswith(("http://", "https://")):
        return RunningServer(place, token)
    path = Path(place).expanduser()
    return ExportFile(path) if detect(path) is Kind.EXPORT else DatabaseFile(path)
