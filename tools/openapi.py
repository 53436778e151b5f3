"""Write docs/openapi.json from the routes of the app: `python tools/openapi.py [--check]`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import msgspec

SNAPSHOT = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def fresh() -> bytes:
    """Return the document that the app describes itself with, in a form that gives readable diffs."""
    app = importlib.import_module("hourloom.assembly")
    document: object = app.openapi_document()
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2) + b"\n"


def main() -> None:
    """Write the snapshot, or with `--check` say whether it is stale."""
    if "--check" not in sys.argv:
        SNAPSHOT.write_bytes(fresh())
    elif not SNAPSHOT.exists() or SNAPSHOT.read_bytes() != fresh():
        sys.exit("stale: docs/openapi.json; run `make openapi`")


if __name__ == "__main__":
    main()
