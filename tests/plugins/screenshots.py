"""`pytest tests/ui --screenshots` draws every page into docs/images/screens, or where it is told to."""

from __future__ import annotations

from pathlib import Path

import pytest

DRAWN = "docs/images/screens"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--screenshots", nargs="?", const=DRAWN, metavar="DIRECTORY", help="draw every page")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what draws, unless somebody asks for it."""
    draws = collection_path.name == "test_screenshots.py"
    return True if draws and config.getoption("--screenshots") is None else None
