"""A data directory and its configuration directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from hourloom.db.keys.places import Places
from hourloom.db.keys.ways import Means


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "data").mkdir()
    return Places(tmp_path / "data", tmp_path / "config")


@pytest.fixture
def means(places: Places) -> Means:
    return Means(places)
