from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program


@pytest.fixture
def hourloom(tmp_path: Path) -> Program:
    """The program where nothing was started yet."""
    return Program(tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program beside a server that runs for all tests of a module."""
    program = Program(tmp_path_factory.mktemp("served"))
    with program.running():
        yield program
