"""Telling by its content what a file is, never by its name."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from hourloom.core.errors import Invalid, NotFound
from hourloom.imports.activitywatch import dialects
from hourloom.imports.activitywatch.asking import Kind, is_database
from hourloom.imports.activitywatch.readonly import ReadOnlyDatabase

_HEAD = 4096
_NAMES = ("peewee-sqlite.v2.db", "sqlite.db")


class NoSuchFile(NotFound):
    """There is no file {path}."""


class UnreadableFile(Invalid):
    """{path} cannot be read: {reason}."""


class ForeignFile(Invalid):
    """{name} is no ActivityWatch export or database: {looks}."""


def detect(path: Path) -> Kind:
    """Return what the file is, or say what it looks like instead."""
    head = _head(path)
    if is_database(head):
        return _database_kind(path)
    require_export(head, path.name, is_empty=not head)
    return Kind.EXPORT


def require_export(head: bytes, name: str, *, is_empty: bool) -> None:
    """Raise unless a file that begins so can be an export, and say what it looks like instead."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text[:1] not in (b"{", b"["):
        raise ForeignFile(name=name, looks=_looks(text, is_empty=is_empty))


def _head(path: Path) -> bytes:
    try:
        if S_ISDIR(mode := path.stat().st_mode):
            raise ForeignFile(name=path.name, looks=_directory(path))
        if not S_ISREG(mode):
            raise ForeignFile(name=path.name, looks="it is not an ordinary file")
        with path.open("rb") as file:
            return file.read(_HEAD)
    except FileNotFoundError:
        raise NoSuchFile(path=path) from None
    except (OSError, ValueError) as error:
        raise UnreadableFile(path=path, reason=getattr(error, "strerror", None) or str(error)) from None


def _directory(path: Path) -> str:
    inside = [name for name in _NAMES if (path / name).exists()]
    return f"it is a directory; name the file {inside[0]} in it" if inside else "it is a directory"


def _database_kind(path: Path) -> Kind:
    file = ReadOnlyDatabase(path)
    try:
        return kind_of_database(file.connection, path.name)
    finally:
        file.close()


def kind_of_database(connection: sqlite3.Connection, name: str) -> Kind:
    """Return whose database this is, or raise for another program's."""
    try:
        dialect = dialects.dialect_of(connection)
    except sqlite3.DatabaseError:
        raise ForeignFile(name=name, looks="it is a damaged database") from None
    if dialect in (dialects.PEEWEE, dialects.PEEWEE_WITHOUT_DATA):
        return Kind.PYTHON_DATABASE
    if dialect in (dialects.RUST, dialects.RUST_WITHOUT_DATA):
        return Kind.RUST_DATABASE
    if dialect is dialects.CORE:
        return Kind.CORE_DATABASE
    raise ForeignFile(name=name, looks="it is another program's database")


def _looks(text: bytes, *, is_empty: bool) -> str:
    if not text:
        return "it is empty" if is_empty else "it holds only blanks"
    if text.startswith((b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")):
        return "it is compressed; unpack it first"
    if re.match(rb"[\w \"-]+(,[\w \"-]+)+\r?\n", text):
        return "it looks like CSV"
    if text.startswith(b"<"):
        return "it looks like a web page"
    if b"\0" in text or len(set(text)) > 200:
        return "its content is binary, perhaps an encrypted database"
    return "it begins neither like JSON nor like a database"
