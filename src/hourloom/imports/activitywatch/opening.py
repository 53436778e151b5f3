"""Open whatever source a person named."""

from __future__ import annotations

from pathlib import Path

from hourloom.imports.activitywatch.apart import open_file
from hourloom.imports.activitywatch.server import RunningServer
from hourloom.imports.ports import Source


def open_source(place: str, token: str | None = None) -> Source:
    """Open what a person named: an address that begins with http, or a file, which a worker reads."""
    if place.startswith(("http://", "https://")):
        return RunningServer(place, token)
    return open_file(Path(place).expanduser())
