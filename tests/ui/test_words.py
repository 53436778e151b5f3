"""The sentences of the screens: each is used, in every language, with the same gaps; pages are served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hourloom.web.pages import PAGES

SOURCE = Path(__file__).resolve().parents[2] / "ui" / "src"
WORDS = SOURCE / "lib" / "words"
ENTRY = re.compile(r"""^\s+"([a-z][^"]*)":\s*("(?:[^"\\]|\\.)*"|`[^`]*`),?$""", re.MULTILINE)
LITERAL = re.compile(r'"([^"\n]*)"' + r"|'([^'\n]*)'" + r"|`([^`\n]*)`")
GAP = re.compile(r"\{(\w+)\}")


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
