"""Which tests there are, read from the source: for pages and tables that name them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


@cache
def tests_in(file: str) -> frozenset[str]:
    """Return the names of the tests in a file, given by its path from the repository."""
    path = REPOSITORY / file
    if not path.is_file():
        return frozenset()
    found = ast.walk(ast.parse(path.read_text("utf-8")))
    return frozenset(
        it.name for it in found if isinstance(it, ast.FunctionDef) and it.name.startswith("test_")
    )


def exists(name: str) -> bool:
    """Tell whether there is a test of this name, written as path::test."""
    file, _, test = name.partition("::")
    return test in tests_in(file)


def all_below(directory: str) -> list[str]:
    """Return all tests below a directory, as path::test."""
    files = sorted((REPOSITORY / directory).rglob("test_*.py"))
    paths = [str(file.relative_to(REPOSITORY)) for file in files]
    return [f"{path}::{test}" for path in paths for test in sorted(tests_in(path))]
