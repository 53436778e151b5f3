"""The pages of the project name only what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changes.d/*.md")])
DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))

COMMAND = re.compile(r"(?:`|^ {4})make ([a-z-]+)", re.MULTILINE)
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
PROMISED = "run test setup dev check fmt openapi schema demo bench docs wheel soak clean setup-system"
KINDS = {"added", "changed", "fixed", "removed", "security"}


def targets() -> set[str]:
    """Return what make can make."""
    return set(TARGET.findall((ROOT / "Makefile").read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_on_a_page_is_a_make_target(page: Path) -> None:
    assert set(COMMAND.findall(page.read_text("utf-8"))) <= targets()


def test_the_readme_shows_the_two_commands() -> None:
    assert {"run", "test"} <= set(COMMAND.findall((ROOT / "README.md").read_text("utf-8")))


def test_make_makes_what_is_promised() -> None:
    assert set(PROMISED.split()) <= targets()


def test_every_target_is_phony_and_explained() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    explained = set(re.findall(r"^([a-z][a-z-]*):[^#\n]*## ", text, re.MULTILINE))
    assert phony
    assert set(phony[1].split()) == targets() == explained


def test_the_list_of_decisions_names_every_page() -> None:
    text = (ROOT / "docs/decisions/README.md").read_text("utf-8")
    assert re.findall(r"\]\((\d{4}-[a-z-]+\.md)\)", text) == [page.name for page in DECISIONS]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.name)
def test_a_decision_has_its_three_headings(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.startswith(f"# {page.name[:4]}. ")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE)[:3] == ["Context", "Decision", "Consequences"]


def test_every_fragment_says_its_kind() -> None:
    fragments = [path.name for path in (ROOT / "changes.d").iterdir() if path.name != "README.md"]
    assert {name.split(".")[-2] for name in fragments} <= KINDS
    assert all(name.endswith(".md") for name in fragments)
