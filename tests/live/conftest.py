"""A running server for each test that wants one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.testing import FixedClock, OpenDatabase
from tests.live.serving import Serving, a_running_server


@pytest.fixture
def serving(open_database: OpenDatabase, tmp_path: Path, clock: FixedClock) -> Iterator[Serving]:
    """Run a server on a port and a socket file of its own."""
    with a_running_server(open_database, tmp_path, clock) as serving:
        yield serving
