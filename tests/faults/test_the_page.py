"""The table of faults in docs/reliability.md names tests that exist, and every test of a fault is in it."""

from __future__ import annotations

import re

import pytest

from tests.rigs.named_tests import REPOSITORY, all_below, exists

PAGE = REPOSITORY / "docs" / "reliability.md"
_PROOF = re.compile(r"\(\.\./(tests/[\w/]+\.py)\)|`(test_\w+)`")
ROW = re.compile(r"^\| (?!Fault|drill|---)(.*) \|$", re.MULTILINE)


def rows() -> list[list[str]]:
    """Return the cells of each row of the table."""
    table = PAGE.read_text("utf-8").partition("## Faults")[2].partition("\n## ")[0]
    return [[cell.strip() for cell in row.split(" | ")] for row in ROW.findall(table)]


def named_in(cell: str) -> list[str]:
    """Return the tests that a cell names, each in the file that is named before it."""
    file, found = "", []
    for path, test in _PROOF.findall(cell):
        file = path or file
        found += [f"{file}::{test}"] if test else []
    return found


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_each_row_says_what_is_seen_and_lost_and_which_tests_prove_it(row: list[str]) -> None:
    assert len(row) == 4, row
    assert all(row)
    assert named_in(row[3])
    assert [name for name in named_in(row[3]) if not exists(name)] == []


def test_every_test_of_a_fault_is_in_the_table() -> None:
    named = {name for row in rows() for name in named_in(row[3])}
    here = [name for name in all_below("tests/faults") if "test_the_page.py" not in name]
    assert [name for name in here if name not in named] == []
