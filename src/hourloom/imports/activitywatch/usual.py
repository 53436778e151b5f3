"""Where ActivityWatch usually is on this computer: running servers, and databases."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from hourloom.core.errors import HourloomError
from hourloom.imports.activitywatch.apart import kind_of
from hourloom.imports.activitywatch.asking import Kind
from hourloom.web.server.occupant import who_listens

PORTS = (5600, 5666)
FILES = (
    "aw-server/peewee-sqlite.v2.db",
    "aw-server-rust/sqlite.db",
    "aw-server/sqlite.v1.db",
)
NAMES = {
    Kind.EXPORT: "an export of ActivityWatch",
    Kind.PYTHON_DATABASE: "the database of aw-server",
    Kind.RUST_DATABASE: "the database of aw-server-rust",
    Kind.CORE_DATABASE: "the database of an old aw-server",
}


def found(environment: Mapping[str, str] = os.environ) -> Iterator[tuple[str, str]]:
    """Yield the running servers and the databases of ActivityWatch that are in their usual places."""
    for port in PORTS:
        occupant = who_listens("127.0.0.1", port)
        if occupant is not None and occupant.kind == "activitywatch":
            yield f"http://127.0.0.1:{port}", occupant.name
    for directory in _directories(environment):
        for name in FILES:
            path = directory / name
            if path.is_file() and (kind := _kind(path)) is not None:
                yield str(path), kind


def _kind(path: Path) -> str | None:
    try:
        return NAMES[kind_of(path)]
    except HourloomError:
        return None


def _directories(environment: Mapping[str, str]) -> list[Path]:
    home = Path.home()
    if sys.platform == "darwin":
        return [home / "Library/Application Support/activitywatch"]
    if sys.platform == "win32":
        local = Path(environment.get("LOCALAPPDATA") or home / "AppData/Local")
        return [local / "activitywatch/activitywatch", local / "activitywatch"]
    return [Path(environment.get("XDG_DATA_HOME") or home / ".local/share") / "activitywatch"]
