"""A home with a running server for each test, and the disks that fail."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.faults.failing import build
from tests.rigs.serving.a_home import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Return a home whose server is not started yet, and stop the server in the end."""
    made = Home(tmp_path)
    yield made
    made.server.kill()


@pytest.fixture
def running(home: Home) -> Home:
    """Return a home with a running server."""
    home.server.start()
    return home


@pytest.fixture(scope="session")
def failing_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc to build the library that fails")
    return build(tmp_path_factory.mktemp("failing"))
