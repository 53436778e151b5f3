"""What the tests of the away watcher share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.device.away.buses import PrivateBus


@pytest.fixture
def private_bus(tmp_path: Path) -> Iterator[PrivateBus]:
    """Run a bus of this test's own."""
    running = PrivateBus(tmp_path)
    yield running
    running.end()
