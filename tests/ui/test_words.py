"""The sentences of the screens: each is used, in every language, with the same gaps; pages are served."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from hourloom.core.errors import HourloomError
from hourloom.notices.kinds import KINDS
from hourloom.reports.measures import recommendations
from hourloom.web.pages import PAGES

SOURCE = Path(__file__).resolve().parents[2] / "ui" / "src"
WORDS = SOURCE / "lib" / "words"
ENTRY = re.compile(r"""^\s+"([a-z][^"]*)":\s*("(?:[^"\\]|\\.)*"|`[^`]*`),?$""", re.MULTILINE)
LITERAL = re.compile(r'"([^"\n]*)"' + r"|'([^'\n]*)'" + r"|`([^`\n]*)`")
GAP = re.compile(r"\{(\w+)\}")
FROM_SERVER = WORDS / "from-server.ts"
FEATURES = (
    "accounts", "activities", "archive", "backups", "core", "db", "exports", "goals", "imports", "jobs",
    "notices", "operations", "projects", "reports", "settings", "tracking", "web", "workers",
)  # fmt: skip
NEVER_ON_A_SCREEN = (
    "core.errors.HourloomError",
    # They are raised before there is a server, or on a terminal.
    "db.keys", "db.lock", "db.migrate", "db.opening", "db.salvage", "db.swap", "web.server",
)  # fmt: skip
FIELD = re.compile(r"\{(\w+)(?::[^}]*)?\}")


def words(language: str) -> dict[str, str]:
    """Return the common sentences and those that come with a page of their own."""
    files = sorted(WORDS.glob(f"*{language}.ts"))
    return {key: text for file in files for key, text in ENTRY.findall(file.read_text("utf-8"))}


@pytest.fixture(scope="module")
def english() -> dict[str, str]:
    return words("en")


def said() -> set[str]:
    """Return all texts in quotes of the source, but for the words themselves."""
    found = set[str]()
    for file in SOURCE.rglob("*"):
        inside = file.relative_to(SOURCE)
        if file.suffix in (".ts", ".svelte") and inside.parts[0] != "api" and file.parent != WORDS:
            for quoted in LITERAL.findall(file.read_text("utf-8")):
                found |= {text for text in quoted if text}
    return found


def test_every_sentence_is_used(english: dict[str, str]) -> None:
    texts = said()
    # Within the quotes of an attribute stands a template of its own.
    made = [text for text in texts if "${" in text]
    ways = [re.compile(".+".join(map(re.escape, re.split(r"\$\{[^}]*\}", text)))) for text in made]
    unused = [key for key in english if key not in texts and not any(way.fullmatch(key) for way in ways)]
    assert unused == []


def test_every_language_has_every_sentence_with_the_same_gaps(english: dict[str, str]) -> None:
    german = words("de")
    assert len(english) > 100
    assert german.keys() == english.keys()
    others = {
        key: (english[key], german[key])
        for key in english
        if sorted(set(GAP.findall(english[key]))) != sorted(set(GAP.findall(german[key])))
    }
    assert others == {}


def test_the_server_serves_exactly_the_pages_that_there_are() -> None:
    text = (SOURCE / "pages.ts").read_text("utf-8")
    names = re.findall(r'\bname: "([a-z-]+)"', text)
    assert len(set(names)) == len(names)
    assert sorted(names) == sorted(PAGES)


def errors() -> Iterator[type[HourloomError]]:
    """Yield the errors that a screen can meet."""
    for feature in FEATURES:
        package = importlib.import_module(f"hourloom.{feature}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith("hourloom.db.alembic"):
                importlib.import_module(module.name)
    left: list[type[HourloomError]] = [HourloomError]
    while left:
        family = left.pop()
        left += family.__subclasses__()
        name = f"{family.__module__}.{family.__name__}".removeprefix("hourloom.")
        if name.startswith(tuple(f"{each}." for each in FEATURES)) and not name.startswith(NEVER_ON_A_SCREEN):
            yield family


def told(name: str) -> str:
    """Return the lines of one table of what the server says in German."""
    text = FROM_SERVER.read_text("utf-8")
    return text.partition(f"export const {name}:")[2].partition("\n};")[0]


def test_every_error_that_a_screen_can_meet_is_said_in_german() -> None:
    german = dict(ENTRY.findall(told("PROBLEMS")))
    english: dict[str, set[str]] = {}
    for error in errors():
        fields = set(FIELD.findall((error.__doc__ or "").split("\n\n")[0]))
        english[error.code] = english.get(error.code, fields) & fields
    assert sorted(english.keys() - german.keys()) == []
    unknown = {
        code: set(GAP.findall(text)) - english[code] for code, text in german.items() if code in english
    }
    assert {code: gaps for code, gaps in unknown.items() if gaps} == {}


def test_every_notice_is_said_in_german_with_its_facts() -> None:
    text = told("NOTICES")
    german = dict(re.findall(r'^\s+(\w+): \["([^"]*)", "', text, re.MULTILINE))
    assert german.keys() == KINDS.keys()
    facts = {name: set(GAP.findall(kind.sentence)) for name, kind in KINDS.items()}
    assert {name: set(GAP.findall(sentence)) for name, sentence in german.items()} == facts


def test_every_recommendation_is_said_in_german() -> None:
    assert set(re.findall(r"^\s+(\w+): \(", told("ADVICE"), re.MULTILINE)) == set(
        get_args(recommendations.Kind)
    )
    source = Path(recommendations.__file__).with_name("trends.py").read_text("utf-8")
    series = set(re.findall(r'Series\(\s*"(\w+)",\s+"([a-z ]+)"', source))
    assert {name for name, _ in series} == set(re.findall(r"^\s+(\w+): \"", told("SERIES"), re.MULTILINE))
    units = FROM_SERVER.read_text("utf-8").partition("export const UNITS")[2].partition("\n")[0]
    assert [unit for _, unit in series if f'"{unit}":' not in units and f" {unit}:" not in units] == []
