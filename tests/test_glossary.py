"""Tables and model classes are named with the words of docs/glossary.md."""

from __future__ import annotations

import ast
import re
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = ROOT / "docs" / "glossary.md"
SOURCE = ROOT / "src" / "hourloom"

SCHEMAS = sorted((SOURCE / "db").glob("schema*.sql"))
MODELS = sorted([*SOURCE.glob("*/model.py"), *SOURCE.glob("*/model/*.py")])

TABLE = re.compile(r"^CREATE (?:TABLE|VIEW)\s+(?:IF NOT EXISTS\s+)?(?:public\.)?\"?(\w+)", re.MULTILINE)
ROW = re.compile(r"^\| ([A-Z][A-Za-z]+) \|", re.MULTILINE)
CAPITALISED = re.compile(r"[A-Z][a-z0-9]*")

FOREIGN_TABLES = {"alembic_version"}
"""Tables that a library names."""

Words = tuple[str, ...]


def terms() -> set[Words]:
    """Return the words of the glossary, each as its parts: TimeEntry is (time, entry)."""
    listed = GLOSSARY.read_text("utf-8").partition("## Words we avoid")[0]
    return {parts(word) for word in ROW.findall(listed) if word != "Word"}


def parts(name: str) -> Words:
    """Split a CamelCase name into words in the singular."""
    return tuple(singular(word.lower()) for word in CAPITALISED.findall(name))


def singular(word: str) -> str:
    """Return the singular of an English noun, as far as our words need it."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def made_of(words: Words, known: set[Words]) -> bool:
    """Tell whether words are nothing but terms, one after another."""
    if not words:
        return True
    heads = (words[:end] for end in range(1, len(words) + 1))
    return any(head in known and made_of(words[len(head) :], known) for head in heads)


def names_one(words: Words, known: set[Words]) -> bool:
    """Tell whether a term is among the words."""
    count = len(words)
    return any(words[i:j] in known for i in range(count) for j in range(i + 1, count + 1))


def tables(schema: Path) -> list[str]:
    """List the tables and views of a schema, views without their prefix."""
    names = TABLE.findall(schema.read_text("utf-8"))
    return [name.removeprefix("v_") for name in names if name not in FOREIGN_TABLES]


def bases(node: ast.ClassDef) -> set[str]:
    """List the last words of a class's bases."""
    return {ast.unparse(base).split("[")[0].rpartition(".")[2] for base in node.bases}


def classes(path: Path) -> list[ast.ClassDef]:
    """List the public classes of a module."""
    nodes = ast.parse(path.read_text("utf-8")).body
    return [node for node in nodes if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]


def errors() -> set[str]:
    """Return every class that is an error by its ancestors; an error is named after what is wrong."""
    found = {"Exception", "HourloomError"}
    nodes = list(chain.from_iterable(classes(path) for path in SOURCE.rglob("*.py")))
    while new := {node.name for node in nodes if bases(node) & found} - found:
        found |= new
    return found


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: path.name)
def test_every_table_is_in_the_glossary(schema: Path) -> None:
    known = terms()
    unknown = [
        name for name in tables(schema) if not made_of(tuple(singular(w) for w in name.split("_")), known)
    ]
    assert tables(schema), "the schema has no tables, or this test cannot read it"
    assert not unknown, "give these tables other names, or the glossary new rows"


def test_every_model_class_is_in_the_glossary() -> None:
    known, exempt = terms(), errors()
    unknown = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in MODELS
        for node in classes(path)
        if node.name not in exempt and not names_one(parts(node.name), known)
    ]
    assert not unknown, "give these classes other names, or the glossary new rows"


def test_an_unknown_name_is_found() -> None:
    known = terms()
    assert not made_of(("widget",), known)
    assert not made_of(("operation", "widget"), known)
    assert not names_one(parts("WidgetManager"), known)


def test_plural_and_compound_names_are_known() -> None:
    known = terms()
    assert made_of(("operation", "event"), known)
    assert made_of(tuple(singular(word) for word in ("time", "entries")), known)
    assert names_one(parts("FaultyEvents"), known)


def test_no_word_is_explained_twice() -> None:
    words = ROW.findall(GLOSSARY.read_text("utf-8"))
    assert sorted(w for w in words if w != "Word") == sorted({*words} - {"Word"})
