"""Run aw-server with ActivityWatch's web interface before it, by the Python that aw-server is installed for.

    python webui_server.py DIRECTORY --host 127.0.0.1 --port 5600

The directory holds a built aw-webui; aw-server 0.12.0 comes without the scripts of its own. All files of the
interface are sent compressed, which aw-server does not do by itself: what is measured is the interface, not
that. The settings, which a newer interface asks for, are kept in memory.
"""

from __future__ import annotations

import gzip
import importlib
import sys
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

SETTINGS = "/api/0/settings"
DAY = timedelta(days=1).total_seconds()


def prepare(application: Any, folder: Path) -> Any:  # a Flask application, which is typed there
    """Let the application send the files of a directory, and know settings: the timeline shows a day."""
    flask = importlib.import_module("flask")
    stored: dict[str, Any] = {"durationDefault": DAY}

    @cache
    def compressed(name: str) -> bytes:
        return gzip.compress((folder / name).read_bytes(), 9)

    @application.after_request  # type: ignore[untyped-decorator]
    def compress(response: Any) -> Any:
        name = flask.request.path.lstrip("/") or "index.html"
        if response.status_code == 200 and not name.startswith("api/"):
            response.direct_passthrough = False
            response.set_data(compressed(name))
            response.headers["Content-Encoding"] = "gzip"
        return response

    @application.get(SETTINGS)  # type: ignore[untyped-decorator]
    def settings() -> Any:
        return flask.jsonify(stored)

    @application.route(f"{SETTINGS}/<key>", methods=["GET", "POST"])  # type: ignore[untyped-decorator]
    def setting(key: str) -> Any:
        if flask.request.method == "POST":
            stored[key] = flask.request.get_json(force=True, silent=True)
        return flask.jsonify(stored.get(key))

    return application


def main() -> None:
    """Start it as `aw-server` does."""
    server: Any = importlib.import_module("aw_server.server")
    program: Any = importlib.import_module("aw_server.main")
    folder = Path(sys.argv.pop(1)).resolve()
    create = server.create_app
    server.static_folder = str(folder)
    server.create_app = lambda *given, **named: prepare(create(*given, **named), folder)
    program.main()


if __name__ == "__main__":
    main()
